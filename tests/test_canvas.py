"""Companies, years, notes and cells."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline import canvas, company
from pipeline.notes import MAX_NOTE, note_of
from pipeline.period import years
from pipeline.records import Document, Evidence


def document(text: str, title: str = "案例", path: str = "a.txt") -> Document:
    return Document("d0", path, "00", "", title, 0, len(text), text)


@pytest.mark.parametrize(
    ("title", "text", "name"),
    [
        ("小米公司案例分析", "小米成立于2010年，与三星、苹果、三星、苹果竞争。", "小米"),
        ("誠品的經營", "誠品書店開在松山，誠品也賣咖啡。", "诚品"),
        (
            "案例",
            "绿叶检测科技股份有限公司从事检测。绿叶检测公司的客户是电厂。绿叶检测科技股份有限公司拥有专利。",
            "绿叶检测科技",
        ),
        ("青松公司商业模式分析", "青松做家具。青松在网上卖。青松很好。", "青松"),
        ("商业模式画布", "企业需要考虑客户和成本。", ""),
        ("招股书", "本公司主要从事检测。公司与供应商合作。本公司的客户很多。", ""),
    ],
)
def test_company(title, text, name):
    assert company.company_of(document(text, title), company.names()) == name


def test_own_names_come_first():
    known = company.names("name,aliases\n绿叶,绿叶检测;GreenLeaf\n")
    assert company.company_of(document("GreenLeaf 做检测。greenleaf 有专利。绿叶检测很好。"), known) == "绿叶"


def test_wrong_names_file_is_named():
    with pytest.raises(company.NamesError, match=r"company-names\.csv:1"):
        company.names("公司,别名\n绿叶,\n")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2019年与2021年", (2019, 2021)),
        ("售价1999元", ()),
        ("从09年至今", (2009,)),
        ("2020万台", ()),
        ("三年前", ()),
    ],
)
def test_years(text, found):
    assert years(text) == found


def evidence(quote: str, *words: str) -> list[Evidence]:
    return [
        Evidence("CH", "lexicon", w, quote.index(w), quote.index(w) + len(w), 1.0, "CH.csv:2") for w in words
    ]


@pytest.mark.parametrize(
    ("quote", "words", "note"),
    [
        ("首先,小米通过官网直销,减少中间环节。", ["直销"], "通过官网直销"),
        ("（2）委托邮局在全国发行；", ["发行"], "委托邮局在全国发行"),
        ("| **渠道通路** | 官网、直营门店 |", ["直营门店"], "官网、直营门店"),
        ("- 电梯广告", ["广告"], "电梯广告"),
    ],
)
def test_note(quote, words, note):
    assert note_of(quote, evidence(quote, *words), ["小米"]) == note


def test_note_is_short_and_made_of_its_quote():
    quote = "公司在全国范围内通过省级代理商区域经销商以及分布在各地级市的直营专卖店向终端消费者销售家用净水设备及配件"
    note = note_of(quote, evidence(quote, "直营专卖店"))
    assert len(note) <= MAX_NOTE
    assert "直营专卖店" in note
    assert note in quote


def tags(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    """(document, block, note, score) -> the table that the canvas is made of."""
    return pd.DataFrame(
        [
            {
                "doc_id": d, "title": "题", "company": "小米", "block": b, "note": n, "quote": n, "page": 1,
                "passage_id": f"{d}-{i}", "score": s, "position": i, "years": "2013" if i == 0 else "2019",
            }
            for i, (d, b, n, s) in enumerate(rows)
        ],
        columns=canvas.TAGGED,
    )  # fmt: skip


def test_cells_are_ranked_and_repeats_merged():
    table = canvas.document_canvas(
        tags(
            ("a", "CH", "线下门店", 1.0),
            ("a", "CH", "官网直销", 3.0),
            ("a", "CH", "在县城的线下门店", 2.0),
            ("a", "KP", "富士康代工", 1.0),
        )
    )
    assert list(zip(table["block"], table["rank"], table["note"], table["support"], strict=True)) == [
        ("KP", 1, "富士康代工", 1),
        ("CH", 1, "官网直销", 1),
        ("CH", 2, "在县城的线下门店", 2),
    ]


def test_company_support_counts_documents():
    table = canvas.company_canvas(
        tags(("a", "CH", "官网直销", 1.0), ("b", "CH", "官网直销", 2.0), ("b", "CH", "线下门店", 9.0))
    )
    assert list(zip(table["note"], table["support"], strict=True)) == [("官网直销", 2), ("线下门店", 1)]
    assert table.loc[0, "doc_ids"] == "a;b"
    assert (table.loc[0, "first_year"], table.loc[0, "last_year"]) == (2013, 2019)


def test_wide_has_a_row_for_every_document():
    documents = pd.DataFrame({"doc_id": ["a", "b"], "title": ["甲", "乙"], "company": ["小米", ""]})
    table = canvas.wide(
        canvas.document_canvas(tags(("a", "CH", "官网直销", 1.0), ("a", "CH", "线下门店", 0.5))), documents
    )
    assert list(table["渠道通路"]) == ["官网直销；线下门店", ""]
    assert list(table.columns)[3:6] == ["重要伙伴", "关键业务", "核心资源"]


def test_no_tags_no_rows():
    assert list(canvas.document_canvas(tags()).columns) == canvas.CANVAS
    assert canvas.company_canvas(tags()).empty
