import io
import re
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, StreamObject

from inkchat.config import Limits
from inkchat.devices import DEVICES
from inkchat.domain import Marks, Note, NoteKind
from inkchat.errors import (
    CostlyFile,
    DamagedFile,
    EmptyFile,
    EncryptedFile,
    NoteError,
    OversizedFile,
)
from inkchat.notes import open_note
from inkchat.reply import draw_response
from tests.notes import hostile
from tests.notes.conftest import Open
from tests.reply.answers import make_response

CONVERSATION = "conv_20261120_101500_0a1b2c3d"


def picture_of(note: Note, number: int = 1) -> Image.Image:
    picture = note.pages[number - 1].picture
    assert picture is not None
    return Image.open(io.BytesIO(picture))


def count_dark(note: Note) -> int:
    return sum(picture_of(note).convert("L").histogram()[:110])


def with_marks(conversation: str, exchange: str) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(hostile.honest_pdf()))
    writer.add_metadata({"/InkchatConversation": conversation, "/InkchatExchange": exchange})
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def with_info(entries: bytes) -> bytes:
    """A PDF whose metadata holds `entries`; PDFium does without a table of its objects."""
    whole = hostile.honest_pdf()
    cut = whole[: whole.rfind(b"xref", 0, whole.rfind(b"startxref"))]
    root = re.findall(rb"/Root (\d+ 0 R)", whole)[-1]
    return cut + b"98 0 obj<<%b>>endobj\ntrailer<</Root %b/Info 98 0 R>>\n%%%%EOF\n" % (
        entries,
        root,
    )


def test_a_page_becomes_a_picture_of_sixteen_greys(open_file: Open) -> None:
    note = open_file(hostile.honest_pdf(), "note.pdf")

    (page,) = note.pages
    picture = picture_of(note)
    assert note.kind is NoteKind.PDF
    assert (page.number, page.text, note.marks, note.remarks) == (1, "", None, ())
    assert picture.size == (page.width_px, page.height_px) == (1255, 1568)
    assert {colour for _, colour in picture.convert("RGB").getcolors(1000) or []} <= {
        (level * 17,) * 3 for level in range(16)
    }
    assert count_dark(note) > 1000


@pytest.mark.parametrize("box", [b"0 0 1920 2560", b"0 0 40 50", b"0 0 1000 100", b"-9 -9 9 9"])
def test_a_page_of_any_size_has_the_same_long_edge(box: bytes, open_file: Open) -> None:
    note = open_file(hostile.one_page(hostile.stream(b"0 0 999 999 re f"), box=box), "note.pdf")

    assert max(picture_of(note).size) == 1568


def test_the_text_layer_is_read_page_by_page(open_file: Open) -> None:
    contents = (hostile.typed("First page"), hostile.INK, hostile.typed("Third page"))

    note = open_file(hostile.honest_pdf(contents=contents), "note.pdf")

    assert [page.text for page in note.pages] == ["First page", "", "Third page"]
    assert note.text == "First page\n\nThird page"


def test_text_outside_the_page_is_not_read(open_file: Open) -> None:
    hidden = hostile.stream(b"BT /F 12 Tf 20 400 Td (Seen) Tj 9000 0 Td (Hidden) Tj ET")

    assert open_file(hostile.honest_pdf(contents=(hidden,)), "note.pdf").text == "Seen"


def test_pages_are_told_apart_by_what_is_on_them(open_file: Open) -> None:
    contents = (hostile.INK, hostile.typed("a"), hostile.INK, hostile.typed("b"))

    first, a, again, b = open_file(hostile.honest_pdf(contents=contents), "note.pdf").pages

    assert first.fingerprint == again.fingerprint
    assert len({first.fingerprint, a.fingerprint, b.fingerprint}) == 3


def test_our_marks_are_found(open_file: Open) -> None:
    note = open_file(with_marks(CONVERSATION, "12"), "note.pdf")

    assert note.marks == Marks(CONVERSATION, 12)


@pytest.mark.parametrize(
    ("conversation", "exchange"),
    [
        (CONVERSATION, "0"),
        (CONVERSATION, "-1"),
        (CONVERSATION, "١"),
        (CONVERSATION, "9" * 400),
        ("", "1"),
        (CONVERSATION + "\n", "1"),
        ("../" + CONVERSATION, "1"),
        (CONVERSATION.upper(), "1"),
    ],
)
def test_marks_in_another_form_are_none(conversation: str, exchange: str, open_file: Open) -> None:
    assert open_file(with_marks(conversation, exchange), "note.pdf").marks is None


@pytest.mark.parametrize("exchange", [b"", b"/InkchatExchange()"])
def test_marks_of_a_whole_conversation_name_no_exchange(exchange: bytes, open_file: Open) -> None:
    entries = b"/InkchatConversation(%b)%b" % (CONVERSATION.encode(), exchange)

    assert open_file(with_info(entries), "note.pdf").marks == Marks(CONVERSATION, None)


def test_half_a_character_among_the_marks_is_none_of_ours(open_file: Open) -> None:
    assert open_file(with_info(b"/InkchatConversation<FEFFD800>"), "note.pdf").marks is None


def test_marks_stay_when_a_tablet_appends_its_ink(open_file: Open) -> None:
    """And names no metadata in what it appends."""
    marked = with_marks(CONVERSATION, "12")
    ink = b"99 0 obj<</Type/Annot>>endobj\n"
    start = marked[marked.rfind(b"startxref") + 9 :].split()[0]
    root = re.findall(rb"/Root (\d+ 0 R)", marked)[-1]
    place = len(marked)
    changed = (
        marked
        + ink
        + b"xref\n99 1\n%010d 00000 n \ntrailer<</Size 100/Root %b/Prev %b>>\n"
        % (place, root, start)
    )
    changed += b"startxref\n%d\n%%%%EOF\n" % (place + len(ink))

    assert open_file(changed, "note.pdf").marks == Marks(CONVERSATION, 12)


_XMP = """\
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:ink="urn:inkchat:page:1" {}</rdf:RDF></x:xmpmeta>"""


def with_xmp(description: str) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(hostile.honest_pdf()))
    stream = StreamObject()
    stream.set_data(_XMP.format(description).encode())
    stream[NameObject("/Type")] = NameObject("/Metadata")
    writer.root_object[NameObject("/Metadata")] = writer._add_object(stream)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def test_marks_are_found_where_a_program_kept_only_the_xmp(open_file: Open) -> None:
    """As what writes the file anew and knows of Info only what the standard names."""
    ours = draw_response(make_response("Yes."), DEVICES["remarkable-2"])
    writer = PdfWriter(clone_from=io.BytesIO(ours))
    writer.metadata = {"/Title": "An answer"}
    file = io.BytesIO()
    writer.write(file)

    found = open_file(file.getvalue(), "note.pdf").marks

    assert PdfReader(file).metadata == {"/Title": "An answer"}
    head = make_response("").head
    assert Marks(head.conversation_id, head.exchange_number) == found


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        (
            f"><ink:InkchatConversation>{CONVERSATION}</ink:InkchatConversation>"
            "<ink:InkchatExchange>3</ink:InkchatExchange></rdf:Description>",
            Marks(CONVERSATION, 3),
        ),
        (f'ink:InkchatConversation="{CONVERSATION}"/>', Marks(CONVERSATION, None)),
        (f'ink:InkchatConversation="{CONVERSATION}" ink:InkchatExchange="-1"/>', None),
        ("><ink:InkchatConversation/></rdf:Description>", None),
        ("><ink:InkchatConversation>", None),
        ("/>", None),
    ],
)
def test_what_the_xmp_says_is_read_with_care(
    description: str, expected: Marks | None, open_file: Open
) -> None:
    assert expected == open_file(with_xmp(description), "note.pdf").marks


def test_a_blank_page_stays_where_another_is_written_on(open_file: Open) -> None:
    contents = (hostile.stream(b""), hostile.INK)

    note = open_file(hostile.honest_pdf(contents=contents), "note.pdf")

    assert [page.number for page in note.pages] == [1, 2]


def test_a_note_of_ruled_paper_alone_is_empty(open_file: Open) -> None:
    ruled = hostile.stream(
        b"0.7 G 1 w " + b"".join(b"0 %d m 400 %d l S " % (y, y) for y in range(0, 500, 20))
    )

    with pytest.raises(EmptyFile, match=r"Nothing was found on “note\.pdf”"):
        open_file(hostile.honest_pdf(contents=(ruled, ruled)), "note.pdf")


def test_a_page_that_fails_is_left_out_and_named(open_file: Open) -> None:
    # The second of three pages says that it is something else.
    file = hostile.honest_pdf(3).replace(b"12 0 obj\n<< /Type /Page ", b"12 0 obj\n<< /Type /Nope ")

    note = open_file(file, "note.pdf")

    assert [page.number for page in note.pages] == [1, 3]
    assert note.remarks == ("Page 2 of the file could not be drawn and was left out.",)


def test_a_filled_in_form_shows_what_was_filled_in(open_file: Open) -> None:
    look = hostile.stream(b"0 0 200 50 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 200 50]")
    file = hostile.pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 500] /Annots [4 0 R] >>",
            4: b"<< /Type /Annot /Subtype /Widget /FT /Btn /Ff 65536 /T (a) /F 4 "
            b"/Rect [50 50 250 100] /P 3 0 R /AP << /N 5 0 R >> >>",
            5: look,
        }
    )

    assert count_dark(open_file(file, "form.pdf")) > 10_000


def test_more_pages_than_allowed_are_refused_with_both_numbers(open_file: Open) -> None:
    limits = Limits(max_pages=3)
    assert len(open_file(hostile.honest_pdf(3), "three.pdf", limits).pages) == 3

    with pytest.raises(OversizedFile, match=r"“four\.pdf” has 4 pages, and at most 3 are read"):
        open_file(hostile.honest_pdf(4), "four.pdf", limits)


def test_a_hundred_thousand_pages_are_refused(open_file: Open) -> None:
    with pytest.raises(OversizedFile, match="has 100,000 pages"):
        open_file(hostile.many_pages(), "long.pdf")


def test_a_password_is_asked_of_the_person(open_file: Open) -> None:
    with pytest.raises(EncryptedFile, match="locked with a password"):
        open_file(hostile.encrypted_pdf("secret"), "note.pdf")


def test_an_empty_password_locks_nothing(open_file: Open) -> None:
    assert len(open_file(hostile.encrypted_pdf(""), "note.pdf").pages) == 1


@pytest.mark.parametrize("kept", [20, 200, 400])
def test_a_truncated_pdf_is_damaged(kept: int, open_file: Open) -> None:
    with pytest.raises(DamagedFile, match="Export the note again"):
        open_file(hostile.honest_pdf()[:kept], "note.pdf")


def test_a_pdf_without_pages_is_damaged(open_file: Open) -> None:
    with pytest.raises(DamagedFile):
        open_file(hostile.page_tree_cycle(), "note.pdf")


@pytest.mark.parametrize(
    "bomb", [hostile.form_that_draws_itself, hostile.form_chain, hostile.gigabyte_of_zeros]
)
def test_a_bomb_that_kills_pdfium_ends_in_words(bomb: "hostile.Maker", open_file: Open) -> None:
    with pytest.raises((CostlyFile, DamagedFile), match=r"“bomb\.pdf”"):
        open_file(bomb(), "bomb.pdf", Limits(memory_mb=512))

    assert len(open_file(hostile.honest_pdf(), "after.pdf").pages) == 1


@pytest.mark.parametrize("name", sorted(hostile.HARMLESS_PDFS))
def test_a_bomb_that_pdfium_withstands_is_a_note_or_words(name: str, open_file: Open) -> None:
    try:
        note = open_file(hostile.HARMLESS_PDFS[name](), "bomb.pdf")
    except NoteError:
        return
    assert all(1 <= max(p.width_px, p.height_px) <= 1568 for p in note.pages)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(wall_seconds=0.001), r"took more than 0\.001 s.*wall_seconds"),
        (Limits(processor_seconds=1), r"1 s of processor time.*processor_seconds"),
    ],
)
def test_what_takes_too_long_is_stopped_and_the_key_is_named(
    limits: Limits, words: str, open_file: Open
) -> None:
    slow = hostile.stream(b"0 0 400 500 re f " * 2_000_000)

    with pytest.raises(CostlyFile, match=words):
        open_file(hostile.one_page(slow), "slow.pdf", limits)


def test_the_ink_of_a_supernote_export_is_seen(corpora: Path) -> None:
    file = corpora / "device" / "supernote-manta-export.pdf"

    note = open_note(file, file.name, ".pdf", Limits())

    assert count_dark(note) > 2000


def test_every_collected_pdf_is_a_note_or_words(corpora: Path) -> None:
    opened = 0
    for file in sorted((corpora / "pdf").glob("*.pdf")):
        try:
            note = open_note(file, file.name, ".pdf", Limits())
        except NoteError:
            continue
        opened += 1
        assert all(page.picture for page in note.pages)
        assert max(picture_of(note).size) == 1568

    assert opened > 140
