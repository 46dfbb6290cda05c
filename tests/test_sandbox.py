"""Workers: whatever a reader does, its file gets a reason, its neighbours are read, nobody survives."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import time

import pytest
from conftest import FIRST, SECOND, make_pdf

from pipeline.extract import answers, sandbox, worker
from pipeline.extract.archive import Member
from pipeline.records import Extraction, Mark, Page, Skipped

ZH = f"{FIRST}\n{SECOND}\n" * 3
# A worker whose reader runs the input as a program; `good` is read as any other file.
READER = """
import sys; sys.path.insert(0, {root!r})
import ctypes, os, signal, struct, time
from pipeline.extract import formats, worker
real = formats.read
def read(data, extension):
    if extension == "txt":
        return real(data, extension)
    exec(data, globals())
formats.read = read
worker.main()
"""
ANOMALIES = {
    "hangs": ("time.sleep(600)", {"TIMEOUT"}),
    "spins and hears no signal": (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass",
        {"TIMEOUT"},
    ),
    "sleeps in C": ("ctypes.CDLL(None).sleep(600)", {"TIMEOUT"}),
    "allocates": ("bytearray(8 << 30)", {"OOM"}),
    "recurses": ("def f(): f()\nf()", {"LIMIT_DEPTH"}),
    "ends well": ("os._exit(0)", {"CRASH"}),
    "aborts": ("os.abort()", {"CRASH"}),
    "faults": ("ctypes.string_at(0)", {"CRASH"}),
    "leaves": ("raise SystemExit", {"CRASH"}),
    "raises its own": ("raise type('E', (Exception,), {'__reduce__': None})('x')", {"CORRUPT"}),
    "closes everything": ("os.closerange(3, 64)", {"CRASH"}),
    "goes elsewhere": ("os.chdir('/'); raise ValueError", {"CORRUPT"}),
    "talks": ("print('x' * 99999); os.write(2, b'x'); raise ValueError", {"CORRUPT"}),
    "leaves a child with the pipe": (
        "if os.fork(): os._exit(0)\ntime.sleep(600)",
        {"CRASH", "TIMEOUT"},
    ),
    "writes a file": (
        "import tempfile; tempfile.TemporaryFile(buffering=0).write(b'x')",
        {"CORRUPT", "CRASH"},
    ),
    "opens many": ("[os.open(os.devnull, 0) for _ in range(99)]", {"CORRUPT"}),
    "answers nonsense": ("w = {pipe}; os.write(w, struct.pack('<QQ', 3, 0) + b'{{x}')", {"CRASH"}),
    "answers a list": ("w = {pipe}; os.write(w, struct.pack('<QQ', 2, 0) + b'[]')", {"CRASH"}),
    "answers without end": ("w = {pipe}; os.write(w, struct.pack('<QQ', 1 << 40, 0))", {"LIMIT_SIZE"}),
    "answers half": (
        "w = {pipe}; os.write(w, struct.pack('<QQ', 99, 0) + b'{}'); os._exit(0)",
        {"CRASH"},
    ),
}
# The pipe of the answers is the lowest descriptor above the standard ones that is a pipe.
PIPE = "next(n for n in range(3, 64) if os.path.exists(f'/proc/self/fd/{n}') and 'pipe' in os.readlink(f'/proc/self/fd/{n}'))"


def read_all(jobs: list[sandbox.Job], **options: float) -> dict[str, answers.Answer]:
    return dict(sandbox.read_all(jobs, workers=2, time_limit=options.get("time_limit", 1.5)))


@pytest.mark.skipif(sys.platform != "linux", reason="limits and descriptors as Linux has them")
def test_anomalies_harm_nobody_else(monkeypatch):
    monkeypatch.setattr(sandbox, "_PROGRAM", READER.format(root=sandbox._ROOT))
    jobs = []
    for name, (written, _) in ANOMALIES.items():
        program = written.replace("{pipe}", PIPE).replace("{{x}", "{x}")
        jobs += [sandbox.Job(name, program.encode(), "py"), sandbox.Job(f"after {name}", ZH.encode(), "txt")]
    results = read_all(jobs)
    wrong = {
        name: results[name]
        for name, (_, reasons) in ANOMALIES.items()
        if not isinstance(results[name], Skipped) or results[name].reason not in reasons
    }
    assert not wrong
    assert all(isinstance(results[f"after {name}"], Extraction) for name in ANOMALIES)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_no_worker_outlives_the_run():
    program = (
        f"import sys; sys.path.insert(0, {sandbox._ROOT!r})\n"
        "from pipeline.extract import sandbox\n"
        "w = sandbox._Worker(); print(w.process.pid, flush=True)\n"
        "import os; os.kill(os.getpid(), 9)\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    ).stdout
    status = f"/proc/{int(shown)}/stat"
    for _ in range(50):
        try:
            with open(status, encoding="ascii") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return
        except OSError:
            return
        time.sleep(0.1)
    pytest.fail("a worker is still there")


def test_workers_that_cannot_start_say_so(monkeypatch):
    monkeypatch.setattr(sandbox, "_PROGRAM", "raise SystemExit(1)")
    with pytest.raises(sandbox.SandboxBroken):
        read_all([sandbox.Job("a", b"a", "txt")])


def test_a_missing_library_is_no_fault_of_the_input(monkeypatch):
    monkeypatch.setattr(sandbox, "_PROGRAM", READER.format(root=sandbox._ROOT))
    with pytest.raises(sandbox.SandboxBroken):
        read_all([sandbox.Job("a", b"import no_such_library", "py")])


def test_a_start_that_fails_once_is_tried_again(monkeypatch, tmp_path):
    mark = tmp_path / "started"
    once = f"import os\nif not os.path.exists({str(mark)!r}):\n    open({str(mark)!r}, 'w'); raise SystemExit(1)\n"
    monkeypatch.setattr(sandbox, "_PROGRAM", once + sandbox._PROGRAM)
    assert isinstance(read_all([sandbox.Job("a", ZH.encode(), "txt")])["a"], Extraction)


def test_workers_run_no_code_of_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "struct.py").write_text("raise SystemExit('ran')")
    (tmp_path / "pypdfium2.py").write_text("raise SystemExit('ran')")
    monkeypatch.chdir(tmp_path)
    job = sandbox.Job("a", make_pdf([[FIRST]]), "pdf")
    assert isinstance(read_all([job], time_limit=20)["a"], Extraction)


def test_limits_that_the_system_refuses_are_left_out(monkeypatch):
    """macOS has no limit on address space and says so with a ValueError."""
    resource = pytest.importorskip("resource")
    refused = []

    def refuse(kind, _limit):
        refused.append(kind)
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    monkeypatch.setattr(sys, "platform", "darwin")
    before = sys.getrecursionlimit()
    worker._confine(1 << 30)
    worker._limit_cpu(30)
    sys.setrecursionlimit(before)
    assert len(refused) == 5


def test_jobs_that_follow_are_read_and_the_end_is_found():
    """Each answer brings a job until there are ten; with one worker or two, the run ends."""
    for workers in (1, 2):
        made = iter(range(1, 10))

        def follow(_job, _answer, made=made):
            number = next(made, None)
            return [] if number is None else [sandbox.Job(f"{number}", ZH.encode(), "txt")]

        jobs = [sandbox.Job("0", ZH.encode(), "txt")]
        found = [k for k, _ in sandbox.read_all(jobs, workers=workers, time_limit=9, follow=follow)]
        assert found == [str(n) for n in range(10)]


def test_errors_of_the_input_reach_the_caller():
    def jobs():
        yield sandbox.Job("a", ZH.encode(), "txt")
        raise OSError("the disk")

    with pytest.raises(OSError, match="the disk"):
        list(sandbox.read_all(jobs(), workers=2, time_limit=9))


# --- the form of answers ---------------------------------------------------------------------


def test_answers_come_back_as_they_were():
    page = Page(1, "甲\ud800乙", (Mark(0, 1, "heading", 2),), flows=True, confidence=0.5)
    extraction = Extraction("txt", "txt/utf-8", (page,), ("ENCODING",))
    answer = answers.answer_from(answers.extraction_to_json(extraction), b"")
    assert isinstance(answer, Extraction)
    assert answer.pages[0].text == "甲\ufffd乙"
    assert (answer.pages[0].marks, answer.pages[0].flows, answer.warnings) == (
        page.marks,
        True,
        ("ENCODING",),
    )
    members = (
        Member("a", b"12"),
        Member("b", reason="ENCRYPTED"),
        Member("c", b""),
        Member("d", b"3", archive=True),
    )
    assert answers.answer_from(answers.members_to_json(members), b"123") == answers.Unpacked(members)
    assert answers.answer_from(b'{"reason": "CORRUPT"}', b"") == Skipped("quarantined", "CORRUPT")


PAGE = {"number": 1, "text": "ab", "marks": [], "flows": False, "confidence": 1.0}
MARK = {"start": 0, "end": 1, "kind": "heading", "level": 1}
MEMBER = {"path": "a", "reason": "", "size": 1, "archive": False}


def extraction(**changes: object) -> dict[str, object]:
    return {"extraction": {"type": "txt", "extractor": "x", "warnings": [], "pages": [{**PAGE, **changes}]}}


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        None,
        {"reason": 5},
        {"reason": "not a code\n"},
        {"extraction": None},
        {"extraction": {"type": "txt"}},
        {"extraction": {"type": 5, "extractor": "x", "warnings": [], "pages": []}},
        {"extraction": {"type": "txt", "extractor": "x", "warnings": ["x y"], "pages": []}},
        extraction(text=5),
        extraction(number="1"),
        extraction(number=True),
        extraction(confidence="1"),
        extraction(confidence=float("nan")),
        extraction(confidence=7),
        extraction(other=1),
        extraction(marks=[{**MARK, "end": 3}]),
        extraction(marks=[{**MARK, "start": -1}]),
        extraction(marks=[{**MARK, "kind": "x"}]),
        extraction(marks=[{**MARK, "start": 0.5}]),
        extraction(marks=[5]),
        extraction(text="\ud800"),
        {"members": [{**MEMBER, "size": 2}]},
        {"members": [{**MEMBER, "size": "1"}]},
        {"members": [{**MEMBER, "size": -1}]},
        {"members": [{**MEMBER, "reason": "CORRUPT"}]},
        {"members": [{**MEMBER, "path": 5}]},
        {"members": [MEMBER, {**MEMBER, "size": 0}]},
        {"members": [5]},
    ],
)
def test_an_answer_of_another_form_is_none(value):
    with pytest.raises(ValueError):  # noqa: PT011  whichever field it is
        answers.answer_from(json.dumps(value).encode(), b"1")


@pytest.mark.parametrize("head", [b"", b"\xff", b"[" * 100_000, b'{"extraction":', struct.pack("<Q", 1)])
def test_an_answer_that_is_no_json_is_none(head):
    with pytest.raises(ValueError):  # noqa: PT011
        answers.answer_from(head, b"")
