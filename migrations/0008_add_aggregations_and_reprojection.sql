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

-- The tile of a web map in which a point lies, as zoom/x/y; what lies nearer to a pole than the map goes is on its edge.
CREATE FUNCTION geotile(point geometry, zoom integer) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT zoom || '/' || least(greatest(floor((ST_X(point) + 180) / 360 * tiles), 0), tiles - 1)::bigint
        || '/' || least(greatest(floor((1 - asinh(tand(latitude)) / pi()) / 2 * tiles), 0), tiles - 1)::bigint
    FROM (VALUES (power(2::double precision, zoom), least(greatest(ST_Y(point), -89.9), 89.9))) AS map (tiles, latitude)
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
