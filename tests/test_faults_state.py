"""What is kept from run to run and what belongs to the program: damaged, deleted, replaced."""

from __future__ import annotations

import functools
import itertools
import json
import re
import shutil

import pytest
from undisturbed import LINUX, also, assert_goes_on, published

from pipeline import build, store
from pipeline.failures import failure

pytestmark = LINUX


# --- what is kept from run to run --------------------------------------------------------------------


def damage(data: bytes, way: int) -> bytes:
    flipped = bytes([data[len(data) // 2] ^ 4])
    ways = (
        data[: len(data) // 2],
        bytes(len(data)),
        data[: len(data) // 2] + flipped + data[len(data) // 2 + 1 :],
        b"",
    )
    return ways[way % len(ways)]


def test_damaged_cache(warm, raw, whole, read_before):
    entries = [p for p in (read_before / ".huabu" / "cache").rglob("*") if p.is_file()]
    assert len(entries) > 20
    for number, entry in enumerate(sorted(entries)):
        entry.write_bytes(damage(entry.read_bytes(), number))
    again = assert_goes_on(warm, raw, read_before, whole)
    assert len(again.traced("read")) == 15
    assert len(again.traced("analysed")) == 12


SHAPES = [{}, {"reason": 7}, {"members": 7}, {"members": [{"path": 1}]}, {"cleaning": "", "documents": [{}]}, {"cleaning": "", "documents": 7}, {"type": "txt", "extractor": "x", "warnings": [], "pages": [{}]}, {"reason": None}]  # fmt: skip


def test_cache_entries_of_another_shape(warm, raw, whole, read_before):
    cache = store.Cache(read_before)
    keys = sorted(p.name for p in cache.root.rglob("*") if p.is_file())
    for key, shape in zip(keys, itertools.cycle(SHAPES), strict=False):
        cache.put(key, shape)
    assert_goes_on(warm, raw, read_before, whole)


def test_private_state_of_others(warm, raw, whole, read_before):
    private = read_before / ".huabu"
    kept = [private / "cache" / "notes.txt", private / "cache" / "ab" / "mine.txt", read_before / "my notes.md", read_before / "text" / "mine.txt"]  # fmt: skip
    for file in kept:
        file.parent.mkdir(exist_ok=True)
        file.write_text("mine")
        file.chmod(0o444)
    strays = [read_before / ".77-1.tmp", private / ".77-2.tmp", private / "cache" / "ab" / ".77-3.tmp"]
    for file in strays:
        file.write_text("half")
    read_only = next(p for p in (private / "cache").rglob("*") if len(p.name) == 64)
    read_only.chmod(0o444)
    run = warm.start("build", raw, read_before)
    assert run.end() == 0, run.said()
    assert not run.traced("read")
    assert all(file.read_text() == "mine" for file in kept)
    assert not any(file.exists() for file in strays)
    mine = {"my notes.md", "text/mine.txt"}
    assert {n: d for n, d in published(read_before).items() if n not in mine} == published(whole)


STATES = {
    "tables deleted": lambda out: [p.unlink() for p in out.glob("*.*") if p.is_file() and p.name != "MANIFEST.json"],
    "tables corrupt": lambda out: [p.write_bytes(damage(p.read_bytes(), n)) for n, p in enumerate(out.rglob("*.*")) if p.is_file() and ".huabu" not in p.parts],
    "private folder deleted": lambda out: shutil.rmtree(out / ".huabu"),
    "manifest corrupt": lambda out: (out / "MANIFEST.json").write_text('{"run": "x", "files": {"../../raw": "0"}}'),
    "manifest deleted": lambda out: (out / "MANIFEST.json").unlink(),
    "texts deleted": lambda out: shutil.rmtree(out / "text"),
    "stage left": lambda out: [(out / ".huabu" / "stage").mkdir(), (out / ".huabu" / "stage" / "ledger.csv").write_text("x")],
    "stage a link": lambda out: (out / ".huabu" / "stage").symlink_to(out / "text"),
    "journal corrupt": lambda out: (out / ".huabu" / "journal.json").write_bytes(b"\0\xff"),
    "journal of others": lambda out: (out / ".huabu" / "journal.json").write_text('{"run": "x", "files": {"ledger.csv": "0"}}'),
    "journal a folder": lambda out: (out / ".huabu" / "journal.json").mkdir(),
    "shard a file": lambda out: [(shutil.rmtree(p), p.write_text("x")) for p in list((out / ".huabu" / "cache").iterdir())[:5]],
    "entry a folder": lambda out: [(p.unlink(), p.mkdir()) for p in list((out / ".huabu" / "cache").rglob("?" * 64))[:9]],
}  # fmt: skip


QUICK = ("tables corrupt", "manifest deleted", "journal of others", "stage a link", "shard a file")


@pytest.mark.parametrize("state", [name if name in QUICK else also(name) for name in STATES])
def test_damaged_state_is_made_again(warm, raw, whole, tmp_path, state):
    out = tmp_path / "out"
    shutil.copytree(whole, out)
    STATES[state](out)
    assert_goes_on(warm, raw, out, whole)


def test_removed_inputs_leave_nothing(warm, raw, whole, older, tmp_path):
    out, before = older
    (out / "MANIFEST.json").unlink()  # the copy in the private folder tells what was published
    assert set(before) - set(published(whole))
    assert_goes_on(warm, raw, out, whole)


# --- the program's own files -------------------------------------------------------------------------


def read_nothing(*_: object, **__: object) -> None:
    raise AssertionError("a document was read")


def with_arrays(change) -> dict[str, bytes]:
    """The model with its arrays changed, checksums right."""
    import io

    import numpy as np

    from pipeline import model

    contents = {name: store.resource_bytes(f"model/{name}") for name in model.FILES}
    with np.load(io.BytesIO(contents["model.npz"])) as arrays:
        data = {name: arrays[name] for name in arrays.files}
    buffer = io.BytesIO()
    np.savez(buffer, **change(data))
    contents["model.npz"] = buffer.getvalue()
    card = json.loads(store.resource_bytes("model/model.json"))
    card["sha256"] = {name: store.sha256(each) for name, each in contents.items()}
    return contents | {"model.json": json.dumps(card).encode()}


class Unpickled:
    def __reduce__(self):
        return (pytest.fail, ("unpickled",))


def pickled(data):
    import numpy as np

    return data | {"links": np.array([Unpickled()], dtype=object)}


def broken_models():
    own = {name: store.resource_bytes(f"model/{name}") for name in ("model.npz", "words.txt", "model.json")}
    yield "cut", {"model.npz": own["model.npz"][:999]}
    yield "another", {"words.txt": own["words.txt"] + b"x\n"}
    yield "empty card", {"model.json": b""}
    yield "card of another shape", {"model.json": b"[1]"}
    yield "missing", {"model.npz": None}
    yield "not finite", with_arrays(lambda data: data | {"weights": data["weights"] * float("nan")})
    yield "shape", with_arrays(lambda data: data | {"links": data["links"][:8]})
    yield "array missing", with_arrays(lambda data: {n: a for n, a in data.items() if n != "links"})
    yield "pickle inside", with_arrays(pickled)


def test_a_broken_model_ends_the_run_before_any_document(raw, tmp_path, run, monkeypatch):
    from pipeline import inputs, model

    monkeypatch.setattr(inputs, "read", read_nothing)
    real = store.resource_bytes
    for what, changed in broken_models():

        def read(name: str, changed=changed) -> bytes:
            data = changed.get(name.removeprefix("model/"), real(name))
            if data is None:
                raise FileNotFoundError(name)
            return data

        model.load.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr(store, "resource_bytes", read)
            code, _, said = run("build", raw, tmp_path / "out")
        assert (what, code) == (what, 5)
        assert "环境或模型有问题" in said
    model.load.cache_clear()


@pytest.mark.parametrize("name", ["lexicon/CH.csv", "roles.toml"])
def test_a_file_of_the_program_that_is_missing(raw, tmp_path, run, monkeypatch, name):
    from pipeline.store import resources

    class Elsewhere:
        def __truediv__(self, part):
            return tmp_path / "nowhere"

    monkeypatch.setattr(resources.resources, "files", lambda _: Elsewhere())
    with pytest.raises(store.ResourceError, match=re.escape(name)):
        store.resource_text(name)
    assert failure(store.ResourceError(name))[0] == 5


def test_what_changed_is_redone_and_no_more(raw, whole, tmp_path, monkeypatch, trained):
    from dataclasses import replace

    real = functools.cache(store.code_fingerprint)  # of 30 MB, several times a run
    monkeypatch.setattr(store, "code_fingerprint", real)

    def redone(**changes) -> tuple[bool, bool]:
        shutil.copytree(whole, out := tmp_path / "out")
        outcome = build.build(raw, out, build.Options(**changes), lambda *_: None)
        shutil.rmtree(out)
        return outcome.extracted > 0, outcome.analysed > 0

    assert redone() == (False, False)
    with monkeypatch.context() as patch:
        patch.setattr(build.model, "load_tagger", lambda _: replace(trained, checksum="another"))
        assert redone() == (False, True)
    for changed, expected in (
        ("clean.py", (False, True)),
        ("extract", (True, True)),
        ("report", (False, False)),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(
                store, "code_fingerprint", lambda *names, c=changed: real(*names) + "x" * (c in names)
            )
            assert redone() == expected
    assert redone(time_limit=29.0) == (True, True)
