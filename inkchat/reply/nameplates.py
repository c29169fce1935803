"""The mark for a character that no font has: a small frame with its name, like “NAZAR AMULET”.

A blank or an empty box would hide what stood there. The frame with its name is one letter of the
font: so it stands in a line as letters do, and who copies it gets the character.
"""

import math
import re
import unicodedata
from functools import lru_cache
from itertools import chain

from inkchat.reply.characters import shorten, split_signs
from inkchat.reply.composites import Frame
from inkchat.reply.embedding import Embedded
from inkchat.reply.glyphs import Glyph, Shaped
from inkchat.reply.typeface import Shown, Typeface

_NAME_CHARACTERS = 20
_FLAG_LETTER = "REGIONAL INDICATOR SYMBOL LETTER "
_UNNAMED = frozenset("\u200c\u200d\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
"""What joins emoji, and the colours of skin."""
_KINDS = re.compile(r"\b(?:CAPITAL|SMALL|LETTER|SYLLABLE|VOWEL|CONSONANT|SIGN) ")
"""What is left out of the names of letters."""

# In thousandths of the size of the text around it, which are the units of the font.
_SCALE = 0.62
"""Of the name."""
_BASELINE = 95
_BOTTOM, _TOP = -75, 707
_LINE = 44
_RADIUS = 160
_PAD = 140
"""At least, between name and frame."""
_MARGIN = 50
_STEP = 200
"""Frames are wide in steps of it."""


@lru_cache(maxsize=4096)
def name_sign(sign: str) -> str:
    """What Unicode calls a character, or several that are one sign; or else its number.

    Of a letter with marks the name of the letter alone.
    """
    if unicodedata.category(sign[0])[0] == "L":
        return shorten(_KINDS.sub("", _name(sign[0])), _NAME_CHARACTERS)
    names = [_name(character) for character in sign if character not in _UNNAMED]
    joiner = "" if unicodedata.name(sign[0], "").startswith(_FLAG_LETTER) else " "
    return shorten(joiner.join(names) or _name(sign[0]), _NAME_CHARACTERS)


def _name(character: str) -> str:
    code = ord(character)
    name = unicodedata.name(character, "").removeprefix(_FLAG_LETTER)
    # CJK UNIFIED IDEOGRAPH-4E2D says no more than its number.
    return f"U+{code:04X}" if not name or name.endswith(f"-{code:04X}") else name


def _list_signs(text: str, is_rtl: bool) -> list[str]:
    """From left to right."""
    signs = list(split_signs(text))
    return signs[::-1] if is_rtl else signs


class Nameplates(Typeface):
    """What stands for characters that no font has; made of a font that has Latin capitals."""

    def __init__(self, name: str, data: bytes):
        super().__init__(name, data)
        self._letters: dict[str, tuple[int, int]] = {}
        self._show_sign = lru_cache(maxsize=8192)(self._show_plate)

    # Each sign by itself, since there are a thousand of them at most and any number of words.

    def _shape(self, text: str, is_rtl: bool) -> Shaped:
        signs = _list_signs(text, is_rtl)
        return self._join(list(chain.from_iterable(map(self._show_sign, signs))))

    def _show_plate(self, sign: str) -> list[Shown]:
        return [self._add_step(glyph) for glyph in self._make_plate(sign)]

    def _write_words(self, embedded: Embedded, text: str, size_pt: float, is_rtl: bool) -> str:
        signs = _list_signs(text, is_rtl)
        return "".join(embedded.write_words(signs, size_pt))

    def _make_plate(self, sign: str) -> tuple[Glyph, ...]:
        """The frame as a narrow glyph, and behind it what makes up for its width.

        PDFium takes two lines for one where a glyph is wider than they are high.
        """
        if sign == " ":
            return super()._shape(sign, False).glyphs
        letters = [self._find_letter(letter) for letter in name_sign(sign)]
        width = sum(advance for _, advance in letters)
        steps = math.ceil((width + 2 * (_PAD + _MARGIN)) / _STEP)
        x = (steps * _STEP - width) // 2
        parts: list[tuple[int, int, int]] = []
        for number, advance in letters:
            parts.append((number, x, _BASELINE))
            x += advance
        frame = Frame(_MARGIN, _BOTTOM, steps * _STEP - _MARGIN, _TOP, _RADIUS, _LINE)
        plate = Glyph(tuple(parts), sign, _STEP, _SCALE, frame)
        return (plate, *[Glyph((), "", _STEP)] * (steps - 1))

    def _find_letter(self, letter: str) -> tuple[int, int]:
        """Its glyph, and how far it goes on in a name."""
        found = self._letters.get(letter)
        if found is None:
            glyph = super()._shape(letter, False).glyphs[0]
            found = glyph.parts[0][0], round(_SCALE * glyph.advance)
            self._letters[letter] = found
        return found
