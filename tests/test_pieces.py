"""The unigram vocabulary of the encoder."""

from __future__ import annotations

import pytest

from pipeline.pieces import UNKNOWN, Pieces, keep, parse_pieces, write_pieces

SPECIALS = ["<s>", "<pad>", "</s>", "<unk>"]
WORDS = {"▁": -3.0, "公": -6.0, "司": -6.0, "公司": -7.0, "门店": -8.0, "门": -6.0, "店": -6.0, "▁公司": -7.5}
PIECES = Pieces.of([*SPECIALS, *WORDS], [0.0] * 4 + list(WORDS.values()), {ord("Ａ"): "A", ord("　"): " "})


def spelled(text: str, limit: int = 50) -> list[str]:
    return [PIECES.texts[i] for i in PIECES.encode(text, limit)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("公司门店", ["▁公司", "门店"]),  # the most probable, not the longest first
        ("公 司", ["▁", "公", "▁", "司"]),
        ("公司猫狗门", ["▁公司", "<unk>", "门"]),  # a run of unknown characters is one piece
        ("", ["▁"]),
    ],
)
def test_encode(text, pieces):
    assert spelled(text) == pieces


def test_no_more_pieces_than_asked_for():
    assert len(PIECES.encode("公司" * 500, 7)) == 7


def test_vocabulary_is_written_and_read_back():
    back = parse_pieces(write_pieces(PIECES))
    assert (back.texts, back.normal, back.scores) == (PIECES.texts, PIECES.normal, PIECES.scores)


def test_keep_leaves_special_pieces_where_they_are():
    kept, old = keep(PIECES, [PIECES.index["门店"]])
    assert kept.texts == (*SPECIALS, "门店")
    assert old == [0, 1, 2, 3, PIECES.index["门店"]]
    assert kept.encode("公", 5)[-1] == UNKNOWN
