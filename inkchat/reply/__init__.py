"""From an answer in Markdown to a PDF made for one tablet's screen.

Pure but for `press`: the same values give the same bytes. Nothing is fetched, nothing is
evaluated, and no text of a model passes through a markup language on its way to the page.

    characters   text made fit to be drawn
    fonts        faces, loaded on first use; text split into runs by what each font has
    typography   page geometry and type sizes for a device
    markdown     text → tokens, bounded in time and depth
    spans        inline tokens → pieces of type
    blocks       block tokens → a list of blocks
    prose, listing, grid, banner, ornament   what a block can be
    pages        blocks → pages
    sheet        pages → PDF: links, outline, metadata
    furniture    the head of the first page, the foot of every page
    parts        what stands on a page beside the answer
    answer       an answer in Markdown → blocks
    response     the two pages inkchat writes
    contents     the list of a digest's exchanges, with their pages
    exchanges    the exchanges of a digest
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
