"""Workers: whatever a reader does, its file gets a reason, its neighbours are read, nobody survives."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import FIRST, SAMPLES, SECOND, make_docx, make_pdf

from pipeline.extract import answers, backend, confinement, sandbox
from pipeline.extract.archive import Member
from pipeline.records import Extraction, Mark, Page, Skipped

ZH = f"{FIRST}\n{SECOND}\n" * 3
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="limits, /proc and descriptors as Linux has them")
# A worker whose reader runs a file `.py` as a program, in which `result` is what it read.
READER = """
import ctypes, itertools, json, os, signal, socket, struct, sys, time
from pipeline.extract import formats
from pipeline.records import Extraction, Page
real = formats.read
def read(data, extension):
    if extension != "py":
        return real(data, extension)
    space = dict(globals())
    exec(data, space)
    return space["result"]
formats.read = read
"""
CHANNEL = (
    "w = max(n for n in range(3, 64) if os.path.exists(f'/proc/self/fd/{n}')"
    " and os.readlink(f'/proc/self/fd/{n}')[:4] in ('pipe', 'sock'));"
)
VICTIM = "huabu-victim"
NAMED = f"ctypes.CDLL(None).prctl(15, {VICTIM.encode()!r})\n"  # PR_SET_NAME: how a test finds it
GOOD = f"result = real({ZH!r}.encode(), 'txt')"
ANOMALIES = {
    "hangs": ("time.sleep(600)", {"TIMEOUT"}),
    "spins and hears no signal": (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass",
        {"TIMEOUT"},
    ),
    "sleeps in C": ("ctypes.CDLL(None).sleep(600)", {"TIMEOUT"}),
    "spins in C": ("sum(itertools.repeat(1))", {"TIMEOUT"}),
    "stops itself": ("os.kill(os.getpid(), signal.SIGSTOP)", {"TIMEOUT"}),
    "uses up its processor time": ("os.kill(os.getpid(), signal.SIGXCPU)", {"TIMEOUT"}),
    "allocates": ("bytearray(8 << 30)", {"OOM"}),
    "allocates bit by bit": (
        "import numpy\na = []\nwhile True: a.append(numpy.empty(64 << 20, numpy.uint8))",
        {"OOM"},
    ),
    "recurses": ("def f(): f()\nf()", {"LIMIT_DEPTH"}),
    "ends well": ("os._exit(0)", {"CRASH"}),
    "ends badly": ("os._exit(1)", {"CRASH"}),
    "aborts": ("os.abort()", {"CRASH"}),
    "faults": ("ctypes.string_at(0)", {"CRASH"}),
    "leaves": ("raise SystemExit", {"CRASH"}),
    "interrupts": ("raise KeyboardInterrupt", {"CRASH"}),
    "raises its own": ("raise type('E', (Exception,), {'__reduce__': None})('x')", {"CORRUPT"}),
    "closes everything": ("os.closerange(0, 64)", {"CRASH"}),
    "goes elsewhere": ("os.chdir('/'); raise ValueError", {"CORRUPT"}),
    "talks": ("print('x' * 99999); os.write(2, b'x'); raise ValueError", {"CORRUPT"}),
    "listens": ("result = sys.stdin.read() + input()", {"CORRUPT"}),
    "leaves a child with the pipe": (
        "if os.fork(): os._exit(0)\ntime.sleep(600)",
        {"CRASH", "TIMEOUT"},
    ),
    "writes a file": (
        "import tempfile; tempfile.TemporaryFile(buffering=0).write(b'x')",
        {"CORRUPT", "CRASH"},
    ),
    "opens many": ("[os.open(os.devnull, 0) for _ in range(99)]", {"CORRUPT"}),
    "returns what is no result": ("result = object()", {"CORRUPT"}),
    "returns what is no JSON": ("result = Extraction('txt', 'x', (Page(1, b'x'),))", {"CORRUPT"}),
    "returns too much": (
        "result = Extraction('txt', 'x', (Page(1, 'x' * 100_000_000),))",
        {"LIMIT_SIZE"},
    ),
    "answers nonsense": (CHANNEL + "os.write(w, struct.pack('<QQ', 3, 0) + b'{x}')", {"CRASH"}),
    "answers a list": (CHANNEL + "os.write(w, struct.pack('<QQ', 2, 0) + b'[]')", {"CRASH"}),
    "answers without end": (CHANNEL + "os.write(w, struct.pack('<QQ', 1 << 40, 0))", {"LIMIT_SIZE"}),
    "answers half": (
        CHANNEL + "os.write(w, struct.pack('<QQ', 99, 0) + b'{}'); os._exit(0)",
        {"CRASH"},
    ),
}


@pytest.fixture(params=["forked", pytest.param("portable", marks=pytest.mark.external)])  # a second each
def either(request, monkeypatch):
    """Both backends, one after the other."""
    if request.param == "forked" and os.name != "posix":
        pytest.skip("the system does not fork")
    monkeypatch.setenv(sandbox.SETTING, "" if request.param == "forked" else "portable")
    return request.param


@pytest.fixture
def marked(monkeypatch) -> str:
    """Workers run programs, and carry a mark by which all that they start is found."""
    mark = uuid.uuid4().hex
    monkeypatch.setattr(backend, "PREPARE", f"{READER}# {mark}\n")
    return mark


def processes(mark: str, *, name: str = "") -> set[int]:
    """Who lives with this mark in the command line, as every fork of a marked process does."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state = (
                (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
            )
            own = mark.encode() in (folder / "cmdline").read_bytes()
            if own and state != "Z" and name in (folder / "comm").read_text(encoding="utf-8"):
                found.add(int(folder.name))
    return found


def nobody_is_left(mark: str) -> bool:
    for _ in range(100):
        if not processes(mark):
            return True
        time.sleep(0.1)
    return False


def read_all(
    jobs: list[sandbox.Job], *, time_limit: float = 1.5, workers: int = 2
) -> dict[str, answers.Answer]:
    return dict(sandbox.read_all(jobs, workers=workers, time_limit=time_limit))


def text_of(answer: answers.Answer) -> str:
    assert isinstance(answer, Extraction)
    return "\n".join(page.text for page in answer.pages)


def among_good(programs: dict[str, str]) -> list[sandbox.Job]:
    """Each program followed by a document as any other."""
    jobs = []
    for name, program in programs.items():
        jobs += [sandbox.Job(name, program.encode(), "py"), sandbox.Job(f"after {name}", ZH.encode(), "txt")]
    return jobs


@LINUX
def test_anomalies_harm_nobody_else(either, marked):
    results = read_all(among_good({name: program for name, (program, _) in ANOMALIES.items()}))
    wrong = {
        name: results[name]
        for name, (_, reasons) in ANOMALIES.items()
        if not isinstance(results[name], Skipped) or results[name].reason not in reasons
    }
    assert not wrong
    assert {text_of(results[f"after {name}"]) for name in ANOMALIES} == {ZH}
    assert nobody_is_left(marked)


@LINUX
def test_what_leaves_the_group_of_its_worker_is_ended_too(marked):
    fled = NAMED + "if os.fork() == 0:\n    os.setsid()\n    if os.fork(): os._exit(0)\n    time.sleep(600)\n"
    results = read_all(
        among_good({"crashes": fled + "time.sleep(0.2); os._exit(0)", "hangs": fled + "time.sleep(600)"})
    )
    # What it left holds the channel open, so that its end is noticed only with its time.
    assert results["crashes"] in (Skipped("quarantined", "CRASH"), Skipped("quarantined", "TIMEOUT"))
    assert results["hangs"] == Skipped("quarantined", "TIMEOUT")
    assert nobody_is_left(marked)


@contextlib.contextmanager
def struck(
    mark: str, number: int, *, times: int = 1 << 30, everyone: bool = False, pause: float = 0.02
) -> Iterator[list[int]]:
    """Meanwhile every marked process that calls itself a victim gets the signal: who did."""
    hit: list[int] = []
    ended = threading.Event()

    def strike() -> None:
        while not ended.wait(pause):
            for pid in processes(mark, name="" if everyone else VICTIM) - set(hit):
                if len(hit) < times:
                    with contextlib.suppress(OSError):
                        os.kill(pid, number)
                        hit.append(pid)

    thread = threading.Thread(target=strike)
    thread.start()
    try:
        yield hit
    finally:
        ended.set()
        thread.join()


@LINUX
def test_a_worker_that_was_killed_is_replaced_and_its_document_read(either, marked):
    slow = f"{NAMED}time.sleep(2)\n{GOOD}"
    with struck(marked, signal.SIGKILL, times=1) as hit:
        results = read_all(among_good({"slow": slow}), time_limit=30)
    assert len(hit) == 1
    assert {text_of(answer) for answer in results.values()} == {ZH}


@LINUX
def test_a_document_whose_workers_die_each_time_is_the_only_one_lost(either, marked):
    with struck(marked, signal.SIGKILL) as hit:
        results = read_all(among_good({"fatal": f"{NAMED}time.sleep(60)", "good": GOOD}), time_limit=30)
    assert results.pop("fatal") == Skipped("quarantined", "CRASH")
    assert len(hit) == 2  # it was tried twice
    assert {text_of(answer) for answer in results.values()} == {ZH}


@LINUX
def test_a_stopped_worker_is_out_of_time(either, marked):
    with struck(marked, signal.SIGSTOP, times=1):
        results = read_all(among_good({"stopped": f"{NAMED}time.sleep(600)", "good": GOOD}), time_limit=3)
    assert results.pop("stopped") == Skipped("quarantined", "TIMEOUT")
    assert {text_of(answer) for answer in results.values()} == {ZH}
    assert nobody_is_left(marked)


@LINUX
@pytest.mark.external
def test_all_processes_killed_again_and_again(either, marked):
    """The run ends, every file with a result, or with the word that the set-up is broken."""
    jobs = among_good({f"{n}": f"time.sleep(0.3)\n{GOOD}" for n in range(24)})
    with struck(marked, signal.SIGKILL, everyone=True, pause=1):
        try:
            results = read_all(jobs, time_limit=30)
        except sandbox.SandboxBroken:
            results = {}
    assert not results or results.keys() == {job.key for job in jobs}
    reasons = {answer.reason for answer in results.values() if isinstance(answer, Skipped)}
    assert reasons <= {"CRASH"}
    assert nobody_is_left(marked)


@LINUX
def test_a_zygote_that_died_or_stopped_is_replaced(marked, monkeypatch):
    from pipeline.extract import forked

    monkeypatch.setattr(forked, "REPLY_LIMIT", 1.0)
    monkeypatch.setattr(forked, "CLOSE_LIMIT", 0.1)
    for number in (signal.SIGKILL, signal.SIGSTOP):
        # Two workers are killed, so that a third must be forked by a zygote that is not there.
        program = f"os.kill(os.getppid(), {number:d})\ntime.sleep(0.3)\nos._exit(0)"
        results = read_all(among_good({"parricide": program}), time_limit=30)
        assert results["parricide"] == Skipped("quarantined", "CRASH")
        assert text_of(results["after parricide"]) == ZH
        assert nobody_is_left(marked)


DRIVER = """
import signal, sys; sys.path.insert(0, {root!r})
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's job in the background ignores it
from pipeline.extract import backend, ocr
backend.PREPARE = {prepare!r}
ocr.versions = dict
from pipeline.cli import main
sys.exit(main(sys.argv[1:]))
"""


def command(prepare: str, *arguments: object) -> subprocess.Popen[bytes]:
    program = DRIVER.format(root=backend.ROOT, prepare=prepare)
    # Its own command line holds the mark as well: it counts among those that must be gone.
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


@LINUX
@pytest.mark.parametrize(
    ("numbers", "code"),
    [
        ([signal.SIGKILL], -9),
        ([signal.SIGTERM], 143),
        ([signal.SIGINT], 130),
        ([signal.SIGINT, signal.SIGINT], 130),
    ],
    ids=lambda value: "+".join(n.name for n in value) if isinstance(value, list) else None,
)
def test_nobody_outlives_the_run(either, marked, tmp_path, numbers, code):
    """While two files hang, and (forked) a child of each has left its group."""
    raw = tmp_path / "raw"
    raw.mkdir()
    fled = "if os.fork() == 0:\n    os.setsid(); time.sleep(600)\n" if either == "forked" else ""
    for name in "ab":
        (raw / f"{name}.py").write_text(f"# {name}\n{fled}{NAMED}time.sleep(600)", encoding="utf-8")
    run = command(backend.PREPARE, "extract", raw, tmp_path / "out", "--time-limit", 500)
    try:
        while len(processes(marked, name=VICTIM)) < 2 and run.poll() is None:
            time.sleep(0.05)
        for number in numbers:
            run.send_signal(number)
            time.sleep(0.1)
        shown = run.communicate(timeout=60)[1]
    finally:
        run.kill()
    assert run.returncode == code, shown
    assert b"Traceback" not in shown
    assert nobody_is_left(marked)


@LINUX
@pytest.mark.external
@pytest.mark.parametrize("told", [True, False], ids=["by the system", "by the end of its pipe"])
def test_a_portable_worker_ends_with_its_parent(marked, monkeypatch, tmp_path, told):
    """Killed without a chance to end its workers; also where no system tells them."""
    monkeypatch.setenv(sandbox.SETTING, "portable")
    silent = "" if told else "from pipeline.extract import confinement; confinement.die_with_parent = int\n"
    raw = tmp_path / "raw"
    raw.mkdir()
    for name, hangs in (("a", "time.sleep(600)"), ("b", "while True: pass")):
        (raw / f"{name}.py").write_text(NAMED + hangs, encoding="utf-8")
    run = command(backend.PREPARE + silent, "extract", raw, tmp_path / "out", "--time-limit", 500)
    while len(processes(marked, name=VICTIM)) < 2 and run.poll() is None:
        time.sleep(0.05)
    run.kill()
    run.communicate(timeout=60)
    assert run.returncode == -signal.SIGKILL
    assert nobody_is_left(marked)


@LINUX
def test_a_run_that_is_given_up_leaves_nobody(either, marked):
    """Whoever asks stops in the middle."""
    jobs = [sandbox.Job("good", ZH.encode(), "txt"), sandbox.Job("hangs", b"time.sleep(600)", "py")]
    found = sandbox.read_all(jobs, workers=2, time_limit=500)
    assert next(found)[0] == "good"
    found.close()
    assert nobody_is_left(marked)


# --- what is broken is the set-up --------------------------------------------------------------


def test_workers_that_cannot_start_say_so(either, monkeypatch, tmp_path):
    count = tmp_path / "count"
    monkeypatch.setattr(backend, "PREPARE", f"open({str(count)!r}, 'a').write('x')\nraise SystemExit(1)")
    monkeypatch.setattr(sandbox, "START_PAUSE", 0)
    with pytest.raises(sandbox.SandboxBroken, match="10"):
        read_all([sandbox.Job("a", b"a", "txt")])
    assert len(count.read_text(encoding="utf-8")) == sandbox.START_TRIES


def test_a_missing_library_is_no_fault_of_the_input(either, monkeypatch):
    monkeypatch.setattr(backend, "PREPARE", READER)
    with pytest.raises(sandbox.SandboxBroken, match="library"):
        read_all([sandbox.Job("a", b"import no_such_library", "py")])


def test_a_library_that_finds_no_memory_is_not_missing(either, monkeypatch):
    monkeypatch.setattr(backend, "PREPARE", READER)
    program = b"raise ImportError('libx.so: failed to map segment from shared object')"
    assert read_all([sandbox.Job("a", program, "py")])["a"] == Skipped("quarantined", "OOM")


@pytest.mark.parametrize(
    ("fault", "reason"), [("raise ValueError", "CORRUPT"), ("import os; os.abort()", "CRASH")]
)
def test_a_document_that_everybody_reads_is_not_read(either, monkeypatch, fault, reason):
    broken = f"    if data[:4] == b'%PDF': {fault}\n"
    monkeypatch.setattr(backend, "PREPARE", READER.replace("    if ext", f"{broken}    if ext"))
    with pytest.raises(sandbox.SandboxBroken, match=rf"built-in pdf document \({reason}\)"):
        read_all([sandbox.Job("a", ZH.encode(), "txt")])


def test_a_start_that_fails_once_is_tried_again(either, monkeypatch, tmp_path):
    mark = tmp_path / "started"
    once = f"import os\nif not os.path.exists({str(mark)!r}):\n    open({str(mark)!r}, 'w'); raise SystemExit(1)\n"
    monkeypatch.setattr(backend, "PREPARE", once)
    assert isinstance(read_all([sandbox.Job("a", ZH.encode(), "txt")])["a"], Extraction)


def test_a_setting_that_is_none_is_an_error(monkeypatch):
    monkeypatch.setenv(sandbox.SETTING, "fast")
    with pytest.raises(sandbox.SandboxBroken, match="HUABU_SANDBOX='fast'"):
        read_all([])


# --- what a worker is -------------------------------------------------------------------------


def test_workers_run_no_code_of_the_current_folder(either, tmp_path, monkeypatch):
    (tmp_path / "struct.py").write_text("raise SystemExit('ran')", encoding="utf-8")
    (tmp_path / "pypdfium2.py").write_text("raise SystemExit('ran')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    job = sandbox.Job("a", make_pdf([[FIRST]]), "pdf")
    assert isinstance(read_all([job], time_limit=20)["a"], Extraction)


REPORT = """
import resource
libc = ctypes.CDLL(None)
death = ctypes.c_int()
libc.prctl(2, ctypes.byref(death))
try:
    socket.create_connection(('127.0.0.1', PORT), 5).close()
    reached = True
except OSError:
    reached = False
result = Extraction('txt', 'x', (Page(1, json.dumps({
    'limits': {n: resource.getrlimit(getattr(resource, n))[0]
               for n in ('RLIMIT_AS', 'RLIMIT_CORE', 'RLIMIT_FSIZE', 'RLIMIT_NOFILE')},
    'cpu': resource.getrlimit(resource.RLIMIT_CPU)[0] - int(sum(resource.getrusage(0)[:2])),
    'recursion': sys.getrecursionlimit(), 'privileges': libc.prctl(39, 0, 0, 0, 0), 'death': death.value,
    'leader': os.getpgid(0) == os.getpid(), 'environment': sorted(os.environ), 'reached': reached,
    'streams': sorted({os.readlink(f'/proc/self/fd/{n}') for n in range(3)}),
    'threads': len(os.listdir(f'/proc/{os.getppid()}/task')),
    'open': len(os.listdir('/proc/self/fd')),
})),))
"""


@LINUX
def test_a_worker_is_confined(either, marked, monkeypatch):
    import socket

    monkeypatch.setenv("SECRET", "x")
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = REPORT.replace("PORT", str(server.getsockname()[1]))
        told = json.loads(text_of(read_all([sandbox.Job("a", program.encode(), "py")], time_limit=10)["a"]))
    assert told["limits"] == {
        "RLIMIT_AS": 2 << 30, "RLIMIT_CORE": 0, "RLIMIT_FSIZE": 0, "RLIMIT_NOFILE": 64,
    }  # fmt: skip
    assert told["cpu"] in (24, 25)
    assert (told["recursion"], told["privileges"], told["death"], told["leader"]) == (800, 1, 9, True)
    assert told["streams"] == ["/dev/null"]
    assert not {"SECRET", "HOME", "USER"} & set(told["environment"])
    assert told["open"] <= 7  # the standard streams, its channel (two pipes), the folder that it lists
    if either == "forked":
        assert told["threads"] == 1  # its parent, which forks
    unshared = "import ctypes; c = ctypes.CDLL(None); raise SystemExit(c.unshare(0x40000000) and c.unshare(0x50000000))"
    if subprocess.run([sys.executable, "-c", unshared], check=False).returncode == 0:
        assert not told["reached"]


@LINUX
def test_a_worker_with_little_memory(either, marked, monkeypatch):
    little = "from pipeline.extract import confinement\nconfinement.MEMORY_LIMIT = 300 << 20\n"
    monkeypatch.setattr(backend, "PREPARE", backend.PREPARE + little)
    jobs = [*among_good({"large": "bytearray(400 << 20)"}), sandbox.Job("docx", make_docx([ZH]), "docx")]
    results = read_all(jobs, time_limit=20)
    assert results.pop("large") == Skipped("quarantined", "OOM")
    assert all(FIRST in text_of(answer) for answer in results.values())


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
    confinement.isolate()
    confinement.limit_memory(recognises=False)
    confinement.limit_cpu(30)
    confinement.die_with_parent()
    confinement.adopt_orphans()
    sys.setrecursionlimit(before)
    assert len(refused) == 5


def sample_jobs() -> list[sandbox.Job]:
    paths = sorted(SAMPLES.iterdir())
    return [sandbox.Job(path.name, path.read_bytes(), path.suffix[1:]) for path in paths]


# What a reader has no use for, made to raise once all is imported.
FORBIDDEN = """
import builtins, os, pickle, subprocess
from pipeline.extract import worker, zygote
def forbidden(*_, **__): raise SystemExit('forbidden')
plain = worker.serve
def serve(*channel):
    zygote.warm()
    builtins.eval = os.system = os.fork = pickle.loads = pickle.load = subprocess.Popen = forbidden
    plain(*channel)
worker.serve = serve
"""


def test_either_backend_reads_the_same_and_nothing_forbidden_is_used(monkeypatch):
    """The samples, with both backends, and with calls forbidden that no reader needs."""
    found = []
    for setting, prepare in (("", ""), ("portable", ""), ("", FORBIDDEN), ("portable", FORBIDDEN)):
        monkeypatch.setenv(sandbox.SETTING, setting)
        monkeypatch.setattr(backend, "PREPARE", prepare)
        found.append(read_all(sample_jobs(), time_limit=60))
    assert all(results == found[0] for results in found)


@pytest.mark.external
def test_either_backend_builds_the_same(monkeypatch, run, tmp_path):
    trees = []
    for setting in ("", "portable"):
        monkeypatch.setenv(sandbox.SETTING, setting)
        out = tmp_path / f"out{setting}"
        assert run("build", SAMPLES, out, "--tagger", "linear")[0] == 0
        files = [p for p in sorted(out.rglob("*")) if p.is_file() and ".huabu" not in p.parts]
        trees.append({p.relative_to(out): p.read_bytes() for p in files})
    assert trees[0] == trees[1]


# --- the line ---------------------------------------------------------------------------------


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
