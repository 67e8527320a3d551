"""GDAL reads a collection as features (OAPIF), and the files of its items as one picture (STACIT)."""

import json
import os
import shutil
import subprocess

import catalogue
import pytest
from servers import ACCESS_KEY, SECRET_KEY, not_here
from shapely.geometry import box, shape

BOUNDS = (-5.5, 49.2, -2.5, 50.8)


def gdal(program, *arguments, **environment):
    if not shutil.which(program):
        not_here(f"{program} is not installed")
    done = subprocess.run(
        [program, *map(str, arguments)], capture_output=True, text=True, timeout=120, env=os.environ | environment
    )
    assert done.returncode == 0, f"{program} {arguments}: {done.stdout}{done.stderr}"
    assert "ERROR" not in done.stderr, done.stderr
    return done.stdout


def features(url, name, *more):
    """The features that GDAL reads."""
    return json.loads(gdal("ogr2ogr", "-f", "GeoJSON", "/vsistdout/", f"OAPIF:{url}", name, *more))["features"]


@pytest.mark.parametrize("name", catalogue.ITEMS)
def test_a_collection_is_a_layer(platform, name):
    read = {feature["id"]: feature for feature in features(platform.url, name)}
    truth = {item.id: item for item in catalogue.ITEMS[name]}
    assert sorted(read) == sorted(truth)
    for id, feature in read.items():
        item = truth[id]
        assert shape(feature["geometry"]).equals(shape(item.geometry))
        written = {key: value for key, value in feature["properties"].items() if value is not None}
        for key, value in item.properties.items():
            if isinstance(value, (int, float, str)) and "datetime" not in key and key != "created":
                assert written[key] == value, (id, key)


def test_a_collection_by_its_own_url(platform):
    count = [line for line in gdal("ogrinfo", "-ro", "-so", f"OAPIF:{platform.url}/collections/radar", "radar").splitlines()]
    assert f"Feature Count: {len(catalogue.ITEMS['radar'])}" in count


def test_the_layers_are_the_collections(platform):
    listed = gdal("ogrinfo", "-ro", "-q", f"OAPIF:{platform.url}")
    assert all(f": {name} " in listed for name in catalogue.ITEMS), listed


def test_a_box(platform):
    read = features(platform.url, "optical", "-spat", *BOUNDS)
    near = [item.id for item in catalogue.ITEMS["optical"] if shape(item.geometry).intersects(box(*BOUNDS))]
    assert sorted(feature["id"] for feature in read) == sorted(near)
    assert 0 < len(near) < len(catalogue.ITEMS["optical"])


def test_a_time(platform):
    where = "datetime >= '2021-03-01T00:00:00Z' AND datetime <= '2021-08-31T23:59:59Z'"
    read = features(platform.url, "optical", "-where", where)
    truth = [item.id for item in catalogue.ITEMS["optical"] if "2021-03" <= item.datetime.isoformat() < "2021-09"]
    assert sorted(feature["id"] for feature in read) == sorted(truth) and truth


@pytest.fixture(scope="module")
def tiles(platform):
    """The files of the tiles, each of one value."""
    bucket = platform.bucket(catalogue.BUCKET)
    for index, item in enumerate(catalogue.ITEMS[catalogue.TILES]):
        west, south, east, north = item.bbox
        path = bucket / f"{item.id}.tif"
        gdal(
            "gdal_create", "-q", "-outsize", catalogue.PIXELS, catalogue.PIXELS, "-bands", 1, "-burn", 10 + index,
            "-ot", "Byte", "-a_srs", "EPSG:4326", "-a_ullr", west, north, east, south, path,
        )


def test_the_items_are_one_picture(platform, tiles):
    environment = {
        "AWS_S3_ENDPOINT": platform.s3.url.removeprefix("http://"),
        "AWS_HTTPS": "NO",
        "AWS_VIRTUAL_HOSTING": "FALSE",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    }
    items = catalogue.ITEMS[catalogue.TILES]
    # Pages of two: it goes on with `next`.
    picture = f'STACIT:"{platform.url}/search?collections={catalogue.TILES}&limit=2":asset=data'
    told = json.loads(gdal("gdalinfo", "-json", picture, **environment))
    assert told["size"] == [catalogue.PIXELS * 3, catalogue.PIXELS * 2]
    for index, item in enumerate(items):
        west, south, east, north = item.bbox
        place = ((west + east) / 2, (south + north) / 2)
        value = gdal("gdallocationinfo", "-valonly", "-geoloc", picture, *place, **environment)
        assert int(value) == 10 + index, item.id
