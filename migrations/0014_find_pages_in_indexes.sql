-- Pages are found in indexes alone, and only their own documents are read: the boxes of the footprints lie beside the
-- order of time. They are a little wider than the footprints, since they have half the digits.
ALTER TABLE items SET (toast_tuple_target = 4000);
ALTER TABLE items
    ADD COLUMN west real GENERATED ALWAYS AS ((ST_XMin(geometry) - 0.0001)::real) STORED,
    ADD COLUMN south real GENERATED ALWAYS AS ((ST_YMin(geometry) - 0.0001)::real) STORED,
    ADD COLUMN east real GENERATED ALWAYS AS ((ST_XMax(geometry) + 0.0001)::real) STORED,
    ADD COLUMN north real GENERATED ALWAYS AS ((ST_YMax(geometry) + 0.0001)::real) STORED;
COMMENT ON COLUMN items.west IS 'Box of the footprint, to be found in an index before the footprint is looked at.';

DROP INDEX items_datetime, items_collection_datetime, items_cloud_cover;
CREATE INDEX items_datetime ON items (datetime DESC, collection, id)
    INCLUDE (cloud_cover, west, south, east, north);
CREATE INDEX items_collection_datetime ON items (collection, datetime DESC, id)
    INCLUDE (cloud_cover, west, south, east, north);
