"""(Re)make the sample documents in data/raw/samples: `make samples`.

The texts are our own; they stand in `data/samples-src/*.md`, one file for each sample and named
like it. For all but plain text a source is read as blocks: `#` title, `##` and `###` headings, `-`
bullets, `|` table rows, anything else one paragraph a line. For plain text it is written as it
stands, in the encoding of the sample.

The same sources give the same bytes each time: no clock, fixed dates in PDF, DOCX and PPTX. The
.doc is converted by LibreOffice and replaced only if its text changed, the scan is set in Noto Sans
CJK; without them, the committed files are kept.
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
from html import escape
from pathlib import Path

import docx
import numpy as np
import unword
from docx.oxml.ns import qn
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4, B5, landscape
from reportlab.lib.utils import ImageReader
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

    for report in ("瑞幸咖啡课程报告", "瑞幸咖啡三个阶段"):
        write(f"{report}.docx", word(blocks(report)))
    write_doc("海底捞服务案例.doc", word(blocks("海底捞服务案例")))

    write("哔哩哔哩画布.pptx", slides(blocks("哔哩哔哩画布")))
    write("知乎商业模式.html", web_page(blocks("知乎商业模式"), "商业案例笔记").encode())
    write_scan("扫描件-名创优品.pdf", blocks("扫描件-名创优品"))

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
        made = Path(folder, "case.doc").read_bytes()
    # LibreOffice notes the fonts of this machine in the file: only a new text is worth new bytes.
    kept = SAMPLES / name
    if not kept.exists() or unword.parse_doc(kept.read_bytes()).body_text != unword.parse_doc(made).body_text:
        write(name, made)


# --- PowerPoint ------------------------------------------------------------------------------

_NS = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument"
_SLIDE_SIZE = (12_192_000, 6_858_000)  # EMU: 16:9
# Layout -> placeholders: (type, index, x, y, width, height).
_LAYOUTS = {
    "title": (
        ("ctrTitle", 0, 1_524_000, 1_900_000, 9_144_000, 1_500_000),
        ("subTitle", 1, 1_524_000, 3_700_000, 9_144_000, 900_000),
    ),
    "obj": (
        ("title", 0, 838_200, 365_125, 10_515_600, 1_100_000),
        ("body", 1, 838_200, 1_700_000, 10_515_600, 4_300_000),
    ),
}


def slides(content: list[Block]) -> bytes:
    """A .pptx: a title slide, then one slide for each heading with its bullets. Shapes stand where
    their layout puts them, as in a deck typed into a template."""
    parts: dict[str, str] = {}
    sheets: list[list[Block]] = []
    for block in content:
        if block.kind in ("title", "heading"):
            sheets.append([])
        sheets[-1].append(block)
    numbers = range(1, len(sheets) + 1)
    for number, sheet in zip(numbers, sheets, strict=True):
        layout = 1 if sheet[0].kind == "title" else 2
        kinds = list(_LAYOUTS.values())[layout - 1]
        texts = ([sheet[0].text], [block.text for block in sheet[1:]])
        tree = "".join(
            _placeholder(kind, index, text) for (kind, index, *_), text in zip(kinds, texts, strict=True)
        )
        parts[f"ppt/slides/slide{number}.xml"] = _sheet("sld", tree)
        parts |= _rels(
            f"ppt/slides/slide{number}.xml", [("slideLayout", f"../slideLayouts/slideLayout{layout}.xml")]
        )
    for number, (kind, places) in enumerate(_LAYOUTS.items(), start=1):
        tree = "".join(_placeholder(p[0], p[1], ["单击此处编辑"], p[2:]) for p in places)
        parts[f"ppt/slideLayouts/slideLayout{number}.xml"] = _sheet("sldLayout", tree, f' type="{kind}"')
        parts |= _rels(
            f"ppt/slideLayouts/slideLayout{number}.xml", [("slideMaster", "../slideMasters/slideMaster1.xml")]
        )
    parts["ppt/slideMasters/slideMaster1.xml"] = _master()
    parts |= _rels(
        "ppt/slideMasters/slideMaster1.xml",
        [("slideLayout", f"../slideLayouts/slideLayout{n}.xml") for n in (1, 2)]
        + [("theme", "../theme/theme1.xml")],
    )
    parts["ppt/theme/theme1.xml"] = _theme()
    listed = "".join(f'<p:sldId id="{255 + n}" r:id="rId{n + 1}"/>' for n in numbers)
    width, height = _SLIDE_SIZE
    parts["ppt/presentation.xml"] = (
        f'<p:presentation {_NS}><p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="rId1"/></p:sldMasterIdLst>'
        f'<p:sldIdLst>{listed}</p:sldIdLst><p:sldSz cx="{width}" cy="{height}"/><p:notesSz cx="{height}" cy="{width}"/>'
        "</p:presentation>"
    )
    targets = [("slideMaster", "slideMasters/slideMaster1.xml")]
    parts |= _rels("ppt/presentation.xml", targets + [("slide", f"slides/slide{n}.xml") for n in numbers])
    parts |= _rels("", [("officeDocument", "ppt/presentation.xml")])
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{_content_type(name)}"/>'
        for name in parts
        if not name.endswith(".rels")
    )
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, xml in {"[Content_Types].xml": types, **parts}.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + xml)
    return with_fixed_dates(buffer.getvalue())


def _content_type(name: str) -> str:
    kind = re.sub(r"\d", "", name.rsplit("/", 1)[-1].removesuffix(".xml"))
    if kind == "theme":
        return f"{_TYPE}.theme+xml"
    return f"{_TYPE}.presentationml.{'presentation.main' if kind == 'presentation' else kind}+xml"


def _rels(part: str, targets: list[tuple[str, str]]) -> dict[str, str]:
    """The relationships part of a part: rId1, rId2 … in the order of `targets`."""
    folder, _, base = part.rpartition("/")
    rows = "".join(
        f'<Relationship Id="rId{number}" Type="{_REL}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return {
        f"{folder}/_rels/{base}.rels".lstrip("/"): f'<Relationships xmlns="{space}">{rows}</Relationships>'
    }


def _placeholder(kind: str, index: int, texts: list[str], place: tuple[int, ...] = ()) -> str:
    x, y, width, height = place or (0, 0, 0, 0)
    where = f'<a:xfrm><a:off x="{x}" y="{y}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>' if place else ""
    number = f' idx="{index}"' if index else ""
    plain = '<a:pPr marL="0" indent="0"><a:buNone/></a:pPr>' if kind == "subTitle" else ""
    paragraphs = "".join(
        f'<a:p>{plain}<a:r><a:rPr lang="zh-CN"/><a:t>{escape(t)}</a:t></a:r></a:p>' for t in texts
    )
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{index + 2}" name="{kind} {index + 1}"/>'
        f'<p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph type="{kind}"{number}/></p:nvPr></p:nvSpPr>'
        f"<p:spPr>{where}</p:spPr><p:txBody><a:bodyPr/><a:lstStyle/>{paragraphs}</p:txBody></p:sp>"
    )


def _tree(shapes: str) -> str:
    group = '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
    return f"<p:spTree>{group}{shapes}</p:spTree>"


def _sheet(kind: str, shapes: str, attributes: str = "") -> str:
    override = "<p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr>"
    return f"<p:{kind} {_NS}{attributes}><p:cSld>{_tree(shapes)}</p:cSld>{override}</p:{kind}>"


def _master() -> str:
    """The master: the places of title and text, sizes, and a bullet before each line of text."""
    shapes = "".join(_placeholder(p[0], p[1], ["单击此处编辑"], p[2:]) for p in _LAYOUTS["obj"])
    colours = {
        "bg1": "lt1",
        "tx1": "dk1",
        "bg2": "lt2",
        "tx2": "dk2",
        "hlink": "hlink",
        "folHlink": "folHlink",
    }
    colours |= {f"accent{n}": f"accent{n}" for n in range(1, 7)}
    mapping = " ".join(f'{k}="{v}"' for k, v in colours.items())
    background = (
        '<p:bg><p:bgPr><a:solidFill><a:schemeClr val="bg1"/></a:solidFill><a:effectLst/></p:bgPr></p:bg>'
    )
    layouts = "".join(f'<p:sldLayoutId id="{2147483648 + n}" r:id="rId{n}"/>' for n in (1, 2))
    return (
        f"<p:sldMaster {_NS}><p:cSld>{background}{_tree(shapes)}</p:cSld><p:clrMap {mapping}/>"
        f"<p:sldLayoutIdLst>{layouts}</p:sldLayoutIdLst><p:txStyles><p:titleStyle><a:lvl1pPr><a:buNone/>"
        '<a:defRPr sz="4000" b="1"/></a:lvl1pPr></p:titleStyle><p:bodyStyle><a:lvl1pPr marL="342900" '
        'indent="-342900"><a:spcBef><a:spcPts val="1000"/></a:spcBef><a:buChar char="•"/><a:defRPr sz="2400"/>'
        "</a:lvl1pPr></p:bodyStyle><p:otherStyle/></p:txStyles></p:sldMaster>"
    )


def _theme() -> str:
    names = ("dk1", "lt1", "dk2", "lt2", *(f"accent{n}" for n in range(1, 7)), "hlink", "folHlink")
    values = [
        "000000",
        "FFFFFF",
        "1F3864",
        "E7E6E6",
        "00A1D6",
        "FB7299",
        "F2A33A",
        "5B9BD5",
        "70AD47",
        "7F7F7F",
        "0563C1",
        "954F72",
    ]
    colours = "".join(
        f'<a:{name}><a:srgbClr val="{value}"/></a:{name}>' for name, value in zip(names, values, strict=True)
    )
    font = '<a:latin typeface="Arial"/><a:ea typeface="宋体"/><a:cs typeface=""/>'
    fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
    return (
        f'<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" name="课堂"><a:themeElements>'
        f'<a:clrScheme name="课堂">{colours}</a:clrScheme><a:fontScheme name="课堂"><a:majorFont>{font}</a:majorFont>'
        f'<a:minorFont>{font}</a:minorFont></a:fontScheme><a:fmtScheme name="课堂"><a:fillStyleLst>{fill * 3}'
        f"</a:fillStyleLst><a:lnStyleLst>{f'<a:ln>{fill}</a:ln>' * 3}</a:lnStyleLst><a:effectStyleLst>"
        f"{'<a:effectStyle><a:effectLst/></a:effectStyle>' * 3}</a:effectStyleLst><a:bgFillStyleLst>{fill * 3}"
        "</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>"
    )


# --- web page --------------------------------------------------------------------------------


def web_page(content: list[Block], site: str) -> str:
    """A page as a browser saves it: the article among navigation, scripts and a footer."""
    body, open_list, open_table = [], False, False
    for block in [*content, Block("end", "")]:
        if open_list and block.kind != "bullet":
            body.append("</ul>")
        if open_table and block.kind != "row":
            body.append("</table>")
        if block.kind == "bullet":
            body += [] if open_list else ["<ul>"]
            body.append(f"  <li>{escape(block.text)}</li>")
        elif block.kind == "row":
            body += [] if open_table else ['<table border="1">']
            cell = "td" if open_table else "th"
            body.append("  <tr>" + "".join(f"<{cell}>{escape(c)}</{cell}>" for c in block.cells) + "</tr>")
        elif block.kind in ("title", "heading"):
            body.append(f"<h{block.level + 1}>{escape(block.text)}</h{block.level + 1}>")
        elif block.kind == "paragraph":
            body.append(f"<p>{escape(block.text)}</p>")
        open_list, open_table = block.kind == "bullet", block.kind == "row"
    menu = "".join(
        f'<li><a href="#">{name}</a></li>' for name in ("首页", "案例库", "排行榜", "登录", "注册")
    )
    return f"""<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<title>{escape(content[0].text)} - {site}</title>
<style>body {{ font-family: sans-serif }} .ad {{ display: none }}</style>
<script>window.page = {{"ad": "广告位招租", "tpl": "<p>加载中</p>"}};</script>
</head>
<body>
<nav><ul>{menu}</ul></nav>
<article>
{chr(10).join(body)}
</article>
<script>report("阅读完成");</script>
<noscript>请打开脚本后浏览</noscript>
<footer><p>{site}&nbsp;|&nbsp;关于我们&nbsp;|&nbsp;联系方式&nbsp;|&nbsp;意见反馈</p><p>本页仅供课堂讨论</p></footer>
</body>
</html>
"""


# --- scan ------------------------------------------------------------------------------------

SCAN_SIZE = (1_150, 1_626)  # A4 at 139 dots per inch, as a copier sends mail
CJK_FONTS = ("NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "SourceHanSansSC-Regular.otf")


def write_scan(name: str, content: list[Block]) -> None:
    """A PDF with a picture of a page and no text, where a font for the picture is installed."""
    for font in CJK_FONTS:
        try:
            ImageFont.truetype(font, 24)
        except OSError:
            continue
        write(name, scan(content, font))
        return
    print(f"没有找到 Noto Sans CJK, 保留原有的 {name} / no Noto Sans CJK found, {name} kept as it is")


def scan(content: list[Block], font: str) -> bytes:
    """The printed page, a little askew and grey, as a JPEG in a PDF."""
    picture = Image.new("L", SCAN_SIZE, 255)
    draw = ImageDraw.Draw(picture)
    margin, size, top = 130, 24, 120.0
    index = 2 if font.endswith(".ttc") else 0  # the simplified Chinese face of the collection
    for line in typeset(content, size, SCAN_SIZE[0] - 2 * margin):
        top += line.above * 0.8
        face = ImageFont.truetype(font, int(line.size), index=index)
        draw.text((margin + line.indent, top), line.text, font=face, fill=40)
        top += size * 1.55
    assert top < SCAN_SIZE[1] - 60, "the scan holds one page"
    askew = picture.rotate(0.4, Image.Resampling.BICUBIC, fillcolor=255)
    pixels = np.asarray(askew, dtype=np.float64) * 0.93
    noise = np.random.default_rng(2013).normal(0, 3, pixels.shape)  # the same grain each time
    jpeg = io.BytesIO()
    Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8)).save(jpeg, "JPEG", quality=32)
    page, buffer = new_pdf("扫描件", A4)
    page.drawImage(ImageReader(jpeg), 0, 0, *A4)
    page.showPage()
    page.save()
    return buffer.getvalue()


if __name__ == "__main__":
    sys.exit(main())
