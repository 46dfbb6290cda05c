"""The lexicon as data, and how it matches."""

from __future__ import annotations

import pytest

from pipeline.blocks import CODES, blocks
from pipeline.lexicon import LexiconError, Mask, Term, build, find, parse_masks, parse_terms
from pipeline.matching import matching_copy

HEAD = "term,kind,weight,source\n"


def small(*terms: tuple[str, str], masks: tuple[tuple[str, str], ...] = ()):
    return build(
        [Term(code, text, "term", 1.0, "codebook", f"{code}.csv:2") for code, text in terms],
        [Mask(text, frozenset(codes.split(";")), "masks.csv:2") for text, codes in masks],
    )


@pytest.mark.parametrize("code", CODES)
def test_sixty_terms_a_block_each_with_weight_and_source(terms, code):
    own = terms.by_block[code]
    assert len(own) >= 60
    assert all(0 < t.weight <= 5 and t.origin and t.source.startswith(f"{code}.csv:") for t in own)


@pytest.mark.parametrize("code", CODES)
def test_the_block_is_found_by_its_name(terms, code):
    assert code in {m.block for m in find(f"关于{blocks()[code].zh}的说明", terms)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("成本结构与降低成本", ["成本结构", "降低成本"]),  # longest first
        ("融资渠道和线下渠道", ["渠道"]),  # masked inside 融资渠道 only
        ("部分销售渠道", ["销售渠道"]),  # a masked hit does not use up its neighbour
        ("線下渠道", ["渠道"]),
        ("APP与happy", ["app"]),  # whole words in Latin script
    ],
)
def test_find(text, found):
    lexicon = small(
        ("CO", "成本结构"), ("CO", "成本"), ("CO", "降低成本"), ("CH", "渠道"), ("CH", "销售渠道"), ("CH", "分销"), ("CH", "app"),
        masks=(("融资渠道", "CH"), ("部分销售", "CH")),
    )  # fmt: skip
    assert [m.term for m in find(text, lexicon)] == found


def test_offsets_are_those_of_the_text_as_written():
    text = "Ⅲ、……經銷商很多"
    (match,) = find(text, small(("CH", "经销商")))
    assert text[match.start : match.end] == "經銷商"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("word,kind\n", "CH.csv:1: 列应为"),
        (HEAD + "经销商,term,强,codebook\n", "CH.csv:2: weight '强' 不是数字"),
        (HEAD + "经销商,term,9,codebook\n", "CH.csv:2: weight 9.0"),
        (HEAD + "经销商,noun,1,codebook\n", "CH.csv:2: kind 'noun'"),
        (HEAD + "经销商,term,1,codebook\n經銷商,term,1,tw\n", "CH.csv:3: 空词或重复"),
        (HEAD + "经销商,term,1,\n", "CH.csv:2: source"),
        (HEAD + "经销商,term,1,codebook,more\n", "CH.csv:2: 列数不对"),
    ],
)
def test_wrong_lines_are_named(text, message):
    with pytest.raises(LexiconError, match=message):
        parse_terms("CH", text)


def test_wrong_mask_is_named():
    with pytest.raises(LexiconError, match=r"masks\.csv:2"):
        parse_masks("mask,blocks,source,why\n融资渠道,XX,everyday,no channel\n")


@pytest.mark.parametrize("text", ["線上通路…", "Ⅲ期①", "ﬁnance ㈱", "İstanbul 小米", "ｶﾞ渠道℃"])
def test_matching_copy_maps_every_character_back(text):
    copy = matching_copy(text)
    assert len(copy.offsets) == len(copy.text) + 1
    assert all(
        0 <= copy.span(i, i + 1)[0] < copy.span(i, i + 1)[1] <= len(text) for i in range(len(copy.text))
    )


def test_matching_copy_that_shrinks_and_grows():
    text = "ｶﾞ渠道℃"
    copy = matching_copy(text)
    start = copy.text.index("渠道")
    first, last = copy.span(start, start + 2)
    assert text[first:last] == "渠道"
