"""The command `build`: tables, exit codes, incremental runs, bad input."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from conftest import FIRST, ROOT, SECOND, make_docx, make_pdf

from pipeline import build, store
from pipeline.readings import SKIPPED_REASONS
from pipeline.report.glossary import reasons

TABLES = (
    "ledger",
    "documents",
    "passages",
    "canvas",
    "canvas_wide",
    "companies",
    "periods",
    "comparison",
    "terms",
)


def rows(out: Path, name: str) -> list[dict[str, str]]:
    with (out / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def raw(tmp_path):
    folder = tmp_path / "raw"
    (folder / "子文件夹").mkdir(parents=True)
    (folder / "咖啡 案例.txt").write_text(f"某咖啡案例分析\n\n{FIRST}\n{SECOND}\n", encoding="gb18030")
    (folder / "子文件夹" / "case.pdf").write_bytes(make_pdf([[FIRST, SECOND]]))
    (folder / "表.docx").write_bytes(make_docx(["# 渠道通路", FIRST], [["重要伙伴", "物流公司"]]))
    return folder


def test_every_table_exists_with_its_twin(raw, tmp_path, run):
    code, shown, _ = run("build", raw, tmp_path / "out")
    assert code == 0
    assert "3 篇文档" in shown
    for name in TABLES:
        twin = pd.read_parquet(tmp_path / "out" / f"{name}.parquet")
        assert len(twin) == len(rows(tmp_path / "out", name)) > 0 or name in TABLES[5:]
    assert set(rows(tmp_path / "out", "passages")[0]) >= {
        "passage_id",
        "raw_page",
        "heading_path",
        "role",
        "score_KP",
        "score_RS",
    }
    sums = (
        pd.read_parquet(tmp_path / "out" / "evidence.parquet")
        .groupby(["passage_id", "block"])["weight"]
        .sum()
    )
    assert len(sums) == len(
        [b for r in rows(tmp_path / "out", "passages") for b in r["blocks"].split(";") if b]
    )


def test_no_cell_is_lost_between_the_twins(raw, tmp_path, run):
    (raw / "公式.txt").write_text("=1+1 公司通过经销商和门店销售产品。", encoding="utf-8")
    run("build", raw, tmp_path / "out")
    texts = pd.read_parquet(tmp_path / "out" / "passages.parquet")["text"]
    assert any(t.startswith("=1+1") for t in texts)
    assert any(r["text"].startswith("'=1+1") for r in rows(tmp_path / "out", "passages"))


def test_nothing_changed_reads_nothing_and_tags_nothing(raw, tmp_path, run, monkeypatch):
    out = tmp_path / "out"
    run("build", raw, out)
    before = {
        p: (p.stat().st_mtime_ns, p.read_bytes())
        for p in out.rglob("*")
        if p.is_file() and ".huabu" not in p.parts
    }

    def never(*_, **__):
        raise AssertionError("must not be called")

    monkeypatch.setattr("pipeline.inputs.read_all", never)
    monkeypatch.setattr(build, "analyse", never)
    code, shown, _ = run("build", raw, out)
    assert code == 0
    assert "没有变化" in shown
    assert before == {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in before}


def test_only_what_changed_is_read_again(raw, tmp_path):
    out = tmp_path / "out"
    store.prepare_output(out)
    quiet = lambda *_: None  # noqa: E731
    assert build.build(raw, out, build.Options(), quiet).extracted == 3
    (raw / "咖啡 案例.txt").write_text(FIRST + "新的一句话。", encoding="utf-8")
    (raw / "表.docx").unlink()
    outcome = build.build(raw, out, build.Options(), quiet)
    assert (outcome.extracted, outcome.analysed, outcome.files) == (1, 1, 2)
    assert not any("表.docx" in r["path"] for r in rows(out, "ledger"))


def test_damaged_outputs_are_made_again(raw, tmp_path, run):
    out = tmp_path / "out"
    run("build", raw, out)
    good = (out / "canvas.csv").read_bytes()
    (out / "canvas.csv").write_bytes(good[:100])
    (out / "passages.parquet").unlink()
    run("build", raw, out)
    assert (out / "canvas.csv").read_bytes() == good
    assert (out / "passages.parquet").exists()


BAD = {
    "empty.txt": (b"", "EMPTY_FILE"),
    "blank.txt": (b"\n \n", "NO_TEXT"),
    "picture.docx": (b"\x89PNG\r\n\x1a\n" + bytes(99), "UNSUPPORTED_TYPE"),
    "locked.pdf": (make_pdf([[FIRST]], password="x"), "ENCRYPTED"),
    "cut.docx": (make_docx([FIRST])[:6000], "CORRUPT"),
    "noise.txt": (bytes((i * 7919 + (i * i) % 251) % 256 for i in range(4000)), "BINARY_DATA"),
}


def test_bad_input_is_listed_and_the_rest_goes_on(raw, tmp_path, run):
    for name, (data, _) in BAD.items():
        (raw / name).write_bytes(data)
    (raw / ".DS_Store").write_bytes(b"x")
    out = tmp_path / "out"
    code, shown, _ = run("build", raw, out)
    ledger = {r["path"]: r for r in rows(out, "ledger")}
    assert code == 0
    assert len(ledger) == 3 + len(BAD) + 1
    for name, (_, reason) in BAD.items():
        assert (ledger[name]["status"], ledger[name]["reason"]) == ("quarantined", reason)
        assert f"{reason}: {name}" in shown
    assert ledger[".DS_Store"]["status"] == "skipped"
    assert ledger["咖啡 案例.txt"]["status"] == "ok"
    assert run("build", raw, out, "--strict")[0] == 1


def test_twins_are_read_once_and_both_listed(raw, tmp_path):
    (raw / "副本.txt").write_bytes((raw / "咖啡 案例.txt").read_bytes())
    out = tmp_path / "out"
    store.prepare_output(out)
    assert build.build(raw, out, build.Options(), lambda *_: None).extracted == 3
    twins = [r for r in rows(out, "ledger") if r["path"] in ("副本.txt", "咖啡 案例.txt")]
    assert [r["warnings"] for r in twins] == ["EXT_MISMATCH", "DUPLICATE"] or [
        r["warnings"] for r in twins
    ] == ["", "DUPLICATE"]
    assert sum(r["duplicate_of"] != "" for r in rows(out, "documents")) >= 1


@pytest.mark.parametrize(
    ("prepare", "code", "words"),
    [
        (lambda t: t / "missing", 2, "不存在"),
        (lambda t: _file(t / "file"), 2, "不是文件夹"),
        (lambda t: _folder(t / "empty"), 3, "没有一个文件读得出文字"),
    ],
)
def test_folders_that_hold_nothing(tmp_path, run, prepare, code, words):
    found, shown, errors = run("build", prepare(tmp_path), tmp_path / "out")
    assert found == code
    assert words in shown + errors
    if code == 3:
        assert rows(tmp_path / "out", "canvas") == []
        assert "note" in (tmp_path / "out" / "canvas.csv").read_text(encoding="utf-8-sig")


def _file(path: Path) -> Path:
    path.write_text("x")
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_output_inside_the_input_is_refused(raw, run):
    assert run("build", raw, raw / "out")[0] == 2


def test_output_that_is_a_file(raw, tmp_path, run):
    code, _, errors = run("build", raw, _file(tmp_path / "out"))
    assert code == 4
    assert "cannot write" in errors


def test_output_held_by_another_run(raw, tmp_path, run):
    store.prepare_output(tmp_path / "out")
    with store.lock(tmp_path / "out"):
        assert run("build", raw, tmp_path / "out")[0] == 75


def test_wrong_names_file(raw, tmp_path, run):
    (tmp_path / "names.csv").write_text("公司\n小米\n", encoding="utf-8")
    code, _, errors = run("build", raw, tmp_path / "out", "--names", tmp_path / "names.csv")
    assert code == 2
    assert "company-names.csv:1" in errors


def test_published_files_name_no_folder_and_no_clock(raw, tmp_path, run):
    run("build", raw, tmp_path / "out")
    facts = json.loads((tmp_path / "out" / "run.json").read_text())
    assert set(facts) >= {"huabu", "versions", "counts", "model", "lexicon"}
    for file in (tmp_path / "out").rglob("*"):
        if file.is_file() and ".huabu" not in file.parts:
            assert str(tmp_path).encode() not in file.read_bytes()


def test_explain_adds_up_and_names_lines(raw, tmp_path, run):
    out = tmp_path / "out"
    run("build", raw, out)
    passage = next(r for r in rows(out, "passages") if "CH" in r["blocks"])
    code, shown, _ = run("explain", out, passage["passage_id"], "--all")
    assert code == 0
    assert passage["text"] in shown
    for code_, section in zip(("KP", "KA", "KR"), ("重要伙伴", "关键业务", "核心资源"), strict=True):
        assert f"{code_} {section}" in shown  # also blocks below their threshold
    channel = shown.split("CH 渠道通路")[1].split("\n\n")[0].splitlines()[1:]
    weights = [float(line.split()[0]) for line in channel]
    assert round(sum(weights[:-1]), 6) == weights[-1] == float(passage["score_CH"])
    assert "lexicon/CH.csv:" in shown


def test_explain_without_a_build_or_with_another_model(raw, tmp_path, run):
    assert run("explain", tmp_path, "d0-0")[0] == 2
    out = tmp_path / "out"
    run("build", raw, out)
    assert run("explain", out, "d0-0")[0] == 2
    facts = json.loads((out / "run.json").read_text())
    (out / "run.json").write_text(json.dumps({**facts, "model": "other"}))
    assert run("explain", out, rows(out, "passages")[0]["passage_id"])[0] == 5


def test_summary_in_english(raw, tmp_path, run):
    (raw / "locked.pdf").write_bytes(make_pdf([[FIRST]], password="x"))
    _, shown, _ = run("build", raw, tmp_path / "out", "--lang", "en")
    assert "3 documents" in shown
    assert "ENCRYPTED: locked.pdf — " in shown
    assert "huabu explain" in shown


def test_every_reason_is_explained():
    source = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "pipeline").rglob("*.py"))
    used = (
        set(re.findall(r'(?:Unreadable\(|"reason": |return |Skipped\("\w+", )"([A-Z_]{3,})"', source))
        | SKIPPED_REASONS
    )
    assert len(used) >= 15
    assert used <= set(reasons())


def test_one_file_that_breaks_a_stage_is_quarantined_and_the_rest_goes_on(raw, tmp_path, run, monkeypatch):
    real = build.analyse

    def fail(file, source, *rest):
        if source.path.endswith(".pdf"):
            raise KeyError("boom")
        return real(file, source, *rest)

    monkeypatch.setattr(build, "analyse", fail)
    code, _, _ = run("build", raw, tmp_path / "out")
    assert code == 0
    assert {r["path"]: r["reason"] for r in rows(tmp_path / "out", "ledger")}[
        "子文件夹/case.pdf"
    ] == "INTERNAL"


def test_a_changed_library_or_limit_is_a_changed_run(raw, tmp_path, run, monkeypatch):
    out = tmp_path / "out"
    run("build", raw, out)
    real = build.version
    monkeypatch.setattr(build, "version", lambda name: "9.9" if name == "pyarrow" else real(name))
    assert "没有变化" not in run("build", raw, out)[1]
    monkeypatch.undo()
    assert "没有变化" not in run("build", raw, out, "--time-limit", "40")[1]
    assert json.loads((out / "run.json").read_text())["time_limit"] == 40


def test_many_files_at_once(tmp_path, run):
    folder = tmp_path / "many"
    folder.mkdir()
    for i in range(400):
        (folder / f"{i}.txt").write_text(f"第{i}家公司通过经销商销售产品。", encoding="utf-8")
    assert run("extract", folder, tmp_path / "out")[0] == 0
    assert len(list((tmp_path / "out").glob("*.txt"))) == 400


def test_extract_again_leaves_no_stale_text(tmp_path, run):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text(FIRST, encoding="utf-8")
    (folder / "b.txt").write_text(FIRST, encoding="utf-8")
    run("extract", folder, tmp_path / "out")
    (folder / "a.txt").write_bytes(b"")
    run("extract", folder, tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").glob("*.txt")) == ["b.txt.txt"]


HOSTILE = {
    "spaces": "1" + " " * 50_000 + "x",
    "dots": "目录" + "." * 100_000 + "x",
    "cells": "小 米 " * 20_000,
    "tabs": "渠道" + "\t" * 50_000 + "(",
    "的": "的" * 50_000 + "x",
    "但": "但" * 50_000 + "x",
    "masks": "融资渠道" * 12_000,
    "ordinal": "案例十十一 小米公司\n案例二 好",
    "brackets": "（" * 50_000,
    "stars": "**" * 25_000,
    "numbers": "1、" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_ends(name, tmp_path, run):
    """Each took from 20 seconds to for ever in some rule that looked back or ahead too far."""
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.txt").write_text(HOSTILE[name], encoding="utf-8")
    assert run("build", tmp_path / "raw", tmp_path / "out")[0] in (0, 3)


def test_file_names_with_spaces_quotes_and_emoji(tmp_path, run):
    raw = tmp_path / "raw"
    raw.mkdir()
    names = ["小米 案例 (1).txt", 'it\'s "quoted".txt', "案例😀.txt", "-dash.txt", "a;b&c$d.txt", "=1+1.txt"]
    for name in names:
        (raw / name).write_text(FIRST, encoding="utf-8")
    code, _, _ = run("build", raw, tmp_path / "out")
    assert code == 0
    assert {r["path"].removeprefix("'") for r in rows(tmp_path / "out", "ledger")} == set(names)


def test_only_unreadable_files(tmp_path, run):
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "a.pdf").write_bytes(make_pdf([[]]))
    (raw / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99))
    code, shown, _ = run("build", raw, tmp_path / "out")
    assert code == 3
    assert "没有一个文件读得出文字" in shown
    assert "NO_TEXT: a.pdf" in shown
