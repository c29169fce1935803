"""Files that were made to break a reader, generated here so that none has to be kept."""

import io
import struct
import zlib
from collections.abc import Callable

from pypdf import PdfWriter

Objects = dict[int, bytes]
Maker = Callable[[], bytes]


def pdf(objects: Objects, info: int | None = None) -> bytes:
    """A whole PDF; object 1 is the catalog."""
    file = bytearray(b"%PDF-1.7\n")
    offsets = {}
    for number, body in objects.items():
        offsets[number] = len(file)
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start, size = len(file), max(objects) + 1
    file += b"xref\n0 1\n0000000000 65535 f \n"
    for number, offset in offsets.items():
        file += b"%d 1\n%010d 00000 n \n" % (number, offset)
    extra = b"/Info %d 0 R " % info if info else b""
    file += b"trailer\n<< /Size %d /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        extra,
        start,
    )
    return bytes(file)


def stream(content: bytes, dictionary: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), dictionary, content)


def one_page(
    content: bytes, resources: bytes = b"", more: Objects | None = None, box: bytes = b"0 0 400 500"
) -> bytes:
    """A PDF of one page; `content` is the body of its content stream, object 4."""
    return pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [" + box + b"] /Contents 4 0 R "
            b"/Resources << " + resources + b" >> >>",
            4: content,
            **(more or {}),
        }
    )


INK = stream(b"3 w 50 50 m 300 400 l S")


def honest_pdf(pages: int = 1, contents: tuple[bytes, ...] = ()) -> bytes:
    """`pages` pages with a stroke on each, or one page for each of `contents`."""
    bodies = contents or (INK,) * pages
    kids = b" ".join(b"%d 0 R" % (10 + 2 * i) for i in range(len(bodies)))
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(bodies)),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    for i, body in enumerate(bodies):
        objects[10 + 2 * i] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 500] /Contents %d 0 R "
            b"/Resources << /Font << /F 3 0 R >> >> >>" % (11 + 2 * i)
        )
        objects[11 + 2 * i] = body
    return pdf(objects)


def typed(text: str) -> bytes:
    """A content stream, for `honest_pdf`."""
    return stream(b"BT /F 12 Tf 20 400 Td (%s) Tj ET" % text.encode("latin-1"))


def form_that_draws_itself() -> bytes:
    itself = b"/XObject << /X 5 0 R >>"
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 100 100] /Resources << " + itself + b" >>"
    return one_page(stream(b"/X Do"), itself, {5: stream(b"/X Do /X Do", form)})


def form_chain(length: int = 28) -> bytes:
    """Each form draws the next one twice: 2 ** 28 drawings in 5 KB."""
    forms: Objects = {}
    for i in range(length):
        head = b"/Type /XObject /Subtype /Form /BBox [0 0 100 100] "
        following = b"/Resources << /XObject << /X %d 0 R >> >>" % (6 + i)
        last = i == length - 1
        forms[5 + i] = stream(
            b"0 0 9 9 re f" if last else b"/X Do /X Do", head + (b"" if last else following)
        )
    return one_page(stream(b"/X Do"), b"/XObject << /X 5 0 R >>", forms)


def gigabyte_of_zeros() -> bytes:
    """Deflated twice, so that it is 2 KB on disk."""
    squeeze = zlib.compressobj(9)
    million = bytes(2**20)
    once = b"".join(squeeze.compress(million) for _ in range(1024)) + squeeze.flush()
    twice = stream(zlib.compress(once, 9), b"/Filter [/FlateDecode /FlateDecode]")
    return one_page(twice)


def many_pages(count: int = 100_000) -> bytes:
    """One page, listed again and again."""
    return pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, b"3 0 R " * count),
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 500] /Contents 4 0 R >>",
            4: INK,
        }
    )


def claimed_pages(count: int = 10**9) -> bytes:
    """Claims to have that many, and has one."""
    return honest_pdf().replace(b"/Count 1", b"/Count %d" % count)


def page_tree_cycle() -> bytes:
    return pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>",
        }
    )


def giant_page() -> bytes:
    return one_page(INK, box=b"0 0 2000000000 2000000000")


def sliver() -> bytes:
    return one_page(INK, box=b"0 0 14400 0.01")


def giant_picture_in_pdf(edge_px: int = 30_000) -> bytes:
    squeezed = zlib.compress(bytes(edge_px * edge_px // 8), 9)
    picture = (
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 1 "
        b"/ColorSpace /DeviceGray /Filter /FlateDecode" % (edge_px, edge_px)
    )
    return one_page(
        stream(b"400 0 0 500 0 0 cm /X Do"),
        b"/XObject << /X 5 0 R >>",
        {5: stream(squeezed, picture)},
    )


def nested_arrays(depth: int = 50_000) -> bytes:
    return one_page(stream(b"[" * depth + b"]" * depth + b" TJ"))


def encrypted_pdf(password: str) -> bytes:
    """AES-256; an empty password opens for everybody."""
    writer = PdfWriter(clone_from=io.BytesIO(honest_pdf()))
    writer.encrypt(password, owner_password="owner", algorithm="AES-256")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def giant_png(edge_px: int = 30_000) -> bytes:
    """White, one bit per pixel: 100 KB here, 900 MB as a grey picture."""
    squeeze = zlib.compressobj(9)
    row = b"\0" + b"\xff" * (edge_px // 8)
    pixels = b"".join(squeeze.compress(row) for _ in range(edge_px)) + squeeze.flush()
    return png(edge_px, edge_px, 1, pixels)


def png(width: int, height: int, bits: int, pixels: bytes) -> bytes:
    """Grey, with `pixels` already deflated."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack("!I", len(body)) + kind + body + struct.pack("!I", zlib.crc32(kind + body))
        )

    head = struct.pack("!IIBBBBB", width, height, bits, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def png_text_bomb() -> bytes:
    """A small picture with a comment that unpacks to 100 MB."""
    comment = b"Comment\0\0" + zlib.compress(bytes(100 * 2**20), 9)
    chunk = struct.pack("!I", len(comment)) + b"zTXt" + comment
    chunk += struct.pack("!I", zlib.crc32(b"zTXt" + comment))
    picture = png(8, 8, 8, zlib.compress((b"\0" + bytes(8)) * 8))
    return picture[:33] + chunk + picture[33:]


def tiff_cycle() -> bytes:
    """A TIFF whose first directory is also its next one."""
    entries = [
        (256, 3, 1, 8),  # width
        (257, 3, 1, 8),  # height
        (258, 3, 1, 8),  # bits
        (259, 3, 1, 1),  # not compressed
        (262, 3, 1, 1),  # black is zero
        (273, 4, 1, 8 + 2 + 8 * 12 + 4),  # where the pixels are
        (278, 3, 1, 8),  # rows
        (279, 4, 1, 64),  # bytes
    ]
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 8) + bytes(64)


HARMLESS_PDFS: dict[str, Maker] = {
    "claims a billion pages": claimed_pages,
    "page tree that contains itself": page_tree_cycle,
    "giant page": giant_page,
    "sliver": sliver,
    "giant picture": giant_picture_in_pdf,
    "nested arrays": nested_arrays,
}
"""PDFium withstands these."""
