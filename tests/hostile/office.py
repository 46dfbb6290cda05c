"""DOCX and PPTX: bombs, DTDs, relations that lead nowhere or outside (groups 2, 3, 33 to 45)."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterator

from slides import SPACES as SLIDE_SPACES
from slides import make_pptx, shape
from wordxml import CONTENT_TYPES, OFFICE, element, package, par, relations, table, word

from hostile.cases import BOTH, BROKEN, CANARY, FIRST, KILLED, LIMITS, OK, SECOND, Case, one_of

BODY = par(FIRST) + par(SECOND)
BOUNDED = LIMITS | KILLED
CORE = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
PASSWD = "root:x:0:0"


def body(content: str) -> str:
    return element("document", f"<w:body>{content}</w:body>")


def with_dtd(declarations: str, content: str) -> str:
    return f"<?xml version='1.0' encoding='UTF-8'?><!DOCTYPE w:document [{declarations}]>{body(content)}"


def deck(*texts: str, extra: dict[str, str] | None = None) -> bytes:
    return make_pptx([shape(text) for text in texts], extra=extra)


def slide(content: str, *, before: str = "") -> str:
    return f"{before}<p:sld {SLIDE_SPACES}><p:cSld><p:spTree>{content}</p:spTree></p:cSld></p:sld>"


def with_slide(xml: str) -> bytes:
    """A presentation whose only slide is this XML."""
    with zipfile.ZipFile(io.BytesIO(deck(FIRST))) as made:
        parts: dict[str, str | bytes] = {name: made.read(name) for name in made.namelist()}
    return package({**parts, "ppt/slides/slide1.xml": xml})


def bombs() -> Iterator[Case]:
    def case(
        group: int, name: str, make: Callable[[], bytes], ends: frozenset[str], heavy: bool = True
    ) -> Case:
        return Case(group, name, make, ends, heavy=heavy)

    long = 12 << 20
    yield case(33, "ratio.docx", lambda: word(par("a" * long)), one_of("ZIP_BOMB"), False)
    yield case(33, "ratio-150-mb.docx", lambda: word(par("a" * (150 << 20))), LIMITS)
    yield case(33, "ratio.pptx", lambda: deck("a" * long), one_of("ZIP_BOMB"), False)
    yield case(
        33, "ratio-of-styles.docx", lambda: word(BODY, {"word/styles.xml": " " * long}), LIMITS | OK, False
    )
    padding = {"word/media/padding.bin": bytes(50 << 20)}
    yield Case(34, "padding.docx", lambda: word(BODY, padding), OK | LIMITS, has=BOTH)
    yield case(35, "paragraphs-10-to-the-6.docx", lambda: word(par("段") * 10**6), BOUNDED)
    yield case(35, "paragraphs-empty-10-to-the-6.docx", lambda: word(BODY + "<w:p/>" * 10**6), BOUNDED, False)
    yield case(
        35,
        "runs-10-to-the-6.docx",
        lambda: word(f"<w:p>{'<w:r><w:t>a</w:t></w:r>' * 10**6}</w:p>"),
        BOUNDED | OK,
    )
    yield case(35, "shapes-10-to-the-5.pptx", lambda: with_slide(slide(shape("形") * 10**5)), BOUNDED | OK)
    yield case(35, "cells-10-to-the-5.docx", lambda: word(table(["格"] * 1_000) * 100), BOUNDED | OK)
    yield case(35, "attributes-10-to-the-5.docx", lambda: word("<w:p " + " ".join(f"a{n}='1'" for n in range(10**5)) + "/>" + BODY), BOUNDED | OK | BROKEN, False)  # fmt: skip
    yield case(
        36,
        "parts-20000.docx",
        lambda: word(BODY, {f"customXml/item{n}.xml": "<a/>" for n in range(20_000)}),
        LIMITS,
    )
    yield case(
        36,
        "slides-15000.pptx",
        lambda: deck("页", extra={f"ppt/x{n}.xml": "<a/>" for n in range(15_000)}),
        LIMITS,
    )
    deep = "<w:p>" * 100_000 + "</w:p>" * 100_000
    yield case(37, "depth-10-to-the-5.docx", lambda: word(BODY + deep), LIMITS | BROKEN, False)
    yield case(37, "depth-10-to-the-5.pptx", lambda: with_slide(slide("<p:grpSp>" * 100_000 + "</p:grpSp>" * 100_000)), LIMITS | BROKEN, False)  # fmt: skip
    for count in (20, 200, 2_000):
        nested = FIRST
        opening, closing = "<w:tbl><w:tr><w:tc>", "<w:p/></w:tc></w:tr></w:tbl>"
        nested = opening * count + par(FIRST) + closing * count
        yield Case(38, f"tables-{count}-deep.docx", word(nested + BODY), OK | LIMITS | BROKEN, has=(SECOND,))


def entities() -> Iterator[Case]:
    dtd = one_of("XML_DTD")
    laughs = '<!ENTITY a0 "哈">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 11))
    declared = {
        "laughs": (39, laughs, "&a10;"),
        "quadratic": (39, f'<!ENTITY a "{"哈" * 50_000}">', "&a;" * 5_000),
        "file": (40, '<!ENTITY x SYSTEM "file:///etc/passwd">', "&x;"),
        "http": (40, f'<!ENTITY x SYSTEM "http://127.0.0.1:9/{CANARY}">', "&x;"),
        "zero": (40, '<!ENTITY x SYSTEM "file:///dev/zero">', "&x;"),
        "parameter": (40, '<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;', "x"),
        "unused": (40, '<!ENTITY x "y">', "x"),
    }
    for name, (group, declarations, used) in declared.items():
        document = with_dtd(declarations, BODY + par(used))
        yield Case(group, f"{name}.docx", word("", {"word/document.xml": document}), dtd, lacks=(PASSWD,))
        for encoding in ("utf-16", "utf-16-be"):
            wide = document.replace("UTF-8", "UTF-16").encode(encoding)
            yield Case(
                41, f"{name}-{encoding}.docx", word("", {"word/document.xml": wide}), dtd, lacks=(PASSWD,)
            )
        in_slide = slide(
            shape(FIRST) + shape(used).replace("&amp;", "&"), before=f"<!DOCTYPE p:sld [{declarations}]>"
        )
        yield Case(group, f"{name}.pptx", with_slide(in_slide), dtd, lacks=(PASSWD,))
        for part in (
            "docProps/core.xml",
            "word/settings.xml",
            "[Content_Types].xml",
            "word/_rels/document.xml.rels",
            "customXml/item1.xml",
        ):
            xml = f"<!DOCTYPE x [{declarations}]><x>{used}</x>"
            yield Case(
                42, f"{name}-{part.replace('/', '-')}.docx", word(BODY, {part: xml}), dtd, lacks=(PASSWD,)
            )
    outside = f'<!DOCTYPE w:document SYSTEM "http://127.0.0.1:9/{CANARY}.dtd">{body(BODY)}'
    yield Case(40, "outside.docx", word("", {"word/document.xml": outside}), dtd)
    late = f"<!--{'x' * 70_000}--><!DOCTYPE w:document [<!ENTITY x 'y'>]>{body(BODY + par('&x;'))}"
    yield Case(40, "late.docx", word("", {"word/document.xml": late}), dtd)
    seven = b"+ADwAIQ-DOCTYPE x+AD4-"
    yield Case(
        41,
        "utf-7.docx",
        word("", {"word/document.xml": b"<?xml version='1.0' encoding='UTF-7'?>" + seven}),
        BROKEN | dtd,
    )
    wider = with_dtd('<!ENTITY x SYSTEM "file:///etc/passwd">', BODY + par("&x;")).replace("UTF-8", "UTF-32")
    yield Case(
        41,
        "utf-32.docx",
        word("", {"word/document.xml": wider.encode("utf-32")}),
        BROKEN | dtd,
        lacks=(PASSWD,),
    )
    ebcdic = with_dtd('<!ENTITY x SYSTEM "file:///etc/passwd">', par("&x;")).replace("UTF-8", "IBM037")
    yield Case(
        41,
        "ebcdic.docx",
        word("", {"word/document.xml": ebcdic.encode("cp037", "replace")}),
        BROKEN | dtd | LIMITS,
        lacks=(PASSWD,),
    )
    included = f"<w:p><xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='file:///etc/passwd' parse='text'/></w:p>{BODY}"
    yield Case(40, "include.docx", word(included), OK, has=BOTH, lacks=(PASSWD,))
    styled = f"<?xml-stylesheet type='text/xsl' href='file:///etc/passwd'?>{body(BODY)}"
    yield Case(40, "stylesheet.docx", word("", {"word/document.xml": styled}), OK, has=BOTH, lacks=(PASSWD,))


def relations_and_parts() -> Iterator[Case]:
    rels = "word/_rels/document.xml.rels"
    usual = OK | one_of("CORRUPT")

    def external(kind: str, target: str) -> str:
        return (
            "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>"
            f"<Relationship Id='rId1' Type='{OFFICE}/{kind}' Target='{target}' TargetMode='External'/></Relationships>"
        )

    for kind in ("image", "styles", "numbering", "header", "footnotes", "comments", "settings", "aFChunk"):
        yield Case(43, f"null-{kind}.docx", word(BODY, {rels: relations((kind, "NULL"))}), usual, has=BOTH)
        yield Case(43, f"escape-{kind}.docx", word(BODY + "<w:altChunk r:id='rId1'/>", {rels: relations((kind, "../../../../../etc/passwd"))}), usual, has=BOTH, lacks=(PASSWD,))  # fmt: skip
        yield Case(43, f"remote-{kind}.docx", word(BODY + "<w:altChunk r:id='rId1'/>", {rels: external(kind, f"http://127.0.0.1:9/{CANARY}")}), usual, has=BOTH)  # fmt: skip
        yield Case(
            43, f"self-{kind}.docx", word(BODY, {rels: relations((kind, "document.xml"))}), usual, has=BOTH
        )
    yield Case(43, "chunk-of-itself.docx", word(BODY + "<w:altChunk r:id='rId1'/>", {rels: relations(("aFChunk", "document.xml"))}), usual, has=BOTH)  # fmt: skip
    yield Case(
        43,
        "main-outside.docx",
        word(BODY, {"_rels/.rels": relations(("officeDocument", "../../etc/passwd"))}),
        usual,
        has=BOTH,
    )
    yield Case(43, "template.docx", word(BODY, {"word/_rels/settings.xml.rels": external("attachedTemplate", f"http://127.0.0.1:9/{CANARY}.dotm"), "word/settings.xml": element("settings", "<w:attachedTemplate r:id='rId1'/>")}), OK, has=BOTH)  # fmt: skip
    picture = f"<w:p><w:r><w:instrText>INCLUDETEXT /etc/passwd {CANARY}</w:instrText></w:r><w:fldSimple w:instr='DDEAUTO c:\\\\{CANARY} /c calc'><w:r><w:t>域</w:t></w:r></w:fldSimple></w:p>"
    yield Case(43, "fields.docx", word(picture + BODY), OK, has=BOTH, lacks=(CANARY, "DDEAUTO"))
    yield Case(
        43,
        "macro.docm",
        word(BODY, {"word/vbaProject.bin": f"Sub AutoOpen() {CANARY}".encode()}),
        OK,
        has=BOTH,
        lacks=(CANARY,),
    )
    strict = body(BODY).replace("http://schemas.openxmlformats.org/wordprocessingml/2006/main", "http://purl.oclc.org/ooxml/wordprocessingml/main")  # fmt: skip
    yield Case(44, "strict.docx", word("", {"word/document.xml": strict}), OK, has=BOTH)
    unknown = body(BODY).replace(
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main", "urn:unknown"
    )
    yield Case(44, "unknown-namespace.docx", word("", {"word/document.xml": unknown}), BROKEN)
    good = word(BODY)
    for name in ("word/document.xml", "[Content_Types].xml", "_rels/.rels"):
        at = good.index(b"PK\x01\x02", good.rindex(name.encode()) - 46)
        yield Case(
            45,
            f"checksum-of-{name.replace('/', '-')}.docx",
            good[: at + 16] + b"\1\2\3\4" + good[at + 20 :],
            usual,
            has=BOTH,
        )
    for missing in ("[Content_Types].xml", "_rels/.rels", "word/document.xml"):
        parts = {
            "[Content_Types].xml": CONTENT_TYPES,
            "_rels/.rels": relations(("officeDocument", "word/document.xml")),
            "word/document.xml": body(BODY),
        }
        del parts[missing]
        yield Case(45, f"without-{missing.replace('/', '-')}.docx", package({**parts, "word/styles.xml": element("styles", "")}), usual | one_of("UNSUPPORTED_TYPE"), has=BOTH)  # fmt: skip
    twice = io.BytesIO(good)
    with zipfile.ZipFile(twice, "a") as more:
        more.writestr(zipfile.ZipInfo("word/document.xml"), body(par("另一份")))
    yield Case(45, "document-twice.docx", twice.getvalue(), one_of("CORRUPT"))
    yield Case(45, "no-body.docx", word("", {"word/document.xml": element("document", "")}), BROKEN)
    yield Case(45, "cut-xml.docx", word("", {"word/document.xml": body(BODY)[:-30]}), one_of("CORRUPT"))
    yield Case(45, "no-slides.pptx", deck(), BROKEN)
    yield Case(
        45,
        "slide-missing.pptx",
        deck(FIRST, SECOND).replace(b"slides/slide1.xml", b"slides/slide9.xml"),
        usual,
    )
    controls = body(BODY + "<w:p><w:r><w:t>a&#1;b\x02c</w:t></w:r></w:p>")
    yield Case(45, "controls.docx", word("", {"word/document.xml": controls}), OK, has=BOTH)
    yield Case(45, "encrypted-part.docx", _with_flag(good, 1), one_of("ENCRYPTED"))
    yield Case(45, "method-unknown.docx", _with_method(good, 77), one_of("CORRUPT", "UNSUPPORTED_TYPE"))


def _with_flag(data: bytes, flag: int) -> bytes:
    return _patched(data, local=6, central=8, value=flag)


def _with_method(data: bytes, method: int) -> bytes:
    return _patched(data, local=8, central=10, value=method)


def _patched(data: bytes, *, local: int, central: int, value: int) -> bytes:
    """All headers of the ZIP with a 16-bit field changed."""
    out = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
        at = data.find(signature)
        while at >= 0:
            struct.pack_into("<H", out, at + offset, value)
            at = data.find(signature, at + 4)
    return bytes(out)


def cases() -> Iterator[Case]:
    yield Case(2, "good.docx", word(BODY), OK, has=BOTH)
    yield Case(3, "good.pptx", deck(FIRST, SECOND), OK, has=BOTH)
    yield from bombs()
    yield from entities()
    yield from relations_and_parts()
