"""GDAL reads a collection as features (OAPIF), and the files of its items as one picture (STACIT)."""

import json
import shutil
import subprocess

import catalogue
import pytest
from servers import not_here
from shapely.geometry import box, shape

BOUNDS = (-5.5, 49.2, -2.5, 50.8)


def gdal(program, *arguments):
    if not shutil.which(program):
        not_here(f"{program} is not installed")
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{program} {arguments}: {done.stdout}{done.stderr}"
    assert "ERROR" not in done.stderr, done.stderr
    return done.stdout


def features(url, name, *more):
    """The features that GDAL reads."""
    return json.loads(gdal("ogr2ogr", "-f", "GeoJSON", "/vsistdout/", f"OAPIF:{url}", name, *more))["features"]


@pytest.mark.parametrize("name", catalogue.ITEMS)
def test_a_collection_is_a_layer(platform, name):
    read = {feature["properties"]["id"]: feature for feature in features(platform.url, name)}
    truth = {item.id: item for item in catalogue.ITEMS[name]}
    assert sorted(read) == sorted(truth)
    for id, feature in read.items():
        item = truth[id]
        assert shape(feature["geometry"]).equals_exact(shape(item.geometry), 1e-6, normalize=True), id
        written = {key: value for key, value in feature["properties"].items() if value is not None}
        for key, value in item.properties.items():
            if isinstance(value, (int, float, str)) and "datetime" not in key and key != "created":
                assert written[key] == value, (id, key)


def test_a_collection_by_its_own_url(platform):
    told = gdal("ogrinfo", "-ro", "-so", f"OAPIF:{platform.url}/collections/radar", "radar")
    assert f"Feature Count: {len(catalogue.ITEMS['radar'])}" in told.splitlines()


def test_the_layers_are_the_collections(platform):
    listed = gdal("ogrinfo", "-ro", "-q", f"OAPIF:{platform.url}")
    assert all(f": {name} " in listed for name in catalogue.ITEMS), listed


def test_a_box(platform):
    read = features(platform.url, "optical", "-spat", *BOUNDS)
    near = [item.id for item in catalogue.ITEMS["optical"] if shape(item.geometry).intersects(box(*BOUNDS))]
    assert sorted(feature["properties"]["id"] for feature in read) == sorted(near)
    assert 0 < len(near) < len(catalogue.ITEMS["optical"])


def test_a_time(platform):
    where = "datetime >= '2021-03-01T00:00:00Z' AND datetime <= '2021-08-31T23:59:59Z'"
    read = features(platform.url, "optical", "-where", where)
    truth = [item.id for item in catalogue.ITEMS["optical"] if "2021-03" <= item.datetime.isoformat() < "2021-09"]
    assert sorted(feature["properties"]["id"] for feature in read) == sorted(truth) and truth


def make_tiles(folder):
    """The files of the tiles, each of one value."""
    for index, item in enumerate(catalogue.ITEMS[catalogue.TILES]):
        west, south, east, north = item.bbox
        gdal(
            "gdal_create", "-q", "-outsize", catalogue.PIXELS, catalogue.PIXELS, "-bands", 1, "-burn", 10 + index,
            "-ot", "Byte", "-a_srs", "EPSG:4326", "-a_ullr", west, north, east, south, folder / f"{item.id}.tif",
        )


def test_the_items_are_one_picture(platform, tiles):
    make_tiles(tiles[0])
    items = catalogue.ITEMS[catalogue.TILES]
    # Pages of two: it goes on with `next`.
    picture = f'STACIT:"{platform.url}/search?collections={catalogue.TILES}&limit=2":asset=data'
    told = json.loads(gdal("gdalinfo", "-json", picture))
    assert told["size"] == [catalogue.PIXELS * 3, catalogue.PIXELS * 2]
    for index, item in enumerate(items):
        west, south, east, north = item.bbox
        place = ((west + east) / 2, (south + north) / 2)
        value = gdal("gdallocationinfo", "-valonly", "-geoloc", picture, *place)
        assert int(value) == 10 + index, item.id
