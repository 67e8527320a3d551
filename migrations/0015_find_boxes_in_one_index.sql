-- Places are found in an index alone, too. A footprint that crosses the antimeridian has its western parts 360 degrees
-- further east there, so that its box is as narrow as it is, and not a belt around the world. Parts that reach further
-- than 10 degrees beyond the antimeridian stay where they are.
CREATE FUNCTION crossing_bbox(footprint geometry) RETURNS box
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
-- It is called while a dump is restored, too, when no schema is searched.
SET search_path FROM CURRENT AS $$
    SELECT box(point(min(ST_XMin(moved)), min(ST_YMin(moved))), point(max(ST_XMax(moved)), max(ST_YMax(moved))))
    FROM ST_Dump(footprint) AS part,
        LATERAL (SELECT CASE WHEN ST_XMax(part.geom) <= -170 THEN ST_Translate(part.geom, 360, 0)
            ELSE part.geom END AS moved OFFSET 0) AS placed
$$;

-- First what is not wanted any more, since the table is written anew with all indexes that it has then. Who looks for the
-- cloudiest finds them all in another index, sorted then; an index for that slows every ingest.
DROP INDEX items_geometry_time, items_id, items_cloudiest, items_clearest;
ALTER TABLE items DROP CONSTRAINT items_pkey, DROP CONSTRAINT items_collection_fkey;

-- Dropping the columns drops the indexes of time, which have them.
ALTER TABLE items
    DROP COLUMN west, DROP COLUMN south, DROP COLUMN east, DROP COLUMN north,
    ADD COLUMN bbox box NOT NULL GENERATED ALWAYS AS (
        CASE WHEN ST_XMin(geometry) > -180 OR ST_XMax(geometry) < 180 THEN box(geometry)
            ELSE crossing_bbox(geometry) END) STORED;
COMMENT ON COLUMN items.bbox IS
    'Box of the footprint; up to longitude 190 if it crosses the antimeridian. To be found before the footprint is looked at.';

CREATE INDEX items_datetime ON items (datetime DESC, collection, id) INCLUDE (cloud_cover, bbox);
CREATE INDEX items_collection_datetime ON items (collection, datetime DESC, id) INCLUDE (cloud_cover, bbox);
CREATE INDEX items_clearest ON items (coalesce(cloud_cover, 'infinity'::real), collection, id) INCLUDE (datetime);
CREATE INDEX items_bbox ON items USING spgist (bbox) INCLUDE (collection, id, datetime, cloud_cover);

-- One index finds an id with its collection, and without.
ALTER TABLE items ADD PRIMARY KEY (id, collection);

-- No foreign key leads from items to collections any more. Every writer of items holds their collections (FOR KEY SHARE)
-- before it writes the first, and has seen that they are there; looking again with each item was a tenth of the work of
-- storing it. The other side stays (in READ COMMITTED, which is the rule): a collection does not go, and keeps its id,
-- while it has items.
CREATE FUNCTION refuse_to_orphan() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        IF EXISTS (SELECT FROM items) THEN
            RAISE foreign_key_violation USING MESSAGE = 'there still are items';
        END IF;
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT FROM items WHERE collection = OLD.id) THEN
        RAISE foreign_key_violation USING MESSAGE = format('the collection %s still has items', OLD.id);
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER refuse_to_orphan BEFORE DELETE OR UPDATE OF id ON collections
    FOR EACH ROW EXECUTE FUNCTION refuse_to_orphan();
CREATE TRIGGER refuse_to_orphan_all BEFORE TRUNCATE ON collections
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_orphan();
