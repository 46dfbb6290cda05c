"""Pictures of the pages that notes point to: where quotes stand on them, and that they harm nobody."""

from __future__ import annotations

import io
import json
import os
import re

import pypdfium2
import pytest
from conftest import FIRST, SECOND, make_pdf
from hostile.pdf_writer import Objects, page, pdf, show, stream

from pipeline import pictures, store
from pipeline.extract import answers, backend, pdf_fonts, pdf_picture
from pipeline.records import Picture

BROKEN = ["公司面向连锁餐饮企业销售净菜，", "并按月收取冷链配送服务费。"]
CRASHES = """
from pipeline.extract import pdf_picture
def draw(data, wanted):
    import os, signal
    os.kill(os.getpid(), signal.SIGKILL)
pdf_picture.draw = draw
"""


def with_font(pages: list[list[str]]) -> bytes:
    """A PDF that carries its font, squares, so that it is drawn on every machine."""
    objects: Objects = {
        1: "<</Type/Catalog/Pages 2 0 R>>",
        2: f"<</Type/Pages/Kids[{' '.join(f'{10 + 2 * n} 0 R' for n in range(len(pages)))}]/Count {len(pages)}>>",
        4: "<</Type/Font/Subtype/Type0/BaseFont/Squares/Encoding/Identity-H/ToUnicode 8 0 R/DescendantFonts[<<"
        "/Type/Font/Subtype/CIDFontType2/BaseFont/Squares/DW 1000/CIDToGIDMap 7 0 R/FontDescriptor 5 0 R"
        "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>]>>",
        5: "<</Type/FontDescriptor/FontName/Squares/Flags 4/FontBBox[0 -120 1000 880]/ItalicAngle 0"
        "/Ascent 880/Descent -120/CapHeight 880/StemV 93/FontFile2 6 0 R>>",
        6: stream(pdf_fonts.square_font()),
        7: stream(b"\0\1" * 0x10000, deflate=True),
        8: stream(
            "/CIDInit/ProcSet findresource begin begincmap 1 begincodespacerange <0000> <FFFF> "
            "endcodespacerange 1 beginbfrange <0000> <FFFF> <0000> endbfrange endcmap end"
        ),
    }
    for number, lines in enumerate(pages):
        objects |= {10 + 2 * number: page(f"{11 + 2 * number} 0 R"), 11 + 2 * number: stream(show(*lines))}
    return pdf(objects)


def one(lines: list[str], *quotes: str) -> Picture:
    (picture,) = pdf_picture.draw(with_font([lines]), [(1, quotes)])
    return picture


def test_a_quote_is_boxed_line_by_line():
    picture = one([FIRST, "", *BROKEN], "".join(BROKEN), FIRST[:12])
    assert (picture.width, picture.height) == (560, 793)
    (above, below), (first,) = picture.boxes
    for box, line, length in ((above, 2, 15), (below, 3, 12), (first, 0, 12)):
        left, top, width, height = box
        middle = 842 * (1 - (top + height / 2))
        assert abs(middle - (780 - 18 * line + 4)) < 5  # points; the letters stand on the base line
        assert abs(595 * left - 60) < 3
        assert length * 9 < 595 * width < length * 11.5  # some full stops are drawn narrow


def test_spaces_and_wide_letters_of_the_text_that_was_read_do_not_matter():
    picture = one(["ABC 100 净菜公司"], "ＡＢＣ１００ 净 菜公司", "不在这一页上的话")
    assert [len(boxes) for boxes in picture.boxes] == [1, 0]


def test_a_quote_that_runs_over_the_page_is_boxed_as_far_as_it_goes():
    (boxes,) = one([FIRST], FIRST[-14:] + "下一页才有的后半句也很长").boxes
    assert len(boxes) == 1


def test_pages_that_cannot_be_drawn_are_left_out():
    assert not pdf_picture.draw(with_font([[FIRST]]), [(0, []), (2, [])])


def test_a_page_of_a_font_that_nobody_has_is_not_drawn(monkeypatch):
    data = make_pdf([[FIRST]])
    monkeypatch.setattr(pdf_fonts, "missing", lambda: True)
    assert not pdf_picture.draw(data, [(1, [FIRST])])
    monkeypatch.setattr(pdf_fonts, "missing", lambda: False)
    assert pdf_picture.draw(data, [(1, [FIRST])])


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_boxes_follow_a_turned_page(turn):
    document = pypdfium2.PdfDocument(with_font([[FIRST]]))
    document[0].set_rotation(turn)
    buffer = io.BytesIO()
    document.save(buffer)
    (picture,) = pdf_picture.draw(buffer.getvalue(), [(1, [FIRST])])
    ((left, top, width, height),) = picture.boxes[0]
    assert (width > 5 * height) == (turn in (0, 180))
    assert {0: top < 0.2, 90: left > 0.8, 180: top > 0.8, 270: left < 0.2}[turn]


def good() -> tuple[dict, bytes]:
    picture = one([FIRST], FIRST)
    return json.loads(answers.pictures_to_json([picture]))["pictures"][0], picture.png


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 20},
        {"size": 10**9},
        {"number": "1"},
        {"boxes": [[[0, 0, 2, 0.1]]]},
        {"boxes": [[[0, 0, float("nan"), 0.1]]]},
        {"boxes": [[[0, 0, 0.1]]]},
        {"boxes": [[[0, 0, 0.1, 0.1]] * 61]},
        {"boxes": 3},
    ],
)
def test_what_is_no_picture_is_no_answer(wrong):
    right, png = good()
    assert answers.pictures_from([right], png)
    with pytest.raises(ValueError, match=r"picture|box|unpack|answer"):
        answers.answer_from(answers.to_json({"pictures": [{**right, **wrong}]}), png)


@pytest.mark.parametrize("at", [0, 12, 16])  # signature, chunk, width
def test_bytes_that_are_no_png_are_no_answer(at):
    right, png = good()
    with pytest.raises(ValueError, match=r"picture|box|unpack|answer"):
        answers.pictures_from([right], png[:at] + b"\xff" + png[at + 1 :])


def built(run, tmp_path, name: str, *more: str):
    raw = tmp_path / "raw"
    raw.mkdir(exist_ok=True)
    (raw / "案例.pdf").write_bytes(with_font([[FIRST, SECOND], BROKEN]))
    out = tmp_path / name
    assert run("build", raw, out, "--tagger", "linear", *more)[0] == 0
    return out


def shown(out) -> list[str]:
    pages = "".join(p.read_text(encoding="utf-8") for p in sorted((out / "site" / "d").iterdir()))
    return re.findall(r'<figure class="page">\s*<a href="\.\./(p/[^"]+)"', pages)


def test_a_note_shows_the_page_of_its_source(tmp_path, run):
    out = built(run, tmp_path, "out", "--workers", "2")
    names = {path.name for path in (out / "site" / "p").iterdir()}
    assert {name.removeprefix("p/") for name in shown(out)} == names
    assert len(names) == 2
    again = built(run, tmp_path, "again", "--workers", "1")
    for path in (out / "site").rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (again / path.relative_to(out)).read_bytes()


def test_a_picture_is_drawn_once(tmp_path, run, monkeypatch):
    built(run, tmp_path, "out")
    before = shown(built(run, tmp_path, "out"))  # the second time unchanged
    (tmp_path / "raw" / "新.txt").write_text(SECOND, encoding="utf-8")

    def no_worker(jobs, **_):
        assert not list(jobs)
        return iter(())

    monkeypatch.setattr(pictures, "read_all", no_worker)
    assert shown(built(run, tmp_path, "out")) == before


def test_a_page_whose_drawing_kills_the_reader_has_only_its_text(tmp_path, run, monkeypatch):
    monkeypatch.setattr(backend, "PREPARE", CRASHES)
    out = built(run, tmp_path, "out")
    assert not (out / "site" / "p").exists()
    assert not shown(out)
    assert "ok" in (out / "ledger.csv").read_text(encoding="utf-8-sig")


def test_a_file_that_changed_since_it_was_read_is_not_drawn(tmp_path):
    path = tmp_path / "raw" / "a.pdf"
    path.parent.mkdir()
    path.write_bytes(with_font([[FIRST]]))
    (entry,) = store.walk(path.parent)
    drawer = pictures.Illustrator({entry.path_hex: entry}, store.Cache(tmp_path), 1, 30)
    wanted = pictures.Wanted(entry.path_hex, "0" * 64, ((1, (FIRST,)),))
    assert not list(drawer.draw([wanted]))
    right = pictures.Wanted(entry.path_hex, store.sha256(path.read_bytes()), ((1, (FIRST,)),))
    os.makedirs(tmp_path / ".huabu" / "cache")
    ((_, found),) = drawer.draw([right])
    ((_, again),) = drawer.draw([right])
    assert found == again
    assert found[0].boxes[0]
