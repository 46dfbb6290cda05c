"""The notebooks: stripped in git, and every cell runs on a build of the samples."""

from __future__ import annotations

import json

import pytest
from conftest import ROOT, SAMPLES

from pipeline.cli import main

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_stripped_and_through_the_loader(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [c for c in cells if c["cell_type"] == "code"]
    assert code
    assert all(not c["outputs"] and c["execution_count"] is None for c in code)
    source = "\n".join("".join(c["source"]) for c in code)
    assert "from pipeline.published import" in source
    assert "open(" not in source
    assert all(len("".join(c["source"]).splitlines()) <= 12 for c in code)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    out = tmp_path_factory.mktemp("built") / "out"
    assert main(["build", str(SAMPLES), str(out)]) == 0
    return out


@pytest.mark.external
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples were removed")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_every_cell_runs(path, built, tmp_path, monkeypatch):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.setenv("HUABU_OUT", str(built))
    book = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(book, timeout=180, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [o for c in book.cells if c.cell_type == "code" for o in c.outputs]
    assert outputs
    assert not [o for o in outputs if o.output_type == "error"]
