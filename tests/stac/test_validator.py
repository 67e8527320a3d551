"""stac-api-validator, with every class that it knows and the server declares."""

import json
import pathlib
import re
import subprocess
import sys

import catalogue
import requests
from servers import not_here
from shapely.geometry import box, mapping

# What the validator calls them, and which of the classes that are declared they are.
CLASSES = {
    "core": r"/core",
    "browseable": r"/browseable",
    "children": r"/children",
    "collections": r"/collections",
    "features": r"/ogcapi-features",
    "item-search": r"/item-search",
    "item-search#sort": r"/item-search#sort",
    "item-search#fields": r"/item-search#fields",
    "item-search#query": r"/item-search#query",
    "item-search#filter": r"/item-search#filter",
    "features#filter": r"/ogcapi-features#filter",
}
TRANSACTION = r"/ogcapi-features/extensions/transaction"
# Somewhere among the optical scenes.
AREA = mapping(box(-6.5, 48.5, -2.5, 51.5))


def declared(url):
    return [name for name, end in CLASSES.items() if declares(url, end)]


def declares(url, end):
    conforms_to = requests.get(f"{url}/conformance", timeout=30).json()["conformsTo"]
    return any(re.fullmatch(r"https://api\.stacspec\.org/v[^/]+" + end, uri) for uri in conforms_to)


def validate(url, **more):
    """The warnings and the errors of the validator."""
    [cloudy] = {item.properties["eo:cloud_cover"] for item in catalogue.ITEMS[catalogue.OPTICAL] if item.id == "optical-012"}
    arguments = {
        "root_url": url,
        "ccs_to_validate": declared(url),
        "collection": catalogue.OPTICAL,
        "geometry": json.dumps(AREA),
        "auth_bearer_token": None,
        "auth_query_parameter": None,
        "fields_nested_property": "properties.eo:cloud_cover",
        "validate_pagination": True,
        "query_config": {
            "query_comparison_field": "eo:cloud_cover",
            **{f"query_{operator}_value": cloudy for operator in ("eq", "neq", "lt", "lte", "gt", "gte")},
            "query_substring_field": "platform",
            "query_starts_with_value": "sentinel",
            "query_ends_with_value": "2a",
            "query_contains_value": "tinel",
            "query_in_field": "example:row",
            "query_in_values": "a,c",
        },
        "transaction_collection": None,
        "headers": {},
        # They lead nowhere.
        "open_assets_urls": False,
    } | more
    program = pathlib.Path(__file__).with_name("offline_validator.py")
    done = subprocess.run(
        [sys.executable, program, json.dumps(arguments)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_every_class_that_is_declared(platform):
    assert {"core", "collections", "features", "item-search", "item-search#sort"} <= set(declared(platform.url))
    assert validate(platform.url)["errors"] == []


def test_transactions(own_platform, request):
    if not declares(own_platform.url, TRANSACTION):
        not_here("transactions are not declared")
    key = request.getfixturevalue("key")
    # The validator begins by deleting this one.
    item = catalogue.ITEMS["radar"][0].to_dict(include_self_link=False) | {"id": "S2A_47XNF_20230423_0_L2A"}
    answer = requests.post(
        f"{own_platform.url}/collections/radar/items",
        json=item | {"links": []},
        headers={"Authorization": f"Bearer {key}"},
        timeout=30,
    )
    assert answer.status_code == 201, answer.text
    told = validate(
        own_platform.url,
        ccs_to_validate=["core", "transaction"],
        transaction_collection="radar",
        auth_bearer_token=key,
        # It takes no answer to PUT and PATCH but 204, where the extension has 200 as well.
        headers={"Prefer": "return=minimal"},
    )
    assert told["errors"] == []
