-- What the items of each collection have in their properties. Every ingest widens it; nothing narrows it, so that it may
-- still tell of values whose items have gone.
CREATE TABLE item_properties (
    collection text COLLATE "C" NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    name text COLLATE "C" NOT NULL,
    kinds text[] NOT NULL,
    minimum double precision,
    maximum double precision,
    earliest timestamptz,
    latest timestamptz,
    texts text[],
    PRIMARY KEY (collection, name)
);
COMMENT ON TABLE item_properties IS 'What the items of a collection have in their properties: queryables and summaries.';
COMMENT ON COLUMN item_properties.kinds IS
    'Which kinds of values there are: array, boolean, date, integer, number (no integer), object, text, time.';
COMMENT ON COLUMN item_properties.texts IS
    'The values that are texts but no times, in order; null: there are too many, or one of them is long.';

-- The elements of both, in order; null if there are more than so many, or one side is null. In whatever order lists are
-- merged, the result is the same.
CREATE FUNCTION merged_texts(one text[], two text[], most integer) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN count(*) <= most THEN coalesce(array_agg(element ORDER BY element COLLATE "C"), '{}') END
    FROM (SELECT unnest(one) UNION SELECT unnest(two)) AS merged (element)
$$;

-- Letters of every language if the server knows them (ICU), else as its locale has it.
DO $$
DECLARE
    known text := coalesce((SELECT 'COLLATE "und-x-icu"' FROM pg_collation WHERE collname = 'und-x-icu' LIMIT 1), '');
    named text;
    called text;
BEGIN
    FOR named, called IN VALUES ('small_letters', 'lower'), ('capital_letters', 'upper') LOOP
        EXECUTE format(
            'CREATE FUNCTION %s(given text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS '
            '''SELECT %s(given %s)''', named, called, known);
    END LOOP;
END
$$;

-- A time as documents have it: in UTC, with no more of its fraction than it has.
CREATE FUNCTION written_time(given timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(to_char(given AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '(\.000000|000)$', '') || 'Z'
$$;

-- The summaries of a collection as its items have them (STAC Collection, Summaries): ranges of numbers and times, and
-- lists of texts; nothing of what is of several kinds, or is told by the extent.
CREATE FUNCTION live_summaries(of_collection text) RETURNS jsonb
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(jsonb_object_agg(name, summary) FILTER (WHERE summary IS NOT NULL), '{}')
    FROM (SELECT name, CASE
            WHEN kinds <@ '{integer,number}' THEN jsonb_build_object('minimum', minimum, 'maximum', maximum)
            WHEN kinds <@ '{date,time}' THEN jsonb_build_object(
                'minimum', written_time(earliest), 'maximum', written_time(latest))
            WHEN kinds = '{text}' THEN to_jsonb(texts) END AS summary
        FROM item_properties
        WHERE collection = of_collection AND name NOT IN ('datetime', 'start_datetime', 'end_datetime')) AS summarised
$$;

-- The items that are there already, as an ingest of all of them would tell. Texts are counted before they are
-- gathered, since there may be as many as items.
INSERT INTO item_properties (collection, name, kinds, minimum, maximum, earliest, latest, texts)
SELECT collection, name, array_agg(DISTINCT kind ORDER BY kind), min(minimum), max(maximum), min(earliest), max(latest),
    CASE WHEN count(short) <= 50 AND NOT bool_or(kind = 'text' AND short IS NULL)
        THEN coalesce(array_agg(short ORDER BY short) FILTER (WHERE short IS NOT NULL AND place <= 50), '{}') END
FROM (
    SELECT *, row_number() OVER (PARTITION BY collection, name ORDER BY short) AS place
    FROM (
        SELECT collection, name, kind, short, min(number) AS minimum, max(number) AS maximum, min(at) AS earliest,
            max(at) AS latest
        FROM (
            SELECT collection, name, at, json_number(value) AS number,
                CASE WHEN at IS NOT NULL AND char_length(value #>> '{}') = 10 THEN 'date'
                    WHEN at IS NOT NULL THEN 'time'
                    WHEN jsonb_typeof(value) = 'string' THEN 'text'
                    WHEN jsonb_typeof(value) <> 'number' THEN jsonb_typeof(value)
                    WHEN json_number(value) = trunc(json_number(value)) THEN 'integer'
                    ELSE 'number' END AS kind,
                CASE WHEN at IS NULL AND octet_length(json_text(value)) <= 100
                    THEN json_text(value) COLLATE "C" END AS short
            FROM items, jsonb_each(properties) AS member (name, value), json_instant(value) AS at
            WHERE jsonb_typeof(value) <> 'null' AND octet_length(name) <= 200
        ) AS member
        GROUP BY collection, name, kind, short
    ) AS value
) AS placed
GROUP BY collection, name;
