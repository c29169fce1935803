"""For a model that reads no pictures: the handwriting, read by the program on this machine."""

from dataclasses import replace

from inkchat import models
from inkchat.config import ProviderSettings
from inkchat.domain import Note, Page
from inkchat.errors import NotConfigured
from inkchat.sandbox import ChildFailed

_HEADING = "[Handwriting, read by a program that makes mistakes; (?) marks its guesses:]"


def write_out_pictures(note: Note, settings: ProviderSettings) -> tuple[Note, str]:
    """The note without pictures, and the sentence that says how its words were come by.

    Raises NotConfigured where the reader is not installed or failed.
    """
    pictured = [page for page in note.pages if page.picture is not None]
    if not pictured:
        return note, ""
    missing = models.find_missing_packages()
    if missing:
        raise NotConfigured(
            f"The model “{settings.model}” of {settings.name} reads no pictures, and the reader of "
            f"handwriting on this machine is not installed ({' and '.join(missing)} missing).",
            "Install it with `pip install 'inkchat[ocr]'` and restart inkchat, or name a model "
            f"that reads pictures under “{settings.name}” in config.yaml.",
            provider=settings.name,
        )
    try:
        read = models.read_pictures(tuple(page.picture or b"" for page in pictured))
    except (ChildFailed, OSError, ImportError) as error:
        raise NotConfigured(
            f"The model “{settings.model}” of {settings.name} reads no pictures, and the reader of "
            f"handwriting on this machine failed ({error}).",
            f"Name a model that reads pictures under “{settings.name}” in config.yaml.",
            provider=settings.name,
        ) from error
    texts = dict(zip((page.number for page in pictured), read, strict=True))
    pages = tuple(_write_out(page, texts.get(page.number)) for page in note.pages)
    remark = (
        f"{settings.model} reads no pictures: a program on this machine, which makes mistakes, "
        "read the handwriting for it."
    )
    return replace(note, pages=pages), remark


def _write_out(page: Page, read: str | None) -> Page:
    if page.picture is None:
        return page
    parts = [page.text.strip(), f"{_HEADING}\n{read}" if read else ""]
    text = "\n\n".join(part for part in parts if part)
    return replace(
        page, picture=None, width_px=0, height_px=0, text=text or "[A page without words]"
    )
