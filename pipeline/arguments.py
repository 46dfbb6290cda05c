"""What can be said on the command line: commands, options, their help."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from pipeline import __version__

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
        help="微调编码器 (需要 huabu[train], 约两小时) / fine-tune the encoder (needs huabu[train], two hours)",
    )  # fmt: skip
    train.add_argument(
        "--again", action="store_true",
        help="与 --encoder 同用: 从现有的编码器接着学一轮 (约半小时) / with --encoder: go on from the present one, half an hour",
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
