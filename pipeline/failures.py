"""How a run ends: exit codes, and one sentence for whatever went wrong."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator

from pipeline.store import OutputError

OK, STRICT, USAGE, NOTHING, OUTPUT, ENVIRONMENT, INVARIANT, BUSY = 0, 1, 2, 3, 4, 5, 6, 75
READER_GONE = 141  # as the shell says of a program that SIGPIPE ends
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})


# Classes by module: one that is not loaded has raised nothing, and a run that ends badly (no room, no
# rights) is no time to load libraries.
_KINDS: tuple[tuple[tuple[str, ...], int, str], ...] = (
    (
        ("pipeline.store.LockHeld",),
        BUSY,
        "另一个运行正在使用输出文件夹, 请等它结束 another run holds the output folder",
    ),
    (("pipeline.store.OutputError",), OUTPUT, "无法写入输出 cannot write output"),
    (
        (
            "pipeline.extract.sandbox.SandboxBroken",
            "pipeline.model.ModelError",
            "pipeline.lexicon.LexiconError",
            "pipeline.store.ResourceError",
            "pipeline.report.fonts.FontMissing",
            "builtins.ImportError",
        ),
        ENVIRONMENT,
        "环境或模型有问题 environment or model broken",
    ),
    (
        ("pipeline.store.InvariantError",),
        INVARIANT,
        "内部检查未通过, 未发布任何结果 an invariant failed, nothing was published",
    ),
    (
        (
            "pipeline.tagging.TableError",
            "pipeline.company.NamesError",
            "pipeline.labelled.LabelledError",
            "pipeline.blocks.BlockCodeError",
            "builtins.UnicodeDecodeError",
            "_csv.Error",
        ),
        USAGE,
        "输入表有问题 input table",
    ),
    (("pipeline.draw.DrawError", "pipeline.published.NotBuilt"), USAGE, "画不了 cannot draw"),
    (
        (
            "builtins.FileNotFoundError",
            "builtins.IsADirectoryError",
            "builtins.NotADirectoryError",
            "builtins.PermissionError",
        ),
        USAGE,
        "打不开文件 cannot open",
    ),
)


def failure(error: Exception) -> tuple[int, str]:
    """The exit code and the sentence of an exception that ended a command."""
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        error = OutputError.of(error.filename or "标准输出 standard output", error)
    for names, code, text in _KINDS:
        if isinstance(error, tuple(_loaded(names))):
            detail = getattr(error, "filename", None) or str(error)
            return code, f"错误 error: {text}: {detail}"
    what = f"{type(error).__name__}: {error}"
    return INVARIANT, f"错误 error: 程序内部错误, 请报告 internal error, please report: {what}"


def _loaded(names: tuple[str, ...]) -> Iterator[type[Exception]]:
    for name in names:
        module, _, kind = name.rpartition(".")
        if module in sys.modules:
            yield getattr(sys.modules[module], kind)
