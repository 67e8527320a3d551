-- By cloud cover, what has none last in both directions: never null, so that the index finds what comes after a place.
CREATE INDEX items_clearest ON items (coalesce(cloud_cover, 'infinity'::real), collection, id);
CREATE INDEX items_cloudiest ON items (coalesce(cloud_cover, '-infinity'::real) DESC, collection, id);
