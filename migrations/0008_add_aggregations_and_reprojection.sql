-- The middle of a footprint. One that was split at the antimeridian has it there, and not on the other side of the world.
CREATE FUNCTION footprint_centroid(footprint geometry) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    middle geometry;
BEGIN
    IF ST_XMin(footprint) > -180 OR ST_XMax(footprint) < 180 OR ST_NumGeometries(footprint) = 1 THEN
        RETURN ST_Centroid(footprint);
    END IF;
    SELECT ST_Centroid(ST_Collect(
        CASE WHEN ST_XMin(part) + ST_XMax(part) < 0 THEN ST_Translate(part, 360, 0) ELSE part END))
    INTO middle FROM (SELECT (ST_Dump(footprint)).geom AS part) AS parts;
    RETURN CASE WHEN ST_X(middle) > 180 THEN ST_Translate(middle, -360, 0) ELSE middle END;
END
$$;

-- A geometry in another coordinate reference system; null where it cannot be had.
CREATE FUNCTION reprojected(given geometry, srid integer) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL UNSAFE AS $$
BEGIN
    RETURN ST_Transform(given, srid);
EXCEPTION WHEN internal_error OR data_exception THEN
    RETURN NULL;
END
$$;
