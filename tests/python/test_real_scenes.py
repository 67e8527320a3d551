"""Real Sentinel-2 scenes: what is found, what other clients read, and what cubes must hold in every pixel."""

import json
import math
import shutil
import subprocess
import urllib.parse

import numpy as np
import odc.stac
import pyproj
import pystac
import pytest
import rasterio
import requests
from odc.geo.geobox import GeoBox
from pystac_client import Client
from rasterio.transform import Affine
from servers import ACCESS_KEY, SECRET_KEY, folder_of
from shapely.geometry import box, shape

COLLECTION = "sentinel-2-l2a"
BANDS = {"blue": "B02", "green": "B03", "red": "B04", "nir": "B08"}
KEPT = (2, 4, 5, 6, 7, 11)
RECIPE = {
    "collections": [COLLECTION],
    "datetime": "2023-08-01/2023-08-31",
    "bands": list(BANDS),
    "mask": {"scl": list(KEPT)},
    "group": "month",
    "reduce": "median",
}


class Scenes:
    """The scenes as they lie on the disk, which the tests read without Ardent."""

    def __init__(self, folder):
        self.folder = folder
        paths = sorted(folder.glob("*/*.json"))
        self.items = {path.stem: json.loads(path.read_text()) for path in paths}

    def of_tile(self, tile):
        """Ids in the order in which dates and overlaps are read."""
        ids = [name for name in self.items if f"_{tile}_" in name]
        return sorted(ids, key=lambda name: (self.items[name]["properties"]["datetime"], name))

    def read(self, name, file):
        with rasterio.open(self.folder / name / f"{file}.tif") as dataset:
            return dataset.read(1), dataset.transform

    def clear(self, name, band):
        """A band with 0 wherever it is not to be used."""
        values, transform = self.read(name, BANDS[band])
        classes, of_classes = self.read(name, "SCL")
        assert transform == of_classes
        return np.where(np.isin(classes, KEPT), values, 0), transform


@pytest.fixture(scope="module")
def scenes(platform):
    scenes = Scenes(folder_of("ARDENT_TEST_SCENES"))
    bucket = platform.bucket("alps")
    for name in scenes.items:
        shutil.copytree(scenes.folder / name, bucket / name)
    platform.run("product", "add", scenes.folder / "collection.json")
    receipt = platform.run("index", "s3://alps")
    assert receipt["inserted"] == len(scenes.items) == 10
    return scenes


@pytest.fixture(scope="module")
def client(platform, scenes):
    return Client.open(platform.url)


@pytest.fixture
def through_s3(platform, monkeypatch):
    """Lets GDAL in this process read from the store."""
    settings = {
        "AWS_S3_ENDPOINT": urllib.parse.urlparse(platform.s3.url).netloc,
        "AWS_HTTPS": "NO",
        "AWS_VIRTUAL_HOSTING": "FALSE",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


def load(platform, recipe):
    answer = requests.post(platform.url + "/datacube/load", params={"f": "cog"}, json=recipe, timeout=300)
    assert answer.status_code == 200, answer.text
    with rasterio.MemoryFile(answer.content) as file, file.open() as dataset:
        names = [description.rsplit("/", 1)[-1] for description in dataset.descriptions]
        assert names == recipe["bands"] and set(dataset.dtypes) == {"uint16"} and dataset.nodata == 0
        return dict(zip(names, dataset.read())), dataset.transform, dataset.crs


def median(dates):
    """Of what is not 0; the mean of the two middle values, halves up; 0 where there is nothing."""
    stack = np.sort(np.stack(dates).astype(np.int64), axis=0)
    count = (stack != 0).sum(axis=0)
    first = len(dates) - count
    low = np.take_along_axis(stack, np.minimum(first + (count - 1) // 2, len(dates) - 1)[None], axis=0)[0]
    high = np.take_along_axis(stack, np.minimum(first + count // 2, len(dates) - 1)[None], axis=0)[0]
    return np.where(count == 0, 0, (low + high + 1) // 2)


def test_the_oracle_knows_what_a_median_is():
    dates = [np.array([values]) for values in [(0, 0, 5, 1), (0, 7, 0, 2), (0, 0, 8, 3)]]
    assert median(dates).tolist() == [[0, 7, 7, 2]]


def moment(scenes, name):
    return scenes.items[name]["properties"]["datetime"]


@pytest.mark.parametrize(
    "search, keep",
    [
        pytest.param(
            {"datetime": "2023-08-15T00:00:00Z/2023-08-15T23:59:59Z"},
            lambda item, at: at.startswith("2023-08-15"),
            id="one day",
        ),
        pytest.param(
            {"bbox": [15.2, 46.5, 15.4, 46.7]},
            lambda item, at: shape(item["geometry"]).intersects(box(15.2, 46.5, 15.4, 46.7)),
            id="a box in the north",
        ),
        pytest.param(
            {
                "intersects": box(16.2, 45.3, 16.3, 45.4).__geo_interface__,
                "datetime": "2023-08-11T00:00:00Z/2023-08-18T12:00:00Z",
            },
            lambda item, at: shape(item["geometry"]).intersects(box(16.2, 45.3, 16.3, 45.4))
            and "2023-08-11" <= at <= "2023-08-18T12",
            id="a geometry and a week",
        ),
        pytest.param(
            {"ids": ["S2B_33TWM_20230820_0_L2A", "S2A_33TWL_20230818_0_L2A"]},
            lambda item, at: item["id"] in ("S2B_33TWM_20230820_0_L2A", "S2A_33TWL_20230818_0_L2A"),
            id="two ids",
        ),
    ],
)
def test_searches_find_exactly_the_expected_items(client, scenes, search, keep):
    expected = {name for name, item in scenes.items.items() if keep(item, moment(scenes, name))}
    found = [item.id for item in client.search(collections=[COLLECTION], limit=3, **search).items()]
    assert 0 < len(expected) < 10
    assert sorted(found) == sorted(expected)
    assert found == sorted(found, key=lambda name: moment(scenes, name), reverse=True), "newest first"


def test_odc_stac_reads_the_pixels_through_the_store(client, scenes, through_s3):
    name = "S2B_33TWM_20230813_0_L2A"
    item = client.get_collection(COLLECTION).get_item(name)
    assert item.assets["red"].href.startswith("s3://alps/")
    values, transform = scenes.read(name, "B04")
    classes, _ = scenes.read(name, "SCL")
    geobox = GeoBox(values.shape, transform, "EPSG:32633")
    cube = odc.stac.load([item], bands=["red", "scl"], geobox=geobox, fail_on_error=True)
    assert np.array_equal(cube.red.values[0], values)
    assert np.array_equal(cube.scl.values[0], classes)


def test_odc_stac_finds_the_grid_of_both_tiles(client, scenes, through_s3):
    items = list(client.search(collections=[COLLECTION]).items())
    assert all(isinstance(item, pystac.Item) for item in items)
    cube = odc.stac.load(items, bands=["red"], groupby="solar_day", chunks={})
    assert cube.red.shape == (5, 1749, 915)
    assert cube.odc.geobox.affine == Affine(120, 0, 499980, 0, -120, 5200080)


@pytest.mark.parametrize("tile", ["33TWL", "33TWM"])
def test_the_median_of_a_tile_on_its_own_grid(platform, scenes, tile):
    ids = scenes.of_tile(tile)
    cube, transform, crs = load(platform, {**RECIPE, "ids": ids})
    assert crs == rasterio.CRS.from_epsg(32633)
    for band in BANDS:
        dates = [scenes.clear(name, band) for name in ids]
        assert all(of_date == transform for _, of_date in dates)
        expected = median([values for values, _ in dates])
        assert cube[band].shape == expected.shape
        assert np.count_nonzero(cube[band] != expected) == 0, band


def nearest(values, source, shape, target):
    """The source pixel in which each target pixel's centre lies; a tie goes to the higher index."""
    rows, cols = shape
    x = target.c + target.a * (np.arange(cols) + 0.5)
    y = target.f + target.e * (np.arange(rows) + 0.5)
    col = np.floor((x - source.c) / source.a + 1e-10).astype(int)
    row = np.floor((y - source.f) / source.e + 1e-10).astype(int)
    inside = ((row >= 0) & (row < values.shape[0]))[:, None] & ((col >= 0) & (col < values.shape[1]))[None, :]
    taken = values[np.clip(row, 0, values.shape[0] - 1)[:, None], np.clip(col, 0, values.shape[1] - 1)[None, :]]
    return np.where(inside, taken, 0)


def test_the_median_of_both_tiles(platform, scenes):
    shape, target = (1749, 915), Affine(120, 0, 499980, 0, -120, 5200080)
    bbox = [499980, 5200080 - 120 * shape[0], 499980 + 120 * shape[1], 5200080]
    grid = {"crs": "EPSG:32633", "resolution": 120, "anchor": [499980, 5200080], "bbox": bbox, "bbox_crs": "EPSG:32633"}
    cube, transform, _ = load(platform, {**RECIPE, **grid})
    assert transform == target
    ordered = sorted(scenes.items, key=lambda name: (moment(scenes, name), name))
    days = sorted({moment(scenes, name)[:10] for name in ordered})
    assert len(days) == 5
    for band in BANDS:
        dates = []
        for day in days:
            fused = np.zeros(shape, np.uint16)
            for name in (name for name in ordered if moment(scenes, name).startswith(day)):
                values, source = scenes.clear(name, band)
                fused = np.where(fused == 0, nearest(values, source, shape, target), fused)
            dates.append(fused)
        expected = median(dates)
        assert cube[band].shape == shape
        assert np.count_nonzero(cube[band] != expected) == 0, band
    assert 0.001 < np.mean(expected == 0) < 0.05, "some pixels are never clear"


def gdalwarp(source, target, bounds):
    subprocess.run(
        ["gdalwarp", "-q", "-t_srs", "EPSG:3035", "-tr", "120", "120", "-te", *map(str, bounds), "-r", "bilinear"]
        + ["-et", "0", "-wo", "XSCALE=1", "-wo", "YSCALE=1", "-srcnodata", "0", "-dstnodata", "0", source, target],
        check=True,
    )
    with rasterio.open(target) as dataset:
        return dataset.read(1)


def test_bilinear_in_another_crs(platform, scenes, tmp_path):
    ids = scenes.of_tile("33TWM")
    values, transform = scenes.read(ids[0], "B04")
    corners = rasterio.transform.array_bounds(*values.shape, transform)
    extent = pyproj.Transformer.from_crs(32633, 3035, always_xy=True).transform_bounds(*corners, densify_pts=99)
    bounds = [f(side / 120) * 120 for f, side in zip((math.floor, math.floor, math.ceil, math.ceil), extent)]
    grid = {"crs": "EPSG:3035", "resolution": 120, "bbox": bounds, "bbox_crs": "EPSG:3035", "resampling": "bilinear"}
    cube, transform, crs = load(platform, {**RECIPE, **grid, "ids": ids})
    assert crs == rasterio.CRS.from_epsg(3035)
    assert transform == Affine(120, 0, bounds[0], 0, -120, bounds[3])
    for band in BANDS:
        dates = []
        for name in ids:
            clear, source = scenes.clear(name, band)
            profile = {"driver": "GTiff", "dtype": "uint16", "count": 1, "crs": "EPSG:32633", "transform": source}
            path = str(tmp_path / f"{name}-{band}.tif")
            with rasterio.open(path, "w", width=clear.shape[1], height=clear.shape[0], **profile) as dataset:
                dataset.write(clear.astype(np.uint16), 1)
            dates.append(gdalwarp(path, str(tmp_path / f"{name}-{band}-3035.tif"), bounds))
        expected, got = median(dates), cube[band].astype(np.int64)
        assert got.shape == expected.shape
        assert np.mean((got == 0) == (expected == 0)) >= 0.9999, band
        both = (got != 0) & (expected != 0)
        assert both.any() and np.mean(np.abs(got - expected)[both] <= 1) >= 0.999, band
