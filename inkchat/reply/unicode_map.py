"""What each code of a font stands for, so that a page can be searched and copied."""

from collections.abc import Iterator, Mapping, Sequence

from inkchat.reply.glyphs import Glyph


def write_unicode_map(shown: Mapping[int, Glyph]) -> bytes:
    """The `ToUnicode` map: for each code the text it stands for.

    A row of codes that are all those of their characters is told at once, with what is not shown.
    """
    rows = {code >> 8 for code in shown}
    rows -= {code >> 8 for code, glyph in shown.items() if glyph.text != chr(code)}
    ranges = [f"<{row:02x}00> <{row:02x}ff> <{row:02x}00>" for row in sorted(rows)]
    singles = [
        f"<{code:04x}> <{glyph.text.encode('utf-16-be', 'surrogatepass').hex()}>"
        for code, glyph in shown.items()
        if code >> 8 not in rows
    ]
    body = "\n".join([*_write_section("bfrange", ranges), *_write_section("bfchar", singles)])
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n{body}\n"
        "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode("ascii")


def _write_section(name: str, lines: Sequence[str]) -> Iterator[str]:
    """In parts of a hundred, which are as many as one may hold."""
    for start in range(0, len(lines), 100):
        part = lines[start : start + 100]
        yield "\n".join([f"{len(part)} begin{name}", *part, f"end{name}"])
