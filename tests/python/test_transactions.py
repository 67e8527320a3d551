"""Items and collections written over HTTP by a Python client, with documents that pystac makes and checks."""

import datetime
import json

import pystac
import pytest
import requests
from pystac_client import Client
from shapely.geometry import box

COLLECTION = "written"
START = datetime.datetime(2024, 6, 1, 11, tzinfo=datetime.timezone.utc)


def scene(number):
    bounds = [number, 50, number + 1, 51]
    item = pystac.Item(f"scene-{number}", box(*bounds).__geo_interface__, bounds, START, {"eo:cloud_cover": 10 * number})
    item.add_asset("data", pystac.Asset(f"s3://nowhere/{number}.tif", media_type=pystac.MediaType.COG, roles=["data"]))
    return item


def product():
    extent = pystac.Extent(pystac.SpatialExtent([[-10, 40, 10, 60]]), pystac.TemporalExtent([[START, None]]))
    return pystac.Collection(COLLECTION, "Written over HTTP", extent, license="CC0-1.0")


@pytest.fixture(scope="module")
def session(platform):
    """One who may write, with an API key."""
    options = ["--label", "test", "--scopes", "ingest", "--owner", "user:writer", "--subjects", "user:writer"]
    platform.command("policy", "grant", "ingest", "user:writer")
    key = platform.command("key", "create", *options).strip()
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {key}"
    return session


def test_a_collection_from_beginning_to_end(platform, session):
    collections, items = f"{platform.url}/collections", f"{platform.url}/collections/{COLLECTION}/items"
    document = product().to_dict(include_self_link=False)
    assert requests.post(collections, json=document, timeout=30).status_code == 401
    added = session.post(collections, json=document, params={"visibility": "public"}, timeout=30)
    assert added.status_code == 201, added.text
    assert added.headers["location"] == f"{collections}/{COLLECTION}"
    assert session.post(collections, json=document, timeout=30).status_code == 409

    one = session.post(items, json=scene(1).to_dict(include_self_link=False), timeout=30)
    assert one.status_code == 201, one.text
    assert one.headers["location"] == f"{items}/scene-1"
    more = pystac.ItemCollection([scene(2), scene(3)]).to_dict()
    receipt = session.post(items, json=more, timeout=30)
    assert receipt.status_code == 201, receipt.text
    assert (receipt.json()["inserted"], receipt.json()["updated"], receipt.json()["unchanged"]) == (2, 0, 0)
    assert session.post(items, json=more, timeout=30).status_code == 409

    client = Client.open(platform.url)
    conforms = client.get_conforms_to()
    assert "https://api.stacspec.org/v1.0.0/ogcapi-features/extensions/transaction" in conforms
    assert "https://api.stacspec.org/v1.0.0/collections/extensions/transaction" in conforms
    found = client.search(collections=[COLLECTION], sortby="+id").item_collection()
    assert [item.id for item in found] == ["scene-1", "scene-2", "scene-3"]
    for item, number in zip(found, [1, 2, 3]):
        original = json.loads(json.dumps(scene(number).to_dict(include_self_link=False)))
        stored = item.to_dict(include_self_link=False)
        assert {name: stored[name] for name in ["geometry", "bbox", "properties", "assets"]} == {
            name: original[name] for name in ["geometry", "bbox", "properties", "assets"]
        }
    spatial = client.get_collection(COLLECTION).extent.spatial.bboxes
    assert spatial == [[1, 50, 4, 51]]

    url = f"{items}/scene-2"
    read = requests.get(url, timeout=30)
    tag = read.headers["etag"]
    assert requests.get(url, headers={"If-None-Match": tag}, timeout=30).status_code == 304
    patch = {"properties": {"eo:cloud_cover": None, "platform": "S2B"}}
    merge = {"Content-Type": "application/merge-patch+json"}
    patched = session.patch(url, json=patch, headers=merge | {"If-Match": tag}, timeout=30)
    assert patched.status_code == 200, patched.text
    properties = requests.get(url, timeout=30).json()["properties"]
    assert properties["platform"] == "S2B" and "eo:cloud_cover" not in properties
    assert session.patch(url, json=patch, headers=merge | {"If-Match": tag}, timeout=30).status_code == 412
    assert requests.get(url, headers={"If-None-Match": tag}, timeout=30).status_code == 200
    assert pystac.Item.from_dict(patched.json()).properties["platform"] == "S2B"

    assert session.delete(url, headers={"If-Match": patched.headers["etag"]}, timeout=30).status_code == 204
    assert requests.get(url, timeout=30).status_code == 404
    titled = session.patch(f"{collections}/{COLLECTION}", json={"title": "Written"}, timeout=30)
    assert titled.status_code == 200
    # A client of its own: one keeps the collections that it has read.
    assert Client.open(client.self_href).get_collection(COLLECTION).title == "Written"
    assert session.delete(f"{collections}/{COLLECTION}", timeout=30).status_code == 204
    assert requests.get(f"{collections}/{COLLECTION}", timeout=30).status_code == 404
    assert list(Client.open(platform.url).search(ids=["scene-1", "scene-3"]).items()) == []
