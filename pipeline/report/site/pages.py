"""Pictures of the pages that notes point to, and where each passage stands on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pipeline.pictures import TYPE, Wanted
from pipeline.records import Picture
from pipeline.report.site import limits
from pipeline.report.site.reading import Row, rows_of

FOLDER = "p"
Illustrate = Callable[[Iterable[Wanted]], Iterator[tuple[Wanted, tuple[Picture, ...]]]]
SCALE = 1_000  # units of a drawing across the page


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page as the panel of a note shows it. Boxes are (x, y, width, height) in thousandths."""

    name: str
    width: int
    height: int
    boxes: tuple[tuple[float, float, float, float], ...]


class PagePictures:
    """The pictures of a site: drawn at once, written as they come, known by passage."""

    def __init__(self) -> None:
        self._found: dict[str, PagePicture] = {}

    def of(self, passage_id: str) -> PagePicture | None:
        return self._found.get(passage_id)

    def draw(
        self, paths: Mapping[str, Path], illustrate: Illustrate, put: Callable[[str, bytes], None]
    ) -> None:
        """Draw the pages behind the notes of the documents that get a page, and write them with `put`."""
        files = _files(paths["ledger"])
        if not files:
            return
        shown = islice(rows_of(paths["documents"]), limits.MAX_PAGES)
        source = {
            row["doc_id"]: row["path_hex"] for row in shown if row["path_hex"] in files and not row["member"]
        }
        if not source:
            return
        ids = _ids(paths, source)
        written: set[str] = set()
        for wanted, pictures in illustrate(_wanted(ids, files)):
            for picture in pictures:
                name = f"{FOLDER}/{wanted.sha256[:16]}-{picture.number}.png"
                if name not in written:
                    put(name, picture.png)
                    written.add(name)
                passages = ids[wanted.path_hex][picture.number]
                for (passage_id, _), boxes in zip(passages, picture.boxes, strict=True):
                    self._found[passage_id] = PagePicture(
                        name,
                        picture.width,
                        picture.height,
                        tuple(tuple(round(SCALE * n, 1) for n in box) for box in boxes),  # type: ignore[misc]
                    )


Pages = dict[int, list[tuple[str, str]]]
"""Page -> (passage_id, text) of the passages that notes point to."""


def _files(ledger: Path) -> dict[str, str]:
    """Path in hex -> sha256, of the files that are drawn."""
    rows = (r for r in rows_of(ledger) if r["type"] == TYPE and r["status"] == "ok" and not r["member"])
    return {row["path_hex"]: row["sha256"] for row in islice(rows, limits.MAX_PAGES)}


def _ids(paths: Mapping[str, Path], source: Mapping[str, str]) -> dict[str, Pages]:
    """Path in hex -> its pages that are drawn: those of the best notes, as many as the site takes."""
    ranks: dict[str, int] = {}
    for note in rows_of(paths["canvas"]):
        if note["doc_id"] in source and note["rank"] <= limits.MAX_CELL:
            passage_id = note["passage_id"]
            ranks[passage_id] = min(note["rank"], ranks.get(passage_id, limits.MAX_CELL))
    found: dict[str, Pages] = {}
    best: defaultdict[str, dict[int, int]] = defaultdict(dict)  # file -> page -> its best rank
    for row in rows_of(paths["passages"]):
        if row["passage_id"] in ranks:
            path_hex, page = source[row["doc_id"]], row["page"]
            found.setdefault(path_hex, {}).setdefault(page, []).append(_passage(row))
            rank = ranks[row["passage_id"]]
            best[path_hex][page] = min(rank, best[path_hex].get(page, rank))
    left = limits.MAX_PICTURES
    for path_hex, pages in found.items():
        order = sorted(pages, key=lambda page: (best[path_hex][page], page))
        kept = sorted(order[: min(limits.MAX_DRAWN, left)])
        left -= len(kept)
        found[path_hex] = {page: pages[page] for page in kept}
    return found


def _passage(row: Row) -> tuple[str, str]:
    return row["passage_id"], row["text"]


def _wanted(ids: Mapping[str, Pages], files: Mapping[str, str]) -> Iterator[Wanted]:
    for path_hex, pages in ids.items():
        if pages:
            quotes = tuple((page, tuple(text for _, text in found)) for page, found in pages.items())
            yield Wanted(path_hex, files[path_hex], quotes)
