"""Schemathesis: what the OpenAPI document says is so, with values made up from it."""

import pathlib
import subprocess
import sys

import pytest
import requests

# Every case is made up alike in each run.
SEED = 20260101
# For each operation, beside those that try every bound of every parameter.
CASES = 12
# What a document cannot say: which tokens, filters, geometries and recipes are right.
LEFT_OUT = "positive_data_acceptance"
METHODS = {"get", "put", "post", "delete", "patch"}
# What would take away the administrator's own key or rights, and with them all that comes after.
SUICIDAL = ["revokeKey", "revokeAnyKey", "putGrant", "deleteGrant"]


def run(url, folder, *more):
    program = pathlib.Path(sys.executable).with_name("schemathesis")
    command = [program, "run", f"{url}/api", "--url", url, "--seed", SEED, "--max-examples", CASES]
    command += ["--phases", "examples,coverage,fuzzing", "--exclude-checks", LEFT_OUT, "--continue-on-failure"]
    command += ["--no-shrink", "--max-time", 100, "--request-timeout", 60, "--no-color", "--report", "junit"]
    command += ["--report-junit-path", folder / "junit.xml", *more]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300, cwd=folder)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("caller", ["anonymous", "administrator"])
def test_answers_are_what_the_document_says(own_platform, tmp_path, request, caller):
    more = []
    if caller == "administrator":
        more = ["--header", f"Authorization: Bearer {request.getfixturevalue('key')}"]
        more += [argument for name in SUICIDAL for argument in ("--exclude-operation-id", name)]
    told = run(own_platform.url, tmp_path, *more)
    document = requests.get(f"{own_platform.url}/api", timeout=30).json()
    operations = sum(len(path.keys() & METHODS) for path in document["paths"].values())
    # All but those left out, and `GET /api`: where the document came from is not asked for again.
    operations -= 1 + sum(argument in SUICIDAL for argument in more)
    assert f"Tested: {operations}" in told, told[-3000:]
    if caller == "administrator":
        # An API key makes no other keys; everything else it gets at.
        assert "Authentication failed: 1 operation returned" in told and "POST /keys\n" in told, told[-3000:]
