"""Where notes belong: threads, documents, pages, calls for another conversation, and whose."""

import io
import json
import os
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from inkchat.archive.exporting import make_digest_of
from inkchat.devices import DEVICES
from inkchat.domain import DropState
from inkchat.reply import make_digest
from tests.house import House, make_house
from tests.vendors import Problem, Say, VendorServer

WATCH = "watch: [{inbox: inbox, outbox: outbox, %s}]\n"


@pytest.fixture
def vendor(numbering: VendorServer) -> VendorServer:
    return numbering


@pytest.fixture
def house(tmp_path: Path, vendor: VendorServer) -> House:
    return make_house(tmp_path / "house", vendor.url)


def configure(house: House, vendor: VendorServer, more: str) -> None:
    house.configure(vendor.url, more)


def draw_pages(*pages: str) -> bytes:
    """A PDF with a line of type on each page, the same bytes for the same lines."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, (300, 400), invariant=True)
    for text in pages:
        canvas.setFont("Helvetica", 20)
        canvas.drawString(20, 300, text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def last_request(vendor: VendorServer) -> str:
    return json.dumps(vendor.asked[-1].body, ensure_ascii=False)


def age(house: House, seconds: int) -> None:
    house.query(
        "UPDATE conversations SET last_activity = "
        f"strftime('%Y-%m-%dT%H:%M:%f000+00:00', last_activity, '-{seconds} seconds')"
    )


def test_a_file_in_a_thread_joins_its_conversation_and_another_thread_starts_fresh(
    house: House, vendor: VendorServer
) -> None:
    one = house.answer("a.txt", "What is a decorator?", "python")
    other = house.answer("b.txt", "What is a lens?", "optics")
    assert "Transcript 0." not in last_request(vendor)
    again = house.answer("c.txt", "And with arguments?", "python")

    assert one.conversation_id == again.conversation_id != other.conversation_id
    assert "Transcript 0." in last_request(vendor)
    assert "Transcript 1." not in last_request(vendor)


def test_a_folder_may_have_a_strange_name(house: House, vendor: VendorServer) -> None:
    names = ["a\nb", "x..", "🦉 notes", os.fsdecode(b"\xff"), "x" * 200, "it's; DROP TABLE drops"]
    for number, name in enumerate(names):
        house.drop("a.txt", f"Note {number}?", name)
    house.run_once()
    for number, name in enumerate(names):
        house.drop("b.txt", f"And note {number}?", name)
    house.run_once()

    drops = house.drops()
    assert [DropState.DELIVERED] * 12 == [drop.state for drop in drops]
    by_thread = {drop.thread: drop.conversation_id for drop in drops}
    assert 6 == len(by_thread) == len(set(by_thread.values()))
    assert all(by_thread[drop.thread] == drop.conversation_id for drop in drops)


def test_a_document_that_comes_back_under_its_name_goes_on(
    house: House, vendor: VendorServer
) -> None:
    first = house.answer("diary.pdf", draw_pages("Monday"))
    second = house.answer("diary.pdf", draw_pages("Monday", "Tuesday"))
    other = house.answer("letter.pdf", draw_pages("Dear Anna"))

    assert first.conversation_id == second.conversation_id != other.conversation_id
    assert 2 == second.exchange_number


def test_only_the_pages_that_are_new_are_asked_about(house: House, vendor: VendorServer) -> None:
    house.answer("diary.pdf", draw_pages("Monday", "Tuesday"))
    house.answer("diary.pdf", draw_pages("Monday", "Tuesday", "Wednesday"))

    sent = json.dumps(vendor.asked[-1].body["messages"][-1], ensure_ascii=False)
    assert "Wednesday" in sent
    assert "Tuesday" not in sent
    assert "It is page 3 of a document" in sent
    assert 1 == sent.count('image_url": {')


def test_what_offline_answered_is_not_taken_for_answered(
    tmp_path: Path, vendor: VendorServer
) -> None:
    house = make_house(tmp_path / "offline")
    house.answer("diary.pdf", draw_pages("Monday"))
    house.configure(vendor.url)

    house.answer("diary.pdf", draw_pages("Monday", "Tuesday"))

    assert "Monday" in last_request(vendor)


def test_each_page_of_a_document_may_have_its_own_conversation(
    house: House, vendor: VendorServer
) -> None:
    configure(house, vendor, WATCH % "conversation_per: page")

    first = house.answer("diary.pdf", draw_pages("Monday"))
    second = house.answer("diary.pdf", draw_pages("Monday", "Tuesday"))
    third = house.answer("diary.pdf", draw_pages("Monday again", "Tuesday"))

    assert first.conversation_id == third.conversation_id != second.conversation_id
    assert ("diary.pdf", "2") == (
        house.conversation_of(second).document,
        house.conversation_of(second).section,
    )
    assert "Tuesday" not in json.dumps(vendor.asked[-1].body["messages"][-1])


def test_pictures_of_one_name_are_not_one_document(house: House, draw_note: object) -> None:
    assert callable(draw_note)
    one = house.answer("IMG_0001.png", draw_note())
    two = house.answer("IMG_0001.png", draw_note(width_px=1000))

    assert one.conversation_id != two.conversation_id


def test_after_the_timeout_the_next_note_begins_anew_in_its_thread_and_says_so(
    house: House, vendor: VendorServer
) -> None:
    configure(house, vendor, WATCH % "conversation_timeout: 3600")
    first = house.answer("a.txt", "What is a decorator?", "python")
    age(house, 3000)
    second = house.answer("b.txt", "And with arguments?", "python")
    age(house, 4000)
    third = house.answer("c.txt", "And classes?", "python")

    assert first.conversation_id == second.conversation_id != third.conversation_id
    before = house.conversation_of(first)
    assert ("ended", "idle") == (before.status, before.end_reason)
    assert before.conversation_id == house.conversation_of(third).follows
    (page,) = (name for name in house.responses() if (third.conversation_id or "") in name)
    said = f"A new conversation begins here. The one before, {before.code}"
    assert said in house.read(page)
    assert "Transcript" not in last_request(vendor)


def test_a_page_of_an_ended_conversation_takes_it_up_again(
    house: House, vendor: VendorServer
) -> None:
    configure(house, vendor, WATCH % "conversation_timeout: 3600")
    first = house.answer("a.txt", "What is a decorator?", "python")
    (page,) = house.responses()
    age(house, 4000)
    house.answer("b.txt", "What is a class?", "python")

    returned = house.answer(page, (house.outbox / page).read_bytes() + b"%written on")

    assert first.conversation_id == returned.conversation_id
    assert "active" == house.conversation_of(returned).status


@pytest.mark.parametrize("form", ["continue: {}", "Continue: {}.", "* continue : {}"])
def test_a_note_in_another_thread_continues_a_conversation_by_its_code(
    form: str, house: House, vendor: VendorServer
) -> None:
    first = house.answer("a.txt", "What is a decorator?", "python")
    code = house.conversation_of(first).code
    house.answer("b.txt", "What is a lens?", "optics")

    line = form.format(f"{code[:3].lower()} {code[3:]}")
    called = house.answer("c.txt", f"{line}\n\nAnd with arguments?", "optics")
    after = house.answer("d.txt", "And classes?", "optics")

    assert first.conversation_id == called.conversation_id == after.conversation_id
    assert "Transcript 0." in last_request(vendor)
    assert "continue" not in json.dumps(vendor.asked[-2].body["messages"][-1]).lower()


def test_a_code_written_by_hand_is_followed_once_it_is_read(
    tmp_path: Path, draw_note: object
) -> None:
    assert callable(draw_note)
    says: list[Say] = [Say(answer="Because.", transcript="Why is the sky blue?")]
    with VendorServer(lambda number: says[min(number, len(says) - 1)]) as vendor:
        house = make_house(tmp_path / "house", vendor.url)
        first = house.answer("a.txt", "Why is the sky blue?", "sky")
        code = house.conversation_of(first).code
        says += [
            Say(answer="At night?", transcript=f"continue: {code}\nAnd at night?"),
            Say(answer="No sun.", transcript=f"continue: {code}\nAnd at night?"),
        ]
        called = house.answer("b.png", draw_note())

        assert 3 == vendor.calls
        assert "Why is the sky blue?" in last_request(vendor)
    assert first.conversation_id == called.conversation_id
    assert 2 == called.exchange_number
    assert [("answer", "done"), ("hand-over", "done"), ("answer", "done")] == house.query(
        "SELECT purpose, state FROM calls ORDER BY id"
    )


def test_after_a_hand_over_the_reading_is_not_paid_for_again(
    tmp_path: Path, draw_note: object
) -> None:
    assert callable(draw_note)
    line = f"continue: {'{}'}\nAnd at night?"
    says: list[Say] = [Say(transcript="Why?")]
    with VendorServer(lambda number: says[min(number, len(says) - 1)]) as vendor:
        house = make_house(tmp_path / "house", vendor.url)
        first = house.answer("a.txt", "Why?", "sky")
        code = house.conversation_of(first).code
        busy = Say(status=429, problem=Problem("rate_limit_error"))
        says += [Say(transcript=line.format(code)), busy, Say(transcript=line.format(code))]
        house.answer("b.png", draw_note(), "night")
        with house.open() as (_, store):
            store.pauses.end_all()
            store.ledger.hurry_waiting()
        house.run_once()
        after = house.answer("c.txt", "And then?", "night")

    assert first.conversation_id == after.conversation_id
    assert [("hand-over",)] == house.query("SELECT purpose FROM calls WHERE purpose = 'hand-over'")


def test_a_document_is_not_paid_for_as_a_whole_in_a_new_conversation(
    house: House, vendor: VendorServer
) -> None:
    house.answer("diary.pdf", draw_pages("Monday", "Tuesday"))
    house.answer("new.txt", "new session")
    drop = house.answer("diary.pdf", draw_pages("Monday", "Tuesday", "Wednesday"))

    assert "Monday" not in last_request(vendor)
    assert "Transcript 0." not in last_request(vendor)
    assert [(2,)] == house.query("SELECT count(*) FROM conversations")
    assert "diary.pdf" == house.conversation_of(drop).document


def test_a_page_that_was_a_command_is_not_sent_again(tmp_path: Path) -> None:
    says = [Say(transcript="Monday"), Say(transcript="session info"), Say(transcript="Tuesday")]
    with VendorServer(says) as vendor:
        house = make_house(tmp_path / "house", vendor.url)
        pages = ["Monday", "session info", "Tuesday"]
        for count in (1, 2, 3):
            house.answer("diary.pdf", draw_pages(*pages[:count]))

        assert 1 == str(vendor.asked[-1].body["messages"][-1]).count("'image_url': {")
    assert ["answered", "command", "answered"] == [
        outcome for (outcome,) in house.query("SELECT outcome FROM exchanges ORDER BY rowid")
    ]


def test_printed_words_on_a_page_with_ink_are_no_command(
    house: House, vendor: VendorServer
) -> None:
    drop = house.answer("template.pdf", draw_pages("Summary"))

    assert 1 == vendor.calls
    assert ["answered"] == [e.outcome for e in house.conversation_of(drop).exchanges]


def test_a_digest_that_comes_back_goes_on_in_its_conversation(
    house: House, vendor: VendorServer
) -> None:
    first = house.answer("a.txt", "One?", "python")
    with house.open() as (_, store):
        digest = make_digest_of(
            house.conversation_of(first),
            store.attachments.list_of(first.conversation_id or ""),
            datetime.now(UTC),
        )
    page = make_digest(digest, DEVICES["remarkable-2"])

    returned = house.answer("written on.pdf", page + b"%ink")

    assert first.conversation_id == returned.conversation_id
    assert 2 == returned.exchange_number


def test_each_thread_knows_its_own_pages_only(house: House, vendor: VendorServer) -> None:
    house.answer("diary.pdf", draw_pages("Monday", "Tuesday"), "a")
    house.answer("diary.pdf", draw_pages("Monday", "Tuesday", "Wednesday"), "b")

    assert "Monday" in last_request(vendor)


def test_a_persons_subfolder_goes_along_with_a_new_session(
    house: House, vendor: VendorServer
) -> None:
    configure(house, vendor, WATCH % "participants: [Zoë]")
    house.answer("a.txt", "One?", "p")
    house.drop("b.txt", "new session", "p")
    house.drop("c.txt", "Two?", unicodedata.normalize("NFD", "p/Zoë"))
    house.run_once()

    _, begun, after = house.drops()
    assert begun.conversation_id == after.conversation_id
    assert "Zoë" == house.conversation_of(after).exchanges[-1].author


def test_private_notes_are_recalled_only_where_they_were_read(tmp_path: Path) -> None:
    said = Say(transcript="The photosynthesis lamp needs 40 watts.")
    with VendorServer([said, Say(), Say()]) as vendor:
        house = make_house(tmp_path / "house")
        house.configure_six(vendor.url, "Anthropic Claude", WATCH % "recall: true")
        house.answer("a.txt", "provider: ollama\nThe photosynthesis lamp needs 40 watts.", "lab")
        house.answer("b.txt", "Was the photosynthesis lamp strong?", "diary")
        assert "40 watts" not in last_request(vendor)
        house.answer("c.txt", "provider: ollama\nWas the photosynthesis lamp strong?", "more")
        assert "40 watts" in last_request(vendor)


def test_a_code_that_no_conversation_has_is_said(house: House, vendor: VendorServer) -> None:
    first = house.answer("a.txt", "continue: A3C4E7\nAnd at night?")

    assert "no conversation of yours has this code or id" in house.read(house.responses()[0])
    code = house.conversation_of(first).code
    near = f"{code[:5]}{'3' if code[-1] != '3' else '4'}"
    second = house.answer("b.txt", f"continue: {near}\nAnd at night?")
    assert f"Did you mean {code}?" in " ".join(
        house.conversation_of(second).exchanges[0].metadata["remarks"]
    )


def test_who_wrote_what_is_kept_and_told(house: House, vendor: VendorServer) -> None:
    configure(house, vendor, WATCH % "participants: [Anna, Ben]")
    house.answer("a.txt", "What is a decorator?", "python")
    signed = house.answer("b.txt", "And with arguments?\n— Clara", "python")
    foldered = house.answer("c.txt", "And classes?", "python/anna")
    house.answer("d.txt", "And functions?", "python")

    assert signed.conversation_id == foldered.conversation_id
    conversation = house.conversation_of(foldered)
    assert ["", "Clara", "Anna", ""] == [e.author for e in conversation.exchanges]
    assert ("me", "Clara", "Anna") == conversation.participants
    assert "written by Anna on" in json.dumps(vendor.asked[2].body)
    assert "by Clara]" in last_request(vendor)


def test_a_signature_by_hand_is_kept(tmp_path: Path, draw_note: object) -> None:
    assert callable(draw_note)
    with VendorServer(Say(transcript="Why?\n— Anna", answer="So.")) as vendor:
        house = make_house(tmp_path / "house", vendor.url)
        drop = house.answer("a.png", draw_note())

    assert ["Anna"] == [e.author for e in house.conversation_of(drop).exchanges]


def test_the_oldest_idle_conversation_ends_when_there_are_too_many(
    house: House, vendor: VendorServer
) -> None:
    configure(house, vendor, "max_conversations: 2\n")
    drops = [house.answer(f"{name}.txt", f"Note {name}", name) for name in ("a", "b", "c")]

    states = [house.conversation_of(drop) for drop in drops]
    assert ["ended", "active", "active"] == [state.status for state in states]
    assert "crowded out" == states[0].end_reason
    assert 1 == len(states[0].exchanges)


def test_a_full_conversation_says_so_and_how_to_begin_a_new_one(
    house: House, vendor: VendorServer
) -> None:
    configure(house, vendor, "max_exchanges: 2\n")
    house.answer("a.txt", "One?", "python")
    house.answer("b.txt", "Two?", "python")
    assert "This is exchange 2 of at most 2" in house.read(house.responses()[-1])

    refused = house.answer("c.txt", "Three?", "python")

    assert (DropState.FAILED, "conversation-full") == (refused.state, refused.reason_code)
    assert 2 == vendor.calls
    (error,) = [name for name in house.responses() if name.startswith("ERROR")]
    assert "save an empty note with the name “new session”" in house.read(error)
    house.answer("help.txt", "help", "python")
    house.answer("new session.txt", "new session", "python")
    assert DropState.DELIVERED is house.answer("d.txt", "Four?", "python").state
    with house.open() as (_, store):
        assert store.ledger.retry(refused.id)
    house.run_once()
    again = house.drops()[refused.id - 1]
    assert DropState.DELIVERED is again.state
    assert again.conversation_id != refused.conversation_id


def test_commands_take_no_room_in_a_conversation(house: House, vendor: VendorServer) -> None:
    configure(house, vendor, "max_exchanges: 2\n")
    house.answer("a.txt", "One?", "python")
    house.answer("b.txt", "help", "python")
    house.answer("c.txt", "session info", "python")

    last = house.answer("d.txt", "Two?", "python")

    assert DropState.DELIVERED is last.state
    page = f"RESPONSE_{last.conversation_id}_ex004.pdf"
    assert "This is exchange 2 of at most 2" in house.read(page)


def test_of_the_newest_messages_only_so_many_are_told(house: House, vendor: VendorServer) -> None:
    configure(house, vendor, "max_messages: 4\n")
    for number in range(5):
        house.answer(f"{number}.txt", f"Question {number}?", "python")

    notes = [m for m in (r.body["messages"] for r in vendor.asked) if "This is a new" in str(m)]
    told = [m for m in notes[-1] if m["role"] == "assistant"]
    assert 2 == len(told)
    assert "Answer 0." not in json.dumps(told)


def test_a_conversation_has_its_own_model_and_prompt(house: House, vendor: VendorServer) -> None:
    first = house.answer("a.txt", "One?", "python")
    with house.open() as (_, store):
        store.sessions.edit(
            first.conversation_id or "", model="its-own", system_prompt="You are a pirate."
        )
    house.answer("b.txt", "Two?", "python")
    house.answer("c.txt", "Three?", "optics")

    assert ["m", "its-own", "m"] == [received.body["model"] for received in vendor.asked]
    assert "You are a pirate." in json.dumps(vendor.asked[1].body)
    assert "You are a pirate." not in json.dumps(vendor.asked[2].body)


def test_earlier_notes_of_the_same_person_are_recalled_where_the_watch_says_so(
    tmp_path: Path,
) -> None:
    said = "The photosynthesis lamp needs 40 watts."
    with VendorServer([Say(transcript=said), Say()]) as vendor:
        house = make_house(tmp_path / "house", vendor.url)
        house.answer("a.txt", said, "lab")
        house.answer("b.txt", "How strong was the photosynthesis lamp?", "letters")
        assert "40 watts" not in last_request(vendor)
        configure(house, vendor, WATCH % "recall: true")

        house.answer("c.txt", "Was the photosynthesis lamp strong?", "diary")

        assert said in last_request(vendor)
        assert "quotations and no instructions" in last_request(vendor)


def test_another_users_conversation_is_neither_continued_nor_recalled(
    tmp_path: Path,
) -> None:
    with VendorServer([Say(transcript="The photosynthesis lamp needs 40 watts."), Say()]) as vendor:
        check_isolation(make_house(tmp_path / "house", vendor.url), vendor)


def check_isolation(house: House, vendor: VendorServer) -> None:
    house.configure_two_users(vendor.url, of_each=", recall: true")
    (house.folder / "ada-in" / "a.txt").write_text("The photosynthesis lamp needs 40 watts.")
    house.run_once()
    (mine,) = house.drops()
    code = house.conversation_of(mine).code
    (house.folder / "ada-in" / "b.txt").write_text(f"continue: {code}\nAnd at night?")
    house.run_once()
    page = house.responses()[-1]
    for name, text in {
        "b.txt": f"continue: {code}\nHow strong was the photosynthesis lamp?",
        "c.txt": f"continue: {mine.conversation_id}\nHow strong was it?",
        f"{page.removesuffix('.pdf')}.txt": "And the photosynthesis lamp?",
    }.items():
        (house.folder / "ben-in" / name).write_text(text)
    (house.folder / "ben-in" / "d.pdf").write_bytes((house.outbox / page).read_bytes() + b"%more")

    house.run_once()

    theirs = [drop for drop in house.drops() if drop.watch == "ben-in"]
    assert 4 == len(theirs)
    for drop in theirs:
        assert "ben" == house.conversation_of(drop).user_id
    for received in vendor.asked[2:]:
        assert "40 watts" not in json.dumps(received.body)
    assert 2 == house.conversation_of(mine).total_exchanges
