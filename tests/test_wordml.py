"""Word documents that are one XML file: Word 2003 XML and flat packages."""

from __future__ import annotations

import pytest
from conftest import FIRST
from wordxml import element, par, relations, run, table

from pipeline.extract import formats
from pipeline.extract.errors import Unreadable

PROGRAM = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<?mso-application progid="Word.Document"?>\n'
)
SPACES_2003 = (
    'xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:wx="http://schemas.microsoft.com/office/word/2003/auxHint" xmlns:aml="http://schemas.microsoft.com/aml/2001/core"'
)


def word2003(body: str, styles: str = "") -> bytes:
    return (
        f"{PROGRAM}<w:wordDocument {SPACES_2003}><w:styles>{styles}</w:styles>"
        f"<w:docOleData><w:binData w:name='x'>{'QUJD' * 20}</w:binData></w:docOleData><w:body>{body}</w:body></w:wordDocument>"
    ).encode()


def flat(body: str, parts: dict[str, str] | None = None, program: str = PROGRAM) -> bytes:
    """A package in one file."""
    named = {
        "/_rels/.rels": relations(("officeDocument", "word/document.xml")),
        "/word/document.xml": element("document", f"<w:body>{body}</w:body>"),
        **(parts or {}),
    }
    content = "".join(
        f"<pkg:part pkg:name='{k}'><pkg:xmlData>{v}</pkg:xmlData></pkg:part>" for k, v in named.items()
    )
    picture = "<pkg:part pkg:name='/word/media/a.png'><pkg:binaryData>QUJD</pkg:binaryData></pkg:part>"
    space = "http://schemas.microsoft.com/office/2006/xmlPackage"
    return f"{program}<pkg:package xmlns:pkg='{space}'>{content}{picture}</pkg:package>".encode()


def read(data: bytes, extension: str = "doc") -> tuple[list[str], list[tuple[str, str, int]]]:
    extraction = formats.read(data, extension)
    assert extraction.type == "wordml"
    (page,) = extraction.pages
    marks = [(page.text[m.start : m.end], m.kind, m.level) for m in page.marks]
    return [line for line in page.text.split("\n") if line], marks


HEADING = "<w:style w:type='paragraph' w:styleId='1'><w:name w:val='heading 1'/><wx:uiName wx:val='标题 1'/></w:style>"
CASES = {
    "sections": (f"<wx:sect><wx:sub-section>{par('一')}</wx:sub-section>{par('二')}<w:sectPr/></wx:sect>", ["一", "二"]),
    "table": (table(["甲", "乙"]), ["甲\t乙"]),
    "merged": (table(["<w:tcPr><w:vmerge w:val='restart'/></w:tcPr>" + par("高"), "乙"], ["<w:tcPr><w:vmerge/></w:tcPr>" + par(""), "丙"]), ["高\t乙", "\t丙"]),
    "list": (par("门店", "<w:listPr><wx:t wx:val='一、'/></w:listPr>") + par("网店", "<w:listPr><wx:t wx:val='·'/></w:listPr>"), ["一、门店", "• 网店"]),
    "revisions": (
        f"<w:p><aml:annotation w:type='Word.Insertion'><aml:content>{run('新')}</aml:content></aml:annotation>"
        f"<aml:annotation w:type='Word.Deletion'><aml:content>{run('删')}</aml:content></aml:annotation></w:p>",
        ["新"],
    ),
    "comment": (
        f"<w:p><w:r><aml:annotation w:type='Word.Comment'><aml:content>{par('批注')}</aml:content></aml:annotation></w:r>{run('正文')}</w:p>",
        ["正文", "批注"],
    ),
    "link": (f"<w:p><w:hlink w:dest='http://x'>{run('链接')}</w:hlink></w:p>", ["链接"]),
    "field": ("<w:p><w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r>" + run("后") + "</w:p>", ["后"]),
    "note": (f"<w:p>{run('正文')}<w:r><w:footnote>{par('脚注')}</w:footnote></w:r></w:p>", ["正文", "脚注"]),
    "text box": (f"<w:p><w:r><w:pict><v:shape><v:textbox><w:txbxContent>{par('框')}</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>", ["框"]),
    "margins": (
        par("正文") + f"<w:sectPr><w:hdr w:type='odd'>{par('页眉')}</w:hdr><w:hdr w:type='first'>{par('首页')}</w:hdr><w:ftr w:type='odd'>{par('页脚')}</w:ftr></w:sectPr>",
        ["页眉", "正文", "页脚"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_word_2003(name):
    body, expected = CASES[name]
    assert read(word2003(body))[0] == expected


def test_marks():
    body = par("渠道", "<w:pStyle w:val='1'/>") + table(["甲", "乙"])
    expected = [("渠道", "heading", 1), ("甲\t乙", "table", 0)]
    assert read(word2003(body, HEADING))[1] == expected
    styles = {"/word/styles.xml": element("styles", HEADING.split("<wx:", maxsplit=1)[0] + "</w:style>")}
    assert read(flat(body, styles))[1] == expected


def test_flat_package_with_its_parts():
    margins = {
        "/word/_rels/document.xml.rels": relations(("header", "header1.xml")),
        "/word/header1.xml": element("hdr", par("页眉")),
    }
    body = par(FIRST) + "<w:sectPr><w:headerReference r:id='rId1'/></w:sectPr>"
    assert read(flat(body, margins), "xml")[0] == ["页眉", FIRST]
    assert read(flat(body, program=""))[0] == [FIRST]


def test_utf16_and_byte_order_mark():
    data = word2003(par(FIRST)).decode().replace("UTF-8", "UTF-16")
    assert read(data.encode("utf-16"))[0] == [FIRST]
    assert read(b"\xef\xbb\xbf" + word2003(par(FIRST)))[0] == [FIRST]


@pytest.mark.parametrize(("extension", "warnings"), [("xml", ()), ("doc", ()), ("docx", ("EXT_MISMATCH",))])
def test_extensions(extension, warnings):
    assert formats.read(word2003(par(FIRST)), extension).warnings == warnings


def test_forbidden_characters_are_repaired():
    extraction = formats.read(word2003(par(f"{FIRST}&#x2;")), "xml")
    assert extraction.warnings == ("REPAIRED",)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (word2003(par(FIRST))[:-60], "CORRUPT"),
        (word2003("<w:p/>" * 200_001), "LIMIT_SIZE"),
        (word2003("<wx:sect>" * 300 + par(FIRST) + "</wx:sect>" * 300), "LIMIT_DEPTH"),
        (word2003("<w:p/>"), "NO_TEXT"),
        (flat(par(FIRST)).replace(b"document.xml'", b"x.xml'"), "CORRUPT"),
        (PROGRAM.encode() + b"<!DOCTYPE x [<!ENTITY e 'x'>]>" + word2003(par("&e;"))[len(PROGRAM) :], "UNSUPPORTED_TYPE"),
        (flat(par(FIRST), program='<?xml version="1.0"?><?mso-application progid="PowerPoint.Show"?>'), "UNSUPPORTED_TYPE"),
        (b'<?xml version="1.0"?><note>wordDocument</note>', "UNSUPPORTED_TYPE"),
    ],
)  # fmt: skip
def test_refused(data, reason):
    with pytest.raises(Unreadable) as error:
        formats.read(data, "xml")
    assert error.value.reason == reason
