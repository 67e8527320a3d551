CREATE EXTENSION IF NOT EXISTS postgis;

CREATE TABLE settings (
    name text PRIMARY KEY,
    value bytea NOT NULL
);
COMMENT ON TABLE settings IS 'What all servers of this catalogue share.';

-- Signs page tokens: two random UUIDs are 244 random bits.
INSERT INTO settings (name, value)
VALUES ('token_key', sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));

CREATE TABLE collections (
    id text COLLATE "C" PRIMARY KEY,
    document text NOT NULL,
    visibility text NOT NULL DEFAULT 'public' CHECK (visibility IN ('public', 'private')),
    updated timestamptz NOT NULL DEFAULT now(),
    -- What the items cover, widened by every ingest; null without items. Longitudes are kept apart by hemisphere, so
    -- that a collection around the antimeridian has a narrow box.
    south double precision,
    north double precision,
    western_min double precision,
    western_max double precision,
    eastern_min double precision,
    eastern_max double precision,
    items_time tstzrange,
    -- How far the times of the items reach before and after their datetimes at most, in microseconds: an interval
    -- that is searched for turns into bounds on datetime, by which the items are sorted.
    time_before_us bigint NOT NULL DEFAULT 0,
    time_after_us bigint NOT NULL DEFAULT 0
);
COMMENT ON COLUMN collections.document IS 'The STAC collection as JSON, without links.';
COMMENT ON COLUMN collections.visibility IS 'public: everyone sees it and its items; private: only full access does.';

CREATE TABLE items (
    collection text COLLATE "C" NOT NULL REFERENCES collections (id),
    id text COLLATE "C" NOT NULL,
    datetime timestamptz NOT NULL,
    time tstzrange NOT NULL,
    cloud_cover real,
    updated timestamptz NOT NULL DEFAULT now(),
    hash bytea NOT NULL,
    geometry geometry(Geometry, 4326) NOT NULL,
    properties jsonb NOT NULL,
    document text NOT NULL,
    PRIMARY KEY (collection, id)
);
COMMENT ON COLUMN items.datetime IS 'The document''s datetime, or the start of its time: what items are sorted by.';
COMMENT ON COLUMN items.time IS 'The time it covers, both ends included.';
COMMENT ON COLUMN items.hash IS 'SHA-256 of the document: an item that is the same is not written again.';
COMMENT ON COLUMN items.geometry IS 'The footprint, valid, and split at the antimeridian; the document keeps the original.';
COMMENT ON COLUMN items.document IS 'The STAC item as JSON, without links.';

-- Documents are read much more often than written. A server built without LZ4 keeps its own compression.
DO $$
BEGIN
    ALTER TABLE items ALTER COLUMN document SET COMPRESSION lz4, ALTER COLUMN properties SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported OR invalid_parameter_value THEN
    NULL;
END
$$;

-- Fresh statistics matter: a plan that misjudges a box walks the whole table.
ALTER TABLE items SET (autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);

CREATE INDEX items_geometry_time ON items USING gist (geometry, time);
CREATE INDEX items_datetime ON items (datetime DESC, collection, id);
CREATE INDEX items_collection_datetime ON items (collection, datetime DESC, id);
CREATE INDEX items_id ON items (id);
CREATE INDEX items_cloud_cover ON items (collection, cloud_cover, datetime DESC, id);

-- A footprint as the index wants it: valid, and within ±180 degrees (what lies beyond is moved to the other side).
CREATE FUNCTION normal_footprint(given geometry) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    footprint geometry := given;
BEGIN
    IF NOT ST_IsValid(footprint) THEN
        footprint := ST_MakeValid(footprint);
    END IF;
    IF ST_XMax(footprint) > 180 OR ST_XMin(footprint) < -180 THEN
        footprint := ST_WrapX(ST_WrapX(footprint, 180, -360), -180, 360);
    END IF;
    RETURN footprint;
END
$$;
