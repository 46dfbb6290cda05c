"""Web archives (MHT, MHTML) and mails: the page they hold, read as a web page.

Source: RFC 2557 (the root part is named by `start`, else it is the first one) and RFC 2045.
Nothing that the page names is fetched, and pictures and styles in other parts are left alone.
"""

from __future__ import annotations

import binascii
import email
import email.policy
import quopri
import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message

from pipeline.extract import txt, webpage
from pipeline.extract.errors import Unreadable
from pipeline.records import Extraction, Page

MAX_PARTS = 10_000
MAX_DEPTH = 20
MAX_PAGES = 200  # of a page of frames, such as a workbook or slides saved as a web archive
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}:[^\n]{0,2000}\n(?:[ \t][^\n]{0,2000}\n){0,50}")
_MIME = re.compile(r"^mime-version:", re.IGNORECASE | re.MULTILINE)
_HOLDS_TEXT = re.compile(r"^content-type:\s*(?:multipart/|text/html)", re.IGNORECASE | re.MULTILINE)
_PARTS = re.compile(r"^content-type:\s*multipart/[^:]{0,200}boundary\s*=", re.IGNORECASE | re.MULTILINE)
_PAGE = re.compile(rb"<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
_ENCODINGS = frozenset({"7bit", "8bit", "binary", "quoted-printable"})
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=\s]")
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{60,76}\r?\n)+[A-Za-z0-9+/]{1,76}={0,2}")
_QUOTED = re.compile(rb"(?:=[0-9A-F]{2}){6}")
_BOUNDARY = re.compile(rb"boundary\s*=", re.IGNORECASE)


def recognise(head: str) -> bool:
    """Whether a text begins with the headers of a web archive: lines `Name: value`, one of them the
    MIME version, one that says a page or parts follow, or the page itself after a blank line."""
    at, head = 0, head.lstrip("\ufeff \t\r\n").replace("\r\n", "\n")
    while match := _HEADER.match(head, at):
        at = match.end()
    headers = head[:at]
    page_follows = head.startswith("\n", at) and _PAGE.match(head[at:].lstrip().encode("utf-8", "ignore"))
    if not _MIME.search(headers):  # lost with a damaged byte: the boundary of parts says as much
        return bool(_PARTS.search(headers))
    return bool(_HOLDS_TEXT.search(headers) or page_follows)


def read(data: bytes) -> Extraction:
    """The root page; where it only holds frames, the pages of the archive in their order.

    Raises Unreadable: CORRUPT, NO_TEXT, LIMIT_ENTRIES, LIMIT_DEPTH and what a web page raises.
    """
    if len(_BOUNDARY.findall(data)) > MAX_PARTS:
        raise Unreadable("LIMIT_ENTRIES")
    archive = email.message_from_bytes(data.lstrip(b"\xef\xbb\xbf \t\r\n"), policy=email.policy.compat32)
    texts = list(_texts(archive))
    if not texts:
        raise Unreadable("NO_TEXT")
    start = str(archive.get_param("start") or "").strip("<> ")
    named = [t for t in texts if start and str(t.get("Content-ID", "")).strip("<> ") == start]
    root = next((t for t in (*named, *texts) if _is_page(t)), texts[0])
    first = _page(root)
    if first.pages[0].text.strip() and not _is_frames(root):
        return first
    pages: list[Page] = []
    warnings: set[str] = set()
    for part in texts[:MAX_PAGES]:
        found = _page(part) if _is_page(part) else first
        warnings.update(found.warnings)
        if found.pages[0].text.strip():
            pages.append(replace(found.pages[0], number=len(pages) + 1))
    if len(texts) > MAX_PAGES:
        warnings.add("PARTIAL")
    return Extraction("mht", first.extractor, tuple(pages or first.pages), tuple(sorted(warnings)))


def _texts(archive: Message) -> Iterator[Message]:
    """The parts that are text, in their order, those of nested archives too."""
    open_parts: list[tuple[Message, int]] = [(archive, 0)]
    count = 0
    while open_parts:
        part, depth = open_parts.pop()
        count += 1
        if count > MAX_PARTS:
            raise Unreadable("LIMIT_ENTRIES")
        if depth > MAX_DEPTH:
            raise Unreadable("LIMIT_DEPTH")
        inner = part.get_payload()
        if isinstance(inner, list):
            open_parts += [(child, depth + 1) for child in reversed(inner) if isinstance(child, Message)]
        elif part.get_content_type() in ("text/html", "application/xhtml+xml", "text/plain"):
            yield part


def _bytes(part: Message) -> bytes:
    """The bytes of a part. Where its encoding is not said, or said in a word that is none, a body that
    can hardly be anything but base64 or quoted-printable is taken for that."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return b""
    said = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if said == "base64":
        source = str(part.get_payload()).encode("ascii", "replace")
        if _NOT_BASE64.search(source):  # a damaged byte stands for one: else all after it is shifted
            return _from_base64(source)
    elif said not in _ENCODINGS:
        if _BASE64.fullmatch(content.strip()):
            return _from_base64(content)
        if _QUOTED.search(content) and content.isascii():
            return quopri.decodestring(content)
    return content


def _from_base64(source: bytes) -> bytes:
    kept = b"".join(_NOT_BASE64.sub(b"A", source).split()).rstrip(b"=").replace(b"=", b"A")
    return binascii.a2b_base64(
        kept[: len(kept) // 4 * 4] if len(kept) % 4 == 1 else kept + b"=" * (-len(kept) % 4)
    )


def _is_page(part: Message) -> bool:
    return part.get_content_type() != "text/plain" or bool(_PAGE.search(_bytes(part)[:4096]))


def _is_frames(part: Message) -> bool:
    return b"<frameset" in _bytes(part)[:20_000].lower()


def _page(part: Message) -> Extraction:
    content = _bytes(part)
    if not content.strip():
        return Extraction("mht", "lxml", (Page(1, "", flows=True),))
    if _is_page(part):
        charset = part.get_content_charset() or ""
        return replace(webpage.read(content, charset=charset), type="mht")
    return replace(txt.read(content), type="mht")
