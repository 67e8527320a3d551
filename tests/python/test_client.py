"""The STAC API as pystac-client sees it, on scenes made up here."""

import datetime
import json
import warnings

import pystac
import pytest
import requests
from pystac_client import Client
from shapely.geometry import box, shape

COLLECTION = "client-test"
# One scene a day, three in a row from west to east; the last two lie at the antimeridian.
BOXES = [[-3 + col, 50, -2 + col, 51] for col in range(3)] * 8 + [[179.5, -18, 179.9, -17], [-179.9, -18, -179.5, -17]]
START = datetime.datetime(2022, 1, 1, 11, tzinfo=datetime.timezone.utc)


def scene(index, bounds):
    at = START + datetime.timedelta(days=index)
    asset = pystac.Asset(href=f"s3://nowhere/{index}.tif", media_type=pystac.MediaType.COG, roles=["data"])
    item = pystac.Item(
        id=f"scene-{index:02}", geometry=box(*bounds).__geo_interface__, bbox=bounds, datetime=at,
        properties={"number": index, "parity": ["even", "odd"][index % 2]},
    )
    item.collection_id = COLLECTION
    item.add_asset("data", asset)
    return item


SCENES = [scene(index, bounds) for index, bounds in enumerate(BOXES)]


REEFS, ALPS = "client-reefs", "client-alps"
OTHERS = [
    pystac.Collection(
        REEFS,
        "Coral Reefs from above",
        pystac.Extent(
            pystac.SpatialExtent([[170, -30, -170, -10]]),
            pystac.TemporalExtent([[None, datetime.datetime(2018, 1, 1, tzinfo=datetime.timezone.utc)]]),
        ),
        title="Reefs",
        license="CC-BY-4.0",
        keywords=["ocean colour"],
    ),
    pystac.Collection(
        ALPS,
        "Snow and ice",
        pystac.Extent(
            pystac.SpatialExtent([[5, 44, 16, 48]]),
            pystac.TemporalExtent([[datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc), None]]),
        ),
        title="Alps",
        license="other",
    ),
]


@pytest.fixture(scope="module")
def client(platform):
    for other in OTHERS:
        document = platform.folder / f"{other.id}.json"
        document.write_text(json.dumps(other.to_dict(include_self_link=False)))
        platform.run("product", "add", document)
    extent = pystac.Extent(
        pystac.SpatialExtent([[-180, -90, 180, 90]]), pystac.TemporalExtent([[START, None]])
    )
    collection = pystac.Collection(COLLECTION, "Scenes of a test", extent, license="CC0-1.0")
    document = platform.folder / "collection.json"
    document.write_text(json.dumps(collection.to_dict(include_self_link=False)))
    platform.run("product", "add", document)
    scenes = platform.folder / "scenes.json"
    features = [item.to_dict(include_self_link=False) for item in SCENES]
    scenes.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    receipt = platform.run("index", scenes)
    assert receipt["inserted"] == len(SCENES)
    return Client.open(platform.url)


def ids(search):
    return [item.id for item in search.items()]


def expected(keep):
    """Newest first, which is the API's order."""
    return [item.id for item in reversed(SCENES) if keep(item)]


def test_the_landing_page_is_a_stac_api(client):
    assert client.conforms_to("ITEM_SEARCH") and client.conforms_to("COLLECTIONS")
    assert COLLECTION in [collection.id for collection in client.get_collections()]
    extent = client.get_collection(COLLECTION).extent
    assert extent.temporal.intervals[0][0] == START


def test_everything_comes_once_over_many_pages(client):
    found = ids(client.search(collections=[COLLECTION], limit=4))
    assert found == expected(lambda item: True)
    assert client.search(collections=[COLLECTION], limit=4).matched() == len(SCENES)


def test_the_last_page_has_no_next(client):
    pages = list(client.search(collections=[COLLECTION], limit=len(SCENES)).pages())
    assert len(pages) == 1 and not [link for link in pages[0].extra_fields["links"] if link["rel"] == "next"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_box_and_time(client, method):
    search = client.search(
        method=method, collections=[COLLECTION], bbox=[-2.9, 50.1, -2.1, 50.9], datetime="2022-01-05/2022-01-14"
    )
    first, last = START.replace(day=5, hour=0), START.replace(day=14, hour=23)
    area = box(-2.9, 50.1, -2.1, 50.9)
    assert ids(search) == expected(
        lambda item: shape(item.geometry).intersects(area) and first <= item.datetime <= last
    )


def test_geometry(client):
    triangle = {"type": "Polygon", "coordinates": [[[-2.5, 50.5], [-0.5, 50.5], [-1.5, 50.9], [-2.5, 50.5]]]}
    found = ids(client.search(collections=[COLLECTION], intersects=triangle))
    assert found == expected(lambda item: shape(item.geometry).intersects(shape(triangle)))


def test_ids(client):
    assert ids(client.search(ids=["scene-03", "scene-07", "unknown"])) == ["scene-07", "scene-03"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("sortby", ["+datetime", "+id", [{"field": "properties.datetime", "direction": "asc"}]])
def test_sort(client, method, sortby):
    assert client.conforms_to("SORT")
    search = client.search(method=method, collections=[COLLECTION], sortby=sortby, limit=4)
    assert ids(search) == [item.id for item in SCENES]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_fields(client, method):
    assert client.conforms_to("FIELDS")
    search = client.search(
        method=method, collections=[COLLECTION], fields=["assets", "-assets.data.type"], limit=9
    )
    found = list(search.items_as_dicts())
    assert [item["id"] for item in found] == expected(lambda item: True)
    for item in found:
        assert set(item) == {"id", "type", "stac_version", "collection", "assets"} and item["assets"]["data"] == {
            "href": SCENES[int(item["id"][-2:])].assets["data"].href,
            "roles": ["data"],
        }
    small = client.search(method=method, collections=[COLLECTION], fields="-assets,-links,-bbox,-geometry", max_items=1)
    assert set(next(small.items_as_dicts())) == {"id", "type", "stac_version", "collection", "properties"}
    # What comes unless it is excluded is a valid item.
    assert next(client.search(method=method, collections=[COLLECTION], fields=["-assets"]).items()).datetime


@pytest.mark.parametrize(
    "parameters, found",
    [
        ({"q": "reefs"}, [REEFS]),
        ({"q": "ocean colour,SNOW"}, [ALPS, REEFS]),
        ({"q": "colour ocean"}, []),
        ({"bbox": [175, -20, 176, -19]}, [REEFS]),
        ({"datetime": "2031"}, [ALPS]),
        ({"datetime": "../2017-01-01"}, [REEFS]),
        ({"filter": "license = 'CC-BY-4.0'"}, [REEFS]),
        (
            {"filter": {"op": "=", "args": [{"property": "title"}, "Alps"]}, "filter_lang": "cql2-json"},
            [ALPS],
        ),
        ({"query": {"title": {"eq": "Alps"}}}, [ALPS]),
        ({"q": "snow,coral", "sortby": "-title"}, [REEFS, ALPS]),
        ({"q": "snow,coral", "sortby": "+title", "limit": 1}, [ALPS, REEFS]),
    ],
)
def test_collections_are_searched_by_the_server(client, parameters, found):
    assert client.conforms_to("COLLECTION_SEARCH") and client.conforms_to("COLLECTION_SEARCH_FREE_TEXT")
    with warnings.catch_warnings():
        # The client warns if it does the work itself.
        warnings.filterwarnings("error", message=".*COLLECTION_SEARCH")
        search = client.collection_search(**parameters)
        assert [collection.id for collection in search.collections()] == found
        if "limit" not in parameters and found:
            assert search.matched() == len(found)


def test_fields_of_collections(client):
    search = client.collection_search(q="reefs", fields=["keywords"])
    (collection,) = search.collections_as_dicts()
    assert set(collection) == {"id", "type", "stac_version", "keywords"}


def test_every_item_is_reached_by_links(client):
    answer = requests.get(client.get_self_href().rstrip("/") + "/children", timeout=30).json()
    assert {COLLECTION, REEFS, ALPS} <= {child["id"] for child in answer["children"]}
    # pystac follows links alone, as it does with files.
    catalog = pystac.Catalog.from_file(client.get_self_href())
    collection = next(child for child in catalog.get_children() if child.id == COLLECTION)
    found = [item.id for item in collection.get_items(recursive=True)]
    assert sorted(found) == sorted(item.id for item in SCENES)


def test_box_across_the_antimeridian(client):
    assert ids(client.search(collections=[COLLECTION], bbox=[179, -19, -179, -16])) == ["scene-25", "scene-24"]


def test_an_item_is_what_was_indexed(client):
    item = client.get_collection(COLLECTION).get_item("scene-03")
    original = SCENES[3]
    assert item.geometry == json.loads(json.dumps(original.geometry))
    assert item.datetime == original.datetime
    assert item.assets["data"].href == original.assets["data"].href
    assert item.get_self_href().endswith(f"/collections/{COLLECTION}/items/scene-03")


def test_indexing_again_changes_nothing(client, platform):
    receipt = platform.run("index", platform.folder / "scenes.json")
    assert (receipt["inserted"], receipt["updated"], receipt["unchanged"]) == (0, 0, len(SCENES))


@pytest.mark.parametrize(
    "path, status",
    [
        ("/search?bbox=1,2,3", 400),
        ("/search?datetime=2022-01-01", 400),
        ("/search?limit=-1", 400),
        ("/search?colections=x", 400),
        ("/collections/none", 404),
        (f"/collections/{COLLECTION}/items/none", 404),
        ("/nowhere", 404),
    ],
)
def test_problems(client, platform, path, status):
    answer = requests.get(platform.url + path, timeout=30)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status and problem["detail"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "text, tree, keep",
    [
        (
            "number >= 5 AND parity = 'odd'",
            {
                "op": "and",
                "args": [
                    {"op": ">=", "args": [{"property": "number"}, 5]},
                    {"op": "=", "args": [{"property": "parity"}, "odd"]},
                ],
            },
            lambda item: item.properties["number"] >= 5 and item.properties["parity"] == "odd",
        ),
        (
            "day(datetime) IN (3, 7)",
            {"op": "in", "args": [{"op": "day", "args": [{"property": "datetime"}]}, [3, 7]]},
            lambda item: item.datetime.day in (3, 7),
        ),
        (
            "T_AFTER(datetime, TIMESTAMP('2022-01-20T00:00:00Z'))",
            {"op": "t_after", "args": [{"property": "datetime"}, {"timestamp": "2022-01-20T00:00:00Z"}]},
            lambda item: item.datetime.day >= 20,
        ),
    ],
)
def test_filter(client, method, text, tree, keep):
    assert client.conforms_to("FILTER")
    for language, written in [("cql2-text", text), ("cql2-json", tree)]:
        search = client.search(
            method=method, collections=[COLLECTION], filter=written, filter_lang=language, limit=4
        )
        assert ids(search) == expected(keep) != []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_query(client, method):
    assert client.conforms_to("QUERY")
    search = client.search(
        method=method, collections=[COLLECTION], query={"number": {"lt": 9}, "parity": {"in": ["even"]}}
    )
    assert ids(search) == expected(lambda item: item.properties["number"] < 9 and item.properties["parity"] == "even")


def test_queryables(client):
    """The ranges and values are those of the scenes; nothing warns, and clients can merge them."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        collection = client.get_collection(COLLECTION)
        queryables = collection.get_queryables()
        merged = client.get_merged_queryables([COLLECTION, COLLECTION])
        everything = client.get_queryables()
    assert queryables["properties"]["number"] == {"type": "integer", "minimum": 0, "maximum": len(SCENES) - 1}
    assert queryables["properties"]["parity"] == {"type": "string", "enum": ["even", "odd"]}
    assert merged["properties"] == queryables["properties"] and merged["additionalProperties"]
    assert {"id", "collection", "geometry", "datetime", "number"} <= set(everything["properties"])
    summaries = collection.summaries
    assert summaries.get_list("parity") == ["even", "odd"]
    assert summaries.get_range("number").to_dict() == {"minimum": 0, "maximum": len(SCENES) - 1}


def test_a_filter_over_the_limits_is_413(client, platform):
    body = {"filter": {"op": "in", "args": [{"property": "number"}, list(range(10_001))]}}
    answer = requests.post(platform.url + "/search", json=body, timeout=30)
    assert answer.status_code == 413 and "10000 values" in answer.json()["detail"]
