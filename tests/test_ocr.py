"""Scans: which pages are pictures, reading order, one job a page; and, `external`, how much is right."""

from __future__ import annotations

import csv
import io
import re
from functools import cache
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from conftest import FIRST, ROOT, SECOND, make_pdf
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from pipeline import inputs, store
from pipeline.extract import formats, ocr, ocr_lines, sandbox
from pipeline.records import Extraction, Mark, Page, Skipped

versions = ocr.versions  # before conftest takes the recogniser away from all tests


def picture(*, size: tuple[int, int] = (60, 80)) -> Image.Image:
    return Image.new("L", size, 200)


def make_scan(pictures: list[Image.Image | None], *, text: str = "", share: float = 1.0) -> bytes:
    """A PDF with a picture on each page, over `share` of its height; None is a page of text."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    for image in pictures:
        if image is None:
            canvas.drawString(60, 700, "A page of text that needs no recogniser at all")
        else:
            canvas.drawImage(ImageReader(image), 0, 0, A4[0], A4[1] * share)
            canvas.drawString(60, 20, text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def curves(count: int) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    for n in range(count):
        canvas.line(50 + n, 50, 50 + n, 90)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (make_scan([picture()]), [1]),
        (make_scan([picture()], text="- 12 -"), [1]),
        (make_scan([picture()], text="a line of text on a picture"), []),
        (make_scan([picture()], share=0.3), [1]),
        (make_scan([picture()], text="- 12 -", share=0.3), []),
        (make_scan([None, picture()], share=0.01), []),
        (make_scan([None, picture(), None, picture()]), [2, 4]),
        (make_pdf([[FIRST]]), []),
        (curves(300), [1]),
    ],
)
def test_pages_that_are_pictures(data, expected):
    extraction = formats.read(data, "pdf")
    assert ocr.unread(extraction) == expected
    assert [p.number for p in extraction.pages if not p.confidence] == expected


def test_blank_pages_and_frames_are_no_pictures():
    for data in (make_pdf([[]]), curves(20)):
        document = pypdfium2.PdfDocument(data)
        assert not ocr.is_picture(document, Page(1, ""))


def test_pages_out_of_order_are_pictures_too():
    page = Page(1, "中" * 50, (Mark(0, 50, "scrambled"),))
    assert ocr.is_picture(pypdfium2.PdfDocument(make_pdf([[FIRST]])), page)


# --- lines -----------------------------------------------------------------------------------

LINE = "十二个字的一行正文在这里"


def piece(text: str, left: float, top: float, *, width: float = 0, slope: float = 0) -> ocr_lines.Piece:
    right = left + (width or 20 * len(text))
    drop = slope * (right - left)
    corners = [(left, top), (right, top + drop), (right, top + drop + 20), (left, top + 20)]
    return ocr_lines.Piece.of(corners, text, 0.9)


def column(letter: str, left: float, rows: range) -> list[ocr_lines.Piece]:
    return [piece(f"{letter}{n}{LINE}", left, 40 * n) for n in rows]


def heads(page: Page) -> list[str]:
    return [re.sub(f"{LINE}", "", line) for line in page.text.splitlines()]


def test_lines_from_top_to_bottom():
    page = ocr_lines.page_of([piece("二", 50, 80), piece("一", 60, 40), piece("三", 10, 121)])
    assert page.text == "一\n二\n三\n"
    assert page.confidence == 0.9


def test_pieces_of_a_row_are_joined_by_their_gap():
    row = [piece("前半", 0, 0), piece("后半", 45, 1), piece("word", 95, 2), piece("格", 300, 0)]
    page = ocr_lines.page_of([*row, piece("甲", 0, 40), piece("乙", 300, 42), piece("一行正文", 0, 80)])
    assert page.text == "前半后半 word\t格\n甲\t乙\n一行正文\n"
    assert [page.text[m.start : m.end] for m in page.marks] == ["前半后半 word\t格", "甲\t乙"]


def test_two_columns_under_a_heading_and_above_a_footnote():
    title, foot = piece("横跨两栏的标题", 150, 0, width=400), piece("横跨两栏的脚注", 100, 400, width=500)
    pieces = [*column("L", 0, range(2, 9)), *column("R", 340, range(2, 9)), title, foot]
    order = [*(f"L{n}" for n in range(2, 9)), *(f"R{n}" for n in range(2, 9))]
    assert heads(ocr_lines.page_of(pieces)) == ["横跨两栏的标题", *order, "横跨两栏的脚注"]


def test_three_columns():
    pieces = [p for k, c in enumerate("ABC") for p in column(c, 340 * k, range(5))]
    assert heads(ocr_lines.page_of(pieces)) == [f"{c}{n}" for c in "ABC" for n in range(5)]


def test_cells_of_a_table_stay_in_their_rows():
    pieces = [piece(text, 300 * k, 40 * n) for n in range(5) for k, text in enumerate(("渠道", "门店和网上"))]
    assert ocr_lines.page_of(pieces).text == "渠道\t门店和网上\n" * 5


@pytest.mark.parametrize("slope", [-0.02, 0.02])
def test_a_page_that_lies_askew(slope):
    """At one degree the end of a line stands where the next line begins."""
    pieces = [
        piece(f"{n}{side}", left, 40 * n + slope * left, width=500, slope=slope)
        for n in range(6)
        for side, left in (("左", 0), ("右", 900))
    ]
    assert ocr_lines.page_of(pieces).text == "".join(f"{n}左\t{n}右\n" for n in range(6))


# --- merging, one job a page -----------------------------------------------------------------


def recognised(number: int) -> Extraction:
    return Extraction("pdf", "rapidocr", (Page(number, f"第{number}页：{FIRST}\n", confidence=0.9),))


MIXED = Extraction(
    "pdf", "pdfium", (Page(1, FIRST), Page(2, "- 2 -", confidence=0.0), Page(3, "", confidence=0.0))
)
SCAN = Extraction("pdf", "pdfium", (Page(1, "", confidence=0.0), Page(2, "", confidence=0.0)))
LATE, NONE = Skipped("quarantined", "TIMEOUT"), Skipped("quarantined", "NO_TEXT")


@pytest.mark.parametrize(
    ("extraction", "pages", "warnings", "extractor"),
    [
        (MIXED, {}, ("PARTIAL",), "pdfium"),
        (MIXED, {2: recognised(2), 3: recognised(3)}, ("OCR",), "pdfium+rapidocr"),
        (MIXED, {2: recognised(2), 3: LATE}, ("OCR", "PARTIAL"), "pdfium+rapidocr"),
        (SCAN, {1: NONE, 2: recognised(2)}, ("OCR", "PARTIAL"), "pdfium+rapidocr"),
    ],
)
def test_recognised_pages_take_their_place(extraction, pages, warnings, extractor):
    settled = ocr.settled(extraction, pages)
    assert isinstance(settled, Extraction)
    assert (settled.warnings, settled.extractor) == (warnings, extractor)
    assert [p.number for p in settled.pages] == [p.number for p in extraction.pages]
    assert all(FIRST in settled.pages[n - 1].text for n, p in pages.items() if isinstance(p, Extraction))


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        ({}, "NO_TEXT"),
        ({1: LATE, 2: LATE}, "TIMEOUT"),
        ({1: LATE, 2: NONE}, "NO_TEXT"),
        ({1: LATE}, "NO_TEXT"),
    ],
)
def test_a_scan_without_text_says_why(pages, reason):
    assert ocr.settled(SCAN, pages) == Skipped("quarantined", reason)


def read(folder: Path, cache: store.Cache | None = None, **options: bool) -> tuple[list[inputs.Input], int]:
    retry = options.get("retry", False)
    return inputs.read(
        store.walk(folder),
        cache=cache,
        workers=1,
        time_limit=30,
        retry_quarantined=retry,
        report=lambda *_: None,
    )


@pytest.fixture
def asked(monkeypatch):
    """A recogniser of another kind, in this process; the pages it was asked for."""
    pages: list[int] = []
    answers: dict[int, Extraction | Skipped] = {}

    def read_all(jobs, *, follow, **_):
        waiting = list(jobs)
        for job in waiting:
            pages.append(job.page) if job.page else None
            answer = (
                answers.get(job.page, recognised(job.page))
                if job.page
                else formats.read(job.data, job.extension)
            )
            waiting.extend(follow(job, answer))
            yield job.key, answer

    monkeypatch.setattr(inputs, "read_all", read_all)
    monkeypatch.setattr(ocr, "versions", lambda: {"recogniser": "1"})
    read_all.pages, read_all.answers = pages, answers
    return read_all


def test_pages_are_read_and_cached_one_by_one(asked, tmp_path, monkeypatch):
    raw, out = tmp_path / "raw", tmp_path / "out"
    raw.mkdir()
    (raw / "a.pdf").write_bytes(make_scan([picture(), None, picture(), picture()]))
    store.prepare_output(out)
    cache = store.Cache(out)
    asked.answers[3] = LATE
    (first,), started = read(raw, cache)
    assert started == 1
    assert asked.pages == [1, 3, 4]
    assert isinstance(first.result, Extraction)
    assert first.warnings == ("OCR", "PARTIAL")
    asked.pages.clear()
    assert read(raw, cache) == ([first], 0)
    assert asked.pages == []
    asked.answers.clear()
    (again,), _ = read(raw, cache, retry=True)
    assert asked.pages == [3]
    assert again.warnings == ("OCR",)
    assert again.key != first.key  # what was made of it is made again
    monkeypatch.setattr(ocr, "versions", dict)
    (without,), started = read(raw, cache)
    assert started == 0
    assert without.warnings == ("PARTIAL",)


def test_without_a_recogniser_a_scan_has_no_text(tmp_path):
    (tmp_path / "a.pdf").write_bytes(make_scan([picture()]))
    (item,), _ = read(tmp_path)
    assert item.result == Skipped("quarantined", "NO_TEXT")


# --- with the recogniser: characters that are right -------------------------------------------

CLEAN, DEGRADED = 0.985, 0.98


@pytest.fixture
def installed(monkeypatch):
    pytest.importorskip("rapidocr", reason="the extra is not here: pip install 'huabu[ocr]'")
    monkeypatch.setattr(ocr, "versions", versions)


@cache
def font() -> str:
    """A CJK font."""
    found = sorted(Path("/usr/share/fonts").rglob("NotoSerifCJK-Regular.ttc"))
    if not found:
        pytest.skip("no CJK font is here; on Debian: apt-get install fonts-noto-cjk")
    return str(found[0])


def letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text)


def accuracy(expected: str, found: str) -> float:
    """1 - edit distance over letters and digits / their number."""
    a, b = letters(expected), letters(found)
    before = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        row = [i]
        for j, y in enumerate(b, start=1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (x != y)))
        before = row
    return 1 - before[-1] / len(a)


def rendered(columns: list[list[str]], *, dpi: int = 200, points: float = 10.5) -> Image.Image:
    image = Image.new("L", (int(8.27 * dpi), int(11.69 * dpi)), 255)
    draw = ImageDraw.Draw(image)
    pixels = int(points * dpi / 72)
    face = ImageFont.truetype(font(), pixels, index=2)
    for k, lines in enumerate(columns):
        for n, line in enumerate(lines):
            at = int(0.9 * dpi + k * 3.4 * dpi), int(0.9 * dpi) + n * int(1.7 * pixels)
            draw.text(at, line, font=face, fill=0)
    return image


def degraded(image: Image.Image) -> Image.Image:
    """One degree askew, blurred, noisy, as a JPEG of quality 40."""
    image = image.rotate(1, fillcolor=255, resample=Image.Resampling.BICUBIC)
    noise = np.random.default_rng(7).normal(0, 15, (image.height, image.width))
    blurred = np.asarray(image.filter(ImageFilter.GaussianBlur(1)), dtype=float)
    buffer = io.BytesIO()
    Image.fromarray((blurred + noise).clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=40)
    return Image.open(buffer)


def sample_lines(name: str, width: int, count: int) -> list[str]:
    (file,) = (ROOT / "data" / "samples-src").glob(name)
    text = re.sub(r"[#*|>`-]+", " ", file.read_text(encoding="utf-8"))
    paragraphs = [p.strip() for p in text.split("\n") if p.strip()]
    return [p[at : at + width] for p in paragraphs for at in range(0, len(p), width)][:count]


@pytest.mark.external
@pytest.mark.parametrize("sample", ["宜家*.md", "捷安特*.md", "招股书*.md"])
@pytest.mark.parametrize("damage", [None, degraded])
def test_most_characters_are_right(installed, sample, damage):
    lines = sample_lines(sample, 38, 38)
    image = rendered([lines])
    data = make_scan([damage(image) if damage else image])
    ocr._engine()
    (page,) = ocr.recognise(data, 1).pages
    assert accuracy("".join(lines), page.text) >= (DEGRADED if damage else CLEAN)
    assert page.confidence > 0.9


@pytest.mark.external
def test_columns_of_a_scan(installed):
    lines = sample_lines("宜家*.md", 20, 60)
    halves = [lines[:30], lines[30:60]]
    (page,) = ocr.recognise(make_scan([degraded(rendered(halves))]), 1).pages
    assert accuracy("".join(lines[:60]), page.text) >= DEGRADED


@pytest.mark.external
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_pages_that_lie_on_their_side(installed, quarters):
    lines = sample_lines("宜家*.md", 30, 6)
    turned = rendered([lines], dpi=120, points=14).rotate(90 * quarters, expand=True)
    buffer = io.BytesIO()
    turned.save(buffer, "PDF", resolution=120)
    (page,) = ocr.recognise(buffer.getvalue(), 1).pages
    assert accuracy("".join(lines), page.text) >= CLEAN


@pytest.mark.external
def test_a_scan_through_the_command(installed, tmp_path, run):
    raw, out = tmp_path / "raw", tmp_path / "out"
    raw.mkdir()
    lines = [FIRST, SECOND, *sample_lines("宜家*.md", 38, 8)]
    (raw / "扫描.pdf").write_bytes(make_scan([rendered([lines]), None]))
    (raw / "照片.pdf").write_bytes(make_scan([picture()]))
    code, _, _ = run("build", raw, out, "--workers", 1)
    with (out / "ledger.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {r["path"]: r for r in csv.DictReader(file)}
    assert code == 0
    assert (rows["扫描.pdf"]["warnings"], rows["扫描.pdf"]["extractor"]) == ("OCR", "pdfium+rapidocr")
    assert rows["照片.pdf"]["reason"] == "NO_TEXT"
    with (out / "passages.csv").open(encoding="utf-8-sig", newline="") as file:
        texts = [r["text"] for r in csv.DictReader(file)]
    assert accuracy("".join(lines), "".join(texts).partition("A page of text")[0]) >= CLEAN
    again, shown, _ = run("build", raw, out, "--workers", 1)
    assert again == 0
    assert "没有变化" in shown


@pytest.mark.external
def test_recognition_is_the_same_each_time_and_within_its_memory(installed):
    data = make_scan([rendered([sample_lines("宜家*.md", 38, 10)])])
    jobs = [sandbox.Job(str(n), data, "pdf", page=1) for n in range(2)]
    one, two = (answer for _, answer in sandbox.read_all(jobs, workers=2, time_limit=120))
    assert one == two
    assert isinstance(one, Extraction)
