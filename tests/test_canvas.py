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


def about(title: str, text: str, own: str = "") -> str:
    return company.company_of(document(text, title), company.names(own))


@pytest.mark.parametrize(
    ("title", "text", "name"),
    [
        (
            "小米金融商业模式分析",
            "小米金融做信贷。小米金融与银行合作。小米金融的客户是米粉。小米是母公司。",
            "小米金融",
        ),
        ("小米案例", "小米开了小米之家，小米之家很多，小米之家卖手机。小米、小米、小米。", "小米"),
        ("小米手机商业模式分析", "小米手机。小米手机。小米手机。", "小米"),  # a product, no company
        ("京东方案例", "京东方做面板，京东方的客户是手机厂，京东方自建工厂。", "京东方"),
        ("京东的物流", "京东方面表示，京东方案很多，京东方式特别，京东自建物流。", "京东"),
        ("中信证券案例", "中信证券做经纪，中信证券承销，中信证券有营业部。中信。", "中信证券"),
    ],
)
def test_a_name_inside_another_does_not_take_its_place(title, text, name):
    assert about(title, text, "name,aliases\n中信,\n") == name


def test_names_file_puts_a_unit_to_its_company():
    text = "小米金融做信贷。小米金融与银行合作。小米金融的客户是米粉。"
    assert about("小米金融案例", text) == "小米金融"
    assert about("小米金融案例", text, "name,aliases\n小米,小米金融\n") == "小米"
    assert about("小米金融案例", text, "name,aliases\n小米金融服务,小米金融\n") == "小米金融服务"


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "=1+1", "\u202e米小", "a" * 500, "“\"'", "😀😀"]
)
def test_hostile_names(name):
    text = f"{name}卖货。{name}送货。{name}收钱。"
    assert about(name, text, "name,aliases\n小米,\n") in {"", name}
    cell = '"' + name.replace('"', '""') + '"'
    assert about(name, text, f"name,aliases\n{cell},\n") == name


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


@pytest.mark.parametrize(
    ("quote", "words", "note"),
    [
        # a figure is never cut; labels keep what is said of them; hollow clauses give way
        (
            "书店有3.5万名会员，1,260名团购店主以及4,310名读书会友。",
            ["团购店主"],
            "1,260名团购店主以及4,310名读书会友",
        ),
        ("订阅费：每月165元", ["订阅费"], "订阅费：每月165元"),
        ("研发流程方面，研发团队开展探索实验。", ["研发流程", "研发团队"], "研发团队开展探索实验"),
        # what can be spared goes first: attribute, brackets, the end of an enumeration
        (
            "致力于打造集观影、订座和周边购买功能于一体的影迷 APP 平台。",
            ["影迷", "平台"],
            "致力于打造 影迷 APP 平台",
        ),
        (
            "与本地连锁药房（如康泰药房、百年药房和民生药房的门店）合作",
            ["合作"],
            "与本地连锁药房 合作",
        ),
        (
            "物业部通过比价、试用、实地走访以及专家打分等方式选定保洁公司。",
            ["保洁公司"],
            "物业部通过比价、试用 等方式选定保洁公司",
        ),
        # connectives are whole words, marks come in pairs
        ("- 即時監控門店運營數據", ["監控"], "即時監控門店運營數據"),
        ("「零加盟費、階梯式分成」降低門檻", ["加盟費"], "「零加盟費、階梯式分成」降低門檻"),
        ("小米金融发放信用贷款", ["贷款"], "小米金融发放信用贷款"),
        # loose ends go, ends of words stay
        ("这些公司保持独立，小米以少数股东的身份参与。", ["参与"], "以少数股东的身份参与"),
        ("分析用户的购买行为，", ["购买"], "分析用户的购买行为"),
        ("直营门店与", ["门店"], "直营门店"),
        ("直营门店成为", ["门店"], "直营门店"),
    ],
)
def test_a_note_reads_as_a_phrase(quote, words, note):
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
                "probability": 0.8,
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


@pytest.mark.parametrize(
    ("notes", "different"),
    [
        (["为用户提供优质服务", "向消費者提供優質的服務"], 1),
        (["拥有分支机构40家", "拥有分支机构50家"], 2),
        (["拥有分支机构40家", "拥有分支机构"], 1),
        (["毛利率1.5%", "毛利率15%"], 2),
        (["通过网上渠道销售产品", "线上渠道销售商品"], 1),
        (["以公开招标模式进行投标", "销售主要为市场化公开投标", "该工程采取公开招投标形式", "直销"], 2),
        (["的", "了", "！"], 3),
    ],
)
def test_the_same_in_other_words_is_one_note_but_never_other_figures(notes, different):
    assert len(canvas.merge([{"note": note} for note in notes])) == different


def test_a_cell_has_one_weak_note_at_most():
    rows = tags(("a", "CH", "官网直销", 3.0), ("a", "CH", "线下门店", 2.0), ("a", "CH", "经销商代理", 1.0))
    for probabilities, kept in (((0.9, 0.7, 0.6), 2), ((0.6, 0.58, 0.2), 1), ((0.4, 0.3, 0.2), 0)):
        table = canvas.document_canvas(rows.assign(probability=probabilities))
        assert list(table["rank"]) == list(range(1, kept + 1))
        assert list(table["weak"]) == [p < canvas.WEAK for p in probabilities[:kept]]


def test_notes_that_speak_against_each_other_name_one_another():
    rows = tags(
        ("a", "CH", "只做线上销售", 3.0),
        ("a", "CH", "開設線下門店", 2.0),
        ("a", "CH", "线上线下结合", 1.0),
        ("a", "KP", "加盟商", 1.0),
    )
    for table in (canvas.document_canvas(rows), canvas.company_canvas(rows)):
        assert dict(zip(table["note"], table["conflict"], strict=True)) == {
            "只做线上销售": "開設線下門店",
            "開設線下門店": "只做线上销售",
            "线上线下结合": "只做线上销售",
            "加盟商": "",
        }


def test_no_tags_no_rows():
    assert list(canvas.document_canvas(tags()).columns) == canvas.CANVAS
    assert canvas.company_canvas(tags()).empty
