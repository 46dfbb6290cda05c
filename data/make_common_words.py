"""Make `pipeline/resources/common_words.txt`: words that set no company and no block apart.

Pronouns, numerals, words of time and place (by the word list of jieba, MIT) in a fiftieth of our own
labelled cases; other words, unless the lexicon has them or one block has far more than its share of
them: nouns in a quarter of the cases, because one in a tenth may be what a company sells, the rest in
an eighth; and the verbs and adjectives of all Chinese. `report/terms.py` leaves them out of `terms.csv`.
Run `python data/make_common_words.py` after adding many cases.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path

from pipeline import lexicon, tokens
from pipeline.report.terms import words_of

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "pipeline" / "resources" / "common_words.txt"
LEAST = {"noun": 1 / 4, "function": 1 / 50, "other": 1 / 8.5}  # shares of the cases
EVERYWHERE = 2 / 5  # a lexicon word in so many is common all the same, such as 提供
LIFT = 3.3
"""So many times its share has the block that a word says something about."""
GENERAL = 15_500  # of a verb or adjective in the corpus behind the word list: 进行, 最大; not 学习
FUNCTION = "rmqftz"  # jieba's pronouns, numerals, measures, directions, times, states


def main() -> None:
    cases: Counter[str] = Counter()
    tagged: defaultdict[str, Counter[str]] = defaultdict(Counter)  # word -> block -> passages
    sizes: Counter[str] = Counter()
    paths = sorted((ROOT / "data" / "labelled" / "cases").glob("*.csv"))
    for path in paths:
        seen: set[str] = set()
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                words = words_of(row["text"])
                seen |= words
                for block in row["blocks"].split(";"):
                    if block != "none":
                        sizes[block] += 1
                        for word in words:
                            tagged[word][block] += 1
        cases.update(seen)
    terms = {term.text for term in lexicon.load().terms}
    kinds = dict(tokens.word_kinds())
    general = {word for word, count in tokens.word_frequencies() if count >= GENERAL}
    found = {word for word in general if kinds.get(word) in ("v", "a") and words_of(word) == {word}}
    found |= {
        word
        for word, count in cases.items()
        if word[0] > "z" and count >= LEAST[kind := kind_of(kinds.get(word, " "))] * len(paths)
        if kind == "function"
        or ((word not in terms or count >= EVERYWHERE * len(paths)) and lift(tagged[word], sizes) < LIFT)
    }
    TARGET.write_text("".join(f"{word}\n" for word in sorted(found)), encoding="utf-8")
    print(f"{len(found)} words")


def kind_of(flag: str) -> str:
    if flag[0] in FUNCTION:
        return "function"
    return "noun" if (flag[0] == "n" and flag != "ns") or flag == "vn" else "other"


def lift(blocks: Counter[str], sizes: Counter[str]) -> float:
    """How many times its share a word has in the block that uses it most; 0 where none does."""
    share = blocks.total() / sizes.total()
    return max((count / sizes[block] / share for block, count in blocks.items()), default=0.0)


if __name__ == "__main__":
    main()
