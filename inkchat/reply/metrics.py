"""What a PDF says of a font beside its letters: how high, how bold, how slanted they are."""

from dataclasses import dataclass

import uharfbuzz as hb


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a PDF says of a font; lengths in thousandths of the type's size."""

    ascent: float
    descent: float
    cap_height: float
    x_height: float
    box: tuple[int, int, int, int]
    """What any of its glyphs may cover: left, bottom, right, top."""
    italic_degrees: float
    weight: float
    """400 is regular, 700 is bold."""
    is_fixed_pitch: bool


def read_metrics(font: hb.Font, scale: float) -> Metrics:
    """Of a font with so many thousandths of the type's size to a unit."""
    face = font.face
    head, post = (face.reference_table(tag).data for tag in ("head", "post"))
    extents = font.get_font_extents("ltr")

    def measure(tag: hb.OTMetricsTag) -> float:
        value: int = font.get_metric_position_with_fallback(tag)
        return value * scale

    box = [
        round(int.from_bytes(head[place : place + 2], "big", signed=True) * scale)
        for place in (36, 38, 40, 42)
    ]
    return Metrics(
        ascent=extents.ascender * scale,
        descent=extents.descender * scale,
        cap_height=measure(hb.OTMetricsTag.CAP_HEIGHT),
        x_height=measure(hb.OTMetricsTag.X_HEIGHT),
        box=(box[0], box[1], box[2], box[3]),
        italic_degrees=int.from_bytes(post[4:8], "big", signed=True) / 65536,
        weight=font.get_style_value(hb.StyleTag.WEIGHT),
        is_fixed_pitch=any(post[12:16]),
    )
