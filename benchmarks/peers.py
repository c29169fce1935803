"""Other renderers, given the same answer, page and fonts: what drawing is measured against.

Each is asked for the answer alone, in its own way: fpdf2 and WeasyPrint take HTML, typst takes its
own markup, written here from the same tokens.
"""

import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import font_source_serif_pro
import pymupdf_fonts
from markdown_it import MarkdownIt
from markdown_it.token import Token

from inkchat.domain import Device

MARGINS_PT = (58.0, 46.0, 40.0, 55.0)
"""Left, top, right and bottom."""
SIZE_PT = 12.4
LEADING_PT = 17.0
SERIF = {
    "": "SourceSerifPro",
    "B": "SourceSerifProBold",
    "I": "SourceSerifProIt",
    "BI": "SourceSerifProBoldIt",
}

WITH_CUTTER = ", with libharfbuzz-subset"
"""Where this library is installed beside Pango, WeasyPrint has it cut the fonts, and not fontTools,
which is what it does by itself."""
KEPT = ", its fonts read once"
"""Peers are given the answer and its fonts, as they are for any document; some can keep fonts."""

_parser = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True, slots=True)
class Peer:
    """Somebody who draws an answer in Markdown."""

    name: str
    draw: Callable[[str], bytes]


def open_peers(device: Device, stack: ExitStack) -> tuple[list[Peer], dict[str, str]]:
    """Those that are installed, and why the others are not measured."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    _write_fonts(folder)
    peers: list[Peer] = []
    missing: dict[str, str] = {}
    makers: dict[str, Callable[[Device, Path], Callable[[str], bytes]]] = {
        "fpdf2": _open_fpdf2,
        "WeasyPrint": _open_weasyprint,
        f"WeasyPrint{WITH_CUTTER}": partial(_open_weasyprint, has_cutter=True),
        "typst": _open_typst,
        f"typst{KEPT}": partial(_open_typst, keeps_fonts=True),
    }
    for name, make in makers.items():
        try:
            peers.append(Peer(name, make(device, folder)))
        except (ImportError, OSError) as error:
            # WeasyPrint raises OSError where Pango, which is no Python package, is not installed.
            missing[name] = " ".join(str(error).split())[:120]
    return peers, missing


def _write_fonts(folder: Path) -> None:
    for name in SERIF.values():
        source = Path(font_source_serif_pro.font_files_ttf[name])
        (folder / f"{name}.ttf").write_bytes(source.read_bytes())
    (folder / "CascadiaMono.ttf").write_bytes(pymupdf_fonts.myfont("cascadia"))
    (folder / "NotoSansBold.ttf").write_bytes(pymupdf_fonts.myfont("notosbo"))


def _open_fpdf2(device: Device, folder: Path) -> Callable[[str], bytes]:
    from fpdf import FPDF

    # It warns once for each bullet, which this font lacks under the code it uses.
    logging.getLogger("fpdf").setLevel(logging.ERROR)

    def draw(answer: str) -> bytes:
        pdf = FPDF(unit="pt", format=(device.page_width_pt, device.page_height_pt))
        pdf.set_margins(*MARGINS_PT[:3])
        for style, name in SERIF.items():
            pdf.add_font("serif", style, folder / f"{name}.ttf")
        pdf.add_font("mono", "", folder / "CascadiaMono.ttf")
        pdf.add_page()
        pdf.set_font("serif", size=SIZE_PT)
        # Its tables take no markup inside cells, and its code needs a font of its own.
        text = _parser.render(answer).replace("<code", "<span").replace("</code>", "</span>")
        pdf.write_html(text, font_family="serif", tag_styles={})
        return bytes(pdf.output())

    return draw


def _open_weasyprint(
    device: Device, folder: Path, *, has_cutter: bool = False
) -> Callable[[str], bytes]:
    from weasyprint import CSS, HTML
    from weasyprint.pdf import fonts as font_files
    from weasyprint.text.fonts import FontConfiguration

    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    cutter = font_files.harfbuzz_subset if has_cutter else None
    if has_cutter and not cutter:
        raise ImportError("libharfbuzz-subset is not installed")

    def draw(answer: str) -> bytes:
        font_files.harfbuzz_subset = cutter
        fonts = FontConfiguration()
        css = CSS(string=_write_css(device, folder), font_config=fonts)
        document = HTML(string=_parser.render(answer))
        return bytes(document.write_pdf(stylesheets=[css], font_config=fonts))

    return draw


def _write_css(device: Device, folder: Path) -> str:
    left, top, right, bottom = MARGINS_PT
    rules = [
        f"@page {{ size: {device.page_width_pt}pt {device.page_height_pt}pt;"
        f" margin: {top}pt {right}pt {bottom}pt {left}pt }}",
        f"body {{ font: {SIZE_PT}pt/{LEADING_PT}pt serifs }}",
        "pre, code { font-family: mono; font-size: 11pt } pre { background: #f0f0f0 }",
        "th { font-family: sans; font-size: 11pt } td, th { border-bottom: 0.5pt solid #444 }",
    ]
    for style, name in SERIF.items():
        weight = "bold" if "B" in style else "normal"
        slant = "italic" if "I" in style else "normal"
        rules.append(_write_face("serifs", folder / f"{name}.ttf", weight, slant))
    rules.append(_write_face("mono", folder / "CascadiaMono.ttf"))
    rules.append(_write_face("sans", folder / "NotoSansBold.ttf", "bold"))
    return "\n".join(rules)


def _write_face(family: str, file: Path, weight: str = "normal", slant: str = "normal") -> str:
    return (
        f"@font-face {{ font-family: {family}; src: url({file.as_uri()});"
        f" font-weight: {weight}; font-style: {slant} }}"
    )


def _open_typst(
    device: Device, folder: Path, *, keeps_fonts: bool = False
) -> Callable[[str], bytes]:
    import typst

    fonts = typst.Fonts(include_system_fonts=False, font_paths=[folder])

    def draw(answer: str) -> bytes:
        source = "".join([_write_preamble(device), *_write_typst(_parser.parse(answer))])
        kept = fonts
        if not keeps_fonts:
            kept = typst.Fonts(include_system_fonts=False, font_paths=[folder])
        return bytes(typst.compile(source.encode(), font_paths=kept, format="pdf"))

    return draw


def _write_preamble(device: Device) -> str:
    left, top, right, bottom = MARGINS_PT
    return (
        f"#set page(width: {device.page_width_pt}pt, height: {device.page_height_pt}pt, margin: "
        f"(left: {left}pt, top: {top}pt, right: {right}pt, bottom: {bottom}pt))\n"
        f'#set text(font: "Source Serif Pro", size: {SIZE_PT}pt)\n'
        '#show raw: set text(font: "Cascadia Mono", size: 11pt)\n'
        '#show table.cell.where(y: 0): set text(font: "Noto Sans", weight: "bold")\n'
    )


_OPENINGS = {
    "em_open": "#emph[",
    "strong_open": "#strong[",
    "blockquote_open": "#quote(block: true)[",
    "bullet_list_open": "#list(",
    "ordered_list_open": "#enum(",
    "list_item_open": "[",
    "th_open": "[",
    "td_open": "[",
}
_CLOSINGS = {
    "em_close": "]",
    "strong_close": "]",
    "blockquote_close": "]\n\n",
    "bullet_list_close": ")\n\n",
    "ordered_list_close": ")\n\n",
    "list_item_close": "],",
    "th_close": "],",
    "td_close": "],",
    "table_close": ")\n\n",
    "paragraph_close": "\n\n",
    "heading_close": "]\n\n",
}


def _write_typst(tokens: list[Token]) -> Iterator[str]:
    """The markup of typst for what the answer holds."""
    for number, token in enumerate(tokens):
        if token.type == "inline":
            yield from _write_typst(token.children or [])
        elif token.type == "text":
            yield f"#{_quote(token.content)};"
        elif token.type == "softbreak":
            yield " "
        elif token.type == "code_inline":
            yield f"#raw({_quote(token.content)});"
        elif token.type == "fence":
            yield f"#raw(block: true, {_quote(token.content)})\n\n"
        elif token.type == "heading_open":
            yield f"#heading(level: {token.tag[1:]})["
        elif token.type == "table_open":
            yield f"#table(columns: {_count_columns(tokens[number:])},"
        else:
            yield _OPENINGS.get(token.type, "") + _CLOSINGS.get(token.type, "")


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _count_columns(tokens: list[Token]) -> int:
    types = [token.type for token in tokens]
    return types[: types.index("thead_close")].count("th_open")
