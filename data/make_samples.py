"""(Re)make the sample documents in data/raw/samples: `make samples`.

The texts are our own; they stand in `data/samples-src/*.md`, one file for each sample and named
like it. For PDF and Word a source is read as blocks: `#` title, `##` and `###` headings, `-`
bullets, `|` table rows, anything else one paragraph a line. For plain text it is written as it
stands, in the encoding of the sample.

The same sources give the same bytes each time: no clock, fixed dates in PDF, DOCX and DOC. The
.doc is converted by LibreOffice; without it, the committed file is kept.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docx
from docx.oxml.ns import qn
from reportlab.lib.pagesizes import A4, B5, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

SOURCES = Path(__file__).parent / "samples-src"
SAMPLES = Path(__file__).parent / "raw" / "samples"
FONT = "STSong-Light"
DATE = dt.datetime(2024, 3, 1, 9, 0, tzinfo=dt.UTC)

TEXTS = {  # sample -> encoding
    "宜家案例.txt": "gb18030",
    "顺丰速运.txt": "utf-8-sig",
    "捷安特研究筆記.txt": "big5",
    "案例合集 美团与拼多多.txt": "utf-8",
}


def main() -> None:
    """Make every sample."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    SAMPLES.mkdir(parents=True, exist_ok=True)

    case = paged_pdf(blocks("小米生态链案例"), B5, lines=24, head="商业模式教学案例集　　小米生态链")
    write("小米生态链案例.pdf", case)
    write("小米新零售-双栏.pdf", two_column_pdf(blocks("小米新零售-双栏")))
    write("小米商业模式画布-表格.pdf", canvas_table_pdf(blocks("小米商业模式画布-表格")))
    prospectus = blocks("招股书节选-检测仪器")
    write(
        "招股书节选-检测仪器.pdf",
        paged_pdf(prospectus, A4, lines=30, head="招股说明书（申报稿）", foot="1-1-{}"),
    )
    write("损坏的文件.pdf", case[:600])

    write("瑞幸咖啡课程报告.docx", word(blocks("瑞幸咖啡课程报告")))
    write_doc("海底捞服务案例.doc", word(blocks("海底捞服务案例")))

    for name, encoding in TEXTS.items():
        write(name, source(name.removesuffix(".txt")).encode(encoding))
    write("空白.txt", b"")


def write(name: str, data: bytes) -> None:
    (SAMPLES / name).write_bytes(data)


# --- sources ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """A title, heading (level 1 or 2), bullet, table row or paragraph of a source."""

    kind: str
    text: str
    level: int = 0

    @property
    def cells(self) -> list[str]:
        return [cell.strip() for cell in self.text.strip("| ").split("|")]


def source(name: str) -> str:
    return (SOURCES / f"{name}.md").read_text("utf-8")


def blocks(name: str) -> list[Block]:
    """The blocks of a source, in order."""
    found = []
    for line in source(name).splitlines():
        marker, _, rest = line.partition(" ")
        if marker == "#":
            found.append(Block("title", rest))
        elif marker in ("##", "###"):
            found.append(Block("heading", rest, len(marker) - 1))
        elif marker == "-":
            found.append(Block("bullet", rest))
        elif marker == "|":
            found.append(Block("row", line))
        elif line.strip():
            found.append(Block("paragraph", line))
    return found


# --- PDF -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One printed line: its size, its place from the left edge of the column, the space above."""

    text: str
    size: float
    indent: float = 0
    above: float = 0


def wrap(text: str, size: float, width: float, indent: float = 0) -> list[str]:
    """Lines of at most `width` points, the first shorter by `indent`. Closing punctuation hangs
    over the edge, opening brackets and Latin words move to the next line, as in Word."""
    lines, line, room = [], "", width - indent
    for part in re.findall(r"[A-Za-z0-9.%]+|[（“《【]?.", text):
        overfull = pdfmetrics.stringWidth(line + part, FONT, size) > room
        if line and overfull and part not in "，。、；：！？）”》】":
            lines.append(line)
            line, room = "", width
        line += part
    return [*lines, line]


def typeset(content: list[Block], size: float, width: float) -> Iterator[Line]:
    """The printed lines of blocks: headings larger, paragraphs indented by two characters."""
    for block in content:
        if block.kind == "title":
            left = (width - pdfmetrics.stringWidth(block.text, FONT, size + 5)) / 2
            yield Line(block.text, size + 5, left)
        elif block.kind == "heading":
            yield Line(block.text, size + 3 - block.level, 0, size * 0.6)
        else:
            for number, text in enumerate(wrap(block.text, size, width, 2 * size)):
                yield Line(text, size, 0 if number else 2 * size)


def draw_column(page: Canvas, lines: list[Line], left: float, top: float, leading: float) -> None:
    for line in lines:
        top -= leading + line.above
        page.setFont(FONT, line.size)
        page.drawString(left + line.indent, top, line.text)


def new_pdf(title: str, size: tuple[float, float]) -> tuple[Canvas, io.BytesIO]:
    buffer = io.BytesIO()
    page = Canvas(buffer, pagesize=size, invariant=1)
    page.setTitle(title)
    return page, buffer


def paged_pdf(
    content: list[Block], size: tuple[float, float], *, lines: int, head: str, foot: str = "- {} -"
) -> bytes:
    """Running text on pages of `lines` lines with a running head and page numbers; at least one
    sentence runs over a page break."""
    page, buffer = new_pdf(content[0].text, size)
    width, height = size
    margin, font_size = 72, 11.0
    printed = list(typeset(content, font_size, width - 2 * margin))
    pages = [printed[start : start + lines] for start in range(0, len(printed), lines)]
    assert any(part[-1].text[-1] not in "。；：" for part in pages[:-1]), "no sentence over a page break"
    for number, part in enumerate(pages, start=1):
        page.setFont(FONT, 9)
        page.drawCentredString(width / 2, height - 46, head)
        page.line(margin, height - 52, width - margin, height - 52)
        draw_column(page, part, margin, height - 62, (height - 150) / (lines + 3))
        page.setFont(FONT, 9)
        page.drawCentredString(width / 2, 40, foot.format(number))
        page.showPage()
    page.save()
    return buffer.getvalue()


def two_column_pdf(content: list[Block]) -> bytes:
    """One page: the title over both columns, then the left column, then the right one."""
    page, buffer = new_pdf(content[0].text, A4)
    width, height = A4
    margin, gap, font_size = 56, 27, 10.5
    column = (width - 2 * margin - gap) / 2
    draw_column(page, list(typeset(content[:1], font_size, width - 2 * margin)), margin, height - 50, 24)
    lines = list(typeset(content[1:], font_size, column))
    half = (len(lines) + 1) // 2
    for number, part in enumerate((lines[:half], lines[half:])):
        draw_column(page, part, margin + number * (column + gap), height - 100, 19)
    page.save()
    return buffer.getvalue()


# Cells of the printed canvas: name -> (column, row, columns, rows) on a grid of 10 by 6.
CELLS = {
    "重要伙伴": (0, 0, 2, 4),
    "关键业务": (2, 0, 2, 2),
    "核心资源": (2, 2, 2, 2),
    "价值主张": (4, 0, 2, 4),
    "客户关系": (6, 0, 2, 2),
    "渠道通路": (6, 2, 2, 2),
    "客户细分": (8, 0, 2, 4),
    "成本结构": (0, 4, 5, 2),
    "收入来源": (5, 4, 5, 2),
}


def canvas_table_pdf(content: list[Block]) -> bytes:
    """A title, paragraphs, and the ruled canvas of nine cells below them."""
    page, buffer = new_pdf(content[0].text, landscape(A4))
    width, height = landscape(A4)
    margin, font_size = 48, 10.5
    first = next(i for i, block in enumerate(content) if block.kind == "heading")
    intro = list(typeset(content[:first], font_size, width - 2 * margin))
    draw_column(page, intro, margin, height - 30, 19)
    top = height - 44 - 19 * len(intro)
    across, down = (width - 2 * margin) / 10, (top - 40) / 6
    cell = (0, 0, 0, 0)
    for block in content[first:]:
        if block.kind == "heading":
            cell = CELLS[block.text]
            x, y, w, h = cell[0] * across, cell[1] * down, cell[2] * across, cell[3] * down
            page.rect(margin + x, top - y - h, w, h)
            left, line_top = margin + x + 8, top - y
        room = cell[2] * across - 16
        text = block.text if block.kind == "heading" else f"· {block.text}"
        size = font_size + (block.kind == "heading")
        lines = [Line(part, size) for part in wrap(text, size, room)]
        draw_column(page, lines, left, line_top, 16)
        line_top -= 16 * len(lines)
    page.save()
    return buffer.getvalue()


# --- Word ------------------------------------------------------------------------------------


def word(content: list[Block]) -> bytes:
    """A .docx with Word's own heading, list and table styles."""
    document = docx.Document()
    for name in ("Normal", "Title", "Heading 1", "Heading 2"):
        fonts = document.styles[name].element.get_or_add_rPr().get_or_add_rFonts()
        fonts.set(qn("w:eastAsia"), "宋体")
    table = None
    for block in content:
        if block.kind == "row":
            table = table or document.add_table(rows=0, cols=len(block.cells), style="Table Grid")
            for cell, text in zip(table.add_row().cells, block.cells, strict=True):
                cell.text = text
            continue
        table = None
        if block.kind == "bullet":
            document.add_paragraph(block.text, style="List Bullet")
        elif block.kind in ("title", "heading"):
            document.add_heading(block.text, block.level)
        else:
            document.add_paragraph(block.text)
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = content[0].text, "案例小组", "案例小组"
    properties.created = properties.modified = DATE
    properties.revision, properties.comments = 1, ""
    buffer = io.BytesIO()
    document.save(buffer)
    return with_fixed_dates(buffer.getvalue())


def with_fixed_dates(package: bytes) -> bytes:
    """The same ZIP with one date for all members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            member = zipfile.ZipInfo(name, DATE.timetuple()[:6])
            member.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(member, old.read(name))
    return buffer.getvalue()


def write_doc(name: str, docx_bytes: bytes) -> None:
    """The binary Word 97 form of a .docx, where LibreOffice is installed."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if not office:
        print(f"没有找到 LibreOffice, 保留原有的 {name} / no LibreOffice found, {name} kept as it is")
        return
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "case.docx").write_bytes(docx_bytes)
        profile = Path(folder, "profile").as_uri()
        subprocess.run(
            [office, "--headless", f"-env:UserInstallation={profile}", "--convert-to", "doc:MS Word 97",
             "--outdir", folder, str(Path(folder, "case.docx"))],
            check=True, capture_output=True, timeout=180, env=os.environ | {"TZ": "UTC"},
        )  # fmt: skip
        write(name, Path(folder, "case.doc").read_bytes())


if __name__ == "__main__":
    sys.exit(main())
