"""DOCX: what a reader of the page sees, once and in order; parts built by code, a behaviour each."""

from __future__ import annotations

import pytest
from conftest import FIRST, SECOND
from wordxml import SPACES, box, element, par, relations, run, table, word

from pipeline.extract import formats
from pipeline.extract.docx_fields import equation
from pipeline.extract.docx_numbering import spell
from pipeline.extract.docx_symbols import in_font, symbol
from pipeline.records import Page


def page_of(body: str, parts: dict[str, str | bytes] | None = None) -> Page:
    (page,) = formats.read(word(body, parts), "docx").pages
    assert all(page.text[m.start : m.end].strip() for m in page.marks)  # the span law
    return page


def lines_of(body: str, parts: dict[str, str | bytes] | None = None) -> list[str]:
    return [line for line in page_of(body, parts).text.split("\n") if line.strip()]


def marks_of(page: Page) -> list[tuple[str, str, int]]:
    return [(page.text[m.start : m.end], m.kind, m.level) for m in page.marks]


def field(kind: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def code(text: str) -> str:
    return f"<w:r><w:instrText>{text}</w:instrText></w:r>"


def math(content: str) -> str:
    return f"<w:p><m:oMath>{content}</m:oMath></w:p>"


def mt(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


P = "<w:p>{}</w:p>"
LINES = {
    "runs": (P.format(run("渠") + run("道")), ["渠道"]),
    "inserted": (P.format(f"<w:ins>{run('新')}</w:ins><w:moveTo>{run('来')}</w:moveTo>"), ["新来"]),
    "deleted": (
        P.format(run("留") + "<w:del><w:r><w:delText>删</w:delText></w:r></w:del>")
        + P.format(f"<w:moveFrom>{run('移')}</w:moveFrom>{run('下')}"),
        ["留", "下"],
    ),
    "hidden": (P.format(run("见") + run("不见", "<w:vanish/>") + run("也见", '<w:vanish w:val="0"/>')), ["见也见"]),
    "hyperlink": (P.format(f"<w:hyperlink>{run('链接')}</w:hyperlink>{run('后')}"), ["链接后"]),
    "smart tag": (P.format(f"<w:smartTag><w:smartTagPr/><w:smartTag>{run('上海')}</w:smartTag></w:smartTag>"), ["上海"]),
    "custom xml": (f"<w:customXml>{par('一')}</w:customXml>{P.format('<w:customXml>' + run('二') + '</w:customXml>')}", ["一", "二"]),
    "content control": (
        f"<w:sdt><w:sdtPr><w:placeholder/></w:sdtPr><w:sdtContent>{par('块')}</w:sdtContent></w:sdt>"
        + P.format(f"<w:sdt><w:sdtContent>{run('行')}</w:sdtContent></w:sdt>"),
        ["块", "行"],
    ),
    "direction": (P.format(f"<w:bdo w:val='ltr'><w:dir w:val='ltr'>{run('甲')}</w:dir></w:bdo>"), ["甲"]),
    "hyphens": (P.format(run("商") + "<w:r><w:softHyphen/><w:t>业</w:t><w:noBreakHyphen/><w:t>B</w:t></w:r>"), ["商业-B"]),
    "tab and break": (P.format("<w:r><w:t>甲</w:t><w:tab/><w:t>乙</w:t><w:br/><w:t>丙</w:t></w:r>"), ["甲\t乙", "丙"]),
    "tab stops are no tabs": (par("甲", "<w:tabs><w:tab w:val='left'/></w:tabs>"), ["甲"]),
    "ruby": (
        P.format(f"<w:r><w:ruby><w:rubyPr/><w:rt>{run('zhong')}</w:rt><w:rubyBase>{run('中')}</w:rubyBase></w:ruby></w:r>"),
        ["中"],
    ),
    "symbols": (
        P.format("<w:r><w:t>是</w:t><w:sym w:font='Wingdings' w:char='F0FC'/><w:sym w:font='Symbol' w:char='F0B3'/><w:sym w:font='X' w:char='F041'/></w:r>"),
        ["是✓≥□"],
    ),
    "symbol font": (P.format(run("\uf061\uf0ae", "<w:rFonts w:ascii='Symbol'/>")), ["α→"]),
    "simple field": (P.format(f"<w:fldSimple w:instr='PAGE'>{run('3')}</w:fldSimple>"), ["3"]),
    "field": (
        P.format(field("begin") + code("REF x") + run("不见") + field("separate") + run("见") + field("end") + run("后")),
        ["见后"],
    ),
    "field in a field": (
        P.format(
            field("begin") + code("IF ") + field("begin") + code("REF x") + field("separate") + run("不见") + field("end")
            + field("separate") + run("见") + field("end")
        ),
        ["见"],
    ),
    "field over paragraphs": (
        P.format(field("begin") + code("TOC") + field("separate") + run("一")) + P.format(run("二") + field("end")) + par("三"),
        ["一", "二", "三"],
    ),
    "field without end": (P.format(field("begin") + code("REF")) + par("正文"), ["正文"]),
    "field in hidden runs": (
        P.format(
            '<w:r><w:rPr><w:vanish/></w:rPr><w:fldChar w:fldCharType="begin"/></w:r>' + run("XE", "<w:vanish/>")
            + '<w:r><w:rPr><w:vanish/></w:rPr><w:fldChar w:fldCharType="end"/></w:r>' + run("见")
        ),
        ["见"],
    ),
    "form": (
        P.format(
            "<w:r><w:fldChar w:fldCharType='begin'><w:ffData><w:ddList><w:result w:val='1'/><w:listEntry w:val='甲'/>"
            "<w:listEntry w:val='乙'/></w:ddList></w:ffData></w:fldChar></w:r>" + field("end")
            + "<w:r><w:fldChar w:fldCharType='begin'><w:ffData><w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox>"
            "</w:ffData></w:fldChar></w:r>" + field("end")
        ),
        ["乙☒"],
    ),
    "equation field": (P.format(field("begin") + code("eq \\o\\ac(○,2)") + field("end")), ["②"]),
    "text box once": (P.format(run("段落") + box(par("框一") + par("框二"))) + par("后"), ["段落", "框一", "框二", "后"]),
    "box in a box": (P.format(box(P.format(run("外") + box(par("内"))))), ["外", "内"]),
    "fallback alone": (
        P.format("<w:r><mc:AlternateContent><mc:Fallback><w:t>旧</w:t></mc:Fallback></mc:AlternateContent></w:r>"),
        ["旧"],
    ),
    "drawn text": (P.format("<w:r><w:pict><v:shape><v:textpath string='艺术字'/></v:shape></w:pict></w:r>"), ["艺术字"]),
    "text of a shape": (
        P.format("<w:r><w:drawing><a:graphicData uri='x'><a:p><a:r><a:t>形状</a:t></a:r></a:p></a:graphicData></w:drawing></w:r>"),
        ["形状"],
    ),
    "fraction": (math(f"{mt('x=')}<m:f><m:num>{mt('a+b')}</m:num><m:den>{mt('c')}</m:den></m:f>"), ["x=(a+b)/c"]),
    "scripts": (
        math(
            f"<m:sSubSup><m:e>{mt('x')}</m:e><m:sub>{mt('i')}</m:sub><m:sup>{mt('2')}</m:sup></m:sSubSup>"
            f"<m:sSup><m:e>{mt('e')}</m:e><m:sup>{mt('-t')}</m:sup></m:sSup>"
        ),
        ["x_i^2e^(-t)"],
    ),
    "sum": (
        math(f"<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr><m:sub>{mt('i=1')}</m:sub><m:sup>{mt('n')}</m:sup><m:e>{mt('x')}</m:e></m:nary>"),
        ["∑_(i=1)^n x"],
    ),
    "root and brackets": (
        math(f"<m:rad><m:deg/><m:e>{mt('2')}</m:e></m:rad><m:d><m:dPr><m:begChr m:val='['/><m:endChr m:val=']'/></m:dPr><m:e>{mt('a')}</m:e><m:e>{mt('b')}</m:e></m:d>"),
        ["√(2)[a|b]"],
    ),
    "function and matrix": (
        math(
            f"<m:func><m:fName>{mt('sin')}</m:fName><m:e>{mt('x')}</m:e></m:func>"
            f"<m:m><m:mr><m:e>{mt('1')}</m:e><m:e>{mt('0')}</m:e></m:mr><m:mr><m:e>{mt('0')}</m:e><m:e>{mt('1')}</m:e></m:mr></m:m>"
        ),
        ["sin x1, 0; 0, 1"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_lines(name):
    body, expected = LINES[name]
    assert lines_of(body) == expected


CELL_P = "<w:p>{}</w:p>"
TABLES = {
    "rows": (table(["甲", "乙"], ["丙", "丁"]), ["甲\t乙", "丙\t丁"], 2),
    "breaks and tabs in a cell": (
        table([P.format("<w:r><w:t>一</w:t><w:br/><w:t>二</w:t><w:tab/><w:t>三</w:t></w:r>"), "乙"]),
        ["一 二 三\t乙"],
        1,
    ),
    "paragraphs of a cell": (table([par("一") + par("二"), "乙"]), ["一 二\t乙"], 1),
    "merged": (
        table(
            ["<w:tcPr><w:gridSpan w:val='2'/></w:tcPr>" + par("宽"), "乙"],
            ["<w:tcPr><w:vMerge w:val='restart'/></w:tcPr>" + par("高"), "丙", "丁"],
            ["<w:tcPr><w:vMerge/></w:tcPr>" + par(""), "戊", "己"],
        ),
        ["宽\t乙", "高\t丙\t丁", "\t戊\t己"],
        3,
    ),
    "nested": (table(["外", par("前") + table(["甲", "乙"]) + par("后")]), ["外", "前", "甲\t乙", "后"], 1),
    "frame": (table([par("一") + par("二")]), ["一", "二"], 0),
    "one cell": (table(["单格"]), ["单格"], 1),
    "a page of a form": (
        table(["案例", "".join(par(f"第{n}段" + FIRST * 5) for n in range(4))]),
        ["案例", *(f"第{n}段" + FIRST * 5 for n in range(4))],
        0,
    ),
    "box in a cell": (table(["甲", P.format(run("乙") + box(par("框")))]), ["甲\t乙", "框"], 1),
    "content control around a row": (
        table(["甲", "乙"]).replace("<w:tr>", "<w:sdt><w:sdtContent><w:tr>").replace("</w:tr>", "</w:tr></w:sdtContent></w:sdt>"),
        ["甲\t乙"],
        1,
    ),
    "deleted row": (table(["甲", "乙"]).replace("<w:tr>", "<w:tr><w:trPr><w:del/></w:trPr>") + par("后"), ["后"], 0),
    "empty rows": (table(["", ""], ["甲", "乙"]), ["甲\t乙"], 1),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_tables(name):
    body, expected, rows = TABLES[name]
    page = page_of(body)
    assert [line for line in page.text.split("\n") if line.strip()] == expected
    assert [m.kind for m in page.marks] == ["table"] * rows


def style(ident: str, name: str, inside: str = "", base: str = "", kind: str = "paragraph") -> str:
    based = f'<w:basedOn w:val="{base}"/>' if base else ""
    return f'<w:style w:type="{kind}" w:styleId="{ident}"><w:name w:val="{name}"/>{based}{inside}</w:style>'


STYLES = element(
    "styles",
    style("a1", "heading 1")
    + style("2", "标题 2")
    + style("t", "Title")
    + style("own", "章标题", base="a1")
    + style("deep", "小节", "<w:pPr><w:outlineLvl w:val='3'/></w:pPr>")
    + style("toc", "TOC Heading", "<w:pPr><w:outlineLvl w:val='9'/></w:pPr>", base="a1")
    + style("x", "环一", base="y")
    + style("y", "环二", base="x")
    + style("secret", "暗", "<w:rPr><w:vanish/></w:rPr>", kind="character")
    + style("listed", "列表", "<w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr>"),
)


@pytest.mark.parametrize(
    ("ident", "own", "level"),
    [
        ("a1", "", 1),
        ("2", "", 2),
        ("t", "", 1),
        ("own", "", 1),
        ("deep", "", 4),
        ("toc", "", 0),
        ("x", "", 0),
        ("missing", "", 0),
        ("", "<w:outlineLvl w:val='1'/>", 2),
        ("a1", "<w:outlineLvl w:val='9'/>", 0),
    ],
)
def test_headings_by_style(ident, own, level):
    body = par("价值主张", f"<w:pStyle w:val='{ident}'/>{own}" if ident else own)
    marks = marks_of(page_of(body, {"word/styles.xml": STYLES}))
    assert marks == ([("价值主张", "heading", level)] if level else [])


def test_a_heading_is_one_line():
    heading = "<w:p><w:pPr><w:outlineLvl w:val='0'/></w:pPr><w:r><w:t>商业模式</w:t><w:br/><w:t>研究 A</w:t><w:br/><w:t>B</w:t></w:r></w:p>"
    assert marks_of(page_of(heading)) == [("商业模式研究 A B", "heading", 1)]


def test_hidden_by_style():
    body = P.format(run("见") + run("不见", "<w:rStyle w:val='secret'/>"))
    assert lines_of(body, {"word/styles.xml": STYLES}) == ["见"]


# --- lists -------------------------------------------------------------------------------------


def level(depth: int, kind: str, text: str, extra: str = "", start: int = 1) -> str:
    return (
        f"<w:lvl w:ilvl='{depth}'><w:start w:val='{start}'/><w:numFmt w:val='{kind}'/>{extra}"
        f"<w:lvlText w:val='{text}'/></w:lvl>"
    )


def lists(*levels: str, overrides: str = "", more: str = "") -> dict[str, str | bytes]:
    shape = f"<w:abstractNum w:abstractNumId='0'>{''.join(levels)}</w:abstractNum>"
    numbers = "".join(
        f"<w:num w:numId='{n}'><w:abstractNumId w:val='0'/>{overrides if n == 2 else ''}</w:num>"
        for n in (1, 2)
    )
    return {"word/numbering.xml": element("numbering", shape + numbers + more), "word/styles.xml": STYLES}


def items(*items: tuple[str, int, int]) -> str:
    """Paragraphs as (text, list, level)."""
    return "".join(
        par(text, f"<w:numPr><w:ilvl w:val='{depth}'/><w:numId w:val='{number}'/></w:numPr>")
        for text, number, depth in items
    )


NESTED = (level(0, "chineseCounting", "%1、"), level(1, "decimal", "%1.%2"), level(2, "lowerLetter", "%3)"))
LISTS = {
    "levels": (
        items(("甲", 1, 0), ("乙", 1, 1), ("丙", 1, 1), ("丁", 1, 0), ("戊", 1, 1)),
        lists(*NESTED),
        ["一、甲", "一.1 乙", "一.2 丙", "二、丁", "二.1 戊"],
    ),
    "plain digits": (
        items(("甲", 1, 0), ("乙", 1, 1)),
        lists(NESTED[0], level(1, "decimal", "%1.%2", "<w:isLgl/>")),
        ["一、甲", "1.1 乙"],
    ),
    "a level above that was never used": (items(("甲", 1, 1)), lists(*NESTED), ["一.1 甲"]),
    "chapter": (
        items(("公司", 1, 0), ("渠道", 1, 0)),
        lists(level(0, "chineseCountingThousand", "第%1章", start=10)),
        ["第十章 公司", "第十一章 渠道"],
    ),
    "bullets": (items(("门店", 1, 0)), lists(level(0, "bullet", "\uf06c")), ["• 门店"]),
    "no separation": (items(("甲", 1, 0)), lists(level(0, "decimal", "%1.", "<w:suff w:val='nothing'/>")), ["1.甲"]),
    "lists of one shape count on": (items(("甲", 1, 0), ("乙", 2, 0)), lists(level(0, "decimal", "%1.")), ["1. 甲", "2. 乙"]),
    "start of its own": (
        items(("甲", 1, 0), ("乙", 2, 0), ("丙", 2, 0)),
        lists(level(0, "decimal", "%1."), overrides="<w:lvlOverride w:ilvl='0'><w:startOverride w:val='5'/></w:lvlOverride>"),
        ["1. 甲", "5. 乙", "6. 丙"],
    ),
    "level of its own": (
        items(("甲", 2, 0)),
        lists(level(0, "decimal", "%1."), overrides=f"<w:lvlOverride w:ilvl='0'>{level(0, 'upperRoman', '（%1）', start=4)}</w:lvlOverride>"),
        ["（IV）甲"],
    ),
    "never restarted": (
        items(("甲", 1, 0), ("乙", 1, 1), ("丙", 1, 0), ("丁", 1, 1)),
        lists(NESTED[0], level(1, "decimal", "%2.", "<w:lvlRestart w:val='0'/>")),
        ["一、甲", "1. 乙", "二、丙", "2. 丁"],
    ),
    "by style": (par("甲", "<w:pStyle w:val='listed'/>"), lists(level(0, "decimal", "%1.")), ["1. 甲"]),
    "taken off": (
        par("甲", "<w:pStyle w:val='listed'/><w:numPr><w:numId w:val='0'/></w:numPr>"),
        lists(level(0, "decimal", "%1.")),
        ["甲"],
    ),
    "empty paragraphs count": (items(("", 1, 0), ("乙", 1, 0)), lists(level(0, "decimal", "%1.")), ["2. 乙"]),
    "numbers alone in a table": (
        table([items(("", 1, 0)), "甲"], [items(("", 1, 0)), "乙"]),
        lists(level(0, "decimal", "%1")),
        ["1\t甲", "2\t乙"],
    ),
    "no such list": (items(("甲", 9, 0)), lists(level(0, "decimal", "%1.")), ["甲"]),
    "linked by a style": (
        items(("甲", 7, 0)),
        lists(
            level(0, "decimal", "%1)") + "<w:styleLink w:val='S'/>",
            more="<w:abstractNum w:abstractNumId='5'><w:numStyleLink w:val='S'/></w:abstractNum>"
            "<w:num w:numId='7'><w:abstractNumId w:val='5'/></w:num>",
        ),
        ["1) 甲"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_list_numbers(name):
    body, parts, expected = LISTS[name]
    assert lines_of(body, parts) == expected


@pytest.mark.parametrize(
    ("number", "kind", "expected"),
    [
        (4, "decimal", "4"), (4, "decimalZero", "04"), (19, "upperRoman", "XIX"), (28, "lowerLetter", "bb"),
        (10, "chineseCounting", "十"), (21, "chineseCounting", "二十一"), (105, "chineseCountingThousand", "一百零五"),
        (110, "chineseCountingThousand", "一百一十"), (12, "chineseLegalSimplified", "壹拾贰"), (3, "ideographTraditional", "丙"),
        (2, "ideographZodiac", "丑"), (10, "ideographDigital", "一〇"), (11, "decimalEnclosedCircleChinese", "⑪"),
        (21, "decimalEnclosedCircle", "21"), (12, "decimalFullWidth", "１２"), (22, "ordinal", "22nd"), (1, "none", ""),
        (7, "hebrew1", "7"), (0, "upperRoman", "0"), (10_000, "chineseCountingThousand", "一万"),
    ],
)  # fmt: skip
def test_numbers_are_spelled(number, kind, expected):
    assert spell(number, kind) == expected


# --- other parts -------------------------------------------------------------------------------

RELATED = relations(
    ("header", "header1.xml"), ("footer", "footer1.xml"), ("header", "header2.xml"), ("header", "header3.xml")
)
SECTION = (
    "<w:sectPr><w:headerReference w:type='default' r:id='rId1'/><w:footerReference w:type='default' r:id='rId2'/>"
    "<w:headerReference w:type='first' r:id='rId3'/><w:headerReference w:type='even' r:id='rId4'/>{}</w:sectPr>"
)
MARGINS: dict[str, str | bytes] = {
    "word/_rels/document.xml.rels": RELATED,
    "word/header1.xml": element("hdr", par("页眉") + table(["甲", "乙"])),
    "word/footer1.xml": element("ftr", par("页脚")),
    "word/header2.xml": element("hdr", par("首页")),
    "word/header3.xml": element("hdr", par("偶数页")),
}


@pytest.mark.parametrize(
    ("section", "settings", "headers"),
    [
        ("", "", ["页眉", "甲\t乙"]),
        ("<w:titlePg/>", "", ["页眉", "甲\t乙", "首页"]),
        ("<w:titlePg/>", "<w:evenAndOddHeaders/>", ["页眉", "甲\t乙", "首页", "偶数页"]),
    ],
)
def test_headers_and_footers_once_as_furniture(section, settings, headers):
    parts = {**MARGINS, "word/settings.xml": element("settings", settings)}
    sections = P.format(f"<w:pPr>{SECTION.format('')}</w:pPr>{run('正文')}") + SECTION.format(section)
    page = page_of(sections, parts)
    assert page.text.split("\n")[: len(headers) + 2] == [*headers, "正文", "页脚"]
    assert {text for text, kind, _ in marks_of(page) if kind == "furniture"} == {*headers, "页脚"}


def test_notes_follow_the_text_and_comments_close_it():
    note = "<w:footnote w:id='{}'{}>" + par("{}") + "</w:footnote>"
    parts: dict[str, str | bytes] = {
        "word/footnotes.xml": element(
            "footnotes",
            note.format(0, " w:type='separator'", "线") + note.format(1, "", "脚注一") + note.format(2, "", "脚注二")
            + note.format(3, "", "没有引用"),
        ),
        "word/endnotes.xml": element("endnotes", f"<w:endnote w:id='2'>{par('尾注')}</w:endnote>"),
        "word/comments.xml": element("comments", f"<w:comment w:id='0'>{par('批注')}</w:comment>"),
    }  # fmt: skip
    called = "<w:r><w:endnoteReference w:id='2'/><w:footnoteReference w:id='2'/></w:r><w:r><w:footnoteReference w:id='1'/></w:r>"
    page = page_of(P.format(run("正文") + called) + par("又一段"), parts)
    assert page.text.split() == ["正文", "又一段", "脚注二", "脚注一", "尾注", "批注"]
    assert marks_of(page) == [("批注", "furniture", 0)]


def test_charts_and_diagrams_in_their_place():
    frame = "<w:p><w:r><w:drawing><a:graphic><a:graphicData uri='http://x/{}'>{}</a:graphicData></a:graphic></w:drawing></w:r></w:p>"
    body = (
        par("前")
        + frame.format("chart", "<c:chart r:id='rId1'/>") * 2
        + frame.format("diagram", "<dgm:relIds r:dm='rId2'/>")
        + par("后")
    )
    words = "<c:strRef><c:strCache><c:pt><c:v>{}</c:v></c:pt></c:strCache></c:strRef>"
    chart = (
        f"<c:chartSpace {SPACES}><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>收入</a:t></a:r></a:p></c:rich></c:tx></c:title>"
        f"<c:ser><c:tx>{words.format('门店')}</c:tx><c:cat>{words.format('华东')}</c:cat></c:ser></c:chart></c:chartSpace>"
    )
    diagram = (
        f"<dgm:dataModel {SPACES}><dgm:ptLst><dgm:pt modelId='1'><dgm:t><a:p><a:r><a:t>客户</a:t></a:r></a:p></dgm:t>"
        "</dgm:pt></dgm:ptLst></dgm:dataModel>"
    )
    parts: dict[str, str | bytes] = {
        "word/_rels/document.xml.rels": relations(("chart", "charts/chart1.xml"), ("diagramData", "diagrams/data1.xml")),
        "word/charts/chart1.xml": chart,
        "word/diagrams/data1.xml": diagram,
    }  # fmt: skip
    assert lines_of(body, parts) == ["前", "收入", "门店", "华东", "客户", "后"]
    broken = {**parts, "word/charts/chart1.xml": "<c", "word/diagrams/data1.xml": "<d"}
    assert lines_of(body, broken) == ["前", "后"]


CHUNK = par("前") + "<w:altChunk r:id='rId1'/>" + par("后")


@pytest.mark.parametrize(
    ("name", "content", "expected", "warnings"),
    [
        ("chunk.html", f"<html><body><p>{FIRST}</p></body></html>".encode(), [FIRST], ()),
        ("chunk.txt", FIRST.encode("gb18030"), [FIRST], ()),
        ("chunk.docx", word(par(FIRST)), [FIRST], ()),
        ("chunk.bin", b"\x89PNG" + bytes(100), [], ("PARTIAL",)),
        ("other.docx", None, [], ("PARTIAL",)),
    ],
)
def test_imported_parts(name, content, expected, warnings):
    parts: dict[str, str | bytes] = {"word/_rels/document.xml.rels": relations(("aFChunk", name))}
    if content is not None:
        parts[f"word/{name}"] = content
    extraction = formats.read(word(CHUNK, parts), "docx")
    assert [line for line in extraction.pages[0].text.split("\n") if line] == ["前", *expected, "后"]
    assert extraction.warnings == warnings


def test_imports_of_imports_end():
    parts: dict[str, str | bytes] = {"word/_rels/document.xml.rels": relations(("aFChunk", "a.docx"))}
    inner = word(par("最内"))
    for _ in range(5):
        inner = word(CHUNK, {**parts, "word/a.docx": inner})
    extraction = formats.read(inner, "docx")
    assert extraction.pages[0].text.split() == ["前"] * 4 + ["后"] * 4
    assert extraction.warnings == ()  # the fourth import lacks its part, but it is another document's


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"EQ \o\ac(○,12)", "⑫"),
        (r"eq \* jc2 \* hps10 \o\ad(\s\up 9(yin),音)", "音"),
        (r"EQ \r(3,x+1)", "√x+1"),
        (r"EQ \f(收入,成本)", "收入/成本"),
        ("EQ " + "(" * 500, "(" * 500),
    ],
)
def test_equation_fields(text, expected):
    assert equation(text) == expected


@pytest.mark.parametrize(
    ("code", "font", "expected"),
    [("F0D8", "Symbol", "¬"), ("F0AB", "symbol", "↔"), ("2713", "Arial", "✓"), ("F0E0", "Wingdings", "→"),
     ("0007", "Arial", "□"), ("D800", "Arial", "□"), ("zz", "Symbol", "□"), ("", "", "□")],
)  # fmt: skip
def test_symbols(code, font, expected):
    assert symbol(code, font) == expected


def test_symbols_of_other_fonts_stay():
    assert in_font("\uf061", "宋体") == "\uf061"
    assert in_font("\uf0a7 甲", "Wingdings") == "▪ 甲"


def test_extracted_text_reaches_the_document(tmp_path, run):
    data = word(items(("门店", 1, 0)) + par(SECOND), lists(level(0, "decimal", "%1、")))
    (tmp_path / "a.docm").write_bytes(data)
    assert run("extract", tmp_path / "a.docm", tmp_path / "out")[0] == 0
    assert (tmp_path / "out" / "a.docm.txt").read_text(encoding="utf-8").split() == ["1、门店", SECOND]
