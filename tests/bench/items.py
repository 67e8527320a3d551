"""Items like those of Sentinel-2, Sentinel-1 and Landsat archives, each a function of its number alone.

The first n items are the same whatever is made after them. Seven in ten lie in Europe, one in fifty crosses the
antimeridian (a box whose west exceeds its east, and a MultiPolygon, as RFC 7946 has it).
"""

import json
import math
import random
from datetime import datetime, timedelta, timezone

FIRST_DAY = datetime(2016, 1, 1, tzinfo=timezone.utc)
DAYS = 3650
COG = "image/tiff; application=geotiff; profile=cloud-optimized"
HOST = "https://objects.example.org/archive"

# Name, share of the items, bands (name, centre in micrometres, pixel in metres), other assets.
OPTICAL = [
    ("coastal", 0.443, 60), ("blue", 0.49, 10), ("green", 0.56, 10), ("red", 0.665, 10), ("rededge1", 0.704, 20),
    ("rededge2", 0.74, 20), ("rededge3", 0.783, 20), ("nir", 0.842, 10), ("swir16", 1.61, 20), ("swir22", 2.19, 20),
]
RADAR = [(f"{way}-{kind}", None, 10) for way in ("vv", "vh") for kind in ("gamma0", "sigma0", "angle", "coherence", "texture")]
COLLECTIONS = {
    "sentinel2-ard": (0.35, OPTICAL, ["scl", "metadata", "thumbnail"]),
    "sentinel2-l2a": (0.35, OPTICAL, ["scl", "metadata", "thumbnail"]),
    "sentinel1-ard": (0.15, RADAR, ["layover", "metadata", "thumbnail"]),
    "landsat-l2": (0.15, OPTICAL, ["qa", "metadata", "thumbnail"]),
}
EXTENSIONS = [
    "https://stac-extensions.github.io/eo/v2.0.0/schema.json",
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/view/v1.0.0/schema.json",
    "https://stac-extensions.github.io/file/v2.1.0/schema.json",
]
LANDS = [(-120, 30, -75, 50), (-70, -35, -45, 0), (-10, 8, 40, 32), (62, 10, 120, 50), (115, -35, 150, -15)]


def collections():
    """The documents of the collections."""
    return [
        {
            "type": "Collection", "stac_version": "1.1.0", "stac_extensions": [], "id": name, "title": name.upper(),
            "description": f"Scenes of {name} for measurements.", "license": "CC-BY-4.0", "links": [],
            "extent": {"spatial": {"bbox": [[-180, -60, 180, 75]]},
                       "temporal": {"interval": [["2016-01-01T00:00:00Z", None]]}},
        }
        for name in COLLECTIONS
    ]


def item(number):
    """The item of that number."""
    chance = random.Random(number * 2_654_435_761 + 17)
    name = chance.choices(list(COLLECTIONS), [share for share, *_ in COLLECTIONS.values()])[0]
    _, bands, others = COLLECTIONS[name]
    geometry, box, zone = footprint(chance)
    taken = FIRST_DAY + timedelta(milliseconds=chance.randrange(DAYS * 86_400_000))
    tile = f"{zone:02d}{chance.choice('NPQRSTUV')}{chance.choice('ABCDEFGH')}{chance.choice('JKLMNPQR')}"
    identity = f"{name[:4].upper()}_{taken:%Y%m%dT%H%M%S}_T{tile}_{number:07d}"
    folder = f"{HOST}/{name}/{taken:%Y/%m/%d}/{identity}"
    made = (taken + timedelta(hours=7)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    properties = {
        "datetime": stamp(taken), "created": made, "updated": made, "platform": f"{name[:9]}{chance.choice('abc')}",
        "constellation": name.split("-")[0], "instruments": ["sar"] if bands is RADAR else ["msi"],
        "gsd": min(pixel for *_, pixel in bands), "proj:code": f"EPSG:{32600 + zone}", "grid:code": f"MGRS-{tile}",
        "view:sun_elevation": round(chance.uniform(5, 65), 4), "view:sun_azimuth": round(chance.uniform(90, 220), 4),
        "sat:relative_orbit": chance.randrange(1, 144), "sat:orbit_state": chance.choice(["ascending", "descending"]),
        "processing:software": {"chain": f"4.{chance.randrange(9)}"}, "processing:level": "L2",
    }
    if bands is not RADAR:
        properties["eo:cloud_cover"] = round(100 * chance.random() ** 1.5, 6)
        properties["eo:snow_cover"] = round(5 * chance.random(), 6)
    assets = {band[0]: raster(folder, zone, band, chance) for band in bands}
    for other in others:
        assets[other] = {
            "href": f"{folder}/{other}.{'xml' if other == 'metadata' else 'tif'}", "title": other.capitalize(),
            "type": "application/xml" if other == "metadata" else COG, "roles": [other],
            "file:size": chance.randrange(10_000, 90_000_000), "file:checksum": "1220" + f"{chance.getrandbits(256):064x}",
        }
    return {
        "type": "Feature", "stac_version": "1.1.0", "stac_extensions": EXTENSIONS, "id": identity, "collection": name,
        "geometry": geometry, "bbox": box, "properties": properties, "assets": assets,
        "links": [{"rel": "license", "href": "https://creativecommons.org/licenses/by/4.0/"}],
    }


def raster(folder, zone, band, chance):
    name, centre, pixel = band
    origin = [300_000 + 100 * chance.randrange(3000), 100 * chance.randrange(40_000, 60_000)]
    size = 109_800 // pixel
    of_band = {"name": name, "description": f"{name} at {pixel} m"}
    if centre:
        of_band.update({"eo:common_name": name, "eo:center_wavelength": centre})
    return {
        "href": f"{folder}/{name}.tif", "title": f"{name} ({pixel} m)", "type": COG, "roles": ["data", "reflectance"],
        "bands": [of_band], "gsd": pixel, "proj:shape": [size, size],
        "proj:transform": [pixel, 0, origin[0], 0, -pixel, origin[1]], "data_type": "uint16", "nodata": 0,
        "file:size": chance.randrange(10_000_000, 90_000_000),
    }


def footprint(chance):
    """A tilted square of about a degree; geometry, bbox, UTM zone."""
    where = chance.random()
    if where < 0.70:
        longitude, latitude = chance.uniform(-9, 25), chance.uniform(37, 60)
    elif where < 0.98:
        west, south, east, north = chance.choice(LANDS)
        longitude, latitude = chance.uniform(west, east), chance.uniform(south, north)
    else:
        longitude, latitude = 180 + chance.uniform(-0.4, 0.4), chance.uniform(-25, 70)
    half, tilt = chance.uniform(0.4, 0.6), chance.uniform(-0.2, 0.2)
    wide = half / max(0.3, math.cos(math.radians(latitude)))
    corners = [(-wide, -half + tilt), (wide, -half - tilt), (wide, half - tilt), (-wide, half + tilt)]
    ring = [[longitude + x, latitude + y] for x, y in corners]
    west, east = longitude - wide, longitude + wide
    south, north = min(y for _, y in ring), max(y for _, y in ring)
    zone = int(((longitude + 180) % 360) // 6) + 1
    if east <= 180 and west >= -180:
        ring = [[round(x, 6), round(y, 6)] for x, y in ring + ring[:1]]
        return {"type": "Polygon", "coordinates": [ring]}, [round(v, 6) for v in (west, south, east, north)], zone
    middle = 180 if east > 180 else -180
    cut = lambda one, two: one[1] + (two[1] - one[1]) * (middle - one[0]) / (two[0] - one[0])
    (a, b, c, d) = ring
    low, high = cut(a, b), cut(d, c)
    left = [a, [middle, low], [middle, high], d]
    right = [[middle, low], b, c, [middle, high]]
    turn = lambda ring, by: [[[round(x + by, 6), round(y, 6)] for x, y in ring + ring[:1]]]
    parts = [turn(left, 0), turn(right, -360)] if middle == 180 else [turn(left, 360), turn(right, 0)]
    box = [west, south, east - 360, north] if middle == 180 else [west + 360, south, east, north]
    return {"type": "MultiPolygon", "coordinates": parts}, [round(v, 6) for v in box], zone


def stamp(at):
    """A time to the millisecond."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def write(count, folder):
    """Writes `collections.ndjson` and the first `count` items; returns both paths."""
    documents, scenes = folder / "collections.ndjson", folder / f"items_{count}.ndjson"
    documents.write_text("".join(json.dumps(one) + "\n" for one in collections()))
    if not scenes.exists():
        unfinished = scenes.with_suffix(".part")
        with unfinished.open("w") as file:
            for number in range(count):
                file.write(json.dumps(item(number), separators=(",", ":")) + "\n")
        unfinished.rename(scenes)
    return documents, scenes
