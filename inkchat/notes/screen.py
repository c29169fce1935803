"""What a PDF of our own looks like on a tablet's screen, dot for dot.

PDFium is only ever run in a child, also for what we drew ourselves.
"""

import io
from typing import TYPE_CHECKING

from inkchat import sandbox
from inkchat.domain import Device

if TYPE_CHECKING:  # loaded only in the child
    from pypdfium2 import PdfPage

LIMITS = sandbox.ChildLimits(memory_mb=1024, processor_seconds=120, wall_seconds=300.0)
"""Ten times the time of the longest answer that is drawn, on the largest screen."""

PRELOAD = ("inkchat.notes.pdf",)


def count_pages(pdf: bytes) -> int:
    """Raises sandbox.ChildFailed, and OSError where the system has no room for a process."""
    return sandbox.run_in_child(count_in_child, pdf, limits=LIMITS, preload=PRELOAD)


def show_pages(pdf: bytes, device: Device) -> tuple[bytes, ...]:
    """Each page as a PNG of the screen's pixels, grey where it has no colour.

    Raises as `count_pages` does.
    """
    return sandbox.run_in_child(show_in_child, pdf, device, limits=LIMITS, preload=PRELOAD)


def count_in_child(pdf: bytes) -> int:
    import pypdfium2

    return len(pypdfium2.PdfDocument(pdf))


def show_in_child(pdf: bytes, device: Device) -> tuple[bytes, ...]:
    import pypdfium2

    return tuple(_show(page, device) for page in pypdfium2.PdfDocument(pdf))


def _show(page: "PdfPage", device: Device) -> bytes:
    bitmap = page.render(scale=device.resolution_dpi / 72, grayscale=not device.has_colour)
    # Points are rounded, so that a page may come out a dot wider than the screen.
    picture = bitmap.to_pil().crop((0, 0, device.width_px, device.height_px))
    png = io.BytesIO()
    picture.save(png, "PNG")
    return png.getvalue()
