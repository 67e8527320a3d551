-- Summaries that follow from the items can be asked about like those of the document, which stand before them.
CREATE OR REPLACE VIEW collection_records AS
SELECT id, id AS collection, words, document, updated, visibility, subjects, owner,
    south, north, western_min, western_max, eastern_min, eastern_max, items_time,
    NULL::real AS cloud_cover, placed.geometry, dated.time,
    coalesce(lower(dated.time), '-infinity') AS datetime, described.properties
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
