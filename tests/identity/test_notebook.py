"""The notebook, as somebody from the group runs it."""

import pathlib
import subprocess

import nbformat
import numpy as np
import pytest
import rasterio
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from servers import binary

NOTEBOOK = pathlib.Path(__file__).parents[2] / "notebooks/01_seasonal_mosaic.ipynb"


def execute(platform, folder, monkeypatch, token):
    monkeypatch.setenv("ARDENT_URL", platform.url)
    monkeypatch.delenv("ARDENT_TOKEN", raising=False)
    if token:
        monkeypatch.setenv("ARDENT_TOKEN", token)
    monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    return {cell.id: cell.get("outputs", []) for cell in notebook.cells}


def test_its_mosaic_is_the_truth(platform, provider, archive, tmp_path, monkeypatch):
    outputs = execute(platform, tmp_path, monkeypatch, provider.token("ranger"))
    assert "image/png" in outputs["plot"][0].data
    assert "6 days, 12 scenes" in outputs["save"][0].data["text/plain"]
    truth = tmp_path / "truth.tif"
    command = [binary("ARDENT_TESTKIT_BIN"), "expected", "--scenes", archive / "scenes.json", "--season", "2019-JJA"]
    subprocess.run([*command, "--bands", "red,green,blue", "--out", truth], check=True, capture_output=True)
    with rasterio.open(tmp_path / "summer_2019.tif") as made, rasterio.open(truth) as expected:
        assert made.transform == expected.transform and made.crs == expected.crs
        assert np.count_nonzero(made.read() != expected.read()) == 0
        assert np.count_nonzero(expected.read()) > 0


@pytest.mark.parametrize(
    "user, said", [(None, "ARDENT_TOKEN is not set"), ("visitor", "your token does not let you see it")]
)
def test_without_access_it_says_so_at_once(platform, provider, tmp_path, monkeypatch, user, said):
    with pytest.raises(CellExecutionError) as raised:
        execute(platform, tmp_path, monkeypatch, provider.token(user) if user else None)
    assert raised.value.ename == "RuntimeError"
    assert raised.value.evalue == f"{platform.url} shows no collection sentinel2: {said}"
