ALTER TABLE collections DROP CONSTRAINT collections_visibility_check;
-- What was private stays so: without an owner, admins alone see it.
UPDATE collections SET visibility = 'owner' WHERE visibility = 'private';
ALTER TABLE collections
    ADD COLUMN subjects text[] NOT NULL DEFAULT '{}',
    ADD COLUMN owner text,
    ADD CONSTRAINT collections_visibility_check CHECK (visibility IN ('public', 'groups', 'owner')),
    ADD CONSTRAINT collections_subjects_check CHECK ((visibility = 'groups') = (cardinality(subjects) > 0)),
    ADD CONSTRAINT collections_owner_check CHECK (owner LIKE 'user:%');
COMMENT ON COLUMN collections.visibility IS
    'public: everyone sees it and its items; groups: its subjects and its owner do; owner: its owner alone does.';
COMMENT ON COLUMN collections.subjects IS 'Text forms of those who see it if its visibility is groups.';
COMMENT ON COLUMN collections.owner IS 'Text form of the person whose it is; null: nobody''s, so admins alone see it.';

CREATE TABLE grants (
    subject text COLLATE "C" PRIMARY KEY,
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0)
);
COMMENT ON TABLE grants IS 'What callers may do, by what they are.';

INSERT INTO grants (subject, scopes) VALUES ('authenticated', '{read,load,job}');

CREATE TABLE api_keys (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    label text NOT NULL,
    owner text NOT NULL CHECK (owner LIKE 'user:%'),
    subjects text[] NOT NULL,
    scopes text[] NOT NULL,
    created timestamptz NOT NULL DEFAULT now(),
    expires timestamptz NOT NULL,
    revoked timestamptz
);
COMMENT ON COLUMN api_keys.hash IS 'SHA-256 of the key, which is not kept: 256 random bits need no salt.';
COMMENT ON COLUMN api_keys.subjects IS 'What its owner was when last seen.';

CREATE INDEX api_keys_owner ON api_keys (owner);

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text,
    address text,
    action text NOT NULL,
    target text,
    outcome text NOT NULL,
    request_id text,
    detail text,
    count integer NOT NULL DEFAULT 1 CHECK (count > 0)
);
COMMENT ON TABLE audit IS 'Who did what.';
COMMENT ON COLUMN audit.count IS 'How many times, where the same is told once.';

CREATE INDEX audit_at ON audit (at);

CREATE TABLE usage (
    subject text COLLATE "C",
    day date,
    pixels bigint NOT NULL CHECK (pixels >= 0),
    PRIMARY KEY (subject, day)
);
COMMENT ON TABLE usage IS 'Pixels that each caller was given, by day (UTC).';
