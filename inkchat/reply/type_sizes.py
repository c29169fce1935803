"""The sizes of type for one device.

Tablets follow from a page of 447 pt width, a 10.3" screen, where the text is 12.4/17: the size of
a well-set book, which an arm's length away is what e-ink needs. A screen as narrow as a phone's is
held nearer and has sizes of its own: a small title, and headings close to the text, so that a line
holds as many words as it can.
"""

from dataclasses import dataclass

from inkchat.domain import Device
from inkchat.reply.fonts import SMALLEST_PT, SMALLEST_TEXT_PT, Face

PHONE_SIDE_PT = 300.0
"""Screens with a side shorter than this are a phone's."""
SMALL_SIDE_PT = 360.0
"""Where a side is shorter than this, the title and the white between parts are small, too."""
_REFERENCE_WIDTH_PT = 447.3


@dataclass(frozen=True, slots=True)
class Type:
    """A face at a size, with its line height."""

    face: Face
    size_pt: float
    leading_pt: float

    @property
    def baseline_pt(self) -> float:
        """From the top of a line down to its baseline: letters sit in the middle of the line."""
        return round(self.leading_pt / 2 + 0.33 * self.size_pt, 2)


def make_types(device: Device) -> dict[str, Type]:
    """All but the headings, by what they are called in `Typography`."""
    return _make_phone_types(device) if is_phone(device) else _make_tablet_types(device)


def make_headings(device: Device) -> dict[int, Type]:
    """By level, from 1 to 6; no two are alike."""
    return _make_phone_headings(device) if is_phone(device) else _make_tablet_headings(device)


def is_phone(device: Device) -> bool:
    """Whether its screen is as narrow as a phone's."""
    return min(device.page_width_pt, device.page_height_pt) < PHONE_SIDE_PT


@dataclass(frozen=True, slots=True)
class _Scale:
    """What the sizes of a device are multiplied with, and how small they may become."""

    factor: float
    smallest_pt: float

    def read(self, face: Face, size_pt: float, leading_pt: float) -> Type:
        """Of what is to be read."""
        return self._make(face, size_pt, leading_pt, max(SMALLEST_TEXT_PT, self.smallest_pt))

    def glance(self, face: Face, size_pt: float, leading_pt: float) -> Type:
        """Of what stands beside."""
        return self._make(face, size_pt, leading_pt, max(SMALLEST_PT, self.smallest_pt))

    def _make(self, face: Face, size_pt: float, leading_pt: float, least_pt: float) -> Type:
        factor = max(self.factor, least_pt / size_pt)
        return Type(face, round(size_pt * factor, 2), round(leading_pt * factor, 2))


def _scale_tablet(device: Device) -> _Scale:
    factor = min(max(device.page_width_pt / _REFERENCE_WIDTH_PT, 0.9), 1.06)
    return _Scale(factor, device.smallest_pt)


def _make_tablet_types(device: Device) -> dict[str, Type]:
    scale = _scale_tablet(device)
    is_small = min(device.page_width_pt, device.page_height_pt) < SMALL_SIDE_PT
    title = (20.5, 24.0) if is_small else (23.5, 27.5)
    return {
        "body": scale.read(Face.SERIF, 12.4, 17),
        "cell": scale.read(Face.SERIF, 11.8, 15.4),
        "cell_head": scale.read(Face.SANS_BOLD, 11, 14.2),
        "code": scale.read(Face.CODE, 11, 15.4),
        "notes": scale.read(Face.SERIF, 11, 14.6),
        "transcript": scale.read(Face.SERIF_ITALIC, 11.2, 15.2),
        "banner": scale.read(Face.SANS, 11, 15.4),
        "title": scale.read(Face.SERIF_BOLD, *title),
        "label": scale.glance(Face.SANS_BOLD, 7.9, 12),
        "mark": scale.read(Face.SANS_BOLD, 11.6, 14),
        "furniture": scale.glance(Face.SANS, 7.9, 11),
        "choice": scale.glance(Face.SANS, 9, 12),
    }


def _make_tablet_headings(device: Device) -> dict[int, Type]:
    scale = _scale_tablet(device)
    return {
        1: scale.read(Face.SERIF_BOLD, 17.5, 21.5),
        2: scale.read(Face.SERIF_BOLD, 15, 19.5),
        3: scale.read(Face.SERIF_BOLD, 13.2, 17.5),
        4: scale.read(Face.SERIF_BOLD_ITALIC, 12.6, 17),
        5: scale.read(Face.SERIF_ITALIC, 12.6, 17),
        6: scale.read(Face.SANS_BOLD, 11, 15),
    }


def _make_phone_types(device: Device) -> dict[str, Type]:
    scale = _Scale(1.0, device.smallest_pt)
    return {
        "body": scale.read(Face.SERIF, 11.2, 15),
        "cell": scale.read(Face.SERIF, 11, 14),
        "cell_head": scale.read(Face.SANS_BOLD, 11, 14),
        "code": scale.read(Face.CODE, 11, 14),
        "notes": scale.read(Face.SERIF, 11, 14),
        "transcript": scale.read(Face.SERIF_ITALIC, 11, 14),
        "banner": scale.read(Face.SANS, 11, 14.4),
        "title": scale.read(Face.SERIF_BOLD, 17, 20),
        "label": scale.glance(Face.SANS_BOLD, 7.5, 11),
        "mark": scale.read(Face.SANS_BOLD, 11, 13),
        "furniture": scale.glance(Face.SANS, 7.5, 10.5),
        "choice": scale.glance(Face.SANS, 8.4, 11),
    }


def _make_phone_headings(device: Device) -> dict[int, Type]:
    scale = _Scale(1.0, device.smallest_pt)
    return {
        1: scale.read(Face.SERIF_BOLD, 14.4, 17.5),
        2: scale.read(Face.SERIF_BOLD, 13.2, 16.5),
        3: scale.read(Face.SERIF_BOLD, 12, 15.5),
        4: scale.read(Face.SERIF_BOLD_ITALIC, 11.4, 15),
        5: scale.read(Face.SERIF_ITALIC, 11.4, 15),
        6: scale.read(Face.SANS_BOLD, 11, 14),
    }
