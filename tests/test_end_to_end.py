"""The samples, built twice: byte-identical, and the same as the golden folder."""

from __future__ import annotations

import pytest
from conftest import ROOT, SAMPLES

GOLDEN = ROOT / "tests" / "golden"
NAMES = ("ledger", "documents", "canvas", "canvas_wide", "companies", "periods", "comparison", "terms")
TABLES = tuple(f"{name}.csv" for name in NAMES)

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples were removed")


def test_golden(tmp_path, run, request):
    for out in ("one", "two"):
        assert run("build", SAMPLES, tmp_path / out, "--workers", 1 if out == "one" else 2)[0] == 0
    names = sorted(
        p.relative_to(tmp_path / "one").as_posix() for p in (tmp_path / "one").rglob("*") if p.is_file()
    )
    for name in names:
        if not name.startswith(".huabu/"):
            assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    for name in TABLES:
        built = (tmp_path / "one" / name).read_bytes()
        if request.config.getoption("--update-golden"):
            GOLDEN.mkdir(exist_ok=True)
            (GOLDEN / name).write_bytes(built)
        assert (
            built.decode("utf-8-sig").splitlines()
            == (GOLDEN / name).read_text(encoding="utf-8-sig").splitlines()
        ), name
