"""Notebooks are kept as they should be. The platform's tests execute them."""

import json
import pathlib

import pytest

FOLDER = pathlib.Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_outputs_are_stripped(path):
    notebook = json.loads(path.read_text())
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert code and not [cell["id"] for cell in code if cell["outputs"] or cell["execution_count"] is not None]
    assert set(notebook["metadata"]) <= {"kernelspec", "language_info"}
    assert not [cell["id"] for cell in notebook["cells"] if cell["metadata"]]


def test_the_readme_lists_them():
    text = (FOLDER / "README.md").read_text()
    assert NOTEBOOKS and not [path.name for path in NOTEBOOKS if path.name not in text]
