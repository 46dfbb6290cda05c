"""Print a table of all cases: `PYTHONPATH=tests .venv/bin/python -m hostile [light] [heavy] [big]`."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from hostile import big, damage, legacy, names, office, pdfs, runs, text, web, zips

BLOCKS = {
    "好的文件 good files": (1, 8), "空的 empty": (10, 12), "名不副实 misnamed": (13, 21), "不是文字 binary": (22, 24),
    "截断 cut": (25, 28), "翻转位 flipped bits": (29, 32), "OOXML 炸弹与深度 bombs, depth": (33, 38), "实体与 DTD entities": (39, 42),
    "关系与部件 relations, parts": (43, 45), "ZIP 炸弹 bombs": (46, 50), "ZIP 成员 members": (51, 55), "PDF 环与深度 loops, depth": (56, 60),
    "PDF 炸弹 bombs": (61, 65), "加密 encrypted": (66, 68), "PDF 外部内容 what asks to be run": (69, 70), "OLE 环、谎言、宏 loops, lies, macros": (71, 74),
    "编码与文字 encodings": (75, 82), "公式与标记标题 formulas, markup": (83, 84), "HTML": (85, 90), "文件名 names": (91, 95), "GB 级文件 gigabytes": (105, 108),
}  # fmt: skip
FAMILIES = (text, names, damage, office, zips, pdfs, legacy, web, big)


def main(wanted: set[str]) -> int:
    tried: Counter[int] = Counter()
    failed: Counter[int] = Counter()
    for kind, seconds in (("light", 30), ("heavy", 10), ("big", 20)):
        if wanted and kind not in wanted:
            continue
        cases = [
            case
            for family in FAMILIES
            for case in family.cases()
            if kind == ("big" if family is big else "heavy" if case.heavy else "light")
        ]
        with tempfile.TemporaryDirectory() as folder:
            placed = runs.plant(cases, Path(folder) / "raw")
            big.stretch(Path(folder) / "raw", placed)
            done = runs.build(Path(folder) / "raw", Path(folder) / "out", seconds=seconds)
            if done.returncode:
                print(done.stderr[-2000:])
                return 1
            found = runs.ended(Path(folder) / "out")
            for place, case in placed:
                wrong = list(runs.wrong([(place, case)], found))
                tried[case.group] += 1
                failed[case.group] += bool(wrong)
                print(*wrong, sep="\n", end="\n" * bool(wrong))
    print("| 组 | 样本 | 如规定 | 不是 |\n|---|---|---|---|")
    for name, (first, last) in {**BLOCKS, "间插的好文件 good ones among them": (0, 0)}.items():
        count, bad = (sum(of[n] for n in range(first, last + 1)) for of in (tried, failed))
        print(f"| {f'{first}–{last} ' if first else ''}{name} | {count:,} | {count - bad:,} | {bad:,} |")
    return int(any(failed.values()))


if __name__ == "__main__":
    sys.exit(main(set(sys.argv[1:])))
