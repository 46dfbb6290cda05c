"""Hostile and broken packages: what each must end as. All made by code, the smallest that shows it."""

from __future__ import annotations

import hashlib
import struct
import zipfile

import pytest
from conftest import FIRST, make_docx
from wordxml import CONTENT_TYPES, OFFICE, SPACES, element, package, par, relations, run, table, word

from pipeline.extract import formats
from pipeline.extract.errors import Unreadable
from pipeline.extract.package import check, check_overlap, parse, utf8

DOCUMENT = element("document", f"<w:body>{par(FIRST)}</w:body>")
DTD = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


def noise(size: int) -> str:
    """Digits that hardly compress."""
    blocks = (hashlib.sha256(str(n).encode()).hexdigest() for n in range(size // 64 + 1))
    return "".join(blocks)[:size]


def text_of(data: bytes) -> list[str]:
    return formats.read(data, "docx").pages[0].text.split("\n")


def with_document(document: str | bytes, **changes: str | bytes) -> bytes:
    return word("", {"word/document.xml": document, **{k.replace("__", "/"): v for k, v in changes.items()}})


def patched(data: bytes, name: str, *, at: int, value: bytes, central: bool = True) -> bytes:
    """A ZIP with bytes of the central (or local) header of one entry changed."""
    signature, header = (b"PK\x01\x02", 46) if central else (b"PK\x03\x04", 30)
    place = data.index(name.encode(), data.index(signature)) - header
    while data[place : place + 4] != signature:
        place = data.index(name.encode(), place + header + 1) - header
    return data[: place + at] + value + data[place + at + len(value) :]


READ = {
    "picture that inflates 1000 times": word(par(FIRST), {"word/media/a.emf": bytes(5 << 20)}),
    "utf-16": with_document(f"<?xml version='1.0' encoding='UTF-16'?>{DOCUMENT}".encode("utf-16")),
    "strict": with_document(
        DOCUMENT.replace(
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            "http://purl.oclc.org/ooxml/wordprocessingml/main",
        )
    ),
    "another main part": package(
        {
            "[Content_Types].xml": CONTENT_TYPES,
            "_rels/.rels": relations(("officeDocument", "/word/document2.xml")),
            "word/document2.xml": DOCUMENT,
        }
    ),
    "main part without a relation": package({"[Content_Types].xml": "", "word/document.xml": DOCUMENT}),
    "relation to nothing": word(par(FIRST), {"_rels/.rels": relations(("officeDocument", "word/nothing.xml"))}),
    "null relations": word(par(FIRST), {"word/_rels/document.xml.rels": relations(("image", "NULL"), ("styles", "NULL"))}),
    "escaping relation": word(
        par(FIRST) + "<w:altChunk r:id='rId1'/>",
        {"word/_rels/document.xml.rels": relations(("aFChunk", "../../../../../etc/passwd"))},
    ),
    "template elsewhere": word(
        par(FIRST),
        {
            "word/_rels/settings.xml.rels": f'<Relationships><Relationship Id="rId1" Type="{OFFICE}/attachedTemplate" '
            'Target="file://///127.0.0.1/a.dotm" TargetMode="External"/></Relationships>',
            "word/settings.xml": element("settings", "<w:attachedTemplate r:id='rId1'/>"),
        },
    ),
    "broken styles": word(par(FIRST), {"word/styles.xml": "<w:styles"}),
    "broken relations": word(par(FIRST), {"word/_rels/document.xml.rels": "<Relationships><"}),
    "names with backslashes": package(
        {"[Content_Types].xml": CONTENT_TYPES, "_rels\\.rels": relations(("officeDocument", "word/document.xml")), "word\\document.xml": DOCUMENT}
    ),
    "template type": make_docx([FIRST]).replace(b"document.main+xml", b"template.main+xml"),
    "twins": package({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": DOCUMENT, "word/Document.xml": DOCUMENT}),
    "broken picture": patched(
        word(par(FIRST), {"word/media/a.png": b"picture"}), "word/media/a.png", at=16, value=b"\0\0\0\0"
    ),
    "list of levels without end": word(par(FIRST, "<w:numPr><w:ilvl w:val='99999999999'/><w:numId w:val='1'/></w:numPr>")),
    "styles in a ring": word(
        par(FIRST, "<w:pStyle w:val='a'/>"),
        {"word/styles.xml": element("styles", "<w:style w:styleId='a'><w:basedOn w:val='a'/></w:style>")},
    ),
    "200 tables": word(par(FIRST) + table(["甲", "乙"]) * 200),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_text_is_read_all_the_same(name):
    lines = text_of(READ[name])
    assert FIRST in lines
    assert not any("root:" in line for line in lines)


def overlapping(count: int) -> bytes:
    """A package whose entries all inflate the bytes of one: the directory repeated under new names."""
    data = package({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": DOCUMENT})
    end = data.rindex(b"PK\x05\x06")
    start = data.rindex(b"PK\x01\x02")
    entry = data[start:end]
    copies = b"".join(entry.replace(b"document", b"doc%05d" % n) for n in range(count))
    directory = data[data.index(b"PK\x01\x02") : end] + copies
    size = struct.pack("<HHII", 2 + count, 2 + count, len(directory), data.index(b"PK\x01\x02"))
    return data[: data.index(b"PK\x01\x02")] + directory + data[end : end + 8] + size + b"\0\0"


REFUSED = {
    "ratio": (word("", {"word/document.xml": DOCUMENT.replace("<w:body>", "<w:body>" + " " * (4 << 20))}), "ZIP_BOMB"),
    "padding part": (word(par(FIRST), {"docProps/padding.xml": " " * (4 << 20)}), "ZIP_BOMB"),
    "padding imported": (
        word(
            par(FIRST) + "<w:altChunk r:id='rId1'/>",
            {"word/_rels/document.xml.rels": relations(("aFChunk", "a.html")), "word/a.html": " " * (4 << 20)},
        ),
        "ZIP_BOMB",
    ),
    "20,000 parts": (word(par(FIRST), {f"word/media/{n}": "" for n in range(20_000)}), "LIMIT_ENTRIES"),
    "overlap": (overlapping(50), "ZIP_BOMB"),
    "paragraphs": (word("".join(f"<w:p>{noise(0)}</w:p>" for _ in range(200_001)), stored=True), "LIMIT_SIZE"),
    "paragraphs of parts": (
        word(
            "<w:p/>" * 150_000 + "<w:sectPr><w:headerReference r:id='rId1'/></w:sectPr>",
            {
                "word/_rels/document.xml.rels": relations(("header", "header1.xml")),
                "word/header1.xml": element("hdr", "<w:p/>" * 60_000),
            },
            stored=True,
        ),
        "LIMIT_SIZE",
    ),
    "depth": (word("<w:sdt>" * 100_000 + par(FIRST) + "</w:sdt>" * 100_000, stored=True), "LIMIT_DEPTH"),
    "tables in tables": (
        word("<w:tbl><w:tr><w:tc>" * 200 + par(FIRST) + "</w:tc></w:tr></w:tbl>" * 200, stored=True),
        "LIMIT_DEPTH",
    ),
    "billion laughs": (
        with_document('<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + DOCUMENT.replace(FIRST, "&b;")),
        "XML_DTD",
    ),
    "entity of a file": (with_document(DTD + DOCUMENT.replace(FIRST, "&e;")), "XML_DTD"),
    "parameter entity": (with_document('<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1/x">%p;]>' + DOCUMENT), "XML_DTD"),
    "utf-16 dtd": (with_document((DTD + DOCUMENT).encode("utf-16")), "XML_DTD"),
    "utf-16 dtd without a mark": (with_document((DTD + DOCUMENT).encode("utf-16-le")), "XML_DTD"),
    "dtd behind a long comment": (with_document(f"<!--{noise(80_000)}-->{DTD}{DOCUMENT}"), "XML_DTD"),
    "dtd of the properties": (word(par(FIRST), {"docProps/core.xml": DTD + "<x/>"}), "XML_DTD"),
    "dtd in capitals of a name": (word(par(FIRST), {"docProps/CORE.XML": DTD + "<x/>"}), "XML_DTD"),
    "wrong checksum": (patched(word(par(FIRST)), "word/document.xml", at=16, value=b"\0\0\0\0"), "CORRUPT"),
    "encrypted part": (patched(word(par(FIRST)), "word/document.xml", at=8, value=b"\1\0"), "ENCRYPTED"),
    "two documents of one name": (
        package({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": DOCUMENT, "word/Document.xml": element("document", "")}),
        "CORRUPT",
    ),
    "no document": (package({"[Content_Types].xml": CONTENT_TYPES, "word/styles.xml": "<x/>"}), "CORRUPT"),
    "no body": (with_document(element("document", "")), "CORRUPT"),
    "no xml": (with_document("text"), "CORRUPT"),
    "cut xml": (with_document(DOCUMENT[:-40]), "CORRUPT"),
    "no text": (word(par("")), "NO_TEXT"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_reason(name):
    data, reason = REFUSED[name]
    with pytest.raises(Unreadable) as error:
        formats.read(data, "docx")
    assert error.value.reason == reason


def test_lying_sizes_change_nothing():
    """A declared size of 10 bytes: what inflates is counted, and the checksum is of all of it."""
    data = patched(word(par(FIRST)), "word/document.xml", at=24, value=struct.pack("<I", 10))
    with pytest.raises(Unreadable, match="CORRUPT"):
        check(data)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.99])
def test_cut_packages_are_corrupt(share):
    data = make_docx([FIRST])
    with pytest.raises(Unreadable) as error:
        formats.read(data[: int(len(data) * share)], "docx")
    assert error.value.reason == "CORRUPT"


def test_bit_flips_end_as_text_or_a_reason():
    data = word(par(FIRST) * 3)
    for at in range(0, len(data), 7):
        flipped = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
        try:
            formats.read(flipped, "docx")
        except Unreadable:
            continue


@pytest.mark.parametrize("bad", ["&#x1;", "&#11;", "&#xFFFE;", "\x0b"])
def test_characters_that_xml_forbids_are_taken_out(bad):
    extraction = formats.read(word(par(f"{FIRST[:5]}{bad}{FIRST[5:]}")), "docx")
    assert extraction.pages[0].text == FIRST + "\n"
    assert extraction.warnings == ("REPAIRED",)


def test_allowed_references_stay():
    assert text_of(word(par("A&#66;&#x43;&#10;&#x4e2d;&#12345;")))[:2] == ["ABC", "中〹"]


@pytest.mark.parametrize("strict", ["xmlns:w = 'http://purl.oclc.org/ooxml/officeDocument/math'"])
def test_strict_names_become_the_usual_ones(strict):
    root, _ = parse(f"<w:a {strict}>http://purl.oclc.org/ooxml/officeDocument/math</w:a>".encode())
    assert root.tag == "{http://schemas.openxmlformats.org/officeDocument/2006/math}a"
    assert root.text == "http://purl.oclc.org/ooxml/officeDocument/math"


def test_utf8_of_any_part():
    for encoding in ("utf-8", "utf-16", "utf-16-le", "utf-16-be"):
        assert utf8("<a>中</a>".encode(encoding)).decode() == "<a>中</a>"


def infos(*places: tuple[int, int]) -> list[zipfile.ZipInfo]:
    made = []
    for offset, size in places:
        info = zipfile.ZipInfo("a")
        info.header_offset, info.compress_size = offset, size
        made.append(info)
    return made


@pytest.mark.parametrize(
    ("places", "reason"),
    [
        ([(0, 10), (41, 10)], ""),
        ([(41, 10), (0, 10)], ""),
        ([(0, 12), (41, 10)], "ZIP_BOMB"),
        ([(0, 10), (0, 10)], "ZIP_BOMB"),
        ([(0, 100)], "CORRUPT"),
        ([(-5, 10)], "ZIP_BOMB"),
        ([], ""),
    ],
)
def test_overlap(places, reason):
    if not reason:
        check_overlap(infos(*places), 100)
        return
    with pytest.raises(Unreadable, match=reason):
        check_overlap(infos(*places), 100)


def test_no_part_is_written_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"../../evil.xml": "<a/>", "/evil.xml": "<a/>", "word/../../evil2.xml": "<a/>"}
    assert FIRST in text_of(word(par(FIRST) + f"<w:p {SPACES}>{run('乙')}</w:p>", dict(names)))
    assert not list(tmp_path.iterdir())
