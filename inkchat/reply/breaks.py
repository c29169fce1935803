"""Where a line may end, in any script: a small part of UAX #14, without dictionaries."""

import re
from unicodedata import combining

from inkchat.reply.characters import split_signs

_LETTER = r"[^\W\d_]"
_CJK = (
    "\u2e80-\u2fdf\u3001-\u312f\u31a0-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uf900-\ufaff\ufe30-\ufe4f"
    "\uff01-\uff9f\uffe0-\uffe6\U0001f300-\U0001faff\U00020000-\U0003fffd"
)
"""Chinese, Japanese and pictures; Korean parts its words with blanks and is broken there alone."""
_CLOSING = (
    "\u3001\u3002\uff0c\uff0e\u30fb\uff1a\uff1b\uff1f\uff01\u309b\u309c\u30fc\u3005\u303b\u3009"
    "\u300b\u300d\u300f\u3011\u3015\u3017\u3019\u301f\uff09\uff3d\uff5d\uff60\uff61\uff63\uff64"
    "\uff65\uff70\uff9e\uff9f\uff05\u3041\u3043\u3045\u3047\u3049\u3063\u3083\u3085\u3087\u308e"
    "\u3095\u3096\u30a1\u30a3\u30a5\u30a7\u30a9\u30c3\u30e3\u30e5\u30e7\u30ee\u30f5\u30f6\u309d"
    "\u309e\u30fd\u30fe\u3099\u309a\u31f0-\u31ff\uff67-\uff6f"
    "!%),.:;?\\]}\u00bb\u2019\u201d\u203a\u2026\u2025\u2030\u00b0\u2013\u2014 \u00a0"
    "\u0300-\u036f\u0900-\u0eff\u20d0-\u20ff\u200c\u200d\U0001f3fb-\U0001f3ff"
)
"""Begins no line among Chinese and Japanese: kinsoku, and the closing marks of other scripts."""
_OPENING = (
    "\u3008\u300a\u300c\u300e\u3010\u3014\u3016\u3018\u301d\uff08\uff3b\uff5b\uff5f\uff62\uff04"
    "\uffe5\uffe1(\\[{$\u00ab\u2018\u201c\u2039\u00a3\u00a5 \u00a0\u200d"
)
"""Ends no line among them."""
_THAI = "\u0e01-\u0e3a\u0e45-\u0e4e\u0e81-\u0ebc\u0ec6-\u0ecd"
_THAI_LEADING = "\u0e40-\u0e44\u0ec0-\u0ec4"
"""Vowels of Thai and Lao that stand before their consonant, and so begin a syllable."""

BLANKS = re.compile(" +")
"""Where lines may end in most texts."""
OTHER_BREAK = re.compile(rf"[-\u2010\u2013\u2014/\ufffc{_CJK}{_THAI_LEADING}]")
"""What only `BREAKS` knows."""
BREAKS = re.compile(
    "|".join(
        (
            " +",
            # Not in e-mail, -5 or 2026-11-20.
            rf"(?<={_LETTER}{_LETTER}[-\u2010])(?={_LETTER}{_LETTER}{_LETTER})",
            # Not in km/h, 1/2 or //.
            rf"(?<={_LETTER}{_LETTER}/)(?={_LETTER}{_LETTER})",
            # Not in 1914–1918, and not behind a dash that begins a word.
            r"(?<=[^ ][\u2013\u2014])(?=[^\W\d_]|[\u00ab\u2018\u201c(\[])",
            rf"(?<={_LETTER}[\u2013\u2014])(?=\d)",
            # Parts of a formula.
            "(?<=\ufffc)(?=\ufffc)",
            rf"(?<=[{_THAI}])(?=[{_THAI_LEADING}])",
            rf"(?<=[{_CJK}])(?<![{_OPENING}])(?![{_CLOSING}]|$)",
            rf"(?<![{_OPENING}])(?=[{_CJK}])(?![{_CLOSING}])",
        )
    )
)
"""Where lines may end: behind blanks, and between other characters."""
_UNITS = (
    "\u00b0[CFK]?|\u20ac|[ckmn\u00b5\u03bc]?m|[km\u00b5\u03bc]?g|m?l|[mn\u00b5\u03bc]?s|min|h|pt"
    "|[KMGT]B|k?W|[kMG]?Hz|kcal|tb?sp|oz|lb"
)
_POOR_END = re.compile(
    " (?:(?=[!?;:,.)\\]}\u00bb\u203a\u2019\u201d\u2026%\u2013\u2014]+(?: |$))"
    "|[(\\[{\u00ab\u2039\u2018\u201c\u00bf\u00a1]+ +(?! )"
    rf"|(?<=[\d\u00bc-\u00be] )(?=(?:{_UNITS})(?![^\W_])))"
)
"""Each begins with a blank, which is found faster than any of several signs."""


def find_poor_ends(text: str) -> set[int]:
    """Where no line should end, though `BREAKS` has an end there.

    A word of closing marks alone, as in French, stays with what it closes, and a unit with its
    number. The beginning of the text may be among them.
    """
    return {found.end() - 1 for found in _POOR_END.finditer(f" {text}")}


def split_clusters(text: str) -> list[str]:
    """`text` in what is never parted: letters with their marks."""
    if text.isascii():
        return list(text)
    clusters: list[str] = []
    is_joined = False
    for sign in split_signs(text):
        if clusters and (is_joined or sign in _FOLLOWING):
            clusters[-1] += sign
        else:
            clusters.append(sign)
        is_joined = len(clusters[-1]) < _LONGEST and (
            combining(sign[-1]) == _VIRAMA or sign in _LEADING
        )
    return clusters


_LEADING = frozenset("\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4")
_FOLLOWING = frozenset("\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3")
"""Vowels of Thai and Lao that are letters and belong to the one before."""
_VIRAMA = 9
"""Of the marks of India that join two consonants."""
_LONGEST = 32
"""Characters."""
