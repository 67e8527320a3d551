-- A time counts if its year has four digits in UTC, too: no other can be written as documents have it.
CREATE OR REPLACE FUNCTION json_instant(given jsonb) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    written text := given #>> '{}';
    at timestamptz;
BEGIN
    IF jsonb_typeof(given) <> 'string' OR written !~ (
        '^(?!0000)\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])'
        '([Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-](0\d|1[0-5]):[0-5]\d)?)?$')
    THEN
        RETURN NULL;
    END IF;
    IF substr(written, 9, 2)::integer
        > date_part('day', (substr(written, 1, 8) || '01')::date + interval '1 month' - interval '1 day')
    THEN
        RETURN NULL;
    END IF;
    IF written !~ '([Zz]|[+-]\d\d:\d\d)$' THEN
        written := written || 'Z';
    END IF;
    at := written::timestamptz;
    RETURN CASE WHEN at >= '0001-01-01Z' AND at < '10000-01-01Z' THEN at END;
END
$$;

UPDATE item_properties SET earliest = NULL, latest = NULL
WHERE earliest < '0001-01-01Z' OR latest >= '10000-01-01Z';

-- Numbers compare without a difference, which may be too large for a number.
CREATE OR REPLACE FUNCTION json_compare(one jsonb, two jsonb) RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    kind text := jsonb_typeof(one);
BEGIN
    IF kind <> jsonb_typeof(two) THEN
        RETURN NULL;
    ELSIF kind = 'number' THEN
        RETURN CASE WHEN json_number(one) < json_number(two) THEN -1
            WHEN json_number(one) > json_number(two) THEN 1 ELSE 0 END;
    ELSIF kind = 'boolean' THEN
        RETURN one::boolean::integer - two::boolean::integer;
    ELSIF kind <> 'string' THEN
        RETURN NULL;
    ELSIF json_instant(one) IS NOT NULL AND json_instant(two) IS NOT NULL THEN
        RETURN CASE WHEN json_instant(one) < json_instant(two) THEN -1
            WHEN json_instant(one) > json_instant(two) THEN 1 ELSE 0 END;
    END IF;
    RETURN CASE WHEN (one #>> '{}') COLLATE "C" < (two #>> '{}') THEN -1
        WHEN (one #>> '{}') COLLATE "C" > (two #>> '{}') THEN 1 ELSE 0 END;
END
$$;

-- A collection without a time has none, rather than one before all others.
CREATE OR REPLACE VIEW collection_records AS
SELECT id, id AS collection, words, document, updated, visibility, subjects, owner,
    south, north, western_min, western_max, eastern_min, eastern_max, items_time,
    NULL::real AS cloud_cover, placed.geometry, dated.time,
    CASE WHEN dated.time IS NOT NULL THEN coalesce(lower(dated.time), '-infinity') END AS datetime,
    described.properties
FROM collections,
    LATERAL (SELECT json_document(document) AS json OFFSET 0) AS read,
    LATERAL (SELECT coalesce(items_time, stated_time(json)) AS time OFFSET 0) AS dated,
    LATERAL (SELECT coalesce(
        CASE
            WHEN western_min IS NULL THEN box_footprint(eastern_min, south, eastern_max, north)
            WHEN eastern_min IS NULL THEN box_footprint(western_min, south, western_max, north)
            WHEN western_min <= -180 AND eastern_max >= 180 AND eastern_min > western_max
                THEN box_footprint(eastern_min, south, western_max, north)
            ELSE box_footprint(western_min, south, eastern_max, north)
        END, stated_footprint(json)) AS geometry OFFSET 0) AS placed,
    LATERAL (SELECT live_summaries(id)
        || CASE jsonb_typeof(json -> 'summaries') WHEN 'object' THEN json -> 'summaries' ELSE '{}' END
        || (json - 'links')
        || jsonb_strip_nulls(jsonb_build_object(
            'datetime', lower(dated.time), 'start_datetime', lower(dated.time), 'end_datetime', upper(dated.time)))
        AS properties OFFSET 0) AS described;

-- The cloudiest first, upwards like the ids beside it, so that a place in the order is one condition of an index.
DROP INDEX items_cloudiest;
CREATE INDEX items_cloudiest ON items ((- coalesce(cloud_cover, '-infinity'::real)), collection, id);

-- Tiles are computed where they are counted.
DROP FUNCTION geotile(geometry, integer);
