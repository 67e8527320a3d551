"""Footprints and boxes in other coordinate reference systems, against pyproj and shapely."""

import datetime
import json
import random

import numpy
import pyproj
import pystac
import pytest
import requests
import shapely
from pystac_client import Client
from shapely.geometry import Polygon, box, shape

COLLECTION = "crs-test"
START = datetime.datetime(2022, 1, 1, 11, tzinfo=datetime.timezone.utc)
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
# Around Britain, where all of these are at home.
OFFERED = [CRS84] + [f"{EPSG}{code}" for code in (4326, 3857, 27700, 32629, 32630, 32631)]
PROJECTED = OFFERED[2:]


def footprint(rng):
    west, south = rng.uniform(-8.5, 1.2), rng.uniform(50, 60)
    outline = box(west, south, west + rng.uniform(0.05, 0.7), south + rng.uniform(0.05, 0.7))
    hole = Polygon([*outline.buffer(-0.02).exterior.coords])
    return outline.difference(hole)


def documents():
    rng = random.Random(27700)
    for index in range(80):
        geometry = footprint(rng)
        item = pystac.Item(
            id=f"crs-{index:02}", geometry=json.loads(json.dumps(geometry.__geo_interface__)), bbox=list(geometry.bounds),
            datetime=START, properties={},
        )
        item.collection_id = COLLECTION
        yield item


ITEMS = list(documents())


@pytest.fixture(scope="module")
def api(platform):
    extent = pystac.Extent(pystac.SpatialExtent([[-180, -90, 180, 90]]), pystac.TemporalExtent([[START, None]]))
    collection = pystac.Collection(COLLECTION, "Scenes of a test", extent, license="CC0-1.0")
    document = platform.folder / "crs-collection.json"
    document.write_text(json.dumps(collection.to_dict(include_self_link=False)))
    platform.run("product", "add", document)
    scenes = platform.folder / "crs-scenes.json"
    features = [item.to_dict(include_self_link=False) for item in ITEMS]
    scenes.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert platform.run("index", scenes)["inserted"] == len(ITEMS)
    return platform.url


def get(url, **parameters):
    answer = requests.get(url, params=parameters, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer


def to(crs):
    """Longitude and latitude into that system, axes in the order in which it defines them."""
    return pyproj.Transformer.from_crs(CRS84, crs).transform


def test_a_collection_lists_what_it_is_offered_in(api):
    document = get(f"{api}/collections/{COLLECTION}").json()
    assert document["crs"] == OFFERED and document["storageCrs"] == CRS84
    conforms = get(f"{api}/conformance").json()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs" in conforms


@pytest.mark.parametrize("crs", OFFERED)
def test_footprints_are_where_proj_has_them(api, crs):
    answer = get(f"{api}/collections/{COLLECTION}/items", crs=crs, limit=1000)
    assert answer.headers["content-crs"] == f"<{crs}>"
    features = {feature["id"]: feature for feature in answer.json()["features"]}
    assert len(features) == len(ITEMS)
    tolerance = 1e-3 if crs in PROJECTED else 1e-12
    for item in ITEMS:
        expected = shapely.transform(shape(item.geometry), to(crs), interleaved=False)
        found = features[item.id]
        one = get(f"{api}/collections/{COLLECTION}/items/{item.id}", crs=crs).json() if item.id.endswith("0") else found
        assert one["geometry"] == found["geometry"] and one["bbox"] == found["bbox"]
        rings = zip([expected.exterior, *expected.interiors], found["geometry"]["coordinates"], strict=True)
        for ring, positions in rings:
            assert numpy.abs(numpy.array(ring.coords) - numpy.array(positions)).max() < tolerance
        if crs in PROJECTED:
            assert numpy.abs(numpy.array(expected.bounds) - numpy.array(found["bbox"])).max() < tolerance
        pystac.Item.from_dict(found)
    if crs == f"{EPSG}4326":
        south, west, north, east = features["crs-00"]["bbox"]
        assert [west, south, east, north] == ITEMS[0].bbox


def drawn(left, bottom, right, top, crs):
    """A box of that system in longitude and latitude, with its sides where they are drawn."""
    steps = numpy.linspace(0, 1, 2001)
    across, up = left + (right - left) * steps, bottom + (top - bottom) * steps
    x = numpy.concatenate([across, numpy.full(2001, right), across[::-1], numpy.full(2001, left)])
    y = numpy.concatenate([numpy.full(2001, bottom), up, numpy.full(2001, top), up[::-1]])
    return Polygon(zip(*pyproj.Transformer.from_crs(crs, CRS84).transform(x, y), strict=True))


@pytest.mark.parametrize("crs", PROJECTED)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_boxes_find_what_they_touch(api, crs, method):
    rng = random.Random(crs)
    found_some = left_some = 0
    for _ in range(25):
        corners = [to(crs)(rng.uniform(-8.5, 1.5), rng.uniform(50, 60.5)) for _ in range(2)]
        (left, right), (bottom, top) = (sorted(axis) for axis in zip(*corners, strict=True))
        area = drawn(left, bottom, right, top, crs)
        search = {"collections": [COLLECTION], "limit": 1000, "bbox-crs": crs}
        if method == "GET":
            search |= {"collections": COLLECTION, "bbox": f"{left},{bottom},{right},{top}"}
            answer = get(f"{api}/search", **search)
        else:
            answer = requests.post(f"{api}/search", json=search | {"bbox": [left, bottom, right, top]}, timeout=60)
        found = {feature["id"] for feature in answer.json()["features"]}
        for item in ITEMS:
            # What lies within a metre of a side may fall on either.
            near, far = (shape(item.geometry).intersects(area.buffer(by)) for by in (-1e-5, 1e-5))
            if near == far:
                assert (item.id in found) == near, (item.id, left, bottom, right, top)
        found_some += len(found)
        left_some += len(ITEMS) - len(found)
    assert found_some > 50 and left_some > 50


def test_aggregations_count_what_the_client_finds(api):
    search = {"collections": [COLLECTION], "bbox": [-5, 50, 0, 56]}
    found = list(Client.open(api).search(**search, limit=10).items())
    names = ["total_count", "centroid_geohash_grid_frequency", "collection_frequency"]
    answer = requests.post(f"{api}/aggregate", json=search | {"aggregations": names}, timeout=60).json()
    total, grid, collections = answer["aggregations"]
    assert total["value"] == len(found) == collections["buckets"][0]["frequency"]
    assert sum(bucket["frequency"] for bucket in grid["buckets"]) + grid["overflow"] == len(found)
