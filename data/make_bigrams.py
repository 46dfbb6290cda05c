"""Make `pipeline/resources/bigrams.txt`: pairs of Han characters that running Chinese holds.

From the word list of jieba (MIT) and our own labelled cases, in both scripts; a line is a first
character and all its seconds. `extract/quality.py` measures with it whether text is text or the
letters of two columns mixed up. Run `python data/make_bigrams.py` after adding many cases.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter, defaultdict
from pathlib import Path

import opencc

from pipeline import tokens

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "pipeline" / "resources" / "bigrams.txt"
HAN = re.compile("[\u3400-\u9fff]+")
MIN_FREQUENCY = 20  # of words that hold the pair, in the corpus behind the word list


def pairs(text: str) -> list[str]:
    return [first + second for run in HAN.findall(text) for first, second in itertools.pairwise(run)]


def main() -> None:
    frequency: Counter[str] = Counter()
    for word, count in tokens.word_frequencies():
        for pair in pairs(word):
            frequency[pair] += count
    known = {pair for pair, count in frequency.items() if count >= MIN_FREQUENCY}
    for path in sorted((ROOT / "data" / "labelled" / "cases").glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                known.update(pairs(row["text"]))
    to_traditional = opencc.OpenCC("s2t").convert
    known |= {to_traditional(pair) for pair in known}
    followers: defaultdict[str, list[str]] = defaultdict(list)
    for pair in sorted(known):
        followers[pair[0]].append(pair[1])
    lines = [first + "".join(seconds) + "\n" for first, seconds in followers.items()]
    TARGET.write_text("".join(lines), encoding="utf-8")
    print(f"{len(known)} pairs")


if __name__ == "__main__":
    main()
