"""Every item and collection is what pystac's schemas of STAC say, and what was put in."""

import catalogue
import pystac
import pytest
import requests

# Of extensions, schemas would be fetched.
UNSEEN = "stac_extensions"


def get(url):
    return requests.get(url, timeout=60).json()


def items(platform, name):
    url = f"{platform.url}/collections/{name}/items?limit=50"
    while url:
        page = get(url)
        yield from page["features"]
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)


@pytest.mark.parametrize("name", catalogue.ITEMS)
def test_items(platform, name):
    truth = {item.id: item for item in catalogue.ITEMS[name]}
    seen = set()
    for document in items(platform, name):
        pystac.Item.from_dict(document | {UNSEEN: []}).validate()
        whole, original = pystac.Item.from_dict(document), truth[document["id"]]
        assert (whole.datetime, whole.bbox, whole.geometry) == (original.datetime, original.bbox, original.geometry)
        assert whole.common_metadata.end_datetime == original.common_metadata.end_datetime
        bands = {key: asset.extra_fields.get("bands") for key, asset in whole.assets.items()}
        assert bands == {key: asset.extra_fields.get("bands") for key, asset in original.assets.items()}
        seen.add(whole.id)
    assert seen == set(truth)


@pytest.mark.parametrize("name", catalogue.ITEMS)
def test_collections(platform, name):
    document = get(f"{platform.url}/collections/{name}")
    pystac.Collection.from_dict(document | {UNSEEN: []}).validate()
    starts = [item.common_metadata.start_datetime or item.datetime for item in catalogue.ITEMS[name]]
    ends = [item.common_metadata.end_datetime or item.datetime for item in catalogue.ITEMS[name]]
    assert pystac.Collection.from_dict(document).extent.temporal.intervals[0] == [min(starts), max(ends)]


def test_the_landing_page(platform):
    pystac.Catalog.from_dict(get(f"{platform.url}/")).validate()


def test_the_schemas_refuse_what_is_wrong(platform):
    """Or nothing above would say much."""
    document = get(f"{platform.url}/collections/optical/items?limit=1")["features"][0] | {UNSEEN: []}
    for broken in (document | {"bbox": "x"}, document | {"properties": {"datetime": None}}):
        with pytest.raises(pystac.STACValidationError):
            pystac.validation.validate_dict(broken, pystac.STACObjectType.ITEM)
