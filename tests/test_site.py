"""The page: every note there, opened to its quote, and nothing of a document that runs or fetches."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from lxml import etree, html

from pipeline import canvas
from pipeline.blocks import CODES, blocks
from pipeline.report import site
from pipeline.report.glossary import reasons
from pipeline.report.tables import DOCUMENTS, LEDGER, PASSAGES, frame, typed

HOSTILE = "<script>alert(1)</script>"
ATTRIBUTE = "\"' onmouseover='alert(1)' {{ 7*7 }} </details></style><img src=x onerror=alert(1)>"
FACTS = {"model": "4cb6c3e98c4a", "huabu": "0.1.0"}
CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

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
    table = pd.DataFrame(tagged, columns=canvas.TAGGED)
    twins = [d["doc_id"] for d in documents if d["duplicate_of"]]
    return {
        "ledger": frame([dict.fromkeys(LEDGER, "") | _counts() | row for row in ledger], LEDGER),
        "documents": frame(documents, DOCUMENTS),
        "passages": frame(passages, PASSAGES),
        "canvas": typed(canvas.document_canvas(table)),
        "companies": typed(canvas.company_canvas(table[~table["doc_id"].isin(twins)])),
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
            ("a", "CH", "线下门店", "还有线下门店。", -0.5),
            ("b", "CH", "官网直销", f"官网直销{HOSTILE}", 1.0),
            ("b", "VP", HOSTILE, f"价值{HOSTILE}", 2.0),
            ("b", "RS", ATTRIBUTE, f"卖{ATTRIBUTE}", 2.0),
            ("d", "CH", "官网直销", "首先,小米通过官网直销。", 3.0),
            ("e", "KP", "航空公司", "航空公司", 1.0),
        ],
        [
            {"path": "a.txt", "status": "ok"},
            {"path": f"{HOSTILE}.zip", "member": "坏.pdf", "status": "quarantined", "reason": "CORRUPT"},
            {"path": "Thumbs.db", "status": "skipped", "reason": "IGNORED"},
        ],
    )


def page_of(tables) -> html.HtmlElement:
    (data,) = site.to_site(tables, FACTS).values()
    return html.document_fromstring(data.decode("utf-8"))


def text_of(element) -> str:
    return " ".join(element.text_content().split())


def test_html_is_valid(tables):
    (data,) = site.to_site(tables, FACTS).values()
    assert data.startswith(b"<!doctype html>")
    parser = etree.HTMLParser(recover=False)
    etree.fromstring(data, parser)
    # HTML5 elements are unknown to libxml2; nothing else is wrong
    wrong = [e for e in parser.error_log if e.type_name != "HTML_UNKNOWN_TAG"]
    assert not wrong
    page = page_of(tables)
    anchors = page.xpath("//@id")
    assert len(anchors) == len(set(anchors))
    assert {h[1:] for h in page.xpath("//@href") if h.startswith("#")} <= set(anchors)


def test_every_note_opens_to_its_quote(tables):
    page = page_of(tables)
    for row in tables["canvas"].to_dict("records"):
        cell = page.xpath(f"//section[@id='{row['doc_id']}']//div[contains(@class, 'cell {row['block']}')]")
        found = {
            n.xpath("string(summary/span)"): n for n in cell[0].xpath(".//details[contains(@class, 'note')]")
        }
        note = found[row["note"]]
        assert note.xpath("string(blockquote)") == row["quote"]
        assert "".join(note.xpath("blockquote/mark/text()")).replace(" ", "") == row["note"].replace(" ", "")
        source = text_of(note.xpath("p[@class='source']")[0])
        for part in (row["passage_id"], "第 3 页", f"{row['score']:+.2f}", "一、模式 > 渠道"):
            assert part in source
        assert ("weak" in note.get("class")) == (row["score"] < 0)


def test_nothing_of_a_document_runs_or_links(tables):
    (data,) = site.to_site(tables, FACTS).values()
    page = page_of(tables)
    assert page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content") == [CSP]
    assert not page.xpath("//script | //img | //iframe | //object | //form | //base | //link[@rel!='icon']")
    assert not [a for e in page.iter() for a in e.keys() if a.startswith("on")]  # noqa: SIM118
    assert all(re.fullmatch(r"#[\w-]+|data:,", h) for h in page.xpath("//@href | //@src"))
    assert b"<script" not in data
    assert b"&lt;script&gt;alert(1)&lt;/script&gt;" in data
    assert "{{ 7*7 }}" in text_of(page)
    style = page.xpath("//style/text()")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_cells_stand_in_canvas_order(tables):
    board = page_of(tables).xpath("//section[@id='a']//div[@class='board']")[0]
    assert [h.text.strip() for h in board.xpath(".//h3")] == [blocks()[c].zh for c in CODES]


def test_list_of_documents(tables):
    rows = page_of(tables).xpath("//section[h2='文档']//tbody/tr")
    assert [[text_of(cell) for cell in row] for row in rows] == [
        ["小米案例", "小米", "a.txt", "2"],
        [HOSTILE, "小米", f"{HOSTILE}.pdf › {ATTRIBUTE}", "3"],
        ["定义", "", "c.txt", "0"],
        ["小米案例", "小米", "d.txt", "1"],
        ["顺丰案例", "顺丰", "e.txt", "1"],
    ]
    assert [row.xpath("string(td/a/@href)") for row in rows] == ["#a", "#b", "#c", "#d", "#e"]


def test_companies_need_two_different_documents(tables):
    (row,) = page_of(tables).xpath("//section[h2='公司']//tbody/tr")
    assert [text_of(cell) for cell in row] == ["小米", "2", "4"]
    sheet = page_of(tables).get_element_by_id(row.xpath("string(.//a/@href)")[1:])
    note = sheet.xpath(".//div[contains(@class, 'CH')]//details")[0]
    assert text_of(note.xpath("summary")[0]) == "官网直销 ×2"
    assert text_of(note.xpath("p")[0]).startswith("《小米案例》一、模式 > 渠道2019 年第 3 页得分 +3.00a-0")


def test_document_without_notes_and_twin_say_so(tables):
    page = page_of(tables)
    assert "没有找到说到九个模块的段落" in text_of(page.get_element_by_id("c"))
    assert page.get_element_by_id("d").xpath(".//a[@href='#a']")


def test_footer_says_what_was_not_read_and_who_labelled(tables):
    footer = text_of(page_of(tables).xpath("//body/footer")[0])
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


def test_long_cells_fold(tables):
    things = ["地铁灯箱", "微信小程序", "超市货架", "电话订购", "校园讲座", "邮局发行", "快闪摊位", "加盟店"]
    notes = [("a", "CH", t, t, 9.0 - i) for i, t in enumerate(things)]
    page = page_of(make([document("a", "长")], notes, []))
    assert text_of(page.xpath("//details[@class='more']/summary")[0]) == "另有 2 条"
    assert [s.text for s in page.xpath("//details[@class='more']//summary/span")] == things[6:]


def test_no_documents_is_said():
    page = page_of(make([], [], [{"path": "空.txt", "status": "quarantined", "reason": "EMPTY_FILE"}]))
    assert "没有读出一篇文档" in text_of(page)
    assert "空.txt — EMPTY_FILE " + reasons()["EMPTY_FILE"][0] in text_of(page)
    assert not page.xpath("//table")


def test_what_is_left_out_is_counted(tables, monkeypatch):
    monkeypatch.setattr(site, "MAX_CANVASES", 2)
    page = page_of(tables)
    assert page.xpath("//section[@class='sheet']/@id")[:2] == ["a", "b"]
    assert "只放前 2 篇；其余 3 篇见 documents.csv" in text_of(page)


def test_same_bytes_each_time(tables):
    assert site.to_site(tables, FACTS) == site.to_site(tables, FACTS)


@pytest.mark.parametrize(
    ("quote", "note", "pieces"),
    [
        ("小米小米", "小米", [("小米", True), ("小米", False)]),
        ("甲乙丙丁戊", "乙 丁", [("甲", False), ("乙", True), ("丙", False), ("丁", True), ("戊", False)]),
        ("乙甲", "甲 乙", [("乙甲", False)]),
        ("a.b a+b", "a+b", [("a.b ", False), ("a+b", True)]),
        ("甲", "", [("甲", False)]),
        ("", "甲", [("", False)]),
        ("a" * 20_000, "a a a a a a a a b", [("a" * 20_000, False)]),
    ],
)
def test_marked(quote, note, pieces):
    assert site.marked(quote, note) == pieces
