"""Whether a file looks finished, judged by bytes at its ends alone.

A cheap question asked before a file is taken, so that a copy that paused is not answered in
part. Nothing is parsed: whether the file can be opened is found out later, in the sandbox.
"""

import os
from collections.abc import Callable
from typing import Literal

_TAIL_BYTES = 1024
"""Readers of PDF look for the end mark in the last 1024 bytes; writers keep to that."""
_PADDING_BYTES = 64 * 1024
"""Cameras and scanners may pad a JPEG to the next block."""


def looks_whole(descriptor: int, suffix: str, size_bytes: int) -> bool:
    """Whether the open file of this kind and size has the end that its kind must have.

    An empty file never does. Raises OSError where the file cannot be read.
    """
    if size_bytes == 0:
        return False
    return _CHECKS[suffix](descriptor, size_bytes)


def _read_tail(descriptor: int, size_bytes: int, length: int) -> bytes:
    return os.pread(descriptor, length, max(0, size_bytes - length))


def _ends_as_pdf(descriptor: int, size_bytes: int) -> bool:
    return b"%%EOF" in _read_tail(descriptor, size_bytes, _TAIL_BYTES)


def _ends_as_png(descriptor: int, size_bytes: int) -> bool:
    return b"IEND\xaeB`\x82" in _read_tail(descriptor, size_bytes, _TAIL_BYTES)


def _ends_as_jpeg(descriptor: int, size_bytes: int) -> bool:
    tail = _read_tail(descriptor, size_bytes, _PADDING_BYTES).rstrip(b"\0\r\n ")
    return b"\xff\xd9" in tail[-_TAIL_BYTES:]


_TIFF_ORDERS: dict[bytes, Literal["little", "big"]] = {b"II": "little", b"MM": "big"}


def _holds_tiff_directory(descriptor: int, size_bytes: int) -> bool:
    """Whether the first directory, which most writers put behind the picture, is there."""
    header = os.pread(descriptor, 16, 0)
    order = _TIFF_ORDERS.get(header[:2])
    if order is None:
        return False
    is_big_tiff = int.from_bytes(header[2:4], order) == 43
    field = header[8:16] if is_big_tiff else header[4:8]
    count_bytes, entry_bytes = (8, 20) if is_big_tiff else (2, 12)
    offset = int.from_bytes(field, order)
    if offset < 8 or offset + count_bytes > size_bytes:
        return False
    entries = int.from_bytes(os.pread(descriptor, count_bytes, offset), order)
    return 0 < entries <= (size_bytes - offset - count_bytes) // entry_bytes


def _fills_riff_length(descriptor: int, size_bytes: int) -> bool:
    """Whether the file has the length that its header promises, and not of mere zeros."""
    header = os.pread(descriptor, 12, 0)
    if header[:4] != b"RIFF" or header[8:] != b"WEBP":
        return False
    is_filled = _read_tail(descriptor, size_bytes, 64).strip(b"\0") != b""
    return is_filled and size_bytes >= int.from_bytes(header[4:8], "little") + 8


def _ends_as_text(descriptor: int, size_bytes: int) -> bool:
    # Zeros are what stands in a file that was given its length before its content;
    # one zero may be half a letter of UTF-16.
    return _read_tail(descriptor, size_bytes, 2).strip(b"\0") != b""


_CHECKS: dict[str, Callable[[int, int], bool]] = {
    ".pdf": _ends_as_pdf,
    ".png": _ends_as_png,
    ".jpg": _ends_as_jpeg,
    ".jpeg": _ends_as_jpeg,
    ".tif": _holds_tiff_directory,
    ".tiff": _holds_tiff_directory,
    ".webp": _fills_riff_length,
    ".txt": _ends_as_text,
    ".md": _ends_as_text,
    ".markdown": _ends_as_text,
}
