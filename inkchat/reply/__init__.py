"""From an answer in Markdown to a PDF made for one tablet's screen.

Pure but for `press`: the same values give the same bytes. Nothing is fetched, nothing is
evaluated, and no text of a model passes through a markup language on its way to the page.

    characters   text made fit to be drawn
    fonts        faces, loaded on first use
    runs         text split by what each font has
    typeface       letters shaped and measured; below it
    metrics        what else a PDF says of a font
    glyphs         which text each glyph stands for
    embedding      a typeface within a document
    unicode_map    what its codes stand for
    cutting, sfnt, composites, quadratics, postscript   the font files it holds
    system_fonts, font_files, font_folders   the fonts of the machine
    nameplates     what stands for a character that no font has
    typography   page geometry for a device, and type_sizes: how large what is
    markdown     text → tokens, bounded in time and depth
    dollars      where Markdown has a formula
    formulas     formulas in lines and on their own; below it
    arrangement    the lines of a formula
    equations      LaTeX → MathML
    mathml         MathML made fit for ziamath
    spacing, signs   the space within it
    formula_breaks   where it may be broken
    engraving, curves   MathML → outlines
    outlines       outlines on the page
    spans        inline tokens → pieces of type
    blocks       block tokens → a list of blocks
    paragraphs     those of inline tokens
    column         one below the other
    levels         the lists and quotations around them
    fences         code, and what is drawn in its place
    prose, listing, grid, banner, ornament   what a block can be
    code_breaks    where code is wrapped
    columns, rows, records   the parts of a table
    lines        pieces of type → lines of a paragraph; below it
    words, wide_words, breaks, hyphens   where lines may end
    verse        how far what goes on is set in
    bidi           what is read from right to left
    pieces         what stands in a line
    pen            lines on the page
    charts       charts, from numbers; below it
    chart_yaml, chart_text, chart_table, chart_data   YAML → what a chart shows
    plot, bars, pie   the forms of a chart; plot has plot_frame, plot_labels, plot_series, and
                        pie has pie_names
    chart_parts, scale, patterns   what all of them have
    flowchart    boxes and arrows; below it
    flowchart_text   its language, of flowchart_lines, flowchart_boxes and flowchart_arrows →
                       flowchart_data
    flowchart_layers, flowchart_places, flowchart_layout   which box stands where
    flowchart_drawing   its lines
    flowchart_steps, step_list   the same in words, where boxes have no room
    figure       a chart or a diagram as a block; lettering: the size of its words; sketch: its
                   shapes and words
    gallery      what an answer shows of its note, and where; below it
    note_address   what it calls a page, or a part of one
    cutouts        the pixels of one
    note_picture   one as a block
    pages        blocks → pages
    sheet        pages → PDF: links, outline, metadata
    objects      what of it is written as it is
    furniture    the head of every page
    foot         its foot
    qr           the codes in two of its corners
    reply_room   where there is room to write back
    reply_area     boxes to tick and room to write
    ruling         its lines, dots or squares
    metadata     what the PDF says about itself
    dates        in words
    parts        what stands on a page beside the answer
    answer       an answer in Markdown → blocks
    response     the two pages inkchat writes
    contents     the list of a digest's exchanges, with their pages
    exchanges    the exchanges of a digest
    colophon       the line below each
    digest       a whole conversation as one document
    letters      what they say, in words
    press        the same pages, drawn in a child process: what the service uses
    specimen     what the press has ready before its first page
"""

from typing import TYPE_CHECKING

from inkchat.reply.press import make_digest, make_page, warm_up

if TYPE_CHECKING:
    from inkchat.reply.digest import draw_digest
    from inkchat.reply.response import draw_error, draw_response

__all__ = ["draw_digest", "draw_error", "draw_response", "make_digest", "make_page", "warm_up"]


def __getattr__(name: str) -> object:
    # Loaded on first use: what only names this package must not wait for reportlab.
    if name in ("draw_error", "draw_response"):
        from inkchat.reply import response

        return getattr(response, name)
    if name == "draw_digest":
        from inkchat.reply import digest

        return digest.draw_digest
    raise AttributeError(f"module 'inkchat.reply' has no attribute {name!r}")
