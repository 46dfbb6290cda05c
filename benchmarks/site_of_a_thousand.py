"""A site of a thousand generated documents: how long it takes to write, and the first page to answer.

Prints seconds and sizes: writing, peak memory, first page interactive in headless Chromium (from the
call to the table being there and the search field taking a letter), a search of two characters over
everything. Everything is made from the number of the document, so each run has the same input.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "benchmarks"))

import soak  # noqa: E402  its words

from pipeline import canvas, compare, store  # noqa: E402
from pipeline.blocks import CODES, blocks  # noqa: E402
from pipeline.report import tables  # noqa: E402
from pipeline.report.site import write_site  # noqa: E402
from pipeline.report.writer import TableWriter  # noqa: E402

Row = dict[str, Any]
PASSAGES = 80
NOTES = 3  # of a cell
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def sentence(chance: random.Random) -> str:
    who, what, where = chance.choice(soak.WHO), chance.choice(soak.WHAT), chance.choice(soak.WHERE)
    return f"公司通过{where}把{what}卖给{who}，第{chance.randrange(1000)}批货在{chance.randrange(2001, 2024)}年发出。"


def document(number: int) -> tuple[Row, list[Row], list[Row], list[Row]]:
    """(document, passages, notes, evidence)"""
    chance = random.Random(number)  # noqa: S311  no secret
    doc_id, company = f"d{number:06d}", f"{chance.choice(soak.COMPANIES)}{number % 120}"
    title = f"{company}案例第{number}篇"
    passages: list[Row] = []
    notes: list[Row] = []
    evidence: list[Row] = []
    for at in range(PASSAGES):
        code = CODES[at % 9] if at < 9 * NOTES else ""
        text, score = sentence(chance), chance.random() * 4 - 0.5
        passage_id = f"{doc_id}-{at:012x}"
        passages.append(
            {
                **dict.fromkeys(tables.PASSAGES, ""), "passage_id": passage_id, "doc_id": doc_id, "page": 1, "start": 0,
                "end": 1, "raw_page": 1, "raw_start": 0, "raw_end": 1, "heading_path": "模式 > 渠道", "role": "body",
                "bare": False, "text": text, "blocks": code, "origin": "model",
                **{f"score_{c}": score for c in CODES},
            }
        )  # fmt: skip
        if code:
            about = {"doc_id": doc_id, "title": title, "company": company, "block": code}
            shown = {"block_zh": blocks()[code].zh, "rank": at // 9 + 1, "note": text[2:14], "quote": text}
            rest = {"page": 1, "passage_id": passage_id, "score": score, "support": 1}
            sure = {"probability": 0.8, "weak": False, "conflict": ""}
            notes.append({**dict.fromkeys(canvas.CANVAS, ""), **about, **shown, **rest, **sure})
            for start in range(0, 24, 2):
                row = {
                    "passage_id": passage_id,
                    "block": code,
                    "kind": "tfidf",
                    "term": text[start : start + 2],
                }
                place = {
                    "start": start,
                    "end": start + 2,
                    "weight": score / 12,
                    "source": "model/words.txt:1",
                }
                evidence.append({**row, **place})
    record = {
        **dict.fromkeys(tables.DOCUMENTS, ""), "doc_id": doc_id, "path": f"案例/{number}.txt", "title": title,
        "company": company, "start": 0, "end": 1, "first_page": 1, "last_page": 1, "chars": 1, "passages": PASSAGES,
    }  # fmt: skip
    return record, passages, notes, evidence


def company_rows(notes: list[Row]) -> Iterator[Row]:
    """Notes of companies, as if no two said the same."""
    table = pd.DataFrame(notes)
    for (company, block), group in table.groupby(["company", "block"], sort=False):
        for rank, row in enumerate(group.head(30).to_dict("records"), start=1):
            named = {
                "company": company,
                "period": "",
                "block": block,
                "block_zh": row["block_zh"],
                "rank": rank,
            }
            said = {"note": row["note"], "quote": row["quote"], "support": 1, "doc_ids": row["doc_id"]}
            yield {
                **dict.fromkeys(canvas.COMPANIES),
                **named,
                **said,
                "probability": 0.8,
                "weak": False,
                "conflict": "",
            }


def generate(out: Path, count: int) -> Path:
    """Write a site of `count` documents; the folder with `index.html`."""
    stage = store.Stage(out)
    columns = {
        "ledger": tables.LEDGER, "documents": tables.DOCUMENTS, "passages": tables.PASSAGES, "evidence": tables.EVIDENCE,
        "canvas": canvas.CANVAS, "companies": canvas.COMPANIES, "periods": canvas.COMPANIES,
        "comparison": compare.COMPARISON, "terms": compare.TERMS,
    }  # fmt: skip
    writers = {name: TableWriter(stage, name, own, csv=False) for name, own in columns.items()}
    every: list[Row] = []
    for number in range(count):
        record, passages, notes, evidence = document(number)
        writers["documents"].add([record])
        writers["passages"].add(passages)
        writers["canvas"].add(notes)
        writers["evidence"].add(evidence)
        file = {"path": record["path"], "status": "ok", "type": "txt", "size": 1, "documents": 1, "pages": 1}
        writers["ledger"].add([{**dict.fromkeys(tables.LEDGER, ""), **file}])
        every += notes
    companies = tables.frame(list(company_rows(every)), canvas.COMPANIES)
    writers["companies"].add_frame(companies)
    writers["comparison"].add_frame(compare.matrix(companies))
    years = {"first_year": 2013, "last_year": 2019}
    dated = [companies[companies["rank"] <= 2].assign(period=p, **years) for p in ("2013年", "2019年")]
    periods = pd.concat(dated)
    order = {name: number for number, name in enumerate(dict.fromkeys(periods["company"]))}
    periods = periods.sort_values("company", key=lambda names: names.map(order), kind="stable")
    writers["periods"].add_frame(periods)
    for writer in writers.values():
        writer.close()
    totals = {name: writer.rows for name, writer in writers.items()}
    begin = time.perf_counter()
    write_site(stage, {name: writer.path for name, writer in writers.items()}, {}, totals)
    print(f"write: {time.perf_counter() - begin:.1f} s for {count} documents")
    return stage.root / "site"


def measure(site: Path) -> None:
    """Open the first page in headless Chromium and search it."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=FLAGS)
        for attempt in ("first", "second", "third"):
            page = browser.new_page()
            metrics = page.context.new_cdp_session(page)
            metrics.send("Performance.enable", {"timeDomain": "threadTicks"})
            begin = time.perf_counter()
            page.goto((site / "index.html").as_uri())
            page.click("#q")
            page.keyboard.type("门")
            page.wait_for_selector("#said:not(:empty)")
            seconds = time.perf_counter() - begin
            found = {m["name"]: m["value"] for m in metrics.send("Performance.getMetrics")["metrics"]}
            computed = f"{found['TaskDuration']:.2f} s of it computed by the page"
            print(f"{attempt} visit, interactive: {seconds:.2f} s, {computed}")
            begin = time.perf_counter()
            page.fill("#q", "门店")
            page.wait_for_selector("#said:text-matches('门店.*篇文档里[^正]*$')")
            print(f"{attempt} visit, search over everything: {time.perf_counter() - begin:.2f} s")
            page.close()
        browser.close()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: python benchmarks/site_of_a_thousand.py --documents 1000"
    )
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--open", type=Path, help="a site that is there already")
    parser.add_argument("--keep", type=Path, help="folder to keep the site in")
    options = parser.parse_args()
    if options.open:
        measure(options.open)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        out = options.keep or Path(folder)
        site = generate(out, options.documents)
        files = [file for file in site.rglob("*") if file.is_file()]
        print(f"{len(files)} files, {sum(file.stat().st_size for file in files) / 1e6:.0f} MB")
        if sys.platform != "win32":
            import resource

            print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
        measure(site)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
