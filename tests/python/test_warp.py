"""Scenes brought to another CRS under a mask, against the rules of docs/RECIPES.md in numpy."""

import datetime
import json

import numpy as np
import pystac
import pytest
import rasterio
import requests
from rasterio.transform import Affine
from rasterio.warp import transform
from shapely.geometry import box

COLLECTION = "warped"
SIZE = 300
LEFT, TOP = 690_000.0, 5_650_000.0
KEPT = [4, 5]
FOOTPRINT = [-0.3, 50.9, -0.2, 51.0]


@pytest.fixture(scope="module")
def scene(platform):
    """Values of 10 m with missing ones, and classes of 20 m in patches."""
    rng = np.random.default_rng(5)
    rows, cols = np.mgrid[0:SIZE, 0:SIZE]
    values = (3000 + 900 * np.sin(cols / 9) + 700 * np.cos(rows / 13) + rng.integers(0, 60, (SIZE, SIZE))).astype("uint16")
    values[rng.random(values.shape) < 0.02] = 0
    classes = (4 + (rng.random((SIZE // 10, SIZE // 10)) < 0.3) * 4).astype("uint8").repeat(5, 0).repeat(5, 1)
    bucket = platform.bucket("warped")
    at = datetime.datetime(2021, 6, 2, 11, tzinfo=datetime.timezone.utc)
    item = pystac.Item("warped-1", box(*FOOTPRINT).__geo_interface__, FOOTPRINT, at, {}, collection=COLLECTION)
    for name, pixels, resolution, nodata in [("red", values, 10, 0), ("scl", classes, 20, None)]:
        profile = {"driver": "GTiff", "dtype": pixels.dtype, "nodata": nodata, "count": 1, "crs": "EPSG:32630"}
        profile |= {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate", "predictor": 2}
        grid = Affine(resolution, 0, LEFT, 0, -resolution, TOP)
        height, width = pixels.shape
        with rasterio.open(bucket / f"{name}.tif", "w", width=width, height=height, transform=grid, **profile) as dataset:
            dataset.write(pixels, 1)
        item.add_asset(name, pystac.Asset(f"s3://warped/{name}.tif", roles=["data"]))
    extent = pystac.Extent(pystac.SpatialExtent([FOOTPRINT]), pystac.TemporalExtent([[at, None]]))
    collection = pystac.Collection(COLLECTION, "Waves", extent, license="CC0-1.0")
    for name, command, document in [
        ("product", ["product", "add"], collection.to_dict(include_self_link=False)),
        ("index", ["index"], {"type": "FeatureCollection", "features": [item.to_dict(include_self_link=False)]}),
    ]:
        path = platform.folder / f"warped-{name}.json"
        path.write_text(json.dumps(document))
        platform.run(*command, path)
    return values, classes


def kernel(resampling, share):
    """Weights of the pixels around a position, by their distance from the first of the two in the middle."""
    if resampling == "bilinear":
        return np.stack([1 - share, share]), 0
    t = np.abs(share[None] - np.arange(-1, 3).reshape(4, 1, 1))
    near, far = 1.5 * t**3 - 2.5 * t**2 + 1, -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    return np.where(t <= 1, near, far), 1


def expected(resampling, scene, grid, shape):
    """Values and validity on a grid of EPSG:27700, position by position."""
    values, classes = scene
    rows, cols = np.mgrid[0 : shape[0], 0 : shape[1]]
    x, y = grid * (cols.ravel() + 0.5, rows.ravel() + 0.5)
    x, y = (np.array(axis).reshape(shape) for axis in transform("EPSG:27700", "EPSG:32630", x, y))
    across, down = (x - LEFT) / 10, (TOP - y) / 10
    keep = np.isin(classes, KEPT).repeat(2, 0).repeat(2, 1)
    inside = (across >= 0) & (across < SIZE) & (down >= 0) & (down < SIZE)
    nearest = np.clip(np.floor(down), 0, SIZE - 1).astype(int), np.clip(np.floor(across), 0, SIZE - 1).astype(int)
    valid = inside & (values[nearest] != 0) & keep[nearest]
    left, top = np.floor(across - 0.5).astype(int), np.floor(down - 0.5).astype(int)
    (weights_x, before), (weights_y, _) = kernel(resampling, across - 0.5 - left), kernel(resampling, down - 0.5 - top)
    total, weights = np.zeros(shape), np.zeros(shape)
    for row, weight_y in enumerate(weights_y, -before):
        for col, weight_x in enumerate(weights_x, -before):
            at_row, at_col = top + row, left + col
            here = (at_row >= 0) & (at_row < SIZE) & (at_col >= 0) & (at_col < SIZE)
            at = np.clip(at_row, 0, SIZE - 1), np.clip(at_col, 0, SIZE - 1)
            weight = weight_x * weight_y * (here & (values[at] != 0) & keep[at])
            total, weights = total + weight * values[at], weights + weight
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.floor(total / weights + 0.5)
    return np.where(weights > 0.05, mean, values[nearest]), valid


@pytest.mark.parametrize("resampling", ["bilinear", "cubic"])
def test_masked_and_missing_taps_weigh_nothing(platform, scene, resampling):
    recipe = {"collections": [COLLECTION], "bands": ["red"], "mask": {"scl": KEPT}, "resampling": resampling}
    recipe |= {"crs": "EPSG:27700", "resolution": 10}
    answer = requests.post(platform.url + "/datacube/load", json=recipe, timeout=120)
    assert answer.status_code == 200, answer.text
    with rasterio.MemoryFile(answer.content) as file, file.open() as dataset:
        found, grid = dataset.read(1).astype(float), dataset.transform
    truth, valid = expected(resampling, scene, grid, found.shape)
    assert valid.sum() > 40_000
    # Positions are right to a thousandth of a pixel: one on an edge may fall to the other side of it.
    assert ((found != 0) != valid).mean() < 1e-4
    off = np.abs(found - truth)[valid & (found != 0)]
    assert (off <= 1).mean() > 0.9995, f"{(off > 1).sum()} of {off.size} differ, by {off.max()} at most"
