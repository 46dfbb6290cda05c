"""The command line: parse, call, print. No logic lives here; what can be said is in `arguments`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.arguments import parser
from pipeline.failures import NOTHING, OK, READER_GONE, STRICT, USAGE, failure
from pipeline.streams import open_streams, say, silence

END_LIMIT = 8.0  # seconds to tidy up after a signal; where a library swallows it, the run ends then


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code says how it ended (see README)."""
    open_streams()
    os.umask(os.umask(0o077) | 0o002)  # nothing that everybody may write, whatever the user's shell says
    given = parser().parse_args(arguments)
    return _shown(_run(given))


def _run(given: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, _end)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where it is ignored: nohup
        signal.signal(signal.SIGINT, _end)
    try:
        return _COMMANDS[given.command](given)
    except KeyboardInterrupt:
        say("已中断; 再次运行会从断点继续 interrupted; run again to go on")
        return 130
    except (BrokenPipeError, BlockingIOError):
        silence(sys.stdout)  # the reader of our output left, or does not read: nothing to say
        return READER_GONE
    except SystemExit as stop:
        return int(stop.code or 0)
    except Exception as error:
        return _failed(error)


def _shown(code: int) -> int:
    """The exit code, once what was printed has arrived: at the end of the interpreter it is too late."""
    try:
        sys.stdout.flush()
    except OSError as error:
        silence(sys.stdout)
        if code == OK:
            gone = isinstance(error, BrokenPipeError | BlockingIOError)
            return READER_GONE if gone else _failed(error)
    return code


def _failed(error: Exception) -> int:
    code, sentence = failure(error)
    say(sentence)
    return code


def _build(given: argparse.Namespace) -> int:
    from pipeline import build, messages, progress, store

    if code := _check_folders(given.raw, given.out):
        return code
    names = store.read_table(given.names) if given.names else ""
    store.prepare_output(given.out)
    options = build.Options(given.workers, given.time_limit, names, given.retry_quarantined, given.tagger)
    with store.lock(given.out), progress.shown() as report:
        outcome = build.build(given.raw, given.out, options, report)
    for line in messages.summary(outcome, given.raw, given.out, given.lang):
        print(line)
    if not outcome.ok:
        return NOTHING
    return STRICT if given.strict and outcome.quarantined else OK


def _check_folders(raw: Path, out: Path) -> int:
    if not raw.is_dir():
        problem = "不是文件夹 is not a folder" if raw.exists() else "不存在 does not exist"
        say(f"错误 error: {raw}: {problem}. 请给出放案例文件的文件夹 give the folder that holds your cases")
        return USAGE
    inside, outside = out.resolve(), raw.resolve()
    if any(outside.is_relative_to(inside / name) for name in ("text", "site", ".huabu")):
        say(f"错误 error: {raw} 是 {out} 的输出 holds outputs of {out}; 请给出案例文件夹 give your cases")
        return USAGE
    if inside.is_relative_to(outside):
        say(
            f"错误 error: {out} 在输入文件夹里面 lies inside the input folder; 请换一个输出位置 choose another"
        )
        return USAGE
    return OK


def _extract(given: argparse.Namespace) -> int:
    from pipeline import export_text, progress, store

    if not given.path.exists():
        say(f"错误 error: {given.path}: 不存在 does not exist")
        return USAGE
    if given.path.is_dir() and (code := _check_folders(given.path, given.out)):
        return code
    store.prepare_output(given.out)
    with store.lock(given.out), progress.shown() as report:
        ok, total = export_text.export(
            given.path, given.out, clean_only=given.clean, time_limit=given.time_limit, report=report
        )
    print(f"文件 files {total} · 成功 ok {ok} · 清单 ledger {given.out}/ledger.csv")
    return OK if ok else NOTHING


def _explain_cleaning(given: argparse.Namespace) -> int:
    from pipeline import explain_cleaning

    if not given.path.is_file():
        problem = "不是文件 is not a file" if given.path.exists() else "不存在 does not exist"
        say(f"错误 error: {given.path}: {problem}")
        return USAGE
    found = explain_cleaning.explain(given.path, time_limit=given.time_limit, everything=given.all)
    print("\n".join(found.lines))
    return OK if found.readable else NOTHING


def _tag(given: argparse.Namespace) -> int:
    from pipeline import lexicon, model, store, tagging

    result = tagging.tag_table(store.read_table(given.input), model.load_tagger(given.tagger), lexicon.load())
    store.write_atomic(given.output, result.encode("utf-8"))
    return OK


def _explain(given: argparse.Namespace) -> int:
    from pipeline import explain, lexicon

    try:
        lines = explain.explain(given.out, given.passage, lexicon.load(), everything=given.all)
    except explain.UnknownPassage as error:
        say(f"错误 error: {error}")
        return USAGE
    print("\n".join(lines))
    return OK


def _draw(given: argparse.Namespace) -> int:
    from pipeline import draw

    for line in draw.draw(given.out, given.key, given.to, given.format or ""):
        print(line)
    return OK


def _train(given: argparse.Namespace) -> int:
    from pipeline import retrain

    if given.encoder:
        lines = retrain.train_encoder(given.labelled, say, again=given.again)
    else:
        lines = retrain.train_linear(given.labelled)
    for line in lines:
        print(line, flush=True)
    return OK


def _evaluate(given: argparse.Namespace) -> int:
    from pipeline import evaluate

    for line in evaluate.report(given.labelled, given.gold, brief=given.brief):
        print(line)
    return OK


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "build": _build,
    "extract": _extract,
    "explain-cleaning": _explain_cleaning,
    "tag": _tag,
    "explain": _explain,
    "draw": _draw,
    "train": _train,
    "evaluate": _evaluate,
}


def _end(number: int, _: object) -> None:
    """The first signal ends the run; another one while it ends changes nothing."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    late = threading.Timer(END_LIMIT, os._exit, [128 + number])  # workers end with us
    late.daemon = True
    late.start()
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(143)
