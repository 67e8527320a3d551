"""A catalogue made up here: collections whose every item follows from its number, so that tests can count for themselves."""

import datetime
import json

import pystac
from shapely.geometry import MultiPolygon, Polygon, box, mapping

UTC = datetime.timezone.utc
START = datetime.datetime(2021, 1, 3, 10, 30, tzinfo=UTC)
COG = pystac.MediaType.COG

OPTICAL, RADAR, PACIFIC, SEASONS, TILES = "optical", "radar", "pacific", "seasons", "tiles"
# The pixels of a side of a tile.
PIXELS = 32
TITLES = {
    OPTICAL: "Optical scenes, several platforms and clouds",
    RADAR: "Radar scenes, without clouds",
    PACIFIC: "Scenes on both sides of the antimeridian",
    SEASONS: "Mosaics of a season, without a date of their own",
    TILES: "Tiles of one picture",
}


def band(name, common_name, wavelength):
    """A band as STAC 1.1 has it."""
    return {"name": name, "eo:common_name": common_name, "eo:center_wavelength": wavelength, "data_type": "uint16"}


BANDS = [band("B02", "blue", 0.49), band("B03", "green", 0.56), band("B04", "red", 0.665), band("B08", "nir", 0.842)]


def assets(path, bands):
    """One file of several bands, one of a single band, and a picture."""
    href = f"https://data.example.com/{path}"
    return {
        "data": pystac.Asset(f"{href}.tif", "Reflectance", media_type=COG, roles=["data"], extra_fields={"bands": bands}),
        "mask": pystac.Asset(
            f"{href}_mask.tif", "Mask", media_type=COG, roles=["mask"], extra_fields={"bands": [{"name": "mask"}], "nodata": 0}
        ),
        "thumbnail": pystac.Asset(f"{href}.png", media_type=pystac.MediaType.PNG, roles=["thumbnail"]),
    }


def id_of(collection, index):
    """The id of an item; that of one needs encoding in a URL."""
    return f"{collection}-{index:03}" + (" à&b+c" if (collection, index) == (RADAR, 7) else "")


def item(collection, index, footprint, times, properties):
    """`times` is one, or the two ends of a range."""
    at = times if isinstance(times, datetime.datetime) else None
    start, end = (None, None) if at else times
    # Across the antimeridian the box runs from the west of one part to the east of the other (RFC 7946, 5.2).
    bounds = list(footprint.bounds)
    if footprint.geom_type == "MultiPolygon":
        west, east = footprint.geoms
        bounds = [west.bounds[0], west.bounds[1], east.bounds[2], east.bounds[3]]
    made = pystac.Item(
        id_of(collection, index), json.loads(json.dumps(mapping(footprint))), bounds, at, properties,
        start_datetime=start, end_datetime=end, collection=collection,
    )
    made.assets = assets(f"{collection}/{index:03}", BANDS if collection != RADAR else [{"name": "VV"}, {"name": "VH"}])
    return made


def optical(index):
    """A degree each, in rows of twelve from 8 west, 48 north; every fifth day."""
    west, south = -8 + index % 12, 48 + index // 12 % 8
    properties = {
        "title": f"Scene {index} of Ångström's survey",
        "platform": f"sentinel-2{'abc'[index % 3]}",
        "constellation": "sentinel-2",
        "instruments": ["msi"],
        "gsd": 10 if index % 4 else 20,
        # A single letter: the validator takes the value of a text for the list of its letters.
        "example:row": "abcd"[index // 12 % 4],
        "eo:cloud_cover": index * 37 % 1000 / 10,
        "sat:relative_orbit": index % 143 + 1,
    }
    footprint = Polygon([(west + 0.1, south), (west + 1, south), (west + 0.9, south + 1), (west, south + 1)])
    return item(OPTICAL, index, footprint, START + datetime.timedelta(days=5 * index, seconds=index), properties)


def radar(index):
    west, south = -6 + index % 10 * 0.5, 50 + index // 10 * 0.5
    properties = {
        "platform": f"sentinel-1{'ac'[index % 2]}",
        "instruments": ["c-sar"],
        "sat:orbit_state": ["ascending", "descending"][index // 2 % 2],
        "sar:polarizations": ["VV", "VH"] if index % 3 else ["VV"],
    }
    return item(RADAR, index, box(west, south, west + 2, south + 1.5), START + datetime.timedelta(days=12 * index), properties)


def pacific(index):
    """A third across the antimeridian, a third west of it, a third east of it."""
    south, kind = -20 + index // 3, index % 3
    footprint = [
        MultiPolygon([box(179, south, 180, south + 1), box(-180, south, -179, south + 1)]),
        box(177.5, south, 178.5, south + 1),
        box(-178.5, south, -177.5, south + 1),
    ][kind]
    properties = {"platform": "landsat-9", "eo:cloud_cover": index * 5 % 100}
    return item(PACIFIC, index, footprint, START + datetime.timedelta(days=index, microseconds=123456), properties)


def season(index):
    """Four a year, over two areas."""
    quarter = index // 2
    start = datetime.datetime(2017 + quarter // 4, 1 + quarter % 4 * 3, 1, tzinfo=UTC)
    year, month = (start.year, start.month + 3) if start.month < 10 else (start.year + 1, 1)
    end = datetime.datetime(year, month, 1, tzinfo=UTC) - datetime.timedelta(seconds=1)
    west = -4 if index % 2 else 10
    return item(SEASONS, index, box(west, 40, west + 3, 43), (start, end), {"title": f"Mosaic {index}", "created": "2024-02-01T00:00:00Z"})


def tile(index):
    """Three by two. Their files are the only ones that are anywhere: where, is known once there is a server."""
    west, south = 5 + index % 3, 45 + index // 3
    made = item(TILES, index, box(west, south, west + 1, south + 1), START, {})
    made.assets = {"data": pystac.Asset(f"https://data.example.com/{made.id}.tif", media_type=COG, roles=["data"])}
    made.stac_extensions = ["https://stac-extensions.github.io/projection/v1.1.0/schema.json"]
    made.properties |= {
        "proj:epsg": 4326,
        "proj:shape": [PIXELS, PIXELS],
        "proj:transform": [1 / PIXELS, 0, west, 0, -1 / PIXELS, south + 1],
    }
    return made


COUNTS = {OPTICAL: (optical, 180), RADAR: (radar, 70), PACIFIC: (pacific, 45), SEASONS: (season, 32), TILES: (tile, 6)}
ITEMS = {name: [make(index) for index in range(count)] for name, (make, count) in COUNTS.items()}
ALL = [made for items in ITEMS.values() for made in items]


def collection(name):
    extent = pystac.Extent(pystac.SpatialExtent([[-180, -90, 180, 90]]), pystac.TemporalExtent([[START, None]]))
    made = pystac.Collection(
        name, f"{TITLES[name]}. Made up for tests.", extent, title=TITLES[name], license="CC-BY-4.0", keywords=["test", name]
    )
    made.providers = [pystac.Provider("Example", roles=[pystac.ProviderRole.PRODUCER], url="https://example.com")]
    return made


def load(platform, tiles_url="https://data.example.com"):
    """Puts everything into the catalogue."""
    for name in ITEMS:
        document = platform.folder / f"{name}.json"
        document.write_text(json.dumps(collection(name).to_dict(include_self_link=False)))
        platform.run("product", "add", document)
    features = [made.to_dict(include_self_link=False) for made in ALL]
    for made in features:
        if made["collection"] == TILES:
            made["assets"]["data"]["href"] = f"{tiles_url}/{made['id']}.tif"
    document = platform.folder / "items.json"
    document.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert platform.run("index", document)["inserted"] == len(ALL)
