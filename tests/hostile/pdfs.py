"""PDF: loops, depth, bombs, passwords, and what asks to be run or fetched (groups 1, 56 to 65, 69, 70)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from hostile.cases import BOTH, BROKEN, CANARY, FIRST, KILLED, LIMITS, OK, SECOND, Case
from hostile.pdf_writer import FONT, base, changed, page, pdf, show, stream

SURVIVED = OK | BROKEN | LIMITS
BOUNDED = SURVIVED | KILLED


def loops() -> Iterator[Case]:
    """What refers to itself."""
    form = "/Type/XObject/Subtype/Form/BBox[0 0 595 842]"
    drawing = page(more="").replace("/Font<</F 4 0 R>>", "/Font<</F 4 0 R>>/XObject<</X 6 0 R>>")
    inner = "/Resources<</Font<</F 4 0 R>>/XObject<</X {} 0 R>>>>"
    both = show(*BOTH)
    made = {
        "pages-loop": {2: "<</Type/Pages/Kids[3 0 R 2 0 R]/Count 2>>"},
        "pages-parent-loop": {2: "<</Type/Pages/Parent 2 0 R/Kids[3 0 R]/Count 1>>"},
        "pages-two-in-a-ring": {
            2: "<</Type/Pages/Kids[3 0 R 6 0 R]/Count 3>>",
            6: "<</Type/Pages/Parent 2 0 R/Kids[2 0 R 3 0 R]/Count 3>>",
        },
        "xobject-self": {3: drawing, 5: stream(both + "\n/X Do"), 6: stream("/X Do", form + inner.format(6))},
        "xobject-pair": {
            3: drawing,
            5: stream(both + "\n/X Do"),
            6: stream("/X Do", form + inner.format(7)),
            7: stream("/X Do", form + inner.format(6)),
        },
        "length-self": {5: stream(both, length="5 0 R")},
        "length-loop": {5: stream(both, length="6 0 R"), 6: "7 0 R", 7: "6 0 R"},
        "contents-loop": {3: page("[5 0 R 6 0 R]"), 6: "[6 0 R]"},
        "font-loop": {4: FONT.replace("DescendantFonts[<<", "DescendantFonts[4 0 R <<")},
        "to-unicode-self": {4: FONT.replace("/DW 1000", "/DW 1000/ToUnicode 4 0 R")},
        "resources-self": {
            3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources 6 0 R/Contents 5 0 R>>",
            6: "<</Font<</F 4 0 R>>/XObject 6 0 R>>",
        },
        "outline-loop": {
            1: "<</Type/Catalog/Pages 2 0 R/Outlines 6 0 R>>",
            6: "<</Type/Outlines/First 7 0 R/Last 7 0 R/Count 1>>",
            7: "<</Title(x)/Parent 6 0 R/Next 7 0 R/First 7 0 R/Last 7 0 R/Dest/x>>",
        },
        "name-tree-loop": {
            1: "<</Type/Catalog/Pages 2 0 R/Names<</Dests 6 0 R>>/Outlines 7 0 R>>",
            6: "<</Kids[6 0 R 6 0 R]>>",
            7: "<</Type/Outlines/First 8 0 R/Last 8 0 R/Count 1>>",
            8: "<</Title(x)/Parent 7 0 R/Dest(no such name)>>",
        },
        "annotation-loop": {
            3: page(more="/Annots[6 0 R]"),
            6: "<</Type/Annot/Subtype/Widget/Rect[0 0 9 9]/Parent 6 0 R/Kids[6 0 R]/AP<</N 7 0 R>>>>",
            7: stream("/X Do", form + inner.format(7)),
        },
        "filter-loop": {5: stream(both, "/Filter[6 0 R]"), 6: "[6 0 R]"},
        "page-labels-loop": {
            1: "<</Type/Catalog/Pages 2 0 R/PageLabels 6 0 R>>",
            6: "<</Kids[6 0 R]>>",
        },
        "struct-tree-loop": {
            1: "<</Type/Catalog/Pages 2 0 R/MarkInfo<</Marked true>>/StructTreeRoot 6 0 R>>",
            6: "<</Type/StructTreeRoot/K 7 0 R/ParentTree 6 0 R>>",
            7: "<</S/P/P 7 0 R/K[7 0 R]>>",
        },
    }
    for name, changes in made.items():
        yield Case(56, f"{name}.pdf", changed(changes), SURVIVED)
    good = pdf(base())
    start = good.rindex(b"startxref")
    at = int(good[start + 9 :].split()[0])
    for name, previous in (
        ("xref-prev-self", at),
        ("xref-prev-zero", 0),
        ("xref-prev-behind-the-end", 10**9),
    ):
        yield Case(56, f"{name}.pdf", pdf(base(), trailer=f"/Prev {previous}"), SURVIVED)
    yield Case(56, "no-table-of-objects.pdf", pdf(base(), xref=False), OK, has=BOTH)
    yield Case(56, "root-missing.pdf", pdf(base(), root="99 0 R"), SURVIVED)
    yield Case(56, "object-stream-extends-itself.pdf", changed({6: stream("1 0 <<>>", "/Type/ObjStm/N 1/First 4/Extends 6 0 R")}), OK, has=BOTH)  # fmt: skip


def deep() -> Iterator[Case]:
    """What nests without end."""
    for count in (500, 3_000, 50_000):
        kids = {
            6 + n: f"<</Type/Pages/Parent {max(2, 5 + n)} 0 R/Kids[{7 + n} 0 R]/Count 1>>"
            for n in range(count)
        }
        kids |= {2: "<</Type/Pages/Kids[6 0 R]/Count 1>>", 6 + count: page()}
        yield Case(57, f"pages-{count}-deep.pdf", lambda kids=kids: changed(kids), SURVIVED)
    arrays = {"array": ("[", "]"), "dictionary": ("<</A ", ">>"), "string": ("(", ")")}
    for name, (opening, closing) in arrays.items():
        for count in (1_000, 200_000):
            nested = opening * count + ("1" if name != "string" else "x") + closing * count
            yield Case(58, f"{name}-{count}-deep.pdf", changed({6: nested}, trailer="/Info 6 0 R"), SURVIVED)
            inside = f"{show(*BOTH)}\n{nested if name == 'string' else '[' + nested + ']'} TJ\n"
            yield Case(58, f"{name}-{count}-deep-in-contents.pdf", changed({5: stream(inside)}), SURVIVED)
    for count in (1_000, 200_000):
        pushed = f"{'q ' * count}{show(*BOTH)}{' Q' * count}"
        yield Case(59, f"states-{count}-deep.pdf", changed({5: stream(pushed)}), SURVIVED)
        marked = f"{'/P BMC ' * count}{show(*BOTH)}{' EMC' * count}"
        yield Case(59, f"marked-{count}-deep.pdf", changed({5: stream(marked)}), BOUNDED, heavy=count > 1_000)
    texts = f"{'BT ' * 50_000}{show(*BOTH)}"
    yield Case(59, "texts-deep.pdf", changed({5: stream(texts)}), SURVIVED)
    form = "/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</Font<</F 4 0 R>>/XObject<</X {} 0 R>>>>"
    chain: dict[int, str | bytes] = {
        6 + n: stream("/X Do" if n < 2_000 else show(*BOTH), form.format(7 + n)) for n in range(2_001)
    }
    chain[3] = page().replace("/Font<</F 4 0 R>>", "/Font<</F 4 0 R>>/XObject<</X 6 0 R>>")
    chain[5] = stream("/X Do\n" + show(*BOTH))
    yield Case(60, "forms-2000-deep.pdf", changed(chain), SURVIVED)
    filters = "/Filter[" + "/FlateDecode" * 50 + "]"
    packed = show(*BOTH).encode()
    for _ in range(50):
        packed = zlib.compress(packed)
    yield Case(60, "filters-50-deep.pdf", changed({5: stream(packed, filters)}), SURVIVED)
    yield Case(
        60,
        "filters-100000.pdf",
        changed({5: stream(packed, "/Filter[" + "/ASCIIHexDecode" * 100_000 + "]")}),
        SURVIVED,
    )


def bombs() -> Iterator[Case]:
    """A few kilobytes that are gigabytes, or pages without end."""

    def packed(times: int, data: bytes) -> bytes:
        for _ in range(times):
            data = zlib.compress(data, 9)
        return data

    yield Case(61, "flate.pdf", lambda: changed({5: stream(packed(1, b" " * (600 << 20)), "/Filter/FlateDecode")}), BOUNDED, heavy=True)  # fmt: skip
    yield Case(61, "flate-twice.pdf", lambda: changed({5: stream(packed(2, b" " * (1 << 30)), "/Filter[/FlateDecode/FlateDecode]")}), BOUNDED, heavy=True)  # fmt: skip
    yield Case(61, "flate-text.pdf", lambda: changed({5: stream((show(FIRST) + "\n").encode() * 200_000, deflate=True)}), BOUNDED, heavy=True)  # fmt: skip
    yield Case(61, "run-lengths.pdf", lambda: changed({5: stream(b"\x81 " * 1_000_000 + b"\x80", "/Filter/RunLengthDecode")}), BOUNDED, heavy=True)  # fmt: skip
    for size in (10**4, 2**31 - 1, 2**40):
        entries = (
            f"/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns {size}/Colors 32/BitsPerComponent 16>>"
        )
        yield Case(
            61,
            f"predictor-{size}.pdf",
            changed({5: stream(zlib.compress(show(*BOTH).encode()), entries)}),
            BOUNDED,
        )
    laughs: dict[int, str | bytes] = {}
    for n in range(12):
        names = f"/XObject<</X {7 + n} 0 R>>" if n < 11 else ""
        body = "/X Do " * 10 if n < 11 else show(*BOTH)
        laughs[6 + n] = stream(
            body, f"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</Font<</F 4 0 R>>{names}>>"
        )
    laughs[3] = page().replace("/Font<</F 4 0 R>>", "/Font<</F 4 0 R>>/XObject<</X 6 0 R>>")
    laughs[5] = stream("/X Do")
    yield Case(62, "forms-10-to-the-10.pdf", changed(laughs), BOUNDED, heavy=True)
    wide = FONT.replace("/DW 1000", "/DW 1000/W[0 2147483647 500]")
    yield Case(62, "widths-of-all-codes.pdf", changed({4: wide}), BOUNDED)
    yield Case(
        62,
        "widths-backwards.pdf",
        changed({4: FONT.replace("/DW 1000", "/DW 1000/W[9 1 500 -5 -1 1 3[1 2")}),
        BOUNDED,
    )
    for name, ranges in (
        ("bfrange", "1 beginbfrange <00000000> <7fffffff> <0041> endbfrange"),
        ("cidrange", "1 begincidrange <00000000> <7fffffff> 0 endcidrange"),
        ("bfrange-long", "1 beginbfrange <0000> <ffff> <" + "6c49" * 50_000 + "> endbfrange"),
        ("codespace", "99999999 begincodespacerange <00> <ffffffffffff> endcodespacerange"),
    ):
        cmap = f"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange {ranges} endcmap"
        font = FONT.replace(
            "/BaseFont/STSong-Light/Encoding", "/ToUnicode 6 0 R/BaseFont/STSong-Light/Encoding", 1
        )
        yield Case(62, f"{name}.pdf", changed({4: font, 6: stream(cmap)}), BOUNDED, heavy="long" in name)
        yield Case(62, f"{name}-as-encoding.pdf", changed({4: FONT.replace("/UniGB-UCS2-H", " 6 0 R"), 6: stream(cmap, "/Type/CMap/CMapName/X")}), BOUNDED)  # fmt: skip
    many = "<</Type/Pages/Kids[" + "3 0 R " * 100_000 + "]/Count 100000>>"
    yield Case(63, "one-page-100000-times.pdf", changed({2: many}), LIMITS | BROKEN)
    yield Case(63, "count-lies.pdf", changed({2: "<</Type/Pages/Kids[3 0 R]/Count 2147483647>>"}), SURVIVED)
    yield Case(63, "count-negative.pdf", changed({2: "<</Type/Pages/Kids[3 0 R]/Count -5>>"}), SURVIVED)
    yield Case(64, "10000-pages.pdf", lambda: pages(10_000), OK | KILLED, has=BOTH, heavy=True)
    yield Case(
        64,
        "60000-glyphs.pdf",
        lambda: changed({5: stream(scattered(60_000), deflate=True)}),
        BOUNDED,
        heavy=True,
    )
    yield Case(64, "3000-glyphs.pdf", lambda: changed({5: stream(scattered(3_000), deflate=True)}), SURVIVED)
    yield Case(64, "150000-lines.pdf", lambda: changed({5: stream(show(*BOTH) + "\n" + "".join(f"{n % 500} {n % 700} m {n % 400} 9 l S\n" for n in range(150_000)), deflate=True)}), BOUNDED, has=BOTH, heavy=True)  # fmt: skip
    yield Case(64, "50000-rectangles.pdf", lambda: changed({5: stream(show(*BOTH) + "\n" + "".join(f"{n % 500} {n % 700} 40 40 re S\n" for n in range(50_000)), deflate=True)}), BOUNDED, has=BOTH)  # fmt: skip
    for name, box in (
        ("huge", "0 0 1000000000 1000000000"),
        ("nothing", "0 0 0 0"),
        ("negative", "595 842 0 0"),
        ("words", "/a (b) null [] 1"),
    ):
        yield Case(65, f"page-{name}.pdf", changed({3: page().replace("0 0 595 842", box)}), SURVIVED)
    yield Case(65, "picture-huge.pdf", changed({3: page().replace("/Font<</F 4 0 R>>", "/Font<</F 4 0 R>>/XObject<</X 6 0 R>>"), 5: stream(show(*BOTH) + " 500 0 0 500 0 0 cm /X Do"), 6: stream(b"\0" * 99, "/Type/XObject/Subtype/Image/Width 100000/Height 100000/ColorSpace/DeviceRGB/BitsPerComponent 16")}), OK, has=BOTH)  # fmt: skip
    yield Case(
        65,
        "numbers-huge.pdf",
        changed({5: stream("1e308 0 0 1e308 9e999 -9e999 cm\n" + show(*BOTH))}),
        SURVIVED,
    )
    yield Case(
        65,
        "font-size-huge.pdf",
        changed({5: stream(show(*BOTH).replace("/F 11 Tf", "/F 1e30 Tf"))}),
        SURVIVED,
    )
    yield Case(65, "text-without-a-font.pdf", changed({3: page().replace("/F 4 0 R", "/G 4 0 R")}), SURVIVED)


def pages(count: int) -> bytes:
    objects: dict[int, str | bytes] = {
        **base(),
        2: "<</Type/Pages/Kids[" + " ".join(f"{10 + 2 * n} 0 R" for n in range(count)) + f"]/Count {count}>>",
    }
    for n in range(count):
        objects[10 + 2 * n] = page(f"{11 + 2 * n} 0 R")
        objects[11 + 2 * n] = stream(show(f"第{n + 1}页", *BOTH))
    return pdf(objects)


def scattered(count: int) -> str:
    """Characters all over the page, none beside the next."""
    chars = "".join(BOTH)
    return "\n".join(
        f"BT /F {3 + n % 9} Tf {(n * 7919) % 590} {(n * 104_729) % 830} Td <{chars[n % len(chars)].encode('utf-16-be').hex()}> Tj ET"
        for n in range(count)
    )


def active() -> Iterator[Case]:
    """What asks to be run, fetched or opened: the text, and nothing else."""
    action = {
        "javascript": f"<</S/JavaScript/JS(app.alert\\('{CANARY}'\\);)>>",
        "launch": f"<</S/Launch/F(/bin/sh)/Win<</F(cmd.exe)/P({CANARY})>>>>",
        "uri": f"<</S/URI/URI(http://127.0.0.1:9/{CANARY})>>",
        "submit": f"<</S/SubmitForm/F<</FS/URL/F(http://127.0.0.1:9/{CANARY})>>>>",
        "remote": f"<</S/GoToR/F(//127.0.0.1/{CANARY})/D[0/Fit]>>",
    }
    for name, what in action.items():
        yield Case(70, f"{name}.pdf", changed({1: f"<</Type/Catalog/Pages 2 0 R/OpenAction {what}/AA<</WC {what}>>>>", 3: page(more=f"/AA<</O {what}>>")}), OK, has=BOTH, lacks=(CANARY,))  # fmt: skip
    attached = "<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a.txt)<</Type/Filespec/F(a.txt)/EF<</F 6 0 R>>>>]>>>>>>"
    yield Case(
        70,
        "attachment.pdf",
        changed({1: attached, 6: stream(CANARY, "/Type/EmbeddedFile")}),
        OK,
        has=BOTH,
        lacks=(CANARY,),
    )
    for name, target in (("passwd", "/etc/passwd"), ("zero", "/dev/zero"), ("url", "http://127.0.0.1:9/x")):
        entries = f"/F({target})" if name != "url" else f"/F<</FS/URL/F({target})>>"
        yield Case(70, f"external-stream-{name}.pdf", changed({3: page("[5 0 R 6 0 R]"), 6: stream("", entries)}), OK, has=BOTH, lacks=("root:x:0:0",))  # fmt: skip
    for name, path in (
        ("up", "../../../../../../tmp/x"),
        ("root", "/etc/passwd"),
        ("pickle", "/tmp/x.pickle.gz"),
        ("blank", "a b"),
    ):
        font = FONT.replace("/UniGB-UCS2-H", "/" + "".join(f"#{ord(c):02x}" for c in path))
        yield Case(69, f"cmap-{name}.pdf", changed({4: font}), SURVIVED, lacks=("root:x:0:0",))
        used = FONT.replace("/UniGB-UCS2-H", " 6 0 R")
        yield Case(69, f"cmap-uses-{name}.pdf", changed({4: used, 6: stream("begincmap endcmap", f"/Type/CMap/CMapName/X/UseCMap/{'#'.join(['', *(f'{ord(c):02x}' for c in path)])}")}), SURVIVED)  # fmt: skip


def cases() -> Iterator[Case]:
    yield Case(1, "good.pdf", pdf(base()), OK, has=BOTH)
    yield Case(1, "good-two-pages.pdf", pages(2), OK, has=(*BOTH, "第2页", SECOND))
    yield from loops()
    yield from deep()
    yield from bombs()
    yield from active()
