"""The command line: parse, call, print. No logic lives here."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.failures import NOTHING, OK, READER_GONE, STRICT, USAGE, failure
from pipeline.streams import open_streams, silence
from pipeline.streams import say as _say

END_LIMIT = 8.0  # seconds to tidy up after a signal; where a library swallows it, the run ends then

EXAMPLES = {
    "build": "huabu build data/raw data/processed",
    "extract": "huabu extract 案例.pdf texts --clean",
    "explain-cleaning": "huabu explain-cleaning 案例.pdf",
    "tag": "huabu tag passages.csv tagged.csv",
    "explain": "huabu explain data/processed d0123456789-89abcdef",
    "draw": "huabu draw data/processed 小米 --to 画布.pptx --to 画布.png",
    "train": "huabu train --labelled data/labelled",
    "evaluate": "huabu evaluate gold.csv",
}


def parser() -> argparse.ArgumentParser:
    """The argument parser of all commands."""
    root = argparse.ArgumentParser(
        prog="huabu",
        description="中文商业案例 → 商业模式画布 (每条便签可追溯到原文) / Chinese business cases to canvases with evidence.",
    )
    root.add_argument("--version", action="version", version=f"huabu {__version__}")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name, help=text, description=text, epilog=f"例 example: {EXAMPLES[name]}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip

    build = add(
        "build", "从文件夹重建全部输出, 只重做有变化的部分 / rebuild all outputs, redoing only what changed"
    )
    build.add_argument("raw", metavar="RAW", type=Path, help="案例文件夹 folder of case studies")
    build.add_argument("out", metavar="OUT", type=Path, help="输出文件夹 output folder")
    build.add_argument(
        "--workers",
        type=_positive,
        default=max(1, min(4, os.cpu_count() or 1)),
        metavar="N",
        help="读取进程数 reader processes",
    )
    build.add_argument(
        "--time-limit",
        type=_seconds,
        default=30.0,
        metavar="S",
        help="每个文件的秒数上限 seconds per file (30)",
    )
    build.add_argument("--names", type=Path, metavar="F", help="公司名单 CSV (name,aliases) / company names")
    build.add_argument(
        "--strict", action="store_true", help="有文件被隔离则退出码 1 / exit 1 if anything was quarantined"
    )
    build.add_argument(
        "--retry-quarantined", action="store_true", help="重读上次被隔离的文件 / read quarantined files again"
    )

    build.add_argument(
        "--lang", choices=("zh", "en"), default="zh", help="结果摘要的语言 language of the summary (zh)"
    )

    def add_tagger(to: argparse.ArgumentParser) -> None:
        to.add_argument(
            "--tagger", choices=("linear", "ensemble"),
            help="linear 线性模型; ensemble 加编码器 (默认: 装了就用) / with the encoder (default where installed)",
        )  # fmt: skip

    add_tagger(build)
    extract = add("extract", "只取文本: 每个文件一个 .txt 和 ledger.csv / text of every file, and ledger.csv")
    extract.add_argument("path", metavar="PATH", type=Path, help="文件或文件夹 file or folder")
    extract.add_argument("out", metavar="OUT", type=Path, help="输出文件夹 output folder")
    extract.add_argument(
        "--clean",
        action="store_true",
        help="去掉页眉页脚和非正文 / drop furniture and all but body, table, heading",
    )
    extract.add_argument(
        "--time-limit",
        type=_seconds,
        default=30.0,
        metavar="S",
        help="每个文件的秒数上限 seconds per file (30)",
    )

    cleaning = add(
        "explain-cleaning",
        "一个文件清理了什么: 每条规则、次数、前后对照 / what cleaning did to a file, rule by rule",
    )
    cleaning.add_argument("path", metavar="FILE", type=Path, help="任何格式的文件 a file of any format")
    cleaning.add_argument(
        "--all", action="store_true", help="列出每一处, 不只前三处 / every case, not only the first three"
    )
    cleaning.add_argument(
        "--time-limit", type=_seconds, default=30.0, metavar="S", help="秒数上限 seconds (30)"
    )

    tag = add("tag", "给现成的段落打标签 (列 id,text[,document,heading]) / tag ready passages")
    tag.add_argument("input", metavar="IN.csv", type=Path)
    tag.add_argument("output", metavar="OUT.csv", type=Path)
    add_tagger(tag)

    explain = add(
        "explain", "一个段落为什么有(没有)这些标签 / why a passage has its tags, and why not others"
    )
    explain.add_argument("out", metavar="OUT", type=Path, help="build 的输出文件夹 output folder of a build")
    explain.add_argument("passage", metavar="PASSAGE_ID")
    explain.add_argument(
        "--all", action="store_true", help="列出每一行证据 / every row of evidence, not only the largest"
    )

    draw = add(
        "draw", "把一篇文档或一家公司的画布画成图、幻灯片或 Word 表格 / a canvas as picture, slide or table"
    )
    draw.add_argument("out", metavar="OUT", type=Path, help="build 的输出文件夹 output folder of a build")
    draw.add_argument("key", metavar="DOC_ID", help="文档编号或公司名 doc_id, or name of a company")
    draw.add_argument(
        "--to", metavar="FILE", type=Path, action="append", required=True,
        help=".png .svg .pdf .pptx .docx; 可以写多次 may be repeated",
    )  # fmt: skip
    draw.add_argument(
        "--format", choices=("png", "svg", "pdf", "pptx", "docx"), help="不看扩展名 instead of the suffix"
    )

    train = add("train", "用自带标注语料重新训练模型 / rebuild the model from the labelled corpus")
    train.add_argument("--labelled", type=Path, default=Path("data/labelled"), metavar="DIR")
    train.add_argument(
        "--encoder", action="store_true",
        help="微调编码器 (需要 huabu[train], 约一小时) / fine-tune the encoder (needs huabu[train], about an hour)",
    )  # fmt: skip

    evaluate = add(
        "evaluate", "按折评估; 给出金标文件则一并评分 / score folds of the labelled corpus, and a gold file"
    )
    evaluate.add_argument("gold", metavar="GOLD.csv", type=Path, nargs="?")
    evaluate.add_argument("--labelled", type=Path, default=Path("data/labelled"), metavar="DIR")
    evaluate.add_argument(
        "--brief", action="store_true", help="不做消融 (几分钟) / leave out the ablations (minutes)"
    )
    return root


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
        _say("已中断; 再次运行会从断点继续 interrupted; run again to go on")
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
    _say(sentence)
    return code


def _build(given: argparse.Namespace) -> int:
    from pipeline import build, messages, store

    if code := _check_folders(given.raw, given.out):
        return code
    names = store.read_table(given.names) if given.names else ""
    store.prepare_output(given.out)
    options = build.Options(given.workers, given.time_limit, names, given.retry_quarantined, given.tagger)
    with store.lock(given.out), _progress() as report:
        outcome = build.build(given.raw, given.out, options, report)
    for line in messages.summary(outcome, given.raw, given.out, given.lang):
        print(line)
    if not outcome.ok:
        return NOTHING
    return STRICT if given.strict and outcome.quarantined else OK


def _check_folders(raw: Path, out: Path) -> int:
    if not raw.is_dir():
        problem = "不是文件夹 is not a folder" if raw.exists() else "不存在 does not exist"
        _say(f"错误 error: {raw}: {problem}. 请给出放案例文件的文件夹 give the folder that holds your cases")
        return USAGE
    inside, outside = out.resolve(), raw.resolve()
    if any(outside.is_relative_to(inside / name) for name in ("text", "site", ".huabu")):
        _say(f"错误 error: {raw} 是 {out} 的输出 holds outputs of {out}; 请给出案例文件夹 give your cases")
        return USAGE
    if inside.is_relative_to(outside):
        _say(
            f"错误 error: {out} 在输入文件夹里面 lies inside the input folder; 请换一个输出位置 choose another"
        )
        return USAGE
    return OK


def _extract(given: argparse.Namespace) -> int:
    from pipeline import export_text, store

    if not given.path.exists():
        _say(f"错误 error: {given.path}: 不存在 does not exist")
        return USAGE
    if given.path.is_dir() and (code := _check_folders(given.path, given.out)):
        return code
    store.prepare_output(given.out)
    with store.lock(given.out), _progress() as report:
        ok, total = export_text.export(
            given.path, given.out, clean_only=given.clean, time_limit=given.time_limit, report=report
        )
    print(f"文件 files {total} · 成功 ok {ok} · 清单 ledger {given.out}/ledger.csv")
    return OK if ok else NOTHING


def _explain_cleaning(given: argparse.Namespace) -> int:
    from pipeline import explain_cleaning

    if not given.path.is_file():
        problem = "不是文件 is not a file" if given.path.exists() else "不存在 does not exist"
        _say(f"错误 error: {given.path}: {problem}")
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
        _say(f"错误 error: {error}")
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

    lines = (
        retrain.train_encoder(given.labelled, _say) if given.encoder else retrain.train_linear(given.labelled)
    )
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


@contextlib.contextmanager
def _progress():  # type: ignore[no-untyped-def]
    """A bar on a terminal, a plain line every so often when piped."""
    from tqdm import tqdm

    from pipeline.messages import printable

    terminal = sys.stderr.isatty()
    bars: dict[str, Any] = {}
    labels = {"extract": "读取 extract", "tag": "标注 tag", "write": "写出 write"}
    last = dict.fromkeys(labels, 0)

    def report(stage: str, done: int, total: int, path: str) -> None:
        if terminal:
            if stage not in bars:
                bars[stage] = tqdm(total=total, desc=labels[stage], unit="file", leave=False)
            bars[stage].total = total  # members of archives and scanned pages come to light on the way
            bars[stage].update(done - bars[stage].n)
        elif done == total or done >= last[stage] + max(10, total // 10):
            last[stage] = done
            _say(f"{labels[stage]} {done}/{total} {printable(path)}")

    try:
        yield report
    finally:
        for bar in bars.values():
            bar.close()


def _positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _seconds(value: str) -> float:
    number = float(value)
    if not 0 < number < 86_400:
        raise argparse.ArgumentTypeError("must be between 0 and 86400")
    return number


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
