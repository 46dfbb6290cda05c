"""What chance makes of small valid files ends as it must, in every reader and in what follows it."""

from __future__ import annotations

import random
import re

import pytest
from conftest import FIRST, SECOND
from hostile import mutants, runs
from hostile.cases import REASONS
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline.clean import clean_listing
from pipeline.extract import archive, formats, sandbox, zip_directory
from pipeline.extract.answers import Answer, Unpacked
from pipeline.extract.errors import Unreadable
from pipeline.records import Skipped, SourceFile
from pipeline.segment import segment
from pipeline.split import split

EXAMPLES = 300  # of each file in this process
IN_WORKERS = 150  # of each file in workers of either backend
BUILT = 40  # of each file through the whole build
SIGNS = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters and lone surrogates, which no text holds."""


def seeds(name: str, count: int) -> list[bytes]:
    return [mutants.mutant(name, random.Random(f"{name} {number}")) for number in range(count)]


def faults(answer: Answer) -> list[str]:
    """What is wrong with an answer, whatever the file was."""
    if isinstance(answer, Unpacked):
        return [
            f"member {m.path!r}: {m.reason}" for m in answer.members if m.reason and m.reason not in REASONS
        ]
    if isinstance(answer, Skipped):
        return [] if answer.reason in REASONS else [answer.reason]
    found = []
    if not "".join(page.text for page in answer.pages).strip():
        found.append("ok with empty text")
    file, _ = clean_listing(answer.pages)
    documents = split(file, SourceFile("a", "61"))
    if any(SIGNS.search(document.text) for document in documents):
        found.append("signs that are no text")
    found += [
        f"passage {passage.start}-{passage.end}"
        for document in documents
        for passage in segment(document, file)
        if document.text[passage.start : passage.end] != passage.text or not passage.text.strip()
    ]
    return found


def answer_of(data: bytes, extension: str) -> Answer:
    """As a worker reads, in this process. Raises what the reader raises, but for a reason."""
    try:
        if data.startswith(zip_directory.SIGNATURES) and formats.sniff(data) == formats.ARCHIVE:
            return Unpacked(tuple(archive.unpack(data)))
        return formats.read(data, extension)
    except Unreadable as error:
        return Skipped("quarantined", str(error))


@pytest.mark.parametrize("name", mutants.FILES)
def test_the_unharmed_files_are_read(name):
    extension, data = mutants.FILES[name]
    answer = answer_of(data, extension)
    assert isinstance(answer, Unpacked) or FIRST in clean_listing(answer.pages)[0].text
    assert not faults(answer)


def test_the_same_seed_makes_the_same_mutants():
    assert {name: seeds(name, 3) for name in mutants.FILES} == {
        name: seeds(name, 3) for name in mutants.FILES
    }


def test_every_format_has_a_file():
    kinds = {formats.sniff(data) for _, data in mutants.FILES.values()}
    assert kinds == {*formats.FORMATS, formats.ARCHIVE}


@pytest.mark.external
@pytest.mark.parametrize("name", mutants.FILES)
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
@given(chance=st.randoms(use_true_random=False))
def test_a_reader_raises_only_reasons(name, chance):
    """Nothing but Unreadable leaves `formats.read`, and what it returns is text to all that follows."""
    assert not faults(answer_of(mutants.mutant(name, chance), mutants.FILES[name][0]))


@pytest.mark.external
@pytest.mark.parametrize("backend", ["", "portable"])
def test_workers_survive(backend, monkeypatch):
    """Either backend: a reason or a text for each, never CRASH, TIMEOUT or OOM of files this small."""
    monkeypatch.setenv(sandbox.SETTING, backend)
    jobs = [
        sandbox.Job(f"{name} {number}", data, extension)
        for name, (extension, _) in mutants.FILES.items()
        for number, data in enumerate(seeds(name, IN_WORKERS))
    ]
    wrong = {
        key: found
        for key, answer in sandbox.read_all(jobs, workers=2, time_limit=30)
        if (found := faults(answer))
    }
    assert not wrong


@pytest.mark.external
def test_a_build_loses_none(tmp_path):
    """Through the command: a row for each, no ok row without a passage, no input or path in a message."""
    raw = tmp_path / "raw"
    raw.mkdir()
    for name, (extension, _) in mutants.FILES.items():
        for number, data in enumerate(seeds(name, BUILT)):
            (raw / f"{name} {number}.{extension}").write_bytes(data)
    done = runs.build(raw, tmp_path / "out", seconds=30)
    assert done.returncode == 0, done.stderr[-2000:]
    said = done.stdout + done.stderr
    assert not [part for part in (FIRST[:6], SECOND[:6], str(raw), "Traceback") if part in said]
    found = runs.ended(tmp_path / "out")
    inputs = {path for path, member in found if not member}
    assert inputs == {path.name.encode().hex() for path in raw.iterdir()}
    for place, end in found.items():
        assert end.end in REASONS | {"ok"}, place
        assert end.end != "ok" or end.is_archive or end.text.strip(), place
        assert not SIGNS.search(end.text), place
