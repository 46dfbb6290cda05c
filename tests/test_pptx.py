"""PPTX: what a slide says, in the order it is read, and what hostile packages end as."""

from __future__ import annotations

import pytest
from conftest import FIRST, SAMPLES, SECOND
from slides import SPACES, grid, make_pptx, relations, shape

from pipeline.extract import formats
from pipeline.extract.errors import Unreadable


def marked(page):
    return [(page.text[m.start : m.end], m.kind, m.level) for m in page.marks]


def read(shapes: str, **options):
    (page,) = formats.read(make_pptx([shapes], **options), "pptx").pages
    return page


def lines(page) -> list[str]:
    return [line for line in page.text.split("\n") if line]


def test_slides_come_in_the_order_of_the_show_with_their_marks():
    first = shape(FIRST, at=(20, 60)) + shape("渠道|通路", kind="title")
    deck = make_pptx(
        [first, shape(SECOND) + grid([["重要伙伴", "物流公司"], ["", ""]])],
        notes=shape("讲稿：先说门店。", kind="body")
        + shape("7", kind="sldNum")
        + shape("内部", kind="hdr")
        + shape("缩小的幻灯片", kind="sldImg"),
    )
    one, two = formats.read(deck, "pptx").pages
    assert lines(one) == ["渠道通路", FIRST, "讲稿：先说门店。", "内部"]
    assert marked(one) == [("渠道通路", "heading", 1), ("内部", "furniture", 0)]
    assert lines(two) == [SECOND, "重要伙伴\t物流公司"]
    assert marked(two) == [("重要伙伴\t物流公司", "table", 0)]
    assert one.flows


def test_shapes_in_reading_order():
    footer = shape("某公司内部资料", at=(80, 180), kind="ftr")
    number = shape("", kind="sldNum").replace(
        "<a:r><a:t></a:t></a:r>", '<a:fld type="slidenum"><a:t>12</a:t></a:fld>'
    )
    inner = shape("右", at=(60, 0)) + shape("左", at=(0, 2))
    group = f'<p:grpSp><p:grpSpPr><a:xfrm><a:off x="0" y="3600000"/></a:xfrm></p:grpSpPr>{inner}</p:grpSp>'
    variants = f"<mc:AlternateContent xmlns:mc='x'><mc:Choice>{shape('新写法', at=(0, 150))}</mc:Choice>"
    variants += f"<mc:Fallback>{shape('旧写法', at=(0, 150))}</mc:Fallback></mc:AlternateContent>"
    boxes = shape("第二行", at=(0, 60)) + shape("乙", at=(90, 31)) + shape("甲", at=(0, 33))
    deck = make_pptx(
        [
            footer + number + variants + group + boxes + shape("标题", kind="ctrTitle"),
            footer + shape("第二页"),
        ]
    )
    first, second = formats.read(deck, "pptx").pages
    assert lines(first) == ["标题", "甲", "乙", "第二行", "左", "右", "新写法", "某公司内部资料"]
    assert marked(first) == [("标题", "heading", 1), ("某公司内部资料", "furniture", 0)]
    # the footer of a deck is written once
    assert (second.number, second.text) == (2, "第二页\n")


def test_a_group_is_scaled_to_its_place():
    inner = shape("丙", at=(0, 100), size=(50, 50)) + shape("乙", at=(0, 0), size=(50, 50))
    place = (
        '<a:xfrm><a:off x="0" y="3600000"/><a:ext cx="1800000" cy="1800000"/>'
        '<a:chOff x="0" y="0"/><a:chExt cx="5400000" cy="5400000"/></a:xfrm>'
    )
    group = f"<p:grpSp><p:grpSpPr>{place}</p:grpSpPr>{inner}</p:grpSp>"
    page = read(shape("丁", at=(0, 160)) + group + shape("甲", at=(0, 60), size=(50, 20)))
    assert lines(page) == ["甲", "乙", "丙", "丁"]


def test_a_slide_number_in_a_box_of_its_own_is_furniture():
    number = shape("x", at=(0, 0)).replace(
        "<a:r><a:t>x</a:t></a:r>", '<a:fld type="slidenum"><a:t>3</a:t></a:fld>'
    )
    assert marked(read(number + shape(FIRST))) == [("3", "furniture", 0)]


CANVAS = {
    "重要伙伴": (0, 20, 50, 100),
    "关键业务": (50, 20, 50, 50),
    "核心资源": (50, 70, 50, 50),
    "价值主张": (100, 20, 50, 100),
    "客户关系": (150, 20, 50, 50),
    "渠道通路": (150, 70, 50, 50),
    "客户细分": (200, 20, 50, 100),
    "成本结构": (0, 120, 125, 60),
    "收入来源": (125, 120, 125, 60),
}


@pytest.mark.parametrize("style", ["one box", "label above", "label on a rectangle"])
def test_a_canvas_of_nine_boxes_is_read_box_by_box(style):
    labels, contents, frames = "", "", ""
    for name, (x, y, w, h) in reversed(CANVAS.items()):
        if style == "one box":
            contents += shape(f"{name}\n{name}的内容", at=(x, y), size=(w, h))
            continue
        labels += shape(f"{name}：", at=(x + 2, y + 1), size=(w - 4, 8))
        contents += shape(f"{name}的内容\n第二点", at=(x + 1, y + 10), size=(w - 2, h - 12))
        if style == "label on a rectangle":
            frames += shape("", at=(x, y), size=(w, h))
    page = read(frames + contents + labels)
    assert [text.rstrip("：") for text, kind, level in marked(page) if (kind, level) == ("heading", 2)] == [
        *CANVAS
    ]
    found = lines(page)
    assert all(f"{found[found.index(text) + 1]}" == f"{text.rstrip('：')}的内容" for text, *_ in marked(page))


def test_a_list_of_block_names_heads_nothing():
    page = read(shape("客户细分\n价值主张\n渠道通路", at=(0, 50)) + shape("成本", at=(0, 0)))
    assert marked(page) == []


MODEL = (
    '<m><ptLst><pt modelId="0" type="doc"/>'
    + "".join(
        f'<pt modelId="{k}"><t {SPACES}><a:p><a:r><a:t>{v}</a:t></a:r></a:p></t></pt>'
        for k, v in (("3", "三"), ("1", "一"), ("2", "二"))
    )
    + '</ptLst><cxnLst><cxn srcId="0" destId="3" srcOrd="1"/><cxn srcId="0" destId="1" srcOrd="0"/>'
    '<cxn srcId="1" destId="2" srcOrd="0"/></cxnLst>EXT</m>'
)
DRAWN = '<extLst><ext><dataModelExt relId="w"/></ext></extLst>'


@pytest.mark.parametrize(("extension", "expected"), [("", "一二三"), (DRAWN, "画好的")])
def test_diagrams_are_read_as_drawn_or_from_their_data(extension, expected):
    frame = f'<p:graphicFrame><d:relIds xmlns:d="x" {SPACES} r:dm="d"/></p:graphicFrame>'
    drawn = f"<dr {SPACES}><p:spTree>{''.join(shape(c) for c in '画好的')}</p:spTree></dr>"
    extra = {
        "ppt/diagrams/data1.xml": MODEL.replace("EXT", extension),
        "ppt/diagrams/drawing1.xml": drawn,
        "ppt/slides/_rels/slide1.xml.rels": relations(
            [
                ("d", "diagramData", "../diagrams/data1.xml"),
                ("w", "diagramDrawing", "../diagrams/drawing1.xml"),
            ]
        ),
        # a hidden slide is read like the others
        "ppt/slides/slide1.xml": f'<p:sld {SPACES} show="0"><p:cSld><p:spTree>{frame}</p:spTree></p:cSld></p:sld>',
    }
    assert lines(read("", extra=extra)) == [*expected]


def test_charts_give_their_title_series_and_categories():
    def cells(name: str, *values: str) -> str:
        points = "".join(f"<pt><v>{v}</v></pt>" for v in values)
        return f"<{name}><strRef><strCache>{points}</strCache></strRef></{name}>"

    title = f"<title><tx><rich {SPACES}><a:p><a:r><a:t>收入构成</a:t></a:r></a:p></rich></tx></title>"
    years = cells("cat", "甲店", "乙店")
    series = "".join(f"<ser>{cells('tx', name)}{years}</ser>" for name in ("门店", "网店"))
    frame = f'<p:graphicFrame><a:graphic {SPACES}><a:graphicData><c:chart xmlns:c="x" r:id="c"/></a:graphicData></a:graphic></p:graphicFrame>'
    extra = {
        "ppt/charts/chart1.xml": f"<c>{title}{series}</c>",
        "ppt/slides/_rels/slide1.xml.rels": relations([("c", "chart", "../charts/chart1.xml")]),
    }
    assert lines(read(frame, extra=extra)) == ["收入构成", "门店\t网店", "甲店\t乙店"]


OLD_COMMENTS = '<x:cmLst xmlns:x="p"><x:cm authorId="0" dt="2016-05-01T08:00:00"><x:text>数字要核对</x:text></x:cm></x:cmLst>'
NEW_COMMENTS = (
    f'<x:cmLst xmlns:x="p" {SPACES}><x:cm authorId="0" created="2024-05-01T08:00:00"><x:replyLst>'
    '<x:reply authorId="0" created="2024-05-02T08:00:00"><x:txBody><a:p><a:r><a:t>已改</a:t></a:r></a:p></x:txBody>'
    "</x:reply></x:replyLst><x:txBody><a:p><a:r><a:t>数字要核对</a:t></a:r></a:p></x:txBody></x:cm></x:cmLst>"
)


@pytest.mark.parametrize(
    ("kind", "comments", "expected"),
    [
        ("commentAuthors", OLD_COMMENTS, ["张三 2016-05-01T08:00:00 数字要核对"]),
        ("authors", NEW_COMMENTS, ["张三 2024-05-01T08:00:00 数字要核对", "张三 2024-05-02T08:00:00 已改"]),
    ],
)
def test_comments_stand_at_the_end_as_furniture(kind, comments, expected):
    extra = {
        "ppt/_rels/presentation.xml.rels": relations(
            [("s1", "slide", "slides/slide1.xml"), ("a", kind, "authors.xml")]
        ),
        "ppt/authors.xml": '<l><author id="0" name="张三"/></l>',
        "ppt/comments/c1.xml": comments,
        "ppt/slides/_rels/slide1.xml.rels": relations([("c", "comments", "../comments/c1.xml")]),
    }
    page = read(shape(FIRST), extra=extra)
    assert marked(page) == [(text, "furniture", 0) for text in expected]


def test_placeholders_stand_where_their_layout_puts_them():
    def sheet(name: str, shapes: str) -> str:
        return f"<p:{name} {SPACES}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:{name}>"

    extra = {
        "ppt/slideLayouts/l.xml": sheet(
            "sldLayout", shape("提示文字", at=(0, 90), size=(90, 50), kind="body")
        ),
        "ppt/slides/_rels/slide1.xml.rels": relations([("l", "slideLayout", "../slideLayouts/l.xml")]),
    }
    page = read(shape("下", kind="body") + shape("上", at=(0, 30), size=(50, 20)), extra=extra)
    assert lines(page) == ["上", "下"]


def test_a_slide_that_is_listed_and_not_there_is_said():
    rows = relations([("s2", "slide", "slides/slide2.xml"), ("s1", "slide", "slides/gone.xml")])
    deck = make_pptx([shape(FIRST), shape(SECOND)], extra={"ppt/_rels/presentation.xml.rels": rows})
    extraction = formats.read(deck, "pptx")
    assert extraction.warnings == ("REPAIRED",)
    assert [lines(page) for page in extraction.pages] == [[FIRST]]


BAD = {
    "cut": (make_pptx([shape(FIRST)])[:900], "CORRUPT"),
    "without its slide": (
        make_pptx([shape(FIRST)], extra={"ppt/_rels/presentation.xml.rels": "<Relationships/>"}),
        "CORRUPT",
    ),
    "no xml": (make_pptx([shape(FIRST) + "<p:sp>"]), "CORRUPT"),
    "without text": (make_pptx([shape(" ")]), "NO_TEXT"),
    "only numbers of slides": (make_pptx([shape("7", kind="sldNum")]), "NO_TEXT"),
    "a dtd": (
        make_pptx(
            [shape(FIRST)], extra={"ppt/x.xml": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'}
        ),
        "XML_DTD",
    ),
    "groups in groups": (
        make_pptx(["<p:grpSp>" * 200 + shape(FIRST) + "</p:grpSp>" * 200]),
        "LIMIT_DEPTH",
    ),
    "paragraphs": (
        make_pptx([shape("\n".join(str(n * 7919) for n in range(200_001)))]),
        "LIMIT_SIZE",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_unreadable_has_its_reason(name):
    data, reason = BAD[name]
    with pytest.raises(Unreadable, match=reason):
        formats.read(data, "pptx")


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="samples were removed by `make clear-samples`")
def test_slides_of_the_sample():
    (file,) = SAMPLES.glob("*.pptx")
    extraction = formats.read(file.read_bytes(), "pptx")
    titles = [p.text[m.start : m.end] for p in extraction.pages for m in p.marks if m.kind == "heading"]
    assert extraction.type == "pptx"
    assert len(extraction.pages) >= 8
    assert {"客户细分", "价值主张", "收入来源"} <= {t.strip() for t in titles}
    with pytest.raises(Unreadable, match="CORRUPT"):
        formats.read(file.read_bytes()[:3000], "pptx")
