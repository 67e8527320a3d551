"""The OGC's own tests of OGC API - Features (ETS), where they can be had."""

import os
import pathlib
import subprocess
import xml.etree.ElementTree as xml

import pytest

PROPERTIES = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE properties SYSTEM "http://java.sun.com/dtd/properties.dtd">
<properties version="1.0"><entry key="iut">{url}/</entry><entry key="noofcollections">-1</entry></properties>
"""


def suite():
    tools = os.environ.get("ARDENT_TOOLS") or pathlib.Path.home() / ".cache/ardent/tools"
    found = list((pathlib.Path(tools) / "ogc-features-tests").glob("*.jar"))
    return found[0] if found else pytest.skip("SKIPPED: the OGC's tests of Features cannot be had from Maven Central")


def test_no_test_fails(platform, tmp_path):
    properties = tmp_path / "properties.xml"
    properties.write_text(PROPERTIES.format(url=platform.url))
    command = ["java", "-jar", suite(), "-o", tmp_path / "out", properties]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    results = list((tmp_path / "out").rglob("testng-results.xml"))
    assert len(results) == 1, done.stdout + done.stderr
    methods = list(xml.parse(results[0]).iter("test-method"))
    told = {state: [f"{one.get('name')}: {message(one)}" for one in methods if one.get("status") == state] for state in ("FAIL", "SKIP")}
    print("skipped by the suite:", *told["SKIP"], sep="\n- ")
    assert not told["FAIL"], "\n".join(told["FAIL"])
    assert sum(one.get("status") == "PASS" and one.get("is-config") != "true" for one in methods) >= 20


def message(method):
    found = method.find(".//message")
    return " ".join((found.text or "").split()) if found is not None else "(no reason)"
