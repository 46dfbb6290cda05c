"""Archives: members become files of their own, bad ones are listed, nothing inflates without end."""

from __future__ import annotations

import csv
import io
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from conftest import FIRST, SECOND, make_docx, make_pdf

from pipeline import build, export_text, inputs, store
from pipeline.extract import archive, archive_names, formats, zip_directory
from pipeline.extract.errors import Unreadable
from pipeline.records import Extraction, SourceFile

GOOD = f"某咖啡案例分析\n\n{FIRST}\n{SECOND}\n".encode()
OTHER = f"某茶饮案例分析\n\n{SECOND}\n{FIRST}\n".encode("gb18030")
QUIET = lambda *_: None  # noqa: E731


def info(name: str, *, mode: int = 0) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
    made.compress_type = zipfile.ZIP_DEFLATED
    made.external_attr = mode << 16
    return made


def make_zip(files: dict[str, bytes] | list[tuple[str | zipfile.ZipInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items() if isinstance(files, dict) else files:
            made.writestr(info(name) if isinstance(name, str) else name, data)
    return buffer.getvalue()


def rename(data: bytes, old: str, new: bytes) -> bytes:
    """The archive with the bytes of a name replaced, in both headers; lengths must be equal."""
    assert len(old.encode()) == len(new)
    return data.replace(old.encode(), new)


def patched(data: bytes, *, local: int, central: int, value: bytes) -> bytes:
    """The archive with `value` at an offset of the only entry's local and central header."""
    made = bytearray(data)
    for at in (local, data.index(b"PK\x01\x02") + central):
        made[at : at + len(value)] = value
    return bytes(made)


def listed(data: bytes) -> dict[str, str | bytes | None]:
    return {m.path: m.reason or m.data for m in archive.unpack(data)}


# --- what is read ----------------------------------------------------------------------------


def test_members_come_with_their_bytes_and_folders_do_not():
    data = make_zip(
        {"案例/": b"", "案例/甲.txt": GOOD, "./b//乙.txt": OTHER, "c\\d.txt": b"", "word/x.txt": b"1"}
    )
    assert formats.sniff(data) == "zip"
    assert listed(data) == {"案例/甲.txt": GOOD, "b/乙.txt": OTHER, "c/d.txt": b"", "word/x.txt": b"1"}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_methods(method):
    big = b"".join(zlib.compress(b"%d" % n) for n in range(150_000))  # hardly shrinks; over 1 MB
    entry = info("a.txt")
    entry.compress_type = method
    assert listed(make_zip([(entry, big)])) == {"a.txt": big}


@pytest.mark.parametrize(
    ("package", "kind"),
    [
        (make_docx([FIRST]), "docx"),
        (make_zip({"[Content_Types].xml": b"", "xl/workbook.xml": b""}), "UNSUPPORTED_TYPE"),
        (make_zip({"mimetype": b"application/epub+zip", "META-INF/container.xml": b""}), "UNSUPPORTED_TYPE"),
        (make_zip({"META-INF/MANIFEST.MF": b"", "a.class": b""}), "UNSUPPORTED_TYPE"),
        (make_zip({"Index/Document.iwa": b""}), "UNSUPPORTED_TYPE"),
        (make_zip({"word/案例.txt": GOOD}), "zip"),
        (make_zip({}), "zip"),
        (b"Rar!\x1a\x07\x01\x00" + bytes(99), "UNSUPPORTED_TYPE"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(99), "UNSUPPORTED_TYPE"),
        (b"\x1f\x8b\x08" + bytes(99), "UNSUPPORTED_TYPE"),
        (b"\xfd7zXZ\x00" + bytes(99), "UNSUPPORTED_TYPE"),
        (b"BZh91AY&SY" + bytes(99), "UNSUPPORTED_TYPE"),
        (b"a.txt".ljust(257, b"\0") + b"ustar\x0000" + GOOD * 99, "UNSUPPORTED_TYPE"),
    ],
)
def test_office_packages_and_other_archives_are_told_apart(package, kind):
    assert sniffed(package) == kind


def sniffed(data: bytes) -> str:
    try:
        return formats.sniff(data)
    except Unreadable as error:
        return error.reason


NAMES = ["商业模式画布案例.txt", "成功案例：功能饮料.txt", "子文件夹/海底捞.pdf"]
TRADITIONAL = ["成功的商業模式.txt", "功能飲料公司.txt", "通路與顧客關係.pdf"]


def nameless(names: list[str], encoding: str) -> bytes:
    """An archive whose names have no flag, written as a Windows program would."""
    data = make_zip(
        [(f"{number:02}" + "x" * (len(n.encode(encoding)) - 2), b"1") for number, n in enumerate(names)]
    )
    for number, name in enumerate(names):
        raw = name.encode(encoding)
        data = rename(data, f"{number:02}" + "x" * (len(raw) - 2), raw)
    return data


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        (NAMES, "gb18030"),
        (NAMES[:1], "gb18030"),
        (NAMES, "utf-8"),
        (TRADITIONAL, "big5"),
        (TRADITIONAL[:1], "big5"),
        (["résumé.txt", "Zürich.txt"], "cp437"),
        (["plan.txt"], "ascii"),
    ],
)
def test_names_without_a_flag_read_right(names, encoding):
    assert list(listed(nameless(names, encoding))) == names


def test_unicode_path_field_counts_while_its_checksum_holds():
    entry = info("an.txt")
    name = "案例.txt".encode()
    field = struct.pack("<BI", 1, zlib.crc32(b"an.txt")) + name
    entry.extra = struct.pack("<HH", 0x7075, len(field)) + field
    data = make_zip([(entry, GOOD)])
    assert list(listed(data)) == ["案例.txt"]
    assert list(listed(data.replace(b"an.txt", b"on.txt"))) == ["on.txt"]


def test_same_names_are_numbered():
    with pytest.warns(UserWarning, match="Duplicate"):
        data = make_zip([("a.txt", b"1"), ("a.txt", b"2"), ("a (2).txt", b"3"), ("b/c", b"4"), ("b/c", b"5")])
    assert listed(data) == {
        "a.txt": b"1",
        "a (2).txt": b"2",
        "a (2) (2).txt": b"3",
        "b/c": b"4",
        "b/c (2)": b"5",
    }


def test_archives_in_archives():
    inner = make_zip({"a.txt": GOOD})
    data = make_zip({"in.zip": make_zip({"x/in.zip": inner}), "b.txt": OTHER, "bad.zip": inner[:60]})
    found = archive.unpack(data)
    assert [(m.path, m.archive) for m in found] == [
        ("in.zip", True),
        ("in.zip/x/in.zip", True),
        ("in.zip/x/in.zip/a.txt", False),
        ("b.txt", False),
        ("bad.zip", False),
    ]
    assert found[2].data == GOOD


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "a/../../evil.txt",
        "/etc/evil.txt",
        "..\\evil.txt",
        "C:\\evil.txt",
        "c:evil.txt",
        "\\\\host\\share\\evil.txt",
        "a/..",
        "//evil.txt",
    ],
)
def test_names_that_point_outside(name):
    found = listed(make_zip({name: GOOD, "good.txt": OTHER}))
    assert sorted(map(str, found.values())) == sorted(["PATH_TRAVERSAL", str(OTHER)])


def test_a_name_with_a_nul():
    assert listed(rename(make_zip({"a.txt~.exe": GOOD}), "a.txt~.exe", b"a.txt\0.exe")) == {
        "a.txt\\x00.exe": "PATH_TRAVERSAL"
    }


def test_a_label_carries_no_control_characters():
    assert archive_names.label("a\x1b[31m\u202e\nb.txt") == "a\\x1b[31m\\x202e\\x0ab.txt"
    assert len(archive_names.label("长" * 60_000)) == archive_names.MAX_LABEL


def test_members_that_are_not_read_do_not_harm_the_others():
    single = make_zip({"a.txt": GOOD})
    cases = {
        "encrypted": (patched(single, local=6, central=8, value=b"\x01\0"), "ENCRYPTED"),
        "unknown method": (patched(single, local=8, central=10, value=b"\x63\0"), "UNSUPPORTED_TYPE"),
        "checksum": (patched(single, local=14, central=16, value=b"abcd"), "CORRUPT"),
        "cut stream": (patched(single, local=18, central=20, value=struct.pack("<I", 9)), "CORRUPT"),
        "beyond the end": (patched(single, local=18, central=20, value=struct.pack("<I", 9999)), "CORRUPT"),
    }
    for name, (data, reason) in cases.items():
        assert listed(data) == {"a.txt": reason}, name
    mixed = make_zip(
        [
            ("good.txt", GOOD),
            (info("link.txt", mode=stat.S_IFLNK | 0o777), b"/etc/passwd"),
            (info("pipe", mode=stat.S_IFIFO), b""),
            (info("plain.txt", mode=stat.S_IFREG | 0o644), OTHER),
            ("__MACOSX/._good.txt", b"x"),
            ("b/.DS_Store", b"x"),
            ("b/~$case.docx", b"x"),
            ("Thumbs.db", b"x"),
        ]
    )
    assert listed(mixed) == {
        "good.txt": GOOD,
        "link.txt": "SYMLINK",
        "pipe": "NOT_REGULAR",
        "plain.txt": OTHER,
        "__MACOSX/._good.txt": "IGNORED",
        "b/.DS_Store": "IGNORED",
        "b/~$case.docx": "IGNORED",
        "Thumbs.db": "IGNORED",
    }


@pytest.mark.parametrize("data", [make_zip({}), make_zip({"a/": b"", "a/b/": b""})])
def test_empty_archives(data):
    with pytest.raises(Unreadable, match="EMPTY_ARCHIVE"):
        archive.unpack(data)


def test_what_inflates_two_hundred_times_is_refused_and_its_neighbour_read():
    data = make_zip({"bomb.txt": bytes(3 << 20), "blanks.txt": b" " * 900_000, "good.txt": GOOD})
    assert listed(data) == {"bomb.txt": "ZIP_BOMB", "blanks.txt": b" " * 900_000, "good.txt": GOOD}


def test_declared_sizes_are_not_believed(monkeypatch):
    lying = patched(make_zip({"bomb.txt": bytes(5 << 20)}), local=22, central=24, value=struct.pack("<I", 10))
    assert listed(lying) == {"bomb.txt": "ZIP_BOMB"}
    monkeypatch.setattr(archive, "MAX_RATIO", 1 << 20)
    monkeypatch.setattr(archive, "MAX_INFLATED", 4 << 20)
    with pytest.raises(Unreadable, match="ZIP_BOMB"):
        archive.unpack(lying)


def test_one_budget_for_all_that_is_nested(monkeypatch):
    body = bytes(range(256)) * 100
    nested = make_zip({f"{n}.zip": make_zip({f"{k}.txt": body for k in range(4)}) for n in range(4)})
    total = sum(len(m.data or b"") for m in archive.unpack(nested))
    monkeypatch.setattr(archive, "MAX_INFLATED", total)
    assert len(archive.unpack(nested)) == 20
    monkeypatch.setattr(archive, "MAX_INFLATED", total - 1)
    with pytest.raises(Unreadable, match="ZIP_BOMB"):
        archive.unpack(nested)
    monkeypatch.undo()
    monkeypatch.setattr(zip_directory, "MAX_ENTRIES", 19)
    with pytest.raises(Unreadable, match="LIMIT_ENTRIES"):
        archive.unpack(nested)


def test_a_nest_ends_at_depth_three():
    data = GOOD
    for _ in range(5):
        data = make_zip({f"{n}.zip" if data is not GOOD else f"{n}.txt": data for n in range(3)})
    found = archive.unpack(data)
    assert {m.reason for m in found} == {"", "LIMIT_DEPTH"}
    assert max(m.path.count("/") for m in found) == 2
    assert not any(m.path.endswith(".txt") for m in found)


def test_sixty_thousand_members_are_counted_not_listed():
    data = make_zip({f"{n}": b"" for n in range(10_001)})
    with pytest.raises(Unreadable, match="LIMIT_ENTRIES"):
        formats.sniff(data)


def test_entries_that_overlap_are_a_bomb():
    """Two entries of the directory point to one member (CVE-2024-0450)."""
    data = make_zip({"a.txt": GOOD, "b.txt": OTHER})
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    made = bytearray(data)
    made[second + 42 : second + 46] = bytes(4)  # its local header is now that of the first
    with pytest.raises(Unreadable, match="ZIP_BOMB"):
        archive.unpack(bytes(made))


@pytest.mark.parametrize("cut", range(10, 400, 23))
def test_truncated_archives_are_corrupt(cut):
    with pytest.raises(Unreadable, match="CORRUPT"):
        formats.sniff(make_zip({"甲.txt": GOOD, "乙.txt": OTHER})[:-cut])


def test_flipped_bits_give_the_right_bytes_or_a_reason():
    data = make_zip({"a.txt": GOOD, "b.txt": OTHER})
    for at in range(0, len(data), 3):
        flipped = data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :]
        try:
            found = listed(flipped) if formats.sniff(flipped) == "zip" else {}
        except Unreadable:
            continue
        assert all(v in (GOOD, OTHER) or isinstance(v, str) for v in found.values())


# --- in the folder of inputs -----------------------------------------------------------------


@pytest.fixture
def raw(tmp_path) -> Path:
    """A good file, and an archive with good and bad members."""
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "甲.txt").write_bytes(GOOD)
    inner = make_zip({"表.docx": make_docx(["# 渠道通路", FIRST])})
    members = {
        "甲.txt": GOOD,
        "子/case.pdf": make_pdf([[FIRST, SECOND]]),
        "内.zip": inner,
        "坏.zip": inner[:50],
        "../evil.txt": GOOD,
        "空.txt": b"",
        ".DS_Store": b"x",
    }
    (folder / "a.zip").write_bytes(make_zip(members))
    return folder


def ledger(out: Path) -> dict[tuple[str, str], dict[str, str]]:
    with (out / "ledger.csv").open(encoding="utf-8-sig", newline="") as file:
        return {(r["path"], r["member"]): r for r in csv.DictReader(file)}


EXPECTED = {
    ("a.zip", ""): "",
    ("a.zip", "'../evil.txt"): "PATH_TRAVERSAL",
    ("a.zip", ".DS_Store"): "IGNORED",
    ("a.zip", "内.zip"): "",
    ("a.zip", "内.zip/表.docx"): "",
    ("a.zip", "坏.zip"): "CORRUPT",
    ("a.zip", "子/case.pdf"): "",
    ("a.zip", "甲.txt"): "",
    ("a.zip", "空.txt"): "EMPTY_FILE",
    ("甲.txt", ""): "",
}


def plain(rows: dict[tuple[str, str], dict[str, str]]) -> dict[tuple[str, str], str]:
    return {(path, member.removeprefix("'")): row["reason"] for (path, member), row in rows.items()}


def test_extract_writes_members_below_the_archive(raw, tmp_path, run):
    out = tmp_path / "out"
    code, _, _ = run("extract", raw, out)
    rows = ledger(out)
    assert code == 0
    assert plain(rows) == {(p, m.removeprefix("'")): r for (p, m), r in EXPECTED.items()}
    assert rows["a.zip", ""]["type"] == rows["a.zip", "内.zip"]["type"] == "zip"
    assert rows["a.zip", "子/case.pdf"]["type"] == "pdf"
    assert rows["a.zip", "甲.txt"]["sha256"] == rows["甲.txt", ""]["sha256"]
    assert [k for k, row in rows.items() if "DUPLICATE" in row["warnings"]] == [("甲.txt", "")]
    texts = {p.relative_to(out).as_posix() for p in out.rglob("*.txt") if ".huabu" not in p.parts}
    assert texts == {"甲.txt.txt", "a.zip/甲.txt.txt", "a.zip/子/case.pdf.txt", "a.zip/内.zip/表.docx.txt"}
    assert FIRST in (out / "a.zip" / "子" / "case.pdf.txt").read_text(encoding="utf-8")
    assert not list(tmp_path.rglob("evil*"))


def test_build_makes_members_documents_and_reads_them_once(raw, tmp_path, monkeypatch):
    out = tmp_path / "out"
    store.prepare_output(out)
    outcome = build.build(raw, out, build.Options(), QUIET)
    rows = ledger(out)
    assert (outcome.files, outcome.documents, len(rows)) == (10, 4, 10)
    with (out / "documents.csv").open(encoding="utf-8-sig", newline="") as file:
        documents = list(csv.DictReader(file))
    assert len({d["doc_id"] for d in documents}) == 4
    joined = {(d["path_hex"], d["member"]) for d in documents}
    assert joined == {(r["path_hex"], r["member"]) for r in rows.values() if int(r["documents"])}

    def never(*_, **__):
        raise AssertionError("must not be called")

    monkeypatch.setattr("pipeline.inputs.read_all", never)
    again = build.build(raw, out, build.Options(), QUIET)
    assert again.unchanged
    assert again.extracted == again.analysed == 0


def read(folder: Path, cache: store.Cache | None = None) -> tuple[list[inputs.Input], int]:
    return inputs.read(
        store.walk(folder), cache=cache, workers=2, time_limit=20, retry_quarantined=False, report=QUIET
    )


def test_only_new_members_are_read_again(raw, tmp_path):
    store.prepare_output(tmp_path / "out")
    cache = store.Cache(tmp_path / "out")
    first, started = read(raw, cache)
    assert started == 6  # the archive, the text, PDF, DOCX, and two that give a reason
    (raw / "b.zip").write_bytes(make_zip({"甲.txt": GOOD, "新.txt": OTHER}))
    second, started = read(raw, cache)
    assert started == 2  # the archive and what is new in it
    assert [i for i in second if i.source.path == "a.zip"] == [i for i in first if i.source.path == "a.zip"]
    key = next(i.key for i in second if i.source.member == "新.txt")
    (cache.root / key[:2] / key).unlink()
    assert read(raw, cache)[1] == 2  # its bytes are only to be had by unpacking


def test_one_worker_or_two_give_the_same(raw):
    one = inputs.read(
        store.walk(raw), cache=None, workers=1, time_limit=20, retry_quarantined=False, report=QUIET
    )
    assert one == read(raw)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (make_zip({}), "EMPTY_ARCHIVE"),
        (make_zip({".DS_Store": b"x"}), "EMPTY_ARCHIVE"),
        (make_zip({"a.txt": b"", "b.txt": b""}), "EMPTY_FILE"),
        (make_zip({"a.txt": b"", "b.png": b"\x89PNG\r\n\x1a\n" + bytes(99)}), "NO_TEXT"),
        (make_zip({"a.txt": bytes(3 << 20)}), "ZIP_BOMB"),
        (make_zip({"a.txt": GOOD})[:-30], "CORRUPT"),
    ],
)
def test_an_archive_of_which_nothing_is_read_says_why(data, reason, tmp_path):
    (tmp_path / "a.zip").write_bytes(data)
    items, _ = read(tmp_path)
    assert getattr(items[0].result, "reason", None) == reason
    assert not items[0].is_archive


PEEL = b"></tr></table><ul><li>\n"
"""A reader takes it for text, cleaning sees that it is none."""


@pytest.mark.parametrize(
    ("entries", "ends"),
    [
        ({"a.txt": PEEL}, {"": "NO_TEXT", "a.txt": "NO_TEXT"}),
        ({"a.txt": PEEL, "b.txt": b""}, {"": "NO_TEXT", "a.txt": "NO_TEXT", "b.txt": "EMPTY_FILE"}),
        ({"a.txt": PEEL, "b.txt": GOOD}, {"": "", "a.txt": "NO_TEXT", "b.txt": ""}),
        (
            {"c.zip": make_zip({"a.txt": PEEL}), "b.txt": GOOD},
            {"": "", "c.zip": "NO_TEXT", "c.zip/a.txt": "NO_TEXT", "b.txt": ""},
        ),
        (
            {"c.zip": make_zip({"a.txt": PEEL})},
            {"": "NO_TEXT", "c.zip": "NO_TEXT", "c.zip/a.txt": "NO_TEXT"},
        ),
    ],
)
@pytest.mark.parametrize("command", ["build", "extract"])
def test_an_archive_is_as_empty_as_what_is_left_of_its_members(entries, ends, command, tmp_path, run):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.zip").write_bytes(make_zip(entries))
    run(command, tmp_path / "raw", tmp_path / "out")
    with (tmp_path / "out" / "ledger.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["member"]: row for row in csv.DictReader(file)}
    assert {member: row["reason"] for member, row in rows.items()} == ends
    assert {member for member, row in rows.items() if row["status"] == "ok"} == {
        member for member, reason in ends.items() if not reason
    }


def output(path: str, member: str = "") -> inputs.Input:
    return inputs.Input(SourceFile(path, path.encode().hex(), member), Extraction("txt", "txt", ()))


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ([("a.zip", "甲.txt"), ("a.zip", "b/乙.txt")], ["a.zip/甲.txt.txt", "a.zip/b/乙.txt.txt"]),
        ([("A.txt", ""), ("a.txt", "")], ["A.txt.txt", "a.txt.txt"]),
        ([("a.zip", "A"), ("a.zip", "a")], ["a.zip/A.txt", "a.zip_a (2).txt"]),
        ([("a.zip", "b"), ("a.zip", "b.txt/c")], ["a.zip/b.txt", "a.zip_b.txt_c (2).txt"]),
        ([("a.zip", 'x<>:"|?*.txt'), ("a.zip", "con.txt")], ["a.zip/x_______.txt.txt", "a.zip/_con.txt.txt"]),
        ([("a.zip", "名 . /x. ")], ["a.zip/名/x.txt"]),
        (
            [("9:30.txt", ""), ("\\xce.txt", ""), (".huabu/x", "")],
            ["9_30.txt.txt", "_\\xce.txt.txt", "_.huabu/x.txt"],
        ),
        (
            [("MANIFEST.json/x", ""), ("ledger.csv/x", ""), ("ledger.csv.txt", "")],
            ["MANIFEST.json_x (2).txt", "ledger.csv_x (2).txt", "ledger.csv.txt.txt"],
        ),
    ],
)
def test_names_of_outputs_are_safe_and_differ(given, names):
    assert list(export_text.output_names([output(*g) for g in given])) == names


def test_long_names_are_cut():
    (name, other) = export_text.output_names([output("长" * 84 + ".x"), output("a.zip", "长" * 300)])
    assert max(len(part.encode()) for part in (*name.split("/"), *other.split("/"))) <= 255
    assert name.endswith(".txt")
    assert other.endswith(".txt")
