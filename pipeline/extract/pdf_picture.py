"""Pages of a PDF -> pictures of them, and where quotes stand on each."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pypdfium2

from pipeline.extract import answers, pdf, pdf_fonts
from pipeline.records import Box, Picture

WIDTH = 560  # pixels: body text of an A4 page can just be read
GREYS = 16
MAX_QUOTE = 600  # characters of a quote that are looked for
LEAST = 6  # characters of a piece of a quote: fewer stand on the page by chance
SAME_LINE = 0.5  # of the height of a character
DECIMALS = 4


def draw(data: bytes, wanted: Sequence[tuple[int, Sequence[str]]]) -> list[Picture]:
    """Pictures of those of the pages that can be drawn, in the order asked. Raises Unreadable.

    None from the page on that needs a Chinese font the system lacks: it would show blanks."""
    document = pdf.open_document(data, drawn=True)
    found: list[Picture] = []
    for number, quotes in wanted:
        try:
            picture = _picture(document, number, quotes)
        except pypdfium2.PdfiumError:
            continue
        if picture and len(picture.png) <= answers.MAX_PICTURE and not pdf_fonts.missing():
            found.append(picture)
    return found


def _picture(document: pypdfium2.PdfDocument, number: int, quotes: Sequence[str]) -> Picture | None:
    if not 1 <= number <= len(document):
        return None
    page = document[number - 1]
    try:
        across, down = page.get_size()
        if min(across, down) <= 0 or down / across * WIDTH > answers.MAX_SIDE:
            return None
        bitmap = page.render(scale=WIDTH / across, grayscale=True)
        text_page = page.get_textpage()
        try:
            where = _Places(text_page, bitmap.get_posconv(page), bitmap.width, bitmap.height)
            boxes = tuple(where.of(quote) for quote in quotes)
        finally:
            text_page.close()
        return Picture(number, _png(bitmap.to_numpy()), bitmap.width, bitmap.height, boxes)
    finally:
        page.close()


def _png(pixels: np.ndarray[Any, Any]) -> bytes:
    """A picture of sixteen greys: a third of the size of 256, and as legible."""
    from PIL import Image

    step = 255 // (GREYS - 1)
    grey = pixels.reshape(pixels.shape[0], pixels.shape[1], -1)[:, :, 0]
    image = Image.fromarray(((grey.astype(np.uint16) + step // 2) // step).astype(np.uint8), "P")
    image.putpalette([level * step for level in range(GREYS) for _ in range(3)])
    buffer = io.BytesIO()
    image.save(buffer, "PNG", bits=4, optimize=True)
    return buffer.getvalue()


class _Places:
    """Finds quotes among the characters of a page, whatever stands between them: line ends, spaces and
    punctuation are often others in the text that was read."""

    def __init__(self, text_page: Any, place: Any, width: int, height: int) -> None:
        self.text_page = text_page
        self.place = place
        self.size = (width, height)
        letters = list(_letters(pdf.text_of(text_page)))
        self.text = "".join(letter for letter, _ in letters)
        self.indices = [index for _, index in letters]

    def of(self, quote: str) -> tuple[Box, ...]:
        wanted = "".join(letter for letter, _ in _letters(quote))[:MAX_QUOTE]
        boxes: list[Box] = []
        for start, end in pieces(self.text, wanted):
            for box in _lines(self._box(index) for index in dict.fromkeys(self.indices[start:end])):
                if len(boxes) < answers.MAX_BOXES:
                    boxes.append(self._share(box))
        return tuple(boxes)

    def _box(self, index: int) -> Box:
        """Left, top, right, bottom of a character in pixels of the picture."""
        left, bottom, right, top = self.text_page.get_charbox(index, loose=True)
        corners = self.place.to_bitmap(left, top), self.place.to_bitmap(right, bottom)
        (a, c), (b, d) = ((float(min(pair)), float(max(pair))) for pair in zip(*corners, strict=True))
        return a, b, c, d

    def _share(self, box: Box) -> Box:
        width, height = self.size
        left, right = (min(max(x / width, 0.0), 1.0) for x in (box[0], box[2]))
        top, bottom = (min(max(y / height, 0.0), 1.0) for y in (box[1], box[3]))
        found = (left, top, right - left, bottom - top)
        return tuple(round(n, DECIMALS) for n in found)  # type: ignore[return-value]


def _letters(text: str) -> Iterator[tuple[str, int]]:
    """Letters and digits in their plain form, and the index each comes from."""
    for index, char in enumerate(text):
        for plain in unicodedata.normalize("NFKC", char).casefold():
            if plain.isalnum():
                yield plain, index


def pieces(text: str, quote: str) -> list[tuple[int, int]]:
    """Where a quote stands in a text: as a whole, else its longest pieces from the left on.

    >>> pieces("一二三四五六七", "三四五"), pieces("甲一二三四五六乙七八九十零一", "一二三四五六七八九十零一")
    ([(2, 5)], [(1, 7), (8, 14)])
    """
    whole = text.find(quote) if quote else -1
    if whole >= 0:
        return [(whole, whole + len(quote))]
    found: list[tuple[int, int]] = []
    start = 0
    while start + LEAST <= len(quote):
        at = text.find(quote[start : start + LEAST])
        if at < 0:
            start += 1
            continue
        least, most = LEAST, len(quote) - start
        while least < most:  # a beginning of what is there is there as well
            middle = (least + most + 1) // 2
            if quote[start : start + middle] in text:
                least = middle
            else:
                most = middle - 1
        at = text.find(quote[start : start + least])
        found.append((at, at + least))
        start += least
    return found


def _lines(boxes: Iterator[Box]) -> list[Box]:
    """Boxes of characters -> one box for each line (or column, where they stand below one another)."""
    found: list[Box] = []
    last: Box | None = None
    for box in boxes:
        if box[2] <= box[0] or box[3] <= box[1]:
            continue
        if last is not None and _beside(last, box):
            line = found[-1]
            found[-1] = (
                min(line[0], box[0]),
                min(line[1], box[1]),
                max(line[2], box[2]),
                max(line[3], box[3]),
            )
        else:
            found.append(box)
        last = box
    return found


def _beside(one: Box, two: Box) -> bool:
    """Whether a character follows another on its line or in its column."""
    tall, wide = min(one[3] - one[1], two[3] - two[1]), min(one[2] - one[0], two[2] - two[0])
    row = min(one[3], two[3]) - max(one[1], two[1]) > SAME_LINE * tall and two[0] - one[2] < 3 * tall
    apart = min(abs(two[1] - one[3]), abs(one[1] - two[3]))  # upwards on a page turned to the left
    column = min(one[2], two[2]) - max(one[0], two[0]) > SAME_LINE * wide and apart < tall
    return row or column
