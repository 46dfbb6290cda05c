"""Phrases with gaps: where they are found, and where not."""

from __future__ import annotations

import pytest

from pipeline.lexicon import LexiconError, build, find, parse_terms
from pipeline.matching import matching_copy
from pipeline.phrases import MAX_GAP, compile_phrases, find_phrases

HEAD = "term,kind,weight,source\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("面向高校和企业用户", ["面向高校和企业用户"]),
        ("面向用户", ["面向用户"]),  # a gap may be empty
        ("面向高校，用户很多", []),  # never over the end of a clause
        ("面向。用户", []),
        ("面向" + "很" * MAX_GAP + "用户", ["面向" + "很" * MAX_GAP + "用户"]),
        ("面向" + "很" * (MAX_GAP + 1) + "用户", []),
        ("向商户收取每单百分之五的服务费", ["向商户收取每单百分之五的服务费"]),
        ("面向学生用户和面向老年用户", ["面向学生用户", "面向老年用户"]),
        ("用户面向", []),
    ],
)
def test_find_phrases(text, found):
    phrases = compile_phrases(["面向...用户", "向...收取...费"])
    assert [text[start:end] for start, end, _ in find_phrases(text, phrases)] == found


def test_a_phrase_wins_over_the_terms_inside_it():
    terms = parse_terms("RS", HEAD + "收取,term,1,news\n向…收取…费,phrase,3,news\n")
    lexicon = build(terms, [])
    (match,) = find("平台向商家收取服务费", lexicon)
    assert (match.term, match.weight, match.kind) == ("向...收取...费", 3.0, "phrase")
    (match,) = find("平台收取押金", lexicon)
    assert match.term == "收取"


def test_offsets_are_those_of_the_text_as_written():
    lexicon = build(parse_terms("CS", HEAD + "面向…用户,phrase,2,news\n"), [])
    text = "Ⅲ、面向……高校之用戶"
    (match,) = find(text, lexicon)
    assert text[match.start : match.end] == "面向……高校之用戶"
    assert matching_copy(text).text != text


@pytest.mark.parametrize("row", ["面向…用户,term,1,news", "面向用户,phrase,1,news", "…用户,phrase,1,news"])
def test_a_phrase_is_written_with_a_gap(row):
    with pytest.raises(LexiconError, match=r"CS\.csv:2: 带 … 的短语"):
        parse_terms("CS", f"{HEAD}{row}\n")
