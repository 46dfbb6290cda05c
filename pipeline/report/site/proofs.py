"""What stands behind a note: its quote between its neighbours, the words that counted, the weights."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from pipeline.blocks import blocks
from pipeline.report.site.limits import AROUND, MAX_WEIGHTS
from pipeline.report.site.pages import PagePicture, PagePictures
from pipeline.report.site.reading import DocumentRows, Row

KINDS = {
    "lexicon": "词典",
    "tfidf": "用词",
    "heading": "所在标题",
    "context": "上下文",
    "encoder": "神经网络",
    "intercept": "起点",
}
FEATURES = {
    "heading": "标题写着",
    "outer": "上级标题写着",
    "section": "小节名是",
    "cell": "格子名是",
    "lead": "开头写着",
    "role:bullet": "列表项",
    "role:table": "表格的一行",
    "role:heading": "是标题",
    "no_verb_end": "以名词收尾",
    "short": "很短",
    "long": "很长",
    "question": "问句",
    "year_start": "以年份开头",
    "digits": "有数字",
}
TELLING = 0.3
"""Weight from which a word of the model, not of the lexicon, is worth a highlight."""
MAX_NEIGHBOUR = 400  # characters of a passage beside the quote


@dataclass(frozen=True, slots=True)
class Weight:
    kind: str
    term: str
    weight: float
    source: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A note and everything that the panel says of it."""

    passage_id: str
    page: int
    score: float | None
    heading: tuple[str, ...]
    before: tuple[str, ...]
    pieces: tuple[tuple[str, str], ...]  # (text, classes: said, told)
    after: tuple[str, ...]
    weights: tuple[Weight, ...]
    rest: int
    rest_sum: float
    total: float
    human: bool
    title: str = ""
    href: str = ""  # of the passage in the text of its document
    picture: PagePicture | None = None  # of the page of the source


def anchor_of(passage_id: str) -> str:
    """The place of a passage on the page of its document."""
    return "p-" + passage_id.rpartition("-")[2]


class Prover:
    """Makes the proofs of one document."""

    def __init__(self, found: DocumentRows, pictures: PagePictures) -> None:
        self.found = found
        self.pictures = pictures
        self.place = {row["passage_id"]: number for number, row in enumerate(found.passages)}

    def proof(self, passage_id: str, block: str, note: str) -> Proof | None:
        """What stands behind a note of this passage; None if the passage is not in the table."""
        at = self.place.get(passage_id)
        if at is None:
            return None
        rows = self.found.passages
        passage = rows[at]
        sums = [r for r in self.found.evidence.get(passage_id, ()) if r["block"] == block]
        shown, rest = sums[:MAX_WEIGHTS], sums[MAX_WEIGHTS:]
        doc = self.found.document
        return Proof(
            passage_id=passage_id,
            page=passage["page"],
            score=passage[f"score_{block}"],
            heading=tuple(part for part in passage["heading_path"].split(" > ") if part),
            before=tuple(_short(r["text"]) for r in rows[max(0, at - AROUND) : at]),
            pieces=tuple(pieces(passage["text"], note, sums)),
            after=tuple(_short(r["text"]) for r in rows[at + 1 : at + 1 + AROUND]),
            weights=tuple(
                Weight(KINDS.get(r["kind"], str(r["kind"])), _term(r), r["weight"], r["source"])
                for r in shown
            ),
            rest=len(rest),
            rest_sum=sum(r["weight"] for r in rest),
            total=sum(r["weight"] for r in sums),
            human="human" in str(passage.get("origin", "")),
            title=doc["title"] or doc["path"],
            href=f"../d/{doc['doc_id']}.html#{anchor_of(passage_id)}",
            picture=self.pictures.of(passage_id),
        )


def _term(row: Row) -> str:
    """A term as people read it: features of the surroundings end in the code of the block."""
    term = str(row["term"])
    if row["kind"] not in ("heading", "context"):
        return term
    name, _, code = term.rpartition(":")
    if code in blocks():
        return f"{FEATURES.get(name, name)}{blocks()[code].zh}"
    return FEATURES.get(term, term)


def _short(text: str) -> str:
    return text if len(text) <= MAX_NEIGHBOUR else text[:MAX_NEIGHBOUR] + "……"


def pieces(text: str, note: str, sums: list[Row]) -> list[tuple[str, str]]:
    """The passage cut where a mark begins or ends; nothing of it is lost.

    >>> pieces("小米在官网卖", "官网卖", [{"kind": "lexicon", "start": 3, "end": 5, "weight": 1.0}])
    [('小米在', ''), ('官网', 'said told'), ('卖', 'said')]
    """
    said = spans(text, note)
    told = [
        (r["start"], r["end"])
        for r in sums
        if r["start"] >= 0 and r["weight"] >= (0 if r["kind"] == "lexicon" else TELLING)
    ]
    borders = sorted({0, len(text), *(min(x, len(text)) for span in (*said, *told) for x in span)})
    found: list[tuple[str, str]] = []
    for start, end in pairwise(borders):
        names = [n for n, s in (("said", said), ("told", told)) if any(a <= start < b for a, b in s)]
        found.append((text[start:end], " ".join(names)))
    return found


def spans(quote: str, note: str) -> list[tuple[int, int]]:
    """Where the words of the note stand in its quote: side by side, else apart but in their order.

    >>> spans("首先,小米通过\\n官网直销。", "通过 官网直销"), spans("小米在官网卖手机。", "人写的便签")
    ([(5, 7), (8, 12)], [])
    """
    words = [f"({re.escape(word)})" for word in note.split()]
    for gap in (r"\s+", ".*?") if words else ():
        rest = "".join(f"(?>(?:{gap}){word})" for word in words[1:])  # atomic: no backtracking
        if match := re.search(words[0] + rest, quote, re.DOTALL):
            return [match.span(number) for number in range(1, len(words) + 1)]
    return []
