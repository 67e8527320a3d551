-- What filters ask of the properties of items. A value that is of another kind is no value (null), never an error.

CREATE FUNCTION json_number(given jsonb) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN jsonb_typeof(given) = 'number' THEN given::double precision END
$$;

CREATE FUNCTION json_text(given jsonb) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN jsonb_typeof(given) = 'string' THEN given #>> '{}' END
$$;

CREATE FUNCTION json_boolean(given jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN jsonb_typeof(given) = 'boolean' THEN given::boolean END
$$;

-- A time as documents have it, without a zone UTC, or the start of a date. What passes the pattern and has a day that
-- its month has is read without an error.
CREATE FUNCTION json_instant(given jsonb) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    written text := given #>> '{}';
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
    RETURN written::timestamptz;
END
$$;

-- -1, 0 or 1 for two values of one kind. Texts that are both times compare as times.
CREATE FUNCTION json_compare(one jsonb, two jsonb) RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    kind text := jsonb_typeof(one);
BEGIN
    IF kind <> jsonb_typeof(two) THEN
        RETURN NULL;
    ELSIF kind = 'number' THEN
        RETURN sign(json_number(one) - json_number(two));
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

-- Not for parallel workers: these cannot catch errors.
CREATE FUNCTION computed(operator text, one double precision, two double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL UNSAFE AS $$
BEGIN
    RETURN CASE operator
        WHEN '+' THEN one + two
        WHEN '-' THEN one - two
        WHEN '*' THEN one * two
        WHEN '/' THEN one / two
        WHEN '%' THEN one - two * trunc(one / two)
        WHEN 'div' THEN trunc(one / two)
        WHEN '^' THEN power(one, two)
    END;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END
$$;

-- Lists as sets: whether the first has all elements of the second, and whether they share one.
CREATE FUNCTION json_contains(one jsonb, two jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF jsonb_typeof(one) <> 'array' OR jsonb_typeof(two) <> 'array' THEN
        RETURN NULL;
    END IF;
    RETURN NOT EXISTS (SELECT jsonb_array_elements(two) EXCEPT SELECT jsonb_array_elements(one));
END
$$;

CREATE FUNCTION json_overlaps(one jsonb, two jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF jsonb_typeof(one) <> 'array' OR jsonb_typeof(two) <> 'array' THEN
        RETURN NULL;
    END IF;
    RETURN EXISTS (SELECT jsonb_array_elements(two) INTERSECT SELECT jsonb_array_elements(one));
END
$$;

-- Without regard to case, in every language if the server knows them (ICU), else as its locale has it.
DO $$
DECLARE
    known text := (SELECT 'COLLATE "und-x-icu"' FROM pg_collation WHERE collname = 'und-x-icu' LIMIT 1);
BEGIN
    EXECUTE format(
        'CREATE FUNCTION fold_case(given text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS '
        '''SELECT lower(upper(given %s) %1$s)''', coalesce(known, ''));
END
$$;

-- Without regard to accents: those that Unicode splits off a letter.
CREATE FUNCTION fold_accent(given text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(normalize(given, NFD), '[\u0300-\u036f]', '', 'g')
$$;

-- As predicates want it, which take no mixed collections: the parts of the greatest dimension.
CREATE FUNCTION plain_footprint(given geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN GeometryType(given) = 'GEOMETRYCOLLECTION'
        THEN ST_CollectionExtract(given, ST_Dimension(given) + 1) ELSE given END
$$;
