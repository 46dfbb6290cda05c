"""What needs system packages: `.ci/system.sh` installs them when CI=true; skipped elsewhere if they are missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import FIRST, SECOND, make_docx

pytestmark = pytest.mark.external


def need(program: str, package: str) -> str:
    """The path of a program; on a CI machine it has to be there."""
    found = shutil.which(program)
    if not found:
        assert os.environ.get("CI") != "true", f"{program} is missing: .ci/system.sh should install {package}"
        pytest.skip(f"{program} is not here; on Debian: apt-get install {package}")
    return found


@pytest.fixture(scope="session")
def soffice() -> str:
    return need("soffice", "libreoffice-writer-nogui")


def convert(soffice: str, file: Path, kind: str, out: Path) -> Path:
    command = [
        soffice,
        f"-env:UserInstallation={(out / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        kind,
        "--outdir",
        str(out),
        str(file),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    (made,) = out.glob(f"{file.stem}.*")
    return made


@pytest.mark.parametrize("kind", ["doc:MS Word 97", "docx", "txt:Text (encoded):UTF8"])
def test_what_an_office_program_writes_is_read(soffice, tmp_path, run, kind):
    source = tmp_path / "案例.docx"
    source.write_bytes(make_docx(["# 销售模式", FIRST, SECOND], [["重要伙伴", "物流公司"]]))
    made = convert(soffice, source, kind, tmp_path / "made")
    code, _, _ = run("extract", made, tmp_path / "out")
    text = (tmp_path / "out" / f"{made.name}.txt").read_text(encoding="utf-8")
    assert code == 0
    dense = "".join(text.split())
    for part in ("销售模式", FIRST, SECOND, "重要伙伴", "物流公司"):
        assert part in dense
