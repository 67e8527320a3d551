"""A cube in each form, as other programs read it, against numpy on the scenes' own pixels."""

import datetime
import io
import json
import re
import subprocess
import sys
import zipfile

import numpy as np
import odc.geo.xr  # noqa: F401
import PIL.Image
import pyproj
import pystac
import pytest
import rasterio
import requests
import rioxarray
import xarray as xr
import zarr
from rasterio.transform import Affine
from rio_cogeo.cogeo import cog_validate

COLLECTION = "forms-test"
WIDTH, HEIGHT = 1100, 700
TRANSFORM = Affine(10, 0, 450000, 0, -10, 110000)
# Two dates in June, one in July: an even count and an odd one.
DATES = ["2019-06-03", "2019-06-13", "2019-07-05"]
MONTHS = {"2019-06": DATES[:2], "2019-07": DATES[2:]}
SCALE, OFFSET = 0.0001, -0.1
NODATA = 0


class Scenes:
    """The generator: what every pixel of every date is."""

    def __init__(self):
        random = np.random.default_rng(27700)
        shape = (HEIGHT, WIDTH)
        self.red, self.nir, self.clouds = {}, {}, {}
        for date in DATES:
            red, nir = (random.integers(2000, 9000, shape, dtype=np.uint16) for _ in range(2))
            red[random.random(shape) < 0.1] = NODATA
            clouds = (random.random(shape) < 0.3).astype(np.uint8)
            clouds[:64, :64] = 1
            self.red[date], self.nir[date], self.clouds[date] = red, nir, clouds

    def dates(self, band, month):
        """A band's dates with NaN where they do not count."""
        values = getattr(self, band)
        counts = {date: (values[date] != NODATA) & (self.clouds[date] == 0) for date in MONTHS[month]}
        return np.array([np.where(counts[date], values[date].astype(float), np.nan) for date in MONTHS[month]])

    def median(self, band, month):
        with np.errstate(all="ignore"):
            return np.floor(nanmedian(self.dates(band, month)) + 0.5)

    def ndvi(self, month):
        red, nir = (self.dates(band, month) * SCALE + OFFSET for band in ("red", "nir"))
        with np.errstate(all="ignore"):
            index = (nir - red) / (nir + red)
            index[~np.isfinite(index)] = np.nan
            return nanmedian(index)

    def write(self, folder):
        for name, dates in [("red", self.red), ("nir", self.nir), ("clouds", self.clouds)]:
            for date, values in dates.items():
                nodata = None if name == "clouds" else NODATA
                with rasterio.open(
                    folder / f"{date}_{name}.tif", "w", driver="GTiff", width=WIDTH, height=HEIGHT, count=1,
                    dtype=values.dtype, crs="EPSG:27700", transform=TRANSFORM, nodata=nodata, tiled=True,
                    blockxsize=256, blockysize=256, compress="deflate", predictor=2,
                ) as dataset:
                    dataset.write(values, 1)


def nanmedian(stack):
    """Like numpy's, without its warning about pixels that no date covers."""
    filled = np.isfinite(stack).any(axis=0)
    median = np.full(stack.shape[1:], np.nan)
    median[filled] = np.nanmedian(stack[:, filled], axis=0)
    return median


RECIPE = {
    "collections": [COLLECTION],
    "bands": ["red", "nir", {"name": "ndvi", "expression": "(nir-red)/(nir+red)"}],
    "mask": {"clouds": [0]},
    "group": "month",
    "reduce": "median",
}


class Loader:
    def __init__(self, platform, scenes):
        self.platform, self.scenes = platform, scenes
        self.folder = platform.folder / "forms"
        self.folder.mkdir()

    def load(self, name, recipe=RECIPE, accept="*/*", **parameters):
        answer = requests.post(
            f"{self.platform.url}/datacube/load", json=recipe, params=parameters, headers={"accept": accept}, timeout=300
        )
        assert answer.status_code == 200, answer.text
        path = self.folder / name
        path.write_bytes(answer.content)
        assert int(answer.headers["content-length"]) == path.stat().st_size
        return path, answer


@pytest.fixture(scope="module")
def loader(platform):
    scenes = Scenes()
    bucket = platform.bucket("forms")
    scenes.write(bucket)
    extent = pystac.Extent(pystac.SpatialExtent([[-2, 50, -1, 51]]), pystac.TemporalExtent([[None, None]]))
    extent.temporal.intervals[0][0] = datetime.datetime(2019, 1, 1, tzinfo=datetime.timezone.utc)
    collection = pystac.Collection(COLLECTION, "Scenes of a test", extent, license="CC0-1.0")
    document = platform.folder / "forms-collection.json"
    document.write_text(json.dumps(collection.to_dict(include_self_link=False)))
    platform.run("product", "add", document)
    to_degrees = pyproj.Transformer.from_crs(27700, 4326, always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(450000, 110000 - HEIGHT * 10, 450000 + WIDTH * 10, 110000)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    features = []
    for date in DATES:
        reflectance = {"data_type": "uint16", "nodata": NODATA, "raster:scale": SCALE, "raster:offset": OFFSET}
        bands = {"red": reflectance, "nir": reflectance, "clouds": {"data_type": "uint8"}}
        features.append({
            "type": "Feature", "stac_version": "1.1.0", "id": f"scene-{date}", "collection": COLLECTION, "links": [],
            "geometry": {"type": "Polygon", "coordinates": [ring]}, "bbox": [west, south, east, north],
            "properties": {"datetime": f"{date}T11:20:00Z"},
            "assets": {
                name: {"href": f"s3://forms/{date}_{name}.tif", "bands": [{"name": name} | described]}
                for name, described in bands.items()
            },
        })
    document = platform.folder / "forms-scenes.json"
    document.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert platform.run("index", document)["inserted"] == len(DATES)
    return Loader(platform, scenes)


def check_stored(loader, band, month, values):
    """Stored values: integers with the missing one, or floats with NaN."""
    expected = loader.scenes.median(band, month)
    if np.issubdtype(values.dtype, np.floating):
        np.testing.assert_array_equal(values, expected)
    else:
        np.testing.assert_array_equal(values, np.where(np.isnan(expected), NODATA, expected).astype(values.dtype))


def check_ndvi(loader, month, values):
    expected = loader.scenes.ndvi(month)
    finite = np.isfinite(expected)
    assert values.dtype == np.float32 and (np.isfinite(values) == finite).all()
    # The engine computes in float32.
    np.testing.assert_allclose(values[finite], expected[finite], rtol=1e-5, atol=1e-6)


def check_xarray(loader, dataset):
    """A data set as xarray decodes it: physical values, times, coordinates of centres, a CRS that others understand."""
    assert dict(dataset.sizes) == {"time": 2, "y": HEIGHT, "x": WIDTH, "bnds": 2}
    np.testing.assert_array_equal(dataset.time.values, np.array(["2019-06-01", "2019-07-01"], dtype="datetime64[ns]"))
    bounds = np.array([["2019-06-01", "2019-07-01"], ["2019-07-01", "2019-08-01"]], dtype="datetime64[ns]")
    np.testing.assert_array_equal(dataset.time_bnds.values, bounds)
    np.testing.assert_array_equal(dataset.dates.values, [2, 1])
    np.testing.assert_array_equal(dataset.x.values, 450005 + 10 * np.arange(WIDTH))
    np.testing.assert_array_equal(dataset.y.values, 109995 - 10 * np.arange(HEIGHT))
    for index, month in enumerate(MONTHS):
        for band in ("red", "nir"):
            expected = loader.scenes.median(band, month) * SCALE + OFFSET
            np.testing.assert_allclose(dataset[band].values[index], expected, rtol=0, atol=1e-6)
        check_ndvi(loader, month, dataset.ndvi.values[index])
    for found in (dataset, dataset.red, dataset.ndvi):
        assert found.rio.crs.to_epsg() == 27700 and found.rio.transform() == TRANSFORM
        assert found.odc.geobox.affine == TRANSFORM and found.odc.geobox.crs.epsg == 27700
        assert found.odc.geobox.shape == (HEIGHT, WIDTH)
    assert dataset.attrs["Conventions"] == "CF-1.11"
    assert json.loads(dataset.attrs["ardent_recipe"])["group"] == "month"
    assert dataset.attrs["ardent_items"] == " ".join(f"scene-{date}" for date in DATES)
    assert dataset.red.attrs["cell_methods"] == "time: median" and dataset.red.attrs["long_name"] == "red"


def check_encoded(loader, raw):
    """The same data set undecoded: stored values in the bands' own types."""
    assert [raw[band].dtype for band in ("red", "nir", "ndvi")] == [np.uint16, np.uint16, np.float32]
    assert (raw.red.attrs["scale_factor"], raw.red.attrs["add_offset"]) == (SCALE, OFFSET)
    assert raw.red.attrs["_FillValue"] == NODATA and "scale_factor" not in raw.ndvi.attrs
    for index, month in enumerate(MONTHS):
        check_stored(loader, "red", month, raw.red.values[index])
        check_stored(loader, "nir", month, raw.nir.values[index])


def test_netcdf(loader):
    path, answer = loader.load("cube.nc", accept="application/netcdf")
    assert answer.headers["content-type"] == "application/netcdf"
    assert f'filename="{COLLECTION}.nc"' in answer.headers["content-disposition"]
    with xr.open_dataset(path, engine="netcdf4") as dataset:
        check_xarray(loader, dataset)
    with xr.open_dataset(path, engine="netcdf4", decode_cf=False) as raw:
        check_encoded(loader, raw)
    with rioxarray.open_rasterio(path, variable="red", mask_and_scale=True) as bands:
        red = bands["red"] if isinstance(bands, xr.Dataset) else bands
        assert red.rio.crs.to_epsg() == 27700 and red.rio.transform() == TRANSFORM
        expected = loader.scenes.median("red", "2019-06") * SCALE + OFFSET
        np.testing.assert_allclose(red.values[0], expected, rtol=0, atol=1e-6)
    with rasterio.open(f"netcdf:{path}:red") as dataset:
        assert (dataset.crs.to_epsg(), dataset.transform, dataset.nodata) == (27700, TRANSFORM, NODATA)
        assert dataset.scales[0] == SCALE and dataset.offsets[0] == OFFSET
        for index, month in enumerate(MONTHS):
            check_stored(loader, "red", month, dataset.read(index + 1))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"reduce": "stddev", "group": "all"},
        {"reduce": "max", "extra": ["n_clear", "source_index", "age_days"]},
        {"reduce": "count", "crs": "EPSG:4326", "resolution": 0.001},
        {"scale": True, "group": "month-of-year", "crs": "EPSG:3035", "resolution": 100},
    ],
    ids=["median", "stddev", "extra", "degrees", "scaled"],
)
def test_netcdf_complies_with_cf(loader, change):
    path, _ = loader.load("cf.nc", recipe=RECIPE | change, f="netcdf")
    script = "from compliance_checker.runner import ComplianceChecker, CheckSuite; CheckSuite.load_all_available_checkers();"
    script += "import sys; print(ComplianceChecker.run_checker(sys.argv[1], ['cf:1.11'], 3, 'normal', output_format='json'"
    script += ", output_filename=sys.argv[2]))"
    report = loader.folder / "cf.json"
    report.unlink(missing_ok=True)
    done = subprocess.run([sys.executable, "-c", script, path, report], capture_output=True, text=True, timeout=300)
    assert report.exists(), done.stdout + done.stderr
    faults = json.loads(report.read_text())["cf:1.11"]
    # CF-1.11 §8.1 has unsigned integers among the packed types, and floats packed by attributes of their own type; the
    # checker knows neither yet.
    unsigned = "Variable is not of type byte, short, or int as required for different type add_offset/scale_factor."
    float32 = re.compile(r"When attribute (scale_factor|add_offset) is of type float variable \w+ must be of type byte.*")
    wrong = [
        (check["name"], message)
        for priority in ("high_priorities", "medium_priorities", "low_priorities")
        for check in faults[priority]
        for message in check["msgs"]
        if message != unsigned and not float32.fullmatch(message)
    ]
    assert not wrong
    assert faults["scored_points"] > 40


def test_zarr(loader):
    path, answer = loader.load("cube.zarr.zip", accept="application/vnd+zarr")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert {one.compress_type for one in archive.infolist()} == {zipfile.ZIP_STORED}
    store = zarr.storage.ZipStore(path, mode="r")
    assert zarr.open_group(store, mode="r").metadata.consolidated_metadata is not None
    group = zarr.open_group(store, mode="r").attrs
    assert {one["uuid"] for one in group["zarr_conventions"]} == {
        "f17cb550-5864-4468-aeb7-f3180cfb622f",  # proj:
        "689b58e2-cf7b-45e0-9fff-9cfc0883d6b4",  # spatial:
    }
    assert rasterio.crs.CRS.from_string(group["proj:code"]).to_epsg() == 27700
    assert rasterio.Affine(*group["spatial:transform"]) == TRANSFORM
    assert (group["spatial:dimensions"], group["spatial:shape"]) == (["y", "x"], [HEIGHT, WIDTH])
    assert group["spatial:bbox"] == list(rasterio.transform.array_bounds(HEIGHT, WIDTH, TRANSFORM))
    assert (group["spatial:transform_type"], group["spatial:registration"]) == ("affine", "pixel")
    with xr.open_zarr(store, chunks=None, consolidated=True) as dataset:
        check_xarray(loader, dataset)
    with xr.open_zarr(store, chunks=None, decode_cf=False) as raw:
        check_encoded(loader, raw)
    with xr.open_zarr(store) as lazy:
        assert lazy.red.chunks == ((1, 1), (512, 188), (512, 512, 76))
        assert lazy.red.encoding["_FillValue"] == NODATA and np.isnan(lazy.ndvi.encoding["_FillValue"])


@pytest.mark.parametrize("compress", ["deflate", "zstd", "lzw"])
def test_geotiff(loader, compress):
    path, answer = loader.load(f"{compress}.tif", f="cog", compress=compress)
    assert answer.headers["content-type"].startswith("image/tiff")
    is_valid, errors, warnings = cog_validate(path, strict=True, quiet=True)
    assert is_valid and not errors and not warnings
    with rasterio.open(path) as dataset:
        assert dataset.compression.value.lower() == compress and dataset.overviews(1)
        assert dataset.descriptions == tuple(f"{month}/{band}" for month in MONTHS for band in ("red", "nir", "ndvi"))
        assert dataset.dtypes == ("float32",) * 6 and np.isnan(dataset.nodata)
        assert dataset.crs.to_epsg() == 27700 and dataset.transform == TRANSFORM
        # Stored values are the collection's numbers; what they mean is said beside them.
        assert dataset.scales == (SCALE, SCALE, 1.0) * 2 and dataset.offsets == (OFFSET, OFFSET, 0.0) * 2
        assert json.loads(dataset.tags()["ARDENT_RECIPE"])["group"] == "month"
        for index, month in enumerate(MONTHS):
            check_stored(loader, "red", month, dataset.read(3 * index + 1))
            check_ndvi(loader, month, dataset.read(3 * index + 3))
            tags = dataset.tags(3 * index + 1)
            assert (tags["BAND"], tags["START"], tags["DATES"]) == ("red", f"{month}-01", str(len(MONTHS[month])))


def test_geotiffs_in_a_zip_keep_their_types(loader):
    path, answer = loader.load("bands.zip", split="band")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == ["ndvi.tif", "nir.tif", "red.tif"]
        archive.extractall(loader.folder / "bands")
    for band in ("red", "nir", "ndvi"):
        file = loader.folder / "bands" / f"{band}.tif"
        assert cog_validate(file, strict=True, quiet=True)[0]
        with rasterio.open(file) as dataset:
            assert dataset.dtypes[0] == ("float32" if band == "ndvi" else "uint16")
            for index, month in enumerate(MONTHS):
                if band == "ndvi":
                    check_ndvi(loader, month, dataset.read(index + 1))
                else:
                    check_stored(loader, band, month, dataset.read(index + 1))
    path, _ = loader.load("groups.zip", recipe=RECIPE | {"bands": ["red", "nir"]}, split="group", compress="zstd")
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == [f"{month}.tif" for month in MONTHS]
        for month in MONTHS:
            with rasterio.open(io.BytesIO(archive.read(f"{month}.tif"))) as dataset:
                assert dataset.dtypes == ("uint16", "uint16")
                check_stored(loader, "red", month, dataset.read(1))
                check_stored(loader, "nir", month, dataset.read(2))


def test_pictures(loader):
    recipe = RECIPE | {"bands": ["red"], "datetime": "2019-07"}
    expected = loader.scenes.median("red", "2019-07")
    valid = np.isfinite(expected)
    shade = np.floor(np.clip(np.where(valid, expected, 0) / 6000 * 255, 0, 255) + 0.5).astype(np.uint8)
    for form in ("png", "webp"):
        path, answer = loader.load(f"picture.{form}", recipe=recipe, f=form, rescale="0,6000")
        assert answer.headers["content-type"] == f"image/{form}"
        picture = np.asarray(PIL.Image.open(path).convert("RGBA"))
        np.testing.assert_array_equal(picture[..., 3], np.where(valid, 255, 0))
        np.testing.assert_array_equal(picture[..., 0][valid], shade[valid])
    path, answer = loader.load("picture.jpg", recipe=recipe, accept="image/jpeg", rescale="0,6000")
    assert answer.headers["content-type"] == "image/jpeg"
    picture = PIL.Image.open(path)
    assert (picture.mode, picture.size) == ("L", (WIDTH, HEIGHT))
    grey = np.asarray(picture).astype(int)
    assert (grey[:56, :56] == 0).all(), "what is not valid is black"
    # Noise is the worst that a lossy picture can be of.
    assert np.abs(grey - np.where(valid, shade, 0)).mean() < 12


def test_counts_have_no_missing_value(loader):
    recipe = RECIPE | {"bands": ["red"], "reduce": "count"}
    path, _ = loader.load("count.nc", recipe=recipe, f="netcdf")
    with xr.open_dataset(path, engine="netcdf4", mask_and_scale=False) as dataset:
        assert dataset.red.dtype == np.uint16
        assert not {"_FillValue", "scale_factor", "cell_methods"} & set(dataset.red.attrs)
        for index, month in enumerate(MONTHS):
            expected = np.isfinite(loader.scenes.dates("red", month)).sum(axis=0)
            np.testing.assert_array_equal(dataset.red.values[index], expected)


def test_numbers_tell_what_they_are(loader):
    recipe = RECIPE | {"bands": ["red"]}
    path, _ = loader.load("deviation.nc", recipe=recipe | {"reduce": "stddev"}, f="netcdf")
    with xr.open_dataset(path, engine="netcdf4") as decoded, xr.open_dataset(path, decode_cf=False) as raw:
        # A deviation has no offset; of float32 they have its type.
        assert raw.red.attrs["scale_factor"] == np.float32(SCALE) and raw.red.attrs["add_offset"] == 0
        dates = loader.scenes.dates("red", "2019-06")
        both = np.isfinite(dates).all(axis=0)
        expected = dates[:, both].std(axis=0)
        np.testing.assert_allclose(raw.red.values[0][both], expected, rtol=1e-5, atol=1e-3)
        np.testing.assert_allclose(decoded.red.values[0][both], expected * SCALE, rtol=1e-5, atol=1e-7)
    path, _ = loader.load("scaled.nc", recipe=recipe | {"scale": True}, f="netcdf")
    with xr.open_dataset(path, engine="netcdf4", decode_cf=False) as raw:
        assert raw.red.dtype == np.float32 and "scale_factor" not in raw.red.attrs
        dates = loader.scenes.dates("red", "2019-07")[0] * SCALE + OFFSET
        np.testing.assert_allclose(raw.red.values[1], dates, rtol=1e-6, atol=1e-7)


def test_extra_bands_keep_their_types(loader):
    recipe = RECIPE | {"bands": ["red"], "reduce": "max", "extra": ["n_clear", "source_index", "age_days"]}
    path, _ = loader.load("extra.zarr.zip", recipe=recipe, f="zarr")
    store = zarr.storage.ZipStore(path, mode="r")
    with xr.open_zarr(store, chunks=None, decode_cf=False) as raw:
        counts = np.isfinite(loader.scenes.dates("red", "2019-06"))
        assert {variable.dtype for variable in raw.data_vars.values() if variable.ndim == 3} == {np.dtype("uint16")}
        np.testing.assert_array_equal(raw.n_clear.values[0], counts.sum(axis=0))
        dates = np.where(counts, loader.scenes.dates("red", "2019-06"), -1)
        index = np.where(counts.any(axis=0), dates.argmax(axis=0) + 1, raw.source_index_red.attrs["_FillValue"])
        np.testing.assert_array_equal(raw.source_index_red.values[0], index)
        sources = json.loads(raw.source_index_red.attrs["ardent_sources"])
        days = [[source["day"] for source in group] for group in sources]
        assert days == [MONTHS["2019-06"], MONTHS["2019-07"]]
        assert raw.age_days_red.attrs["units"] == "days"


def test_the_command_writes_what_the_name_says(loader):
    recipe = loader.folder / "recipe.json"
    recipe.write_text(json.dumps(RECIPE))
    for name, options in [("cli.nc", []), ("cli.zarr.zip", []), ("cli.zip", ["--split", "band", "--compress", "zstd"])]:
        output = loader.folder / name
        receipt = loader.platform.run("load", recipe, "-o", output, *options)
        assert receipt["size_bytes"] == output.stat().st_size
    estimate = loader.platform.run("load", recipe, "--dry-run")
    assert [estimate[same] for same in ("grid", "bands", "pixels")] == [receipt[same] for same in ("grid", "bands", "pixels")]
    assert estimate["masks"]["tiles"] <= receipt["tiles_read"] <= estimate["masks"]["tiles"] + estimate["data"]["tiles"]
    with xr.open_dataset(loader.folder / "cli.nc", engine="netcdf4") as dataset:
        check_xarray(loader, dataset)
    with xr.open_zarr(zarr.storage.ZipStore(loader.folder / "cli.zarr.zip", mode="r"), chunks=None) as dataset:
        check_xarray(loader, dataset)
    with zipfile.ZipFile(loader.folder / "cli.zip") as archive:
        assert sorted(archive.namelist()) == ["ndvi.tif", "nir.tif", "red.tif"]
