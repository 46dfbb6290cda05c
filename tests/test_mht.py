"""Web archives: which part is the page, and in which encoding it is."""

from __future__ import annotations

import base64
import contextlib
import quopri

import pytest
from conftest import FIRST, SECOND

from pipeline.extract import formats, mht
from pipeline.extract.errors import Unreadable

HTML = "<html><head><title>题目</title></head><body><h1>渠道</h1><p>%s</p></body></html>"


def part(
    body: str, *, kind: str = "text/html", charset: str = "utf-8", encoding: str = "", headers: str = ""
) -> bytes:
    data = body.encode(charset)
    coded = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}.get(encoding, bytes)(data)
    head = f"Content-Type: {kind}" + (f'; charset="{charset}"' if charset else "") + "\r\n"
    head += f"Content-Transfer-Encoding: {encoding}\r\n" if encoding else ""
    return (head + headers + "\r\n").encode() + coded


def archive(*parts: bytes, kind: str = "multipart/related", more: str = "", first: str = "") -> bytes:
    head = f'{first}MIME-Version: 1.0\r\nContent-Type: {kind};{more}\r\n\tboundary="--=_B"\r\n\r\nsome program\r\n'
    return head.encode() + b"".join(b"\r\n----=_B\r\n" + p for p in parts) + b"\r\n----=_B--\r\n"


PICTURE = part("R0lGOD", kind="image/gif", charset="ascii", encoding="base64")
FRAMES = "<html><frameset rows=*><frame src=a><frame src=b></frameset></html>"
GOOD = {
    "quoted-printable": archive(part(HTML % FIRST, encoding="quoted-printable"), PICTURE),
    "base64": archive(PICTURE, part(HTML % FIRST, encoding="base64")),
    "8bit gbk": archive(part(HTML % FIRST, charset="gb2312")),
    "gbk, header says it": archive(part(HTML % FIRST, charset="gbk", encoding="quoted-printable")),
    "header lies": archive(part(HTML % FIRST, encoding="base64").replace(b"utf-8", b"gb2312")),
    "no charset": archive(part(HTML % FIRST, encoding="base64").replace(b'; charset="utf-8"', b"")),
    "saved by a browser": archive(
        part(HTML % FIRST, encoding="quoted-printable"),
        first="From: <Saved by Blink>\r\nSnapshot-Content-Location: http://127.0.0.1/\r\nSubject: =?utf-8?Q?a?=\r\n",
    ),
    "start names the page": archive(
        part(HTML % "别的网页", headers="Content-ID: <a@b>\r\n"),
        part(HTML % FIRST, headers="Content-ID: <c@d>\r\n"),
        more=' start="<c@d>";',
    ),
    "page without parts": b"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + (HTML % FIRST).encode(),
    "headers only in part": b"From: <Saved by Blink>\r\nSubject: x\r\nMIME-Version: 1.0\r\n\r\n" + (HTML % FIRST).encode(),
    "archive in an archive": archive(archive(part(HTML % FIRST), kind="multipart/alternative")),
    "frames": archive(part(FRAMES), part(HTML % FIRST), part(HTML % SECOND)),
    "only text": archive(part(f"题目 渠道\n{FIRST}", kind="text/plain")),
    "cut": archive(part(HTML % FIRST, encoding="base64"), PICTURE)[:-60],
    "blank lines before": b"\xef\xbb\xbf\r\n" + archive(part(HTML % FIRST)),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_page_of_the_archive(name):
    extraction = formats.read(GOOD[name], "mht")
    text = "\n".join(page.text for page in extraction.pages)
    assert (extraction.type, extraction.warnings) == ("mht", ())
    assert FIRST in text
    assert "渠道" in text
    assert not any(part in text for part in ("别的", "R0lGOD", "MIME", "Content", "<", "=E"))
    assert formats.read(GOOD[name], "doc").warnings == ("EXT_MISMATCH",)


def test_pages_of_frames():
    first, second = formats.read(GOOD["frames"], "mht").pages
    assert (first.number, second.number) == (1, 2)
    assert SECOND in second.text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (archive(PICTURE), "NO_TEXT"),
        (archive(part("<html><body></body></html>")), "NO_TEXT"),
        (archive(*[part("x", kind="text/plain", headers="X: boundary=1\r\n")] * 10_001), "LIMIT_ENTRIES"),
        (archive(part("<html>" + "<div>" * 100_000 + FIRST)), "LIMIT_DEPTH"),
    ],
)
def test_hostile(data, reason):
    with pytest.raises(Unreadable, match=reason):
        formats.read(data, "mht")


DAMAGED = {
    "MIME version": (b"MIME-Version", b"MIMM-Version"),
    "name of the encoding's line": (b"Content-Transfer-Encoding", b"Content-Trensfer-Encoding"),
    "name of base64": (b": base64", b": basg64"),
    "name of quoted-printable": (b": quoted-", b": quotad-"),
    "a byte of base64": (base64.b64encode(b"<html>")[:6], base64.b64encode(b"<html>")[:3] + b"\x01" + base64.b64encode(b"<html>")[4:6]),
}  # fmt: skip


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
@pytest.mark.parametrize("what", DAMAGED)
def test_one_damaged_byte_costs_no_page(what, encoding):
    page = HTML % (FIRST + SECOND)
    data = archive(part(page, encoding=encoding)).replace(*DAMAGED[what], 1)
    text = "".join(p.text for p in formats.read(data, "mht").pages)
    assert FIRST in text
    assert SECOND in text
    assert "Content-" not in text


def test_archives_in_archives_end():
    data = part(HTML % FIRST)
    for level in range(60):
        data = archive(data).replace(b"--=_B", f"--=_{level}".encode())
    with pytest.raises((Unreadable, RecursionError)):  # the worker calls both LIMIT_DEPTH
        formats.read(data, "mht")


@pytest.mark.parametrize(
    "text",
    [
        "From: 老张\n今天讨论 MIME-Version: 1.0 是什么。\n",
        "MIME-Version: 1.0 是邮件的一行。\n" + FIRST,
        "Content-Type: text/html\n\n正文",
    ],
)
def test_text_about_mail_stays_text(text):
    assert not mht.recognise(text)
    assert formats.sniff(text.encode()) == "txt"


def test_padding_in_the_middle_of_base64_is_damage_like_any_other():
    page = part(HTML % FIRST, encoding="base64")
    head, _, body = page.partition(b"\r\n\r\n")
    broken = b"MIME-Version: 1.0\r\n" + head + b"\r\n\r\nA=\r\nBCD=E" + body[:-2]
    with contextlib.suppress(Unreadable):  # and no other error
        formats.read(broken, "mht")
