"""Many documents: what is kept of each is small, tables are written as they come, nothing is compared
with everything."""

from __future__ import annotations

import io
import random
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pyarrow.parquet as pq
import pytest
from conftest import FIRST, ROOT, SECOND

from pipeline import build, canvas, inputs, similar, store
from pipeline.blocks import CODES
from pipeline.extract import formats, ocr
from pipeline.records import Extraction, Page
from pipeline.report import companies, publication, tables, workbook, writer
from pipeline.report.site import limits

sys.path.insert(0, str(ROOT / "benchmarks"))
import soak

QUIET = lambda *_: None  # noqa: E731
COLUMNS = ["doc_id", "title", "first_year", "score", "bare"]


def a_row(number: int) -> dict[str, object]:
    year = None if number % 3 else 2000 + number
    return {"doc_id": f"d{number}", "title": f"=案例\n{number}", "first_year": year, "score": number / 7, "bare": number % 2 == 0}  # fmt: skip


# --- tables that grow --------------------------------------------------------------------------------


def written(out, parts: list[list[dict[str, object]]], *, frames: bool = False) -> tuple[bytes, bytes]:
    store.prepare_output(out)
    stage = store.Stage(out)
    table = writer.TableWriter(stage, "t", COLUMNS)
    for part in parts:
        table.add_frame(pd.DataFrame(part, columns=COLUMNS)) if frames else table.add(part)
    table.close()
    table.close()
    assert table.rows == sum(map(len, parts))
    return stage.path("t.csv").read_bytes(), table.path.read_bytes()


@pytest.mark.parametrize("rows", [0, 1, 25])
def test_bytes_do_not_depend_on_how_rows_come(rows, tmp_path, monkeypatch):
    every = [a_row(number) for number in range(rows)]
    whole = tables.frame(every, COLUMNS)
    parquet = io.BytesIO()
    pq.write_table(tables.to_arrow(whole), parquet, compression="zstd")
    usual = written(tmp_path / "usual", [every])
    assert usual == (tables.to_csv(whole), parquet.getvalue())
    monkeypatch.setattr(writer, "BATCH", 4)
    one_by_one = written(tmp_path / "single", [[row] for row in every])
    assert one_by_one == usual
    assert written(tmp_path / "frames", [every[:7], [], every[7:]], frames=True) == usual


def test_row_groups_have_a_fixed_size(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "ROW_GROUP", 10)
    every = [a_row(number) for number in range(25)]
    csv, parquet = written(tmp_path / "whole", [every])
    monkeypatch.setattr(writer, "BATCH", 3)
    assert written(tmp_path / "parts", [[row] for row in every]) == (csv, parquet)
    file = pq.ParquetFile(io.BytesIO(parquet))
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [10, 10, 5]
    pd.testing.assert_frame_equal(file.read().to_pandas(), tables.frame(every, COLUMNS))


def test_parts_of_a_table_are_read_back(tmp_path):
    written(tmp_path, [[a_row(number) for number in range(25)]])
    path = tmp_path / store.PRIVATE / "stage" / "t.parquet"
    assert list(writer.read_where(path, ["title", "doc_id"], limit=2)["doc_id"]) == ["d0", "d1"]
    bare = writer.read_where(path, ["bare", "first_year"], keep=lambda batch: batch["bare"])
    assert len(bare) == 13
    assert bare["first_year"].dtype == "Int64"


# --- what a run keeps --------------------------------------------------------------------------------


def test_pages_stay_in_the_cache(tmp_path):
    raw, out = tmp_path / "raw", tmp_path / "out"
    raw.mkdir()
    (raw / "a.txt").write_text(f"{FIRST}\n{SECOND}\n", encoding="utf-8")
    store.prepare_output(out)
    options = {"workers": 1, "time_limit": 20, "retry_quarantined": False, "report": QUIET}
    (item,), _ = inputs.read(store.walk(raw), cache=store.Cache(out), **options)
    (held,), _ = inputs.read(store.walk(raw), cache=None, **options)
    assert isinstance(item.result, Extraction)
    assert isinstance(held.result, Extraction)
    assert item.result.pages == ()
    assert (item.pages, item.chars) == (1, len(held.result.pages[0].text))
    assert inputs.pages_of(item, store.Cache(out)) == held.result.pages
    with pytest.raises(store.InvariantError, match=r"a\.txt"):
        inputs.pages_of(replace(item, key="0" * 64), store.Cache(out))


def test_recognised_pages_stay_in_the_cache(tmp_path, monkeypatch):
    scan = Extraction("pdf", "pdfium", (Page(1, FIRST), Page(2, "", confidence=0)))
    read = Extraction("pdf", "rapidocr", (Page(2, SECOND, confidence=0.9),))

    def read_all(jobs, *, follow, **_):
        waiting = list(jobs)
        for job in waiting:
            answer = read if job.page else scan
            waiting.extend(follow(job, answer))
            yield job.key, answer

    monkeypatch.setattr(inputs, "read_all", read_all)
    monkeypatch.setattr(ocr, "versions", lambda: {"recogniser": "1"})
    raw, out = tmp_path / "raw", tmp_path / "out"
    raw.mkdir()
    (raw / "a.pdf").write_bytes(b"%PDF")
    store.prepare_output(out)
    for _ in range(2):  # read, then found in the cache
        cache = store.Cache(out)
        (item,), _ = inputs.read(
            store.walk(raw), cache=cache, workers=1, time_limit=9, retry_quarantined=False, report=QUIET
        )
        assert [page.text for page in inputs.pages_of(item, cache)] == [FIRST, SECOND]
        assert (item.pages, item.warnings) == (2, ("OCR",))
        cache.sweep()


def test_a_cache_that_changes_during_the_run_publishes_nothing(tmp_path, run, monkeypatch):
    raw, out = tmp_path / "raw", tmp_path / "out"
    raw.mkdir()
    (raw / "a.txt").write_text(f"{FIRST}\n{SECOND}\n", encoding="utf-8")

    def lose(results, cache):
        for result in results:
            (cache.root / result.key[:2] / result.key).unlink()
        return {}

    monkeypatch.setattr(build, "_duplicates", lose)
    code, _, errors = run("build", raw, out)
    assert code == 6
    assert "a.txt" in errors
    assert not (out / "ledger.csv").exists()


# --- near-duplicates ---------------------------------------------------------------------------------


def pairwise(texts: list[str]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    sets = [similar.shingles(text) for text in texts]
    originals: list[int] = []
    for number, own in enumerate(sets):
        same = [o for o in originals if similar.jaccard(own, sets[o]) >= similar.SAME]
        if same:
            found.append((same[0], number))
        else:
            originals.append(number)
    return found


@pytest.mark.parametrize("length", [3, 12, 60, 300, 500, 700])
def test_every_near_duplicate_is_found(length):
    chance = random.Random(length)
    texts: list[str] = []
    for _ in range(30):
        text = "".join(chance.choices("公司通过门店销售产品给年轻人和家庭并收取会员费", k=length))
        for changes in (0, 1, 2, 5, 9, 14, 20, 30):
            copy = list(text)
            for place in chance.sample(range(length), k=min(length, changes * length // 300)):
                copy[place] = "龙"
            texts.append("".join(copy)[: length - chance.randrange(1 + length // 3)])
    chance.shuffle(texts)
    assert list(similar.near_duplicates(texts)) == pairwise(texts)


@pytest.mark.parametrize(
    "text",
    [
        "第{}家公司通过经销商销售产品。",
        "公司{}通过线下门店和自营网上商城向年轻消费者销售咖啡。",
        "完全一样的一篇短文章。",
    ],
)
def test_texts_from_one_template_are_not_all_compared(text, monkeypatch):
    calls = 0
    real = similar.jaccard

    def counted(left, right):
        nonlocal calls
        calls += 1
        return real(left, right)

    monkeypatch.setattr(similar, "jaccard", counted)
    texts = [text.format(10_000 + number * 37) for number in range(2_000)]
    found = list(similar.near_duplicates(texts))
    assert calls < 20 * len(texts)  # of 1,000 times as many pairs
    assert len(found) < len(texts)


# --- the notes of a company ----------------------------------------------------------------------------


def merged_pairwise(notes: list[str]) -> list[list[str]]:
    """Every note compared with every one before it."""
    kept: list[tuple[list[str], frozenset[str], str]] = []
    for note in notes:
        plain = canvas.plain_of(note)
        grams = frozenset(plain[i : i + 2] for i in range(max(1, len(plain) - 1)))
        for members, other, text in kept:
            inside = len(plain) >= 4 and (plain in text or (text in plain and len(text) >= 4))
            if inside or len(grams & other) >= canvas.SAME_NOTE * len(grams | other):
                members.append(note)
                break
        else:
            kept.append(([note], grams, plain))
    return [members for members, _, _ in kept]


@pytest.mark.parametrize("seed", range(5))
def test_notes_are_merged_as_if_each_were_compared_with_all(seed):
    chance = random.Random(seed)
    words = ["线下", "门店", "官网", "直销", "经销商", "，", "会员", "年费", "A", "省级", "代理"]
    notes = ["".join(chance.choices(words, k=chance.randrange(6))) for _ in range(400)]
    merged = canvas.merge([{"note": note} for note in notes])
    assert [[row["note"] for row in members] for _, members in merged] == merged_pairwise(notes)


def test_companies_do_not_depend_on_what_is_aggregated_at_once(tmp_path, monkeypatch):
    rows = [
        {
            "company": f"公司{number % 7}", "block": CODES[number % 9], "note": f"第{number % 11}种门店", "quote": f"原文{number}",
            "doc_id": f"d{number % 40}", "score": number % 5 / 3, "position": number, "years": "2019" * (number % 2), "probability": number % 4 / 4,
        }
        for number in range(500)
    ]  # fmt: skip
    found = []
    for batch in (1, 10_000):
        monkeypatch.setattr(companies, "BATCH", batch)
        waiting = companies.CompanyRows(tmp_path)
        for row in rows:
            waiting.add(row)
        found.append(pd.concat(waiting.tables(), ignore_index=True))
        waiting.close()
    pd.testing.assert_frame_equal(*found)
    pd.testing.assert_frame_equal(found[0], canvas.company_canvas(pd.DataFrame(rows)))
    assert not list(tmp_path.iterdir())


# --- whole runs ----------------------------------------------------------------------------------------


def options(**given: object) -> SimpleNamespace:
    usual = vars(soak.parser().parse_args([]))
    return SimpleNamespace(**{**usual, **given})


def test_a_small_soak_holds(tmp_path, capsys):
    assert soak.soak(tmp_path, options(documents=60, per_folder=7, poison=20, again=True)) == 0
    shown = capsys.readouterr().out
    assert "60 files, 40 ok, 20 quarantined" in shown
    assert "0 read, 0 tagged" in shown


def test_a_soak_sees_what_is_lost(tmp_path):
    assert soak.soak(tmp_path, options(documents=20)) == 0
    (next((tmp_path / "out" / "text").iterdir())).unlink()
    assert soak.law(tmp_path / "out", 10, 10)


def test_small_batches_publish_the_same(tmp_path, run, monkeypatch):
    soak.generate(tmp_path / "raw", 30, options())
    assert run("build", tmp_path / "raw", tmp_path / "one")[0] == 0
    monkeypatch.setattr(writer, "BATCH", 5)
    monkeypatch.setattr(publication, "BATCH", 5)
    monkeypatch.setattr(companies, "BATCH", 5)
    assert run("build", tmp_path / "raw", tmp_path / "two")[0] == 0
    for path in (tmp_path / "one").rglob("*"):
        if path.is_file() and store.PRIVATE not in path.parts:
            assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()


def test_workbook_and_page_say_what_they_leave_out(tmp_path, run, monkeypatch):
    monkeypatch.setattr(workbook, "MAX_DOCUMENTS", 3)
    monkeypatch.setattr(workbook, "MAX_FILES", 10)
    monkeypatch.setattr(limits, "MAX_PAGES", 4)
    soak.generate(tmp_path / "raw", 40, options())
    out = tmp_path / "out"
    assert run("build", tmp_path / "raw", out)[0] == 0
    book = {
        name: pd.read_excel(out / "huabu.xlsx", sheet_name=name, header=None)
        for name in ("总览", "证据", "运行记录")
    }
    notes = pd.read_parquet(out / "canvas.parquet")
    documents = list(pd.read_parquet(out / "documents.parquet")["doc_id"])
    said = "".join(map(str, book["总览"][0]))
    assert "只有前 3 篇文档，另有 27 篇见 documents.csv、canvas_wide.csv 和 canvas.csv。" in said
    assert "“运行记录”只列出前 10 个文件，另有 30 个见 ledger.csv。" in said
    assert f"文档 30 篇　便签 {len(notes)} 条" in said
    assert len(book["证据"]) - 1 == notes["doc_id"].isin(documents[:3]).sum()
    page = (out / "site" / "index.html").read_text(encoding="utf-8")
    assert "网页只放前 4 篇；其余 26 篇见 documents.csv" in page
    assert "网页只放前 4 家公司；其余 6 家见 companies.csv" in page
    assert f"<span>{len(notes)} 条便签</span>" in page
    assert len(list((out / "site" / "d").iterdir())) == len(list((out / "site" / "c").iterdir())) == 4


@pytest.mark.external
def test_the_parent_stays_small(tmp_path):
    """2,000 documents: memory must not have grown with them, or 10,000 would pass 500 MB."""
    command = [sys.executable, "benchmarks/soak.py", "--documents", "2000", "--max-mb", "420", "--again"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_readers_of_the_generated_files():
    text = soak.text_of(7, 6, one_company=False)
    for extension, make in soak.GOOD:
        pages = formats.read(make(text), extension).pages
        assert pages[0].text.split() == text.split()
