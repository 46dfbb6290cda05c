"""Words of a text: the only module that imports jieba."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cache

import jieba

from pipeline import lexicon, store
from pipeline.matching import MatchingCopy

jieba.setLogLevel(logging.WARNING)


@cache
def _tokenizer() -> jieba.Tokenizer:
    """A tokenizer of our own with the domain dictionary. Its prefix table is built here rather than
    by `initialize`, which would read a marshalled cache from the shared temporary folder."""
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    words = {term.text for term in lexicon.load().terms if len(term.text) <= 6}
    words |= set(store.resource_text("words.txt").split())
    for word in sorted(words):
        if word.isalnum() and word not in tokenizer.FREQ:
            tokenizer.add_word(word, 50)
    return tokenizer


def tokenize(copy: MatchingCopy) -> list[tuple[str, int, int]]:
    """(token, start, end) of a matching copy, offsets in the copy; only letters and digits.
    Numbers count as `#`, so that figures of one document do not become words of the model."""
    found = []
    for word, start, end in _tokenizer().tokenize(copy.text):
        stripped = word.strip()
        if stripped and (stripped[0].isalnum() or stripped[-1].isalnum()):
            token = "#" if stripped.replace(".", "").replace("%", "").isdigit() else stripped
            found.append((token, start, end))
    return found


@cache
def function_words() -> frozenset[str]:
    """Adverbs, prepositions, conjunctions and particles of jieba's word list."""
    return frozenset(word for word, kind in word_kinds() if kind[0] in "dpcu")


def word_kinds() -> Iterator[tuple[str, str]]:
    """(word, part of speech) of jieba's word list, e.g. `r` for a pronoun. One row at a time: all of
    them at once are 75 MB."""
    with _tokenizer().get_dict_file() as file:
        for line in file:
            row = line.decode("utf-8").split()
            if len(row) == 3:
                yield row[0], row[2]


def word_frequencies() -> Iterator[tuple[str, int]]:
    """(word, count) of jieba's own word list; prefixes that are no words are left out."""
    for word, count in _tokenizer().FREQ.items():
        if count:
            yield word, count
