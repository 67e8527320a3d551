"""QGIS reads a collection as a layer (its provider OAPIF), without a screen."""

import json
import os
import pathlib
import subprocess

import catalogue
import pytest
from servers import not_here
from shapely import from_wkt
from shapely.geometry import box, shape

# The one that Debian's QGIS is for.
PYTHON = "/usr/bin/python3"
BOUNDS = (-5.5, 49.2, -2.5, 50.8)


def qgis(*arguments, folder):
    # A profile of its own, and no cache of what other servers said at the same port.
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    return subprocess.run([PYTHON, *arguments], capture_output=True, text=True, timeout=180, env=environment)


@pytest.mark.parametrize("name", ["optical", "seasons"])
def test_a_collection_is_a_layer(platform, tmp_path, name):
    if qgis("-c", "import qgis.core", folder=tmp_path).returncode != 0:
        not_here("python3-qgis is not installed")
    request = {"url": f"{platform.url}/", "name": name, "bounds": BOUNDS}
    done = qgis(pathlib.Path(__file__).with_name("qgis_reader.py"), json.dumps(request), folder=tmp_path)
    assert done.stdout, done.stderr
    layer = json.loads(done.stdout.splitlines()[-1])
    truth = {item.id: item for item in catalogue.ITEMS[name]}
    assert layer["count"] == len(truth) and layer["crs"] in ("OGC:CRS84", "EPSG:4326")
    read = {feature["properties"]["id"]: feature for feature in layer["all"]}
    assert sorted(read) == sorted(truth)
    for id, feature in read.items():
        item = truth[id]
        assert from_wkt(feature["wkt"]).equals_exact(shape(item.geometry), 1e-6, normalize=True), id
        assert feature["properties"]["title"] == item.properties["title"]
        if "eo:cloud_cover" in item.properties:
            assert feature["properties"]["eo:cloud_cover"] == item.properties["eo:cloud_cover"]
    near = [id for id, item in truth.items() if shape(item.geometry).intersects(box(*BOUNDS))]
    assert sorted(layer["within"]) == sorted(near)
    if name == "optical":
        assert 0 < len(near) < len(truth)
