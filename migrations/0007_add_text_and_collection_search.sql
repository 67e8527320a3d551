-- Texts as free text search compares them: without regard to case, and words are what punctuation leaves apart.
-- `phraseto_tsquery` and `to_tsvector` take both the same way. Their lengths are bounded, since a tsvector's is.
CREATE FUNCTION plain_words(given text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN fold_case(translate(given, '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32)));

-- The words of title, description and keywords; those of one text or keyword do not follow those of another.
CREATE FUNCTION words_of(given jsonb) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5000
RETURN jsonb_to_tsvector('simple', jsonb_build_array(
    plain_words(left(json_text(given -> 'title'), 1000)),
    plain_words(left(json_text(given -> 'description'), 50000)),
    (SELECT jsonb_agg(plain_words(left(json_text(keyword), 200)) ORDER BY place)
        FROM jsonb_array_elements(CASE jsonb_typeof(given -> 'keywords') WHEN 'array' THEN given -> 'keywords' END)
            WITH ORDINALITY AS listed (keyword, place)
        WHERE place <= 500)), '["string"]');

-- Kept beside an item, since a phrase is looked for in each of those that have its words. Null of items that have none of
-- these, which so cost nothing when they are stored.
ALTER TABLE items ADD COLUMN words tsvector;
COMMENT ON COLUMN items.words IS 'The words of its title, description and keywords; null if it has none of these.';

CREATE FUNCTION set_words() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.words := CASE WHEN NEW.properties ?| '{title,description,keywords}' THEN words_of(NEW.properties) END;
    RETURN NEW;
END
$$;
CREATE TRIGGER set_words BEFORE INSERT OR UPDATE OF properties ON items FOR EACH ROW
    WHEN (NEW.properties ?| '{title,description,keywords}' OR NEW.words IS NOT NULL)
    EXECUTE FUNCTION set_words();

UPDATE items SET words = words_of(properties) WHERE properties ?| '{title,description,keywords}';
CREATE INDEX items_words ON items USING gin (words) WHERE words IS NOT NULL;

-- A collection's document to ask about; what the database cannot read (U+0000) has no members.
CREATE FUNCTION json_document(given text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL UNSAFE AS $$
DECLARE
    document jsonb;
BEGIN
    document := given::jsonb;
    RETURN CASE WHEN jsonb_typeof(document) = 'object' THEN document ELSE '{}' END;
EXCEPTION WHEN data_exception THEN
    RETURN '{}';
END
$$;

-- The id is a text of a collection too.
ALTER TABLE collections ADD COLUMN words tsvector;
COMMENT ON COLUMN collections.words IS 'The words of its id, title, description and keywords.';

CREATE FUNCTION words_of_collection(id text, document jsonb) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN words_of(document || jsonb_build_object('keywords', to_jsonb(ARRAY[id]) ||
    CASE jsonb_typeof(document -> 'keywords') WHEN 'array' THEN document -> 'keywords' ELSE '[]' END));

CREATE FUNCTION set_words_of_collection() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.words := words_of_collection(NEW.id, json_document(NEW.document));
    RETURN NEW;
END
$$;
CREATE TRIGGER set_words BEFORE INSERT OR UPDATE OF document ON collections FOR EACH ROW
    EXECUTE FUNCTION set_words_of_collection();

UPDATE collections SET words = words_of_collection(id, json_document(document));

-- The elements of a list; none of anything else.
CREATE FUNCTION json_elements(given jsonb) RETURNS SETOF jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT element FROM jsonb_array_elements(CASE jsonb_typeof(given) WHEN 'array' THEN given END) AS element;
END;

-- A box that may have no width or height.
CREATE FUNCTION plain_box(west double precision, south double precision, east double precision, north double precision)
RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN west = east AND south = north THEN ST_SetSRID(ST_MakePoint(west, south), 4326)
    WHEN west = east OR south = north
        THEN ST_SetSRID(ST_MakeLine(ST_MakePoint(west, south), ST_MakePoint(east, north)), 4326)
    ELSE ST_MakeEnvelope(west, south, east, north, 4326)
END;

-- The area of a box, in two parts if it crosses the antimeridian (west > east).
CREATE FUNCTION box_footprint(
    west double precision, south double precision, east double precision, north double precision)
RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE
        WHEN first <= last THEN plain_box(first, low, last, high)
        ELSE ST_Collect(plain_box(first, low, 180, high), plain_box(-180, low, last, high))
    END
    FROM (SELECT greatest(-180, least(180, west)) AS first, greatest(-180, least(180, east)) AS last,
        greatest(-90, least(90, south, north)) AS low, least(90, greatest(-90, south, north)) AS high) AS within;
END;

-- What a collection's document says of its place: all boxes of `extent.spatial.bbox`, of four or six numbers each.
CREATE FUNCTION stated_footprint(document jsonb) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT ST_UnaryUnion(ST_Collect(CASE jsonb_array_length(box)
        WHEN 4 THEN box_footprint(
            json_number(box -> 0), json_number(box -> 1), json_number(box -> 2), json_number(box -> 3))
        WHEN 6 THEN box_footprint(
            json_number(box -> 0), json_number(box -> 1), json_number(box -> 3), json_number(box -> 4))
    END))
    FROM (SELECT CASE jsonb_typeof(element) WHEN 'array' THEN element END AS box
        FROM json_elements(document #> '{extent,spatial,bbox}') AS element) AS stated;
END;

-- What it says of its time: from the start of the first of `extent.temporal.interval` to the end of the last.
CREATE FUNCTION stated_time(document jsonb) RETURNS tstzrange
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE
        WHEN first > last THEN tstzrange(last, first, '[]')
        WHEN is_stated THEN tstzrange(first, last, '[]')
    END
    FROM (SELECT count(*) > 0 AS is_stated,
            CASE WHEN NOT bool_or(json_instant(element -> 0) IS NULL) THEN min(json_instant(element -> 0)) END AS first,
            CASE WHEN NOT bool_or(json_instant(element -> 1) IS NULL) THEN max(json_instant(element -> 1)) END AS last
        FROM json_elements(document #> '{extent,temporal,interval}') AS element) AS stated;
END;

-- Collections with the columns of items, so that the same conditions and orders do for both. Place and time are those
-- that are handed out: of the items if there are any, else of the document. Properties are the members of the document
-- and of its summaries, and its time as items have it. OFFSET 0: each is made once per row, if it is asked about.
CREATE VIEW collection_records AS
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
    LATERAL (SELECT CASE jsonb_typeof(json -> 'summaries') WHEN 'object' THEN json -> 'summaries' ELSE '{}' END
        || (json - 'links')
        || jsonb_strip_nulls(jsonb_build_object(
            'datetime', lower(dated.time), 'start_datetime', lower(dated.time), 'end_datetime', upper(dated.time)))
        AS properties OFFSET 0) AS described;
