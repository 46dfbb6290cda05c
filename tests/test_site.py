"""The site: every note there with what stands behind it, and nothing of a document that runs or fetches."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from lxml import etree, html

from pipeline import canvas, compare, store
from pipeline.blocks import CODES, blocks
from pipeline.report import site
from pipeline.report.glossary import reasons
from pipeline.report.site import limits
from pipeline.report.site.companies import page_of
from pipeline.report.site.drawing import CSP
from pipeline.report.site.proofs import pieces, spans
from pipeline.report.tables import DOCUMENTS, EVIDENCE, LEDGER, PASSAGES, frame, typed
from pipeline.report.writer import TableWriter

HOSTILE = "<script>alert(1)</script>"
ATTRIBUTE = "\"' onmouseover='alert(1)' {{ 7*7 }} </details></style><img src=x onerror=alert(1)>\u2028\u202e"
FACTS = {"model": "4cb6c3e98c4a", "huabu": "0.1.0"}

Note = tuple[str, str, str, str, float]  # document, block, note, quote, score


def make(documents: list[dict[str, object]], notes: list[Note], ledger: list[dict[str, object]]) -> dict:
    """Tables as `build` makes them, from a few words."""
    empty = {"path_hex": "", "member": "", "duplicate_of": "", "first_page": 1, "last_page": 1, "passages": 1}
    documents = [{**empty, "start": 0, "end": 9, "chars": 9, **d} for d in documents]
    about = {d["doc_id"]: d for d in documents}
    tagged = [
        {
            "doc_id": d, "title": about[d]["title"], "company": about[d]["company"], "block": b, "note": n,
            "quote": q, "page": 3, "passage_id": f"{d}-{i}", "score": s, "position": i, "years": "2019",
            "probability": 0.9 if s > 0 else 0.6, "periods": (),
        }
        for i, (d, b, n, q, s) in enumerate(notes)
    ]  # fmt: skip
    passages = [
        {
            "passage_id": r["passage_id"], "doc_id": r["doc_id"], "page": 3, "start": 0, "end": 1, "raw_page": 3,
            "raw_start": 0, "raw_end": 1, "heading_path": "一、模式 > 渠道", "role": "body", "bare": False,
            "text": r["quote"], "blocks": r["block"], "origin": "model",
            **{f"score_{c}": r["score"] for c in CODES},
        }
        for r in tagged
    ]  # fmt: skip
    evidence = [
        row
        for r in tagged
        for row in (
            {**dict.fromkeys(EVIDENCE, ""), "passage_id": r["passage_id"], "block": r["block"],
             "kind": "lexicon", "term": str(r["quote"])[:2], "start": 0, "end": 2, "weight": 4.0, "source": "lexicon/CH.csv:1"},
            {**dict.fromkeys(EVIDENCE, ""), "passage_id": r["passage_id"], "block": r["block"],
             "kind": "intercept", "start": -1, "end": -1, "weight": r["score"] - 4.0},
        )
    ]  # fmt: skip
    columns = [c for c in canvas.TAGGED if c != "periods"]
    table = pd.DataFrame(tagged, columns=columns)
    twins = [d["doc_id"] for d in documents if d["duplicate_of"]]
    companies = typed(canvas.company_canvas(table[~table["doc_id"].isin(twins)]))
    terms = [
        {
            "company": c,
            "block": b,
            "block_zh": "",
            "rank": 1,
            "term": HOSTILE,
            "count": 3,
            "others": 1,
            "z": 2.5,
        }
        for c, b in (("", "CH"), ("小米", ""))
    ]
    dated = companies[companies["company"] == "小米"]
    early, late = dated[dated["rank"] == 1], dated[dated["rank"] == 2]
    again = early[early["block"] == "VP"]
    periods = [early.assign(period="2013年"), late.assign(period="上市后"), again.assign(period="上市后")]
    return {
        "comparison": typed(compare.matrix(companies)),
        "terms": frame(terms if notes else [], compare.TERMS),
        "periods": typed(pd.concat(periods)) if notes else companies,
        "ledger": frame([dict.fromkeys(LEDGER, "") | _counts() | row for row in ledger], LEDGER),
        "documents": frame(documents, DOCUMENTS),
        "passages": frame(passages, PASSAGES),
        "evidence": frame(evidence, EVIDENCE),
        "canvas": typed(canvas.document_canvas(table)),
        "companies": companies,
    }


def _counts() -> dict[str, object]:
    return {"size": 1, "documents": 0, "pages": 0}


def document(doc_id: str, title: str, company: str = "", **more: object) -> dict[str, object]:
    return {"doc_id": doc_id, "path": f"{doc_id}.txt", "title": title, "company": company, **more}


@pytest.fixture
def tables():
    return make(
        [
            document("a", "小米案例", "小米"),
            document("b", HOSTILE, "小米", path=f"{HOSTILE}.pdf", member=ATTRIBUTE),
            document("c", "定义"),
            document("d", "小米案例", "小米", duplicate_of="a"),
            document("e", "顺丰案例", "顺丰"),
        ],
        [
            ("a", "CH", "官网直销", "首先,小米通过官网直销。", 3.0),
            ("a", "CH", "线下门店", "还有线下门店。", 0.5),
            ("b", "CH", "官网直销", f"官网直销{HOSTILE}", 1.0),
            ("b", "VP", HOSTILE, f"价值{HOSTILE}", 2.0),
            ("b", "RS", ATTRIBUTE, f"卖{ATTRIBUTE}", 2.0),
            ("d", "CH", "官网直销", "首先,小米通过官网直销。", 3.0),
            ("e", "KP", "航空公司", "航空公司", -0.5),
        ],
        [
            {"path": "a.txt", "status": "ok"},
            {"path": f"{HOSTILE}.zip", "member": "坏.pdf", "status": "quarantined", "reason": "CORRUPT"},
            {"path": "Thumbs.db", "status": "skipped", "reason": "IGNORED"},
        ],
    )


def write(tables, out: Path) -> dict[str, bytes]:
    """Name below `site/` -> bytes."""
    stage = store.Stage(out)
    paths = {}
    for name, table in tables.items():
        writer = TableWriter(stage, name, list(table.columns), csv=False)
        if len(table):
            writer.add_frame(table)
        writer.close()
        paths[name] = writer.path
    site.write_site(stage, paths, FACTS, {name: len(table) for name, table in tables.items()})
    root = stage.root / "site"
    return {f.relative_to(root).as_posix(): f.read_bytes() for f in sorted(root.rglob("*")) if f.is_file()}


@pytest.fixture
def files(tables, tmp_path):
    return write(tables, tmp_path)


def parse(data: bytes) -> html.HtmlElement:
    return html.document_fromstring(data.decode("utf-8"))


def text_of(element) -> str:
    return " ".join(element.text_content().split())


def pages(files) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if name.endswith(".html")}


def test_pages_exist(files):
    for doc_id in "abcde":
        assert f"d/{doc_id}.html" in files
    assert {f"c/{page_of('小米')}", f"c/{page_of('顺丰')}", "index.html"} <= set(files)
    assert {
        "assets/huabu.css",
        "assets/huabu.js",
        "assets/search.js",
        "data/text-0000.js",
        "data/variants.js",
    } <= set(files)


def test_html_is_valid_and_links_lead_somewhere(files):
    for name, data in pages(files).items():
        assert data.startswith(b"<!doctype html>")
        parser = etree.HTMLParser(recover=False)
        etree.fromstring(data, parser)
        # HTML5 elements are unknown to libxml2; nothing else is wrong
        assert not [e for e in parser.error_log if e.type_name != "HTML_UNKNOWN_TAG"]
        page = parse(data)
        anchors = page.xpath("//@id")
        assert len(anchors) == len(set(anchors))
        for link in page.xpath("//@href | //@src"):
            if link == "data:,":
                continue
            target, _, anchor = link.partition("#")
            path = (Path(name).parent / target).as_posix() if target else name
            path = re.sub(r"^(\w)/\.\./", "", path)
            assert path in files, link
            assert not anchor or anchor in parse(files[path]).xpath("//@id")


def test_every_note_opens_to_its_quote_context_and_weights(tables, files):
    for row in tables["canvas"].to_dict("records"):
        page = parse(files[f"d/{row['doc_id']}.html"])
        (cell,) = page.xpath(f"//section[contains(@class, 'cell {row['block']}')]")
        links = {text_of(a.xpath("bdi")[0]): a for a in cell.xpath(".//li/a")}
        link = links[" ".join(row["note"].split())]
        proof = page.get_element_by_id(link.get("href")[1:])
        assert proof.xpath("string(.//blockquote)") == row["quote"]
        marked = "".join(proof.xpath(".//blockquote//mark[contains(@class, 'said')]/text()"))
        assert "".join(marked.split()) == "".join(row["note"].split())
        assert proof.xpath(".//blockquote//mark[contains(@class, 'told')]")
        for part in (row["passage_id"], "第 3 页", f"{row['score']:+.2f}", "词典", "一、模式", "渠道"):
            assert part in text_of(proof)
        assert ("weak" in link.getparent().get("class")) == row["weak"]
    assert "证据偏弱" in text_of(parse(files["d/e.html"]).get_element_by_id("board"))
    around = parse(files["d/a.html"]).get_element_by_id("n-CH-1").xpath(".//p[@class='near']")
    assert [text_of(p) for p in around] == ["还有线下门店。"]


def test_nothing_of_a_document_runs_or_links(files):
    for name, data in pages(files).items():
        page = parse(data)
        assert page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content") == [CSP]
        scripts = page.xpath("//script")
        own = {"../assets/huabu.js", "assets/huabu.js", "assets/search.js"}
        assert all(s.get("src") in own and not s.text for s in scripts)
        assert not page.xpath("//style | //@style | //img | //iframe | //object | //form | //base")
        assert not [a for e in page.iter() for a in e.keys() if a.startswith("on")]  # noqa: SIM118
        assert all(re.fullmatch(r"[\w./#-]+|data:,", h) for h in page.xpath("//@href | //@src")), name
        assert data.count(b"<script") == len(scripts)
    assert b"&lt;script&gt;alert(1)&lt;/script&gt;" in files["d/b.html"]
    assert "{{ 7*7 }}" in text_of(parse(files["d/b.html"]))
    for asset in ("assets/huabu.css", "assets/huabu.js", "assets/search.js"):
        text = files[asset].decode()
        assert not re.search(r"url\(|@import|https?:|innerHTML|insertAdjacent|document\.write|eval\(", text)


def test_data_files_hold_text_as_text(files):
    data = files["data/text-0000.js"].decode("utf-8")
    assert not re.search("[<>&\u2028\u2029]", data)
    found = json.loads(data.removeprefix("huabu.texts(").removesuffix(");\n"))
    assert [row[0] for row in found] == list("abcde")
    assert ["RS", "n-RS-1", ATTRIBUTE] in found[1][1]
    assert ["VP", "p-3", f"价值{HOSTILE}"] in found[1][2]


def test_cells_stand_in_canvas_order(files):
    board = parse(files["d/a.html"]).get_element_by_id("board")
    assert [h.text.strip() for h in board.xpath(".//h2")] == [blocks()[c].zh for c in CODES]


def test_list_of_documents(files):
    rows = parse(files["index.html"]).xpath("//table[@id='docs']//tbody/tr")
    assert [[text_of(row[i]) for i in (0, 1, 3, 5)] for row in rows] == [
        ["小米案例", "小米", "2", "a.txt"],
        [HOSTILE, "小米", "3", f"{HOSTILE}.pdf › {' '.join(ATTRIBUTE.split())}"],
        ["定义", "", "0", "c.txt"],
        ["小米案例", "小米", "1", "d.txt"],
        ["顺丰案例", "顺丰", "1", "e.txt"],
    ]
    assert [row.get("data-blocks") for row in rows] == ["CH", "VP CH RS", "", "CH", "KP"]
    assert rows[1].xpath("string(.//span[@role='img']/@aria-label)") == "3/9 个模块"


def test_company_notes_name_their_documents(files):
    page = parse(files[f"c/{page_of('小米')}"])
    assert "2 篇文档合并" in text_of(page)
    note = page.xpath("//section[contains(@class, 'CH')]//li/a")[0]
    assert text_of(note) == "官网直销 ×2"
    proof = page.get_element_by_id(note.get("href")[1:])
    assert "《小米案例》 一、模式 › 渠道 第 3 页 2 篇文档这样说 2019 年".replace(" ", "") in text_of(
        proof
    ).replace(" ", "")
    assert proof.xpath(".//ul//@href") == ["../d/a.html", "../d/b.html"]


def test_comparison_shows_every_company_and_block(tables, files):
    page = parse(files["compare.html"])
    (table,) = page.xpath("//table[@class='heat']")
    assert [text_of(th) for th in table.xpath(".//thead//th")][1:] == [blocks()[c].zh for c in CODES]
    rows = {text_of(row[0].xpath(".//bdi")[0]): row for row in table.xpath(".//tbody/tr")}
    assert list(rows) == ["小米", "顺丰"]  # most documents first
    for name, row in rows.items():
        for cell, code in zip(row[1:], CODES, strict=True):
            own = tables["comparison"]
            (wanted,) = own[(own["company"] == name) & (own["block"] == code)].to_dict("records")
            assert (text_of(cell) == "缺") == wanted["gap"]
            assert " ".join(wanted["best_note"].split()) in text_of(cell)
            assert ("h0" in cell.get("class")) == wanted["gap"]
    assert text_of(page).count(f"{HOSTILE} 3∶1") == 2


def test_changes_say_what_enters_stays_and_leaves(files):
    page = parse(files[f"t/{page_of('小米')}"])
    (table,) = page.xpath("//table[@class='times']")
    assert [text_of(th) for th in table.xpath(".//thead//th")] == ["模块", "2013年", "上市后"]
    lines = {text_of(row[0]): row for row in table.xpath(".//tbody/tr")}
    kinds = {name: [li.get("class") for li in row.xpath(".//li")] for name, row in lines.items()}
    assert kinds == {
        "价值主张": ["first", "stays"],
        "渠道通路": ["first", "enters", "leaves"],
        "收入来源": ["first"],
    }
    assert text_of(lines["渠道通路"].xpath(".//blockquote")[0]) == "首先,小米通过官网直销。"
    assert text_of(lines["收入来源"][2]) == "没有讲到"
    index = parse(files["change.html"])
    assert index.xpath("//td//@href") == [f"t/{page_of('小米')}"]
    assert parse(files[f"c/{page_of('小米')}"]).xpath(f"//a[@href='../t/{page_of('小米')}']")


def test_document_without_notes_and_twin_say_so(files):
    page = parse(files["d/c.html"])
    assert "没有找到说到九个模块的段落" in text_of(page)
    assert len(page.xpath("//p[@class='state none']")) == 9
    assert parse(files["d/d.html"]).xpath("//a[@href='a.html']")


def test_footer_says_what_was_not_read_and_who_labelled(files):
    footer = text_of(parse(files["index.html"]).xpath("//body/footer")[0])
    for part in (
        "3 个文件，1 个读成",
        f"{HOSTILE}.zip › 坏.pdf — CORRUPT {reasons()['CORRUPT'][0]}",
        "另有 1 个系统或编辑器的附属文件",
        FACTS["model"],
        "模型的训练文本是由语言模型、而不是由人标注的",
        "trained on texts labelled by language models, not people",
    ):
        assert part in footer
    assert "Thumbs.db" not in footer


def test_long_cells_fold(tmp_path):
    things = ["地铁灯箱", "微信小程序", "超市货架", "电话订购", "校园讲座", "邮局发行", "快闪摊位", "加盟店"]
    notes = [("a", "CH", t, t, 9.0 - i) for i, t in enumerate(things)]
    page = parse(write(make([document("a", "长")], notes, []), tmp_path)["d/a.html"])
    assert text_of(page.xpath("//details[@class='more']/summary")[0]) == "另有 2 条"
    assert [text_of(a) for a in page.xpath("//details[@class='more']//li/a")] == things[6:]


def test_notes_that_contradict_name_one_another(tmp_path):
    notes = [("a", "CH", "只做线上", "公司只做线上。", 2.0), ("a", "CH", "线下门店", "公司有线下门店。", 1.0)]
    tables = make([document("a", "矛盾", "矛盾公司")], notes, [])
    conflicts = tables["canvas"]["conflict"].tolist()
    assert conflicts == ["线下门店", "只做线上"]
    found = write(tables, tmp_path)
    for name in ("d/a.html", f"c/{page_of('矛盾公司')}"):
        page = parse(found[name])
        assert len(page.xpath("//li//span[@class='clash']")) == 2
        assert "同一格里还有“只做线上”" in text_of(page.get_element_by_id("n-CH-2"))


def test_no_documents_is_said(tmp_path):
    found = write(
        make([], [], [{"path": "空.txt", "status": "quarantined", "reason": "EMPTY_FILE"}]), tmp_path
    )
    page = parse(found["index.html"])
    assert "没有读出一篇文档" in text_of(page)
    assert "空.txt — EMPTY_FILE " + reasons()["EMPTY_FILE"][0] in text_of(page)
    assert not page.xpath("//table")


def test_what_is_left_out_is_counted(tables, tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_PAGES", 2)
    monkeypatch.setattr(limits, "MAX_PASSAGES", 1)
    monkeypatch.setattr(limits, "MAX_SEARCH", 15)
    found = write(tables, tmp_path)
    assert {n for n in found if n.startswith("d/")} == {"d/a.html", "d/b.html"}
    index = text_of(parse(found["index.html"]))
    assert "网页只放前 2 篇；其余 3 篇见 documents.csv" in index
    assert "有 1 篇只检索标题和便签" in index
    assert "2 家公司" in index
    assert "这里只放前 1 段，其余 1 段见 text/a.txt" in text_of(parse(found["d/a.html"]))


def test_same_bytes_each_time(tables, tmp_path):
    assert write(tables, tmp_path / "one") == write(tables, tmp_path / "two")


@pytest.mark.parametrize(
    ("quote", "note", "found"),
    [
        ("小米小米", "小米", ["小米"]),
        ("甲乙丙丁戊", "乙 丁", ["乙", "丁"]),
        ("乙甲", "甲 乙", []),
        ("a.b a+b", "a+b", ["a+b"]),
        ("甲", "", []),
        ("", "甲", []),
        ("a" * 20_000, "a a a a a a a a b", []),
    ],
)
def test_spans(quote, note, found):
    assert [quote[a:b] for a, b in spans(quote, note)] == found


def test_pieces_lose_nothing():
    rows = [
        {"kind": "lexicon", "start": 2, "end": 5, "weight": 1.0},
        {"kind": "tfidf", "start": 0, "end": 1, "weight": 0.1},
        {"kind": "intercept", "start": -1, "end": -1, "weight": -3.0},
    ]
    cut = pieces("一二三四五六", "三四", rows)
    assert cut == [("一二", ""), ("三四", "said told"), ("五", "told"), ("六", "")]
