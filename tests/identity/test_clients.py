"""Clients that people use, with a token in their headers."""

import urllib.parse

import numpy as np
import odc.stac
import pytest
import rasterio
from callers import RESTRICTED
from pystac_client import Client
from pystac_client.exceptions import APIError
from servers import ACCESS_KEY, SECRET_KEY


def opened(platform, token):
    return Client.open(platform.url, headers={"Authorization": f"Bearer {token}"})


def test_pystac_client_sees_what_its_bearer_may(platform, provider, archive):
    ranger = opened(platform, provider.token("ranger"))
    found = [item.id for item in ranger.search(collections=[RESTRICTED], limit=7).items()]
    products = [path.name.removesuffix("_clouds.tif") for path in archive.rglob("*_clouds.tif")]
    assert sorted(found) == sorted(products), "every one, over many pages"
    visitor = opened(platform, provider.token("visitor"))
    assert RESTRICTED not in [collection.id for collection in visitor.get_collections()]
    assert visitor.get_collection(RESTRICTED) is None
    assert not list(visitor.search(collections=[RESTRICTED]).items())
    with pytest.raises(APIError, match="is not a signed JWT"):
        opened(platform, "stale")


def test_odc_stac_reads_what_was_found(platform, provider, archive, monkeypatch):
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
    search = opened(platform, provider.token("ranger")).search(collections=[RESTRICTED], datetime="2019-07-23")
    item = next(search.items())
    cube = odc.stac.load([item], bands=["data.3", "fmask"], fail_on_error=True)
    for band, asset, index in [("data.3", "data", 3), ("fmask", "fmask", 1)]:
        [path] = archive.rglob(item.assets[asset].href.rsplit("/", 1)[1])
        with rasterio.open(path) as dataset:
            assert np.array_equal(cube[band].values[0], dataset.read(index)), band
