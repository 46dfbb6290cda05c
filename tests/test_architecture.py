"""The layout holds: imports one way, one place per concept."""

from __future__ import annotations

import ast
import sys

import pytest
from conftest import ROOT

PIPELINE = ROOT / "pipeline"
# In order of the data flow: a module imports only from those above it.
ORDER = [
    "records", "store", "blocks", "extract", "characters", "matching", "shells", "repairs", "headings",
    "lines", "furniture", "joins", "clean", "split", "similar", "duplicates", "company",
    "period", "contents", "roles", "drawn_canvas", "sentences", "segment", "phrases", "lexicon", "tokens", "pieces", "encoder", "features", "model", "classify", "labelled", "train", "encoder_held_out",
    "tagging", "clauses", "notes", "opposed", "canvas", "compare", "analyse", "readings", "inputs", "pictures", "report", "build", "export_text", "explain", "explain_cleaning", "figures", "label_errors", "evaluate", "encoder_weights", "encoder_passages", "encoder_training", "encoder_export", "retrain", "published", "draw", "messages", "failures", "streams", "progress", "arguments", "cli", "__main__",
]  # fmt: skip
MODULES = sorted(p for p in PIPELINE.rglob("*.py") if p.name != "__init__.py")


def name_of(path) -> str:
    return path.relative_to(PIPELINE).parts[0].removesuffix(".py")


def imports(path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{a.name}" for a in node.names} | {node.module}
        elif isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PIPELINE).as_posix())
def test_imports_go_one_way(path):
    own = name_of(path)
    assert own in ORDER, f"say where {own} stands in the flow"
    used = {m.split(".")[1] for m in imports(path) if m.startswith("pipeline.")}
    later = {u for u in used if u in ORDER and ORDER.index(u) > ORDER.index(own)}
    assert not later


@pytest.mark.parametrize(
    ("what", "only"),
    [
        ("jieba", {"tokens.py"}),
        ("pdfplumber", {"extract/pdf_tables.py"}),
        (
            "pypdfium2",
            {
                "extract/pdf.py",
                "extract/pdf_fonts.py",
                "extract/pdf_layout.py",
                "extract/pdf_picture.py",
                "extract/ocr.py",
            },
        ),
        ("unword", {"extract/doc.py"}),
        ("olefile", {"extract/ole.py"}),
        ("striprtf", {"extract/rtf.py"}),
        ("rapidocr", {"extract/ocr.py"}),
        ("onnxruntime", {"encoder.py"}),
        ("torch", {"encoder_training.py", "encoder_export.py"}),
        ("pickle", set()),
        ("joblib", set()),
    ],
)
def test_one_place_for(what, only):
    users = {
        p.relative_to(PIPELINE).as_posix()
        for p in MODULES
        if any(m.split(".")[0] == what for m in imports(p))
    }
    assert users <= only


def calls(path) -> set[str]:
    return {
        node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    }


def test_only_classify_makes_tags():
    makers = {p.name for p in MODULES if "Tag" in calls(p)}
    assert makers == {"classify.py", "analyse.py"}  # analyse restores tags from the cache


def test_only_store_opens_project_files():
    openers = {"open", "read_text", "write_text", "read_bytes", "write_bytes"}
    users = {p.relative_to(PIPELINE).as_posix() for p in MODULES if calls(p) & openers}
    strangers = {user for user in users if not user.startswith("store/")}
    # package.py opens members of a ZIP in memory, streams.py and confinement.py the null device, zygote.py
    # the list of its children
    assert strangers <= {
        "extract/package.py",
        "streams.py",
        "extract/confinement.py",
        "extract/zygote.py",
    }


def test_no_module_shadows_the_standard_library():
    top = {name_of(p) for p in MODULES} - {"__main__"}
    assert not top & set(sys.stdlib_module_names)
    assert not top & {"utils", "helpers", "common"}


def test_modules_stay_small():
    long = {p.name: n for p in MODULES if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400}
    assert not long
