"""What an answer shows of its note: which pages there are, and where they stand in its text."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markdown_it.token import Token
from PIL import Image

from inkchat.domain import NotePicture
from inkchat.reply.cutouts import Raster, cut_out, find_written, make_raster, open_page
from inkchat.reply.limits import NOTE_PICTURES, NOTE_PICTURES_BYTES
from inkchat.reply.note_address import PagePart, read_note_address
from inkchat.reply.typography import Typography

_HIGHEST = 0.45
"""Of the page's text."""
_BREAKS = frozenset({"softbreak", "hardbreak"})


@dataclass(frozen=True, slots=True)
class View:
    """A page or a part of one, as large as it is drawn where there is room."""

    raster: Raster
    width_pt: float
    height_pt: float


class Exhibit(NamedTuple):
    """A view, and the token that asks for it."""

    view: View
    token: Token


class Stretch(NamedTuple):
    """Words of a paragraph, and what is shown below them; either may be empty."""

    words: list[Token]
    exhibits: list[Exhibit]


class Gallery:
    """The pages that one answer may show. Each part of one has one view, however often it is shown.

    `resolution_dpi` is that of the screen: nothing is drawn finer.
    """

    def __init__(self, pictures: Sequence[NotePicture] = (), resolution_dpi: int = 72) -> None:
        self._pictures = {picture.page: picture.png for picture in pictures}
        self._resolution_dpi = resolution_dpi
        self._pages: dict[int, Image.Image | None] = {}
        self._views: dict[PagePart, View | None] = {}
        self._shown = 0
        self._bytes = 0

    def part(self, tokens: Sequence[Token], typography: Typography) -> list[Stretch]:
        """The inline `tokens` of a paragraph, parted where a picture stands apart in it.

        It stands apart alone on its line, or at the end of all. Any other is named among the
        words, and shown below them.
        """
        exhibits = {id(exhibit.token): exhibit for exhibit in self.find(tokens, typography)}
        if not exhibits:
            return [Stretch(list(tokens), [])]
        apart = _find_apart(tokens, exhibits.keys())
        stretches = [Stretch([], [])]
        is_over = False
        for token in tokens:
            if id(token) not in apart:
                if is_over and _is_blank(token):
                    continue
                if is_over:
                    stretches.append(Stretch([], []))
                stretches[-1].words.append(token)
            is_over = id(token) in apart
            words = stretches[-1].words
            while is_over and words and _is_blank(words[-1]):
                words.pop()
            if id(token) in exhibits:
                stretches[-1].exhibits.append(exhibits[id(token)])
        return stretches

    def find(self, tokens: Sequence[Token], typography: Typography) -> list[Exhibit]:
        """What the inline `tokens` show, in order."""
        if not self._pictures:
            return []
        images = (token for token in tokens if token.type == "image")
        views = ((self._look_at(token, typography), token) for token in images)
        return [Exhibit(view, token) for view, token in views if view]

    def _look_at(self, token: Token, typography: Typography) -> View | None:
        part = read_note_address(str(token.attrGet("src") or ""))
        if part is None or self._shown >= NOTE_PICTURES:
            return None
        if part not in self._views:
            self._views[part] = self._make_view(part, typography)
        self._shown += self._views[part] is not None
        return self._views[part]

    def _make_view(self, part: PagePart, typography: Typography) -> View | None:
        page = self._open(part.page)
        if page and part == PagePart(part.page):
            part = find_written(page, part.page)
        image = cut_out(page, part) if page else None
        if image is None:
            return None
        # Never larger than it was written, had the page been as wide as this one.
        width_pt = (part.right - part.left) * typography.width_pt
        height_pt = width_pt * image.height / image.width
        scale = min(
            1.0,
            typography.text_width_pt / width_pt,
            _HIGHEST * typography.text_height_pt / height_pt,
        )
        width_px = max(1, round(scale * width_pt * self._resolution_dpi / 72))
        raster = make_raster(image, width_px)
        self._bytes += len(raster.rows)
        if self._bytes > NOTE_PICTURES_BYTES:
            return None
        return View(raster, scale * width_pt, scale * height_pt)

    def _open(self, number: int) -> Image.Image | None:
        if number not in self._pages:
            png = self._pictures.get(number)
            self._pages[number] = open_page(png) if png else None
        return self._pages[number]


def _find_apart(tokens: Sequence[Token], exhibits: Collection[int]) -> set[int]:
    """Which of `exhibits`, by their `id`, have nothing beside them."""
    apart: set[int] = set()
    line: list[int] = []
    depth, has_words = 0, False
    for token in tokens:
        depth += token.nesting
        if token.type in _BREAKS:
            apart.update([] if has_words else line)
            line, has_words = [], False
        elif id(token) in exhibits and depth == 0:
            line.append(id(token))
        elif not _is_blank(token):
            # What stands before words belongs among them, even at the end of all.
            line, has_words = [], True
    return apart.union(line)


def _is_blank(token: Token) -> bool:
    return token.type in _BREAKS or (token.type == "text" and not token.content.strip())
