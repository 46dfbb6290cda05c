"""What a file is by its content, whatever it is called."""

from __future__ import annotations

import gzip
import io
import pickle
import random
import sqlite3
import tarfile
import zipfile

import pytest
from cfb import make_cfb
from conftest import FIRST, SECOND, make_docx, make_pdf

from pipeline.extract import formats
from pipeline.extract.errors import Unreadable

HTML = f"<html><head><title>t</title></head><body><p>{FIRST}</p></body></html>"
MHT = f"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{HTML}".encode()
RTF = b"{\\rtf1\\ansi " + "".join(f"\\u{ord(c)}?" for c in FIRST).encode() + b"}"
NAMED_DOC = {
    "docx": make_docx([FIRST]),
    "html": HTML.encode(),
    "html of gbk": HTML.encode("gbk"),
    "html of utf-16": HTML.encode("utf-16"),
    "xhtml": f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n{HTML}'.encode(),
    "mht": MHT,
    "rtf": RTF,
    "pdf": make_pdf([[FIRST]]),
    "pdf behind a line of a mail": b"Content-Type: x\r\n\r\n" + make_pdf([[FIRST]]),
    "txt": FIRST.encode("gbk"),
}


@pytest.mark.parametrize("extension", ["doc", "DOC".lower(), "xls"])
@pytest.mark.parametrize("name", NAMED_DOC)
def test_named_otherwise(name, extension):
    extraction = formats.read(NAMED_DOC[name], extension)
    assert extraction.type == name.split()[0].replace("xhtml", "html")
    assert FIRST in extraction.pages[0].text
    assert "EXT_MISMATCH" in extraction.warnings
    assert "<" not in extraction.pages[0].text


def database() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (x text)")
    return connection.serialize()


def tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("案例.txt"), io.BytesIO())
    return buffer.getvalue()


def package(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, FIRST)
    return buffer.getvalue()


class Marker:
    """Would raise if anything unpickled it."""

    def __reduce__(self):
        return (exec, ("raise SystemExit('loaded')",))


OTHER = {
    "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(50),
    "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(50),
    "bmp": b"BM" + bytes(60),
    "exe": b"MZ\x90\0" + bytes(500),
    "elf": b"\x7fELF\2\1\1" + bytes(60),
    "mach-o": b"\xcf\xfa\xed\xfe\7\0\0\1" + bytes(50),
    "gzip": gzip.compress(FIRST.encode(), mtime=0),
    "7z": b"7z\xbc\xaf\x27\x1c\0\4" + bytes(50),
    "rar": b"Rar!\x1a\7\1\0" + bytes(50),
    "tar": tar(),
    "mp4": b"\0\0\0\x18ftypmp42" + bytes(50),
    "sqlite": database(),
    "numpy": b"\x93NUMPY\1\0" + bytes(50),
    "parquet": b"PAR1" + bytes(50) + b"PAR1",
    "pickle": pickle.dumps(Marker()),
    "pickle of protocol 2": pickle.dumps(Marker(), protocol=2),
    "pickle of text": pickle.dumps(Marker(), protocol=0),
    "pickle of text, by hand": b"cos\nsystem\n(S'true'\ntR.",
    "postscript": b"%!PS-Adobe-3.0\n/Helvetica findfont\n",
    "xml": f'<?xml version="1.0"?><case><p>{FIRST}</p></case>'.encode(),
    "xml of utf-16": f'<?xml version="1.0"?><case><p>{FIRST}</p></case>'.encode("utf-16"),
    "svg": f'<svg xmlns="http://www.w3.org/2000/svg"><text>{FIRST}</text></svg>'.encode(),
    "feed": f"<rss version='2.0'><channel><title>{FIRST}</title></channel></rss>".encode(),
    "excel": make_cfb({"Workbook": bytes(4096)}),
    "excel 5": make_cfb({"Book": bytes(4096)}),
    "mail of outlook": make_cfb({"__properties_version1.0": bytes(4096)}),
    "works": make_cfb({"MatOST": bytes(4096), "CONTENTS": bytes(4096)}),
    "xlsx": package("[Content_Types].xml", "xl/workbook.xml"),
    "odt": package("mimetype", "content.xml"),
    "iwork": package("Index/Document.iwa", "preview.jpg"),
}


@pytest.mark.parametrize("extension", ["doc", "txt", "html", "pdf"])
@pytest.mark.parametrize("name", OTHER)
def test_other_types_are_refused(name, extension):
    with pytest.raises(Unreadable, match="UNSUPPORTED_TYPE"):
        formats.read(OTHER[name], extension)


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_are_no_text(seed):
    source = random.Random(seed)
    data = bytes(source.randrange(256) for _ in range(40 * 2 ** (seed % 8)))
    with pytest.raises(Unreadable):
        formats.read(data, "txt")


@pytest.mark.parametrize(
    "text",
    [
        "BM 商业模式画布 BMC",
        "MZ世代的消费",
        "%PDF-1.4 是一种文件格式，本文讨论它的授权。",
        "%PDF-文件",
        "PAR1 与 RIFF",
        "{rtf 是一种格式}",
        "{\\rtfx 不是命令}",
        "<客户> 白领与学生",
        "cost structure\nrent",
        "GIF89a 动图的渠道",
    ],
)
def test_words_of_other_formats_stay_text(text):
    extraction = formats.read(f"{text}\n{FIRST}".encode(), "txt")
    assert (extraction.type, extraction.pages[0].text) == ("txt", f"{text}\n{FIRST}")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (make_pdf([[FIRST]]) + b"<html><script>x</script></html>", "pdf"),
        (b"GIF89a/*" + make_pdf([[FIRST]]), "pdf"),
        (make_docx([FIRST]) + HTML.encode(), "docx"),
        (RTF + make_docx([SECOND]), "rtf"),
    ],
)
def test_files_of_two_kinds_are_read_as_one(data, expected):
    extraction = formats.read(data, expected)
    text = extraction.pages[0].text
    assert extraction.type == expected
    assert FIRST in text
    assert "script" not in text
    assert "rtf1" not in text


@pytest.mark.parametrize("name", ["docx", "html", "mht", "rtf", "pdf"])
def test_cut_files_are_read_or_refused(name):
    """Twenty cuts each: no markup and no empty text as a result."""
    data = NAMED_DOC[name]
    for twentieth in range(1, 20):
        try:
            extraction = formats.read(data[: max(40, len(data) * twentieth // 20)], name)
        except Unreadable:
            continue
        text = extraction.pages[0].text
        assert text.strip()
        assert not any(mark in text for mark in ("%PDF", "\\u", "PK\3", "MIME-", "<p", "</"))


def test_a_pdf_with_a_damaged_version_is_no_text():
    damaged = make_pdf([[FIRST, SECOND]]).replace(b"%PDF-1.", b"%PDF)1.", 1)
    assert formats.sniff(damaged) == "pdf"
