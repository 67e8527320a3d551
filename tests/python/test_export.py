"""Exports, read back by the libraries that people use, and compared item by item with what was put in."""

import datetime
import json
import os
import threading

import geopandas
import psutil
import pyarrow
import pyarrow.parquet
import pytest
import requests
import rustac
import shapely
import stac_geoparquet.arrow
from shapely.geometry import box

COLLECTION = "export-test"
# Properties whose values have no common kind, and so are JSON in a table.
MIXED = {"test:mixed", "test:none"}
TIMES = {"datetime", "start_datetime", "end_datetime", "created", "updated"}


def item(index):
    """No two are alike: properties and assets come and go, numbers are whole or not, geometries differ in kind."""
    west = -9 + index * 0.25
    footprint = box(west, 50, west + 0.2, 50.3)
    if index % 5 == 3:
        footprint = shapely.MultiPolygon([footprint, box(west, 51, west + 0.1, 51.2)])
    bbox = list(footprint.bounds)
    if index % 7 == 2:
        footprint = shapely.force_3d(footprint, 12.5)
        bbox = [*bbox[:2], 12.5, *bbox[2:], 12.5]
    start = datetime.datetime(2022, 1, 1, 10, tzinfo=datetime.timezone.utc) + datetime.timedelta(days=index)
    properties = {"datetime": start.isoformat().replace("+00:00", "Z"), "gsd": 10, "test:always": f"scène {index} \"'\n"}
    if index % 2:
        properties |= {"eo:cloud_cover": index * 1.1, "platform": "S2A", "test:mixed": index}
    else:
        properties |= {"eo:cloud_cover": index, "test:mixed": {"text": str(index)}, "test:big": 9007199254740993 + index}
    if index % 3 == 0:
        properties |= {
            "datetime": None,
            "start_datetime": start.isoformat(timespec="milliseconds"),
            "end_datetime": start.replace(microsecond=123456).isoformat(),
            "created": "2022-06-01T12:00:00+02:00",
            "proj:shape": [10980, 10980 + index],
            "test:nested": {"list": [{"a": index}, {"b": 0.1}], "flag": True},
        }
    if index % 4 == 0:
        properties |= {"proj:geometry": footprint.segmentize(1).__geo_interface__, "test:empty": [], "test:none": {}}
    assets = {"red": {"href": f"s3://ard/{index}/red.tif", "type": "image/tiff", "roles": ["data"]}}
    if index % 2:
        assets[f"only-{index % 6}"] = {"href": f"s3://ard/{index}/x.xml", "raster:bands": [{"nodata": 0, "scale": 0.5}]}
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": ["https://stac-extensions.github.io/eo/v1.1.0/schema.json"] if index % 2 else [],
        "id": f"item-{index:02}",
        "collection": COLLECTION,
        "geometry": json.loads(json.dumps(shapely.geometry.mapping(footprint))),
        "bbox": bbox,
        "properties": json.loads(json.dumps(properties)),
        "assets": assets,
        "links": [],
    }


ITEMS = [item(index) for index in range(40)]
# stac-geoparquet reads no table in which only some boxes have heights, or only some items a second geometry.
ALIKE = [
    [item for item in ITEMS if (len(item["bbox"]), "proj:geometry" in item["properties"]) == kind]
    for kind in [(4, False), (4, True), (6, False), (6, True)]
]
assert all(ALIKE) and sum(map(len, ALIKE)) == len(ITEMS)


@pytest.fixture(scope="module")
def catalogue(platform):
    collection = platform.folder / "export-collection.json"
    document = {
        "type": "Collection",
        "stac_version": "1.1.0",
        "id": COLLECTION,
        "description": "Items that differ",
        "license": "CC0-1.0",
        "extent": {"spatial": {"bbox": [[-10, 48, 5, 62]]}, "temporal": {"interval": [["2022-01-01T00:00:00Z", None]]}},
        "links": [],
    }
    collection.write_text(json.dumps(document))
    platform.run("product", "add", collection)
    items = platform.folder / "export-items.ndjson"
    items.write_text("".join(json.dumps(item) + "\n" for item in ITEMS))
    receipt = platform.run("index", items)
    assert receipt["inserted"] == len(ITEMS), receipt
    return platform


def instant(text):
    """Times are compared as times: a table does not keep how they are written."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(datetime.timezone.utc)


def without_nothing(value):
    """What is null in a table may as well be missing."""
    if isinstance(value, dict):
        return {name: without_nothing(member) for name, member in value.items() if member is not None}
    if isinstance(value, (list, tuple)):
        return [without_nothing(member) for member in value]
    return value


def comparable(item):
    item = without_nothing({name: value for name, value in item.items() if name != "links"})
    for name in TIMES & set(item["properties"]):
        item["properties"][name] = instant(item["properties"][name])
    for geometry in [item["geometry"], item["properties"].get("proj:geometry")]:
        if geometry:
            geometry["coordinates"] = json.loads(json.dumps(geometry["coordinates"]))
    item.setdefault("stac_extensions", [])
    # A table has no column for it (stac-geoparquet, Guidelines).
    item.setdefault("type", "Feature")
    return item


def decoded(item):
    """With the columns that are marked as JSON read as such."""
    for name in MIXED & set(item["properties"]):
        if isinstance(item["properties"][name], str):
            item["properties"][name] = json.loads(item["properties"][name])
    return item


def assert_same(found, items):
    expected = {item["id"]: comparable(item) for item in items}
    assert len(found) == len(expected)
    for item in found:
        item = comparable(decoded(item))
        assert item == expected[item["id"]]


def ids(items):
    return ",".join(item["id"] for item in items)


@pytest.fixture(scope="module")
def table(catalogue):
    return served(catalogue, ITEMS, "served")


def served(catalogue, items, name):
    file = catalogue.folder / f"{name}.parquet"
    url = f"{catalogue.url}/collections/{COLLECTION}/items"
    answer = requests.get(url, {"f": "parquet", "ids": ids(items)}, timeout=120)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    file.write_bytes(answer.content)
    return file


@pytest.mark.parametrize("items", ALIKE, ids=["flat", "flat with two", "high", "high with two"])
def test_stac_geoparquet_reads_every_item_as_it_was(catalogue, items):
    read = pyarrow.parquet.read_table(served(catalogue, items, items[0]["id"]))
    assert_same(list(stac_geoparquet.arrow.stac_table_to_items(read)), items)


def test_rustac_reads_every_item_as_it_was(table):
    # It reads whole numbers and floats alike, and times to the millisecond.
    found = rustac.read_sync(str(table))["features"]
    assert [item["id"] for item in found] == [item["id"] for item in reversed(ITEMS)], "latest first"
    for item in found:
        original = next(one for one in ITEMS if one["id"] == item["id"])
        assert list(item["bbox"]) == original["bbox"]
        assert item["assets"].keys() >= original["assets"].keys()
        assert item["properties"]["test:always"] == original["properties"]["test:always"]


def test_geopandas_reads_the_footprints(table):
    frame = geopandas.read_parquet(table)
    assert frame.crs == "OGC:CRS84"
    for row in frame.itertuples():
        original = next(item for item in ITEMS if item["id"] == row.id)
        assert shapely.equals_exact(row.geometry, shapely.geometry.shape(original["geometry"]), tolerance=0)
    west = geopandas.read_parquet(table, bbox=(-9, 50, -8.1, 50.2))
    area = box(-9, 50, -8.1, 50.2)
    expected = {item["id"] for item in ITEMS if box(*shapely.geometry.shape(item["geometry"]).bounds).intersects(area)}
    assert set(west["id"]) == expected, "the box column serves"


def test_the_table_says_what_it_is(table):
    metadata = pyarrow.parquet.read_metadata(table).metadata
    stac = json.loads(metadata[b"stac-geoparquet"])
    assert stac["version"] == "1.1.0" and list(stac["collections"]) == [COLLECTION]
    assert stac["collections"][COLLECTION]["description"] == "Items that differ"
    schema = pyarrow.parquet.read_schema(table)
    assert schema.field("datetime").type == pyarrow.timestamp("us", "UTC")
    assert schema.field("test:big").type == pyarrow.int64()
    assert schema.field("eo:cloud_cover").type == pyarrow.float64()
    types = json.loads(metadata[b"geo"])["columns"]["geometry"]["geometry_types"]
    assert set(types) == {"Polygon", "Polygon Z", "MultiPolygon", "MultiPolygon Z"}


def test_the_command_line_writes_the_same_table(catalogue, table):
    file = catalogue.folder / "exported.parquet"
    receipt = catalogue.run("export", "--collection", COLLECTION, "-o", file)
    assert (receipt["items"], receipt["collections"]) == (len(ITEMS), {COLLECTION: len(ITEMS)})
    columns = [name for name in pyarrow.parquet.read_schema(file).names if name != "links"]
    assert pyarrow.parquet.read_table(file, columns=columns) == pyarrow.parquet.read_table(table, columns=columns)


@pytest.mark.parametrize("form, accept", [("geojsonseq", "application/geo+json-seq"), ("ndjson", "application/x-ndjson")])
def test_text_is_read_line_by_line(catalogue, form, accept):
    url = f"{catalogue.url}/search"
    for answer in [
        requests.get(url, {"collections": COLLECTION, "f": form}, stream=True, timeout=60),
        requests.post(url, json={"collections": [COLLECTION]}, headers={"Accept": accept}, stream=True, timeout=60),
    ]:
        assert answer.headers["content-type"] == accept
        found = [json.loads(line.lstrip(b"\x1e")) for line in answer.iter_lines()]
        assert [item["id"] for item in found] == [item["id"] for item in reversed(ITEMS)]
        for item in found:
            original = next(one for one in ITEMS if one["id"] == item["id"])
            assert {**item, "links": []} == original


def server_memory(platform):
    """Memory of the server itself, PostgreSQL apart, in bytes."""
    process = psutil.Process(platform.server.process.pid)
    return process.memory_info().rss


@pytest.mark.parametrize("form", ["ndjson", "parquet"])
def test_memory_is_bounded_however_many_items_there_are(catalogue, large, form):
    """A multiple of what the server may take is streamed through it."""
    most, done = 0, threading.Event()
    with requests.get(
        f"{catalogue.url}/search", {"collections": large["collection"], "f": form}, stream=True, timeout=600
    ) as warm:
        next(warm.iter_content(1000))
    before = server_memory(catalogue)

    def watch():
        nonlocal most
        while not done.wait(0.02):
            most = max(most, server_memory(catalogue))

    watcher = threading.Thread(target=watch)
    watcher.start()
    received = items = 0
    with requests.get(
        f"{catalogue.url}/search", {"collections": large["collection"], "f": form}, stream=True, timeout=600
    ) as answer:
        assert answer.status_code == 200
        for chunk in answer.iter_content(1 << 20):
            received += len(chunk)
            items += chunk.count(b"\n") if form == "ndjson" else 0
    done.set()
    watcher.join()
    grown = max(most - before, 0)
    print(f"{form}: {received / 1e6:.0f} MB for {large['bytes'] / 1e6:.0f} MB of items; memory grew by {grown / 1e6:.0f} MB")
    if form == "ndjson":
        assert items == large["items"] and received > large["bytes"]
    assert grown < large["bytes"] / 2


@pytest.fixture(scope="module")
def large(catalogue):
    """160 MB of items; random digits, so that they do not shrink in the database either."""
    collection, count = "export-large", 8000
    document = catalogue.folder / "large-collection.json"
    extent = {"spatial": {"bbox": [[-10, 48, 5, 62]]}, "temporal": {"interval": [["2022-01-01T00:00:00Z", None]]}}
    document.write_text(
        json.dumps(
            {
                "type": "Collection",
                "stac_version": "1.1.0",
                "id": collection,
                "description": "Many",
                "license": "CC0-1.0",
                "extent": extent,
                "links": [],
            }
        )
    )
    catalogue.run("product", "add", document)
    file = catalogue.folder / "large.ndjson"
    start = datetime.datetime(2021, 1, 1, tzinfo=datetime.timezone.utc)
    with file.open("w") as out:
        for index in range(count):
            at = (start + datetime.timedelta(minutes=index)).isoformat()
            one = ITEMS[1] | {
                "id": f"large-{index}",
                "collection": collection,
                "properties": {"datetime": at, "noise": os.urandom(10_000).hex()},
            }
            out.write(json.dumps(one) + "\n")
    receipt = catalogue.run("index", file)
    assert receipt["inserted"] == count
    return {"collection": collection, "items": count, "bytes": count * 20_000}
