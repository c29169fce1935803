"""A font cut down to the glyphs that a document uses."""

from collections.abc import Mapping, Sequence

import uharfbuzz as hb

_DROPPED_TABLES = [
    int.from_bytes(tag.encode(), "big")
    for tag in (
        *("GSUB", "GPOS", "GDEF", "BASE", "JSTF", "MATH", "name", "post", "cmap", "OS/2", "STAT"),
        *("kern", "DSIG", "vhea", "vmtx", "VORG", "VDMX", "LTSH", "hdmx", "gasp", "PCLT"),
        *("fvar", "gvar", "avar", "cvar", "HVAR", "VVAR", "MVAR", "meta", "FFTM", "prop"),
        *("morx", "mort", "kerx", "feat", "Silf", "Glat", "Gloc", "Feat", "Sill"),
    )
]
"""Glyphs are shown by number: nothing is needed that finds or replaces them."""


def cut_out(face: hb.Face, glyphs: Sequence[int]) -> tuple[hb.Face, Mapping[int, int]]:
    """A font with these glyphs alone, and where in it each of them is.

    Raises RuntimeError where the font is broken.
    """
    cut = hb.SubsetInput()
    cut.sets(hb.SubsetInputSets.GLYPH_INDEX).set(glyphs)
    cut.sets(hb.SubsetInputSets.DROP_TABLE_TAG).update(_DROPPED_TABLES)
    cut.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NO_LAYOUT_CLOSURE
    plan = hb.SubsetPlan(face, cut)
    return plan.execute(), plan.old_to_new_glyph_mapping
