"""What becomes of the dates of a cube, against numpy."""

import datetime
import json

import numpy as np
import pystac
import pytest
import rasterio
import requests
from rasterio.transform import Affine
from shapely.geometry import box

COLLECTION = "reducers"
BANDS = ["blue", "red", "nir"]
DATES, SIZE = 11, 48
START = datetime.datetime(2021, 6, 2, 11, tzinfo=datetime.timezone.utc)
TRANSFORM = Affine(10, 0, 500_000, 0, -10, 5_600_000)
FOOTPRINT = [3.0, 50.54, 3.01, 50.55]


@pytest.fixture(scope="module")
def cube(platform):
    """Dates × bands × rows × columns, 0 where there is nothing."""
    rng = np.random.default_rng(11)
    values = rng.integers(1, 4000, (DATES, len(BANDS), SIZE, SIZE), dtype=np.uint16)
    values[rng.random(values.shape) < 0.15] = 0
    values[:, :, 0, 0] = 0
    bucket, features = platform.bucket("reducers"), []
    for date in range(DATES):
        at = START + datetime.timedelta(days=5 * date)
        geometry = box(*FOOTPRINT).__geo_interface__
        item = pystac.Item(f"reducers-{date:02}", geometry, FOOTPRINT, at, {}, collection=COLLECTION)
        for band, name in enumerate(BANDS):
            profile = {"driver": "GTiff", "dtype": "uint16", "nodata": 0, "count": 1, "crs": "EPSG:32631"}
            file = bucket / f"{date}_{name}.tif"
            with rasterio.open(file, "w", width=SIZE, height=SIZE, transform=TRANSFORM, **profile) as dataset:
                dataset.write(values[date, band], 1)
            item.add_asset(name, pystac.Asset(f"s3://reducers/{file.name}", roles=["data"]))
        features.append(item.to_dict(include_self_link=False))
    extent = pystac.Extent(pystac.SpatialExtent([FOOTPRINT]), pystac.TemporalExtent([[START, None]]))
    collection = pystac.Collection(COLLECTION, "Noise", extent, license="CC0-1.0")
    for name, document in [
        ("product", collection.to_dict(include_self_link=False)),
        ("index", {"type": "FeatureCollection", "features": features}),
    ]:
        path = platform.folder / f"reducers-{name}.json"
        path.write_text(json.dumps(document))
        platform.run(*{"product": ["product", "add"], "index": ["index"]}[name], path)
    return values


def load(platform, **recipe):
    """Values by name of the band, and what is said of each."""
    recipe = {"collections": [COLLECTION], "bands": BANDS} | recipe
    answer = requests.post(platform.url + "/datacube/load", json=recipe, timeout=120)
    assert answer.status_code == 200, answer.text
    with rasterio.MemoryFile(answer.content) as file, file.open() as dataset:
        notes = {name: dataset.tags(index) for index, name in enumerate(dataset.descriptions, 1)}
        return dict(zip(dataset.descriptions, dataset.read(), strict=True)), notes


def missing_as_nan(values):
    return np.where(values == 0, np.nan, values.astype(np.float64))


@pytest.mark.filterwarnings("ignore:All-NaN slice", "ignore:Degrees of freedom", "ignore:Mean of empty slice")
@pytest.mark.parametrize("reduce", ["median", "mean", "stddev", 5, 25, 62.5, 100])
def test_bands_are_reduced_as_numpy_does(platform, cube, reduce):
    values = missing_as_nan(cube)
    asked = {"percentile": reduce} if isinstance(reduce, (int, float)) else reduce
    found, _ = load(platform, reduce=asked)
    for band, name in enumerate(BANDS):
        if reduce == "stddev":
            assert found[name].dtype == np.float32
            np.testing.assert_allclose(found[name], np.nanstd(values[:, band], axis=0), rtol=1e-6)
            continue
        of_numpy = {"median": np.nanmedian, "mean": np.nanmean}.get(reduce)
        expected = of_numpy(values[:, band], axis=0) if of_numpy else np.nanpercentile(values[:, band], reduce, axis=0)
        rounded = np.floor(expected + 0.5)
        # numpy adds up in another order: what lies at a half may be rounded either way.
        tie = np.abs(expected + 0.5 - np.rint(expected + 0.5)) < 1e-9
        same = (found[name] == np.nan_to_num(rounded)) | (tie & (np.abs(found[name] - expected) <= 0.5 + 1e-9))
        assert found[name].dtype == np.uint16 and same.all()


def whole_dates(cube, row, col):
    """Indices and points of the dates on which all bands are there."""
    points = cube[:, :, row, col].astype(np.float64)
    indices = np.flatnonzero((points > 0).all(axis=1))
    return indices, points[indices]


def distances(points, at):
    return np.linalg.norm(points - at, axis=1).sum()


def geometric_median(points):
    """By Weiszfeld's plain steps, very many of them; or the best point, if that is nearer to all."""
    at = points.mean(axis=0)
    for _ in range(5000):
        weights = 1 / np.maximum(np.linalg.norm(points - at, axis=1), 1e-9)
        before, at = at, weights @ points / weights.sum()
        if np.abs(at - before).max() < 1e-10:
            break
    return min(at, *points, key=lambda one: distances(points, one))


def test_the_geometric_median_is_where_plain_steps_lead(platform, cube):
    found, _ = load(platform, reduce="geomedian", scale=True)
    rounded, _ = load(platform, reduce="geomedian")
    for row in range(0, SIZE, 9):
        for col in range(SIZE):
            _, points = whole_dates(cube, row, col)
            at = np.array([found[name][row, col] for name in BANDS])
            assert len(points) > 0 or np.isnan(at).all()
            if len(points) < 3:
                continue
            # In whole numbers it is within half a step, and what is left undone: more beside a date, where steps are short.
            expected = geometric_median(points)
            beside = np.linalg.norm(points - expected, axis=1).min() < 20
            assert np.abs(at - expected).max() <= (1.0 if beside else 0.55), (row, col)
            assert [rounded[name][row, col] for name in BANDS] == at.tolist()


def test_the_medoid_is_a_date_and_its_index_says_which(platform, cube):
    found, notes = load(platform, reduce="medoid", extra=["source_index", "n_clear"])
    sources = json.loads(notes["source_index"]["SOURCES"])
    assert [source["items"] for source in sources] == [[f"reducers-{date:02}"] for date in range(DATES)]
    assert sources[1]["day"] == "2021-06-07"
    assert (found["n_clear"] == (cube > 0).any(axis=1).sum(axis=0)).all()
    for row in range(SIZE):
        for col in range(SIZE):
            indices, points = whole_dates(cube, row, col)
            if len(points) == 0:
                assert found["source_index"][row, col] == 0
                continue
            sums = [distances(points, point) for point in points]
            date = indices[int(np.argmin(np.round(sums, 6)))]
            assert found["source_index"][row, col] == date + 1
            assert [found[name][row, col] for name in BANDS] == cube[date, :, row, col].tolist()


def test_the_greenest_date_wins(platform, cube):
    found, _ = load(platform, reduce={"best": {"band": "ndvi"}}, extra=["source_index"])
    values = missing_as_nan(cube)
    ndvi = (values[:, 2] - values[:, 1]) / (values[:, 2] + values[:, 1])
    ndvi[np.isnan(values).any(axis=1)] = -np.inf
    best = np.where(np.isinf(ndvi).all(axis=0), 0, np.argmax(np.round(ndvi, 7), axis=0) + 1)
    # What single precision cannot tell apart is left out.
    ordered = np.sort(ndvi, axis=0)
    clear_cut = np.isinf(ordered[-2]) | (ordered[-1] > ordered[-2] + 1e-6)
    assert clear_cut.mean() > 0.99
    assert (found["source_index"] == best)[clear_cut].all()


def test_sixteen_days_begin_with_the_year(platform, cube):
    found, notes = load(platform, bands=["red"], group="P16D", reduce="max", datetime="2021-06-01/2021-08-31")
    days = [(START + datetime.timedelta(days=5 * date)).date() for date in range(DATES)]
    first = datetime.date(2021, 1, 1)
    expected = [first + datetime.timedelta(days=16 * index) for index in range(9, 16)]
    assert list(found) == [f"{day}/red" for day in expected]
    for day in expected:
        inside = [day <= one < day + datetime.timedelta(days=16) for one in days]
        said = notes[f"{day}/red"]
        assert int(said["DATES"]) == sum(inside) and said["START"] == str(day)
        whole = day >= datetime.date(2021, 6, 1) and day + datetime.timedelta(days=15) <= datetime.date(2021, 8, 31)
        assert ("PARTIAL" not in said) == whole
        of_group = cube[inside][:, 1].max(axis=0, initial=0)
        assert (found[f"{day}/red"] == of_group).all()
