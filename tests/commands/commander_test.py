"""What holds for every command: whose it is, what others wrote, and a second time."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from inkchat.devices import DEVICES
from inkchat.domain import Command, CommandKind, Letterhead
from inkchat.reply import draw_response
from inkchat.store import UnknownConversation
from tests.commands.conftest import SetUp
from tests.commands.desk import Desk, write_page
from tests.reply.reading import open_pdf, read_with_pdfium

ARGUMENTS = {
    CommandKind.SEARCH: "secret harbour",
    CommandKind.PROVIDER: "Ollama",
    CommandKind.CONTINUE: "conv_",
}


def make_command(kind: CommandKind) -> Command:
    return Command(kind, ARGUMENTS.get(kind, ""))


@pytest.mark.parametrize("is_admin", [False, True])
@pytest.mark.parametrize("kind", CommandKind)
def test_no_page_tells_what_another_user_wrote(
    kind: CommandKind, set_up: SetUp, *, is_admin: bool
) -> None:
    desk = set_up("admins: [ada]\n" if is_admin else "")
    desk.answer("Where is the secret harbour?", "In Whitby.", title="Smuggling", user="bob")
    theirs = desk.store.sessions.get_header(desk.answer("More?", user="bob").conversation_id or "")
    desk.answer("Why is the sky blue?", title="The sky")

    outcome = desk.carry_out(make_command(kind), desk.route())

    assert theirs is not None
    told = f"{outcome.title}\n{outcome.answer}\n{outcome.metadata}"
    for secret in ("Smuggling", "Whitby", "Where is", theirs.conversation_id):
        assert secret not in told
    may_know_of_bob = is_admin and kind is CommandKind.ALL_SESSIONS
    assert may_know_of_bob is ("bob" in told)
    assert may_know_of_bob is (theirs.code in told)


@pytest.mark.parametrize("kind", CommandKind)
def test_nothing_is_carried_out_in_the_conversation_of_another(
    kind: CommandKind, desk: Desk
) -> None:
    theirs = desk.answer("Where is the harbour?", user="bob").conversation_id
    before = desk.store.sessions.get_header(theirs or "")

    with pytest.raises(UnknownConversation):
        desk.carry_out(make_command(kind), replace(desk.route(), conversation_id=theirs))

    assert before == desk.store.sessions.get_header(theirs or "")


@pytest.mark.parametrize("kind", CommandKind)
def test_a_command_carried_out_twice_tells_and_leaves_the_same(
    kind: CommandKind, desk: Desk
) -> None:
    desk.answer("Why is the sky blue?", "Because light is scattered.")
    drop = desk.route()
    command = make_command(kind)

    first = desk.carry_out(command, drop)
    between = desk.store.sessions.get_conversation(drop.conversation_id or "")
    again = desk.carry_out(command, drop)

    assert first == again
    assert between == desk.store.sessions.get_conversation(drop.conversation_id or "")


@pytest.mark.parametrize("kind", CommandKind)
def test_the_exchange_keeps_which_command_it_was(kind: CommandKind, desk: Desk) -> None:
    desk.answer("Why?")

    metadata = desk.carry_out(make_command(kind), desk.route()).metadata

    assert kind == metadata["command"]
    assert ARGUMENTS.get(kind) == metadata.get("argument")


HOSTILE = "# [Loud](x) | `code` $x$ ![p](q) <b> **bold**"


@pytest.mark.parametrize("kind", CommandKind)
def test_what_others_wrote_is_shown_and_not_obeyed(kind: CommandKind, set_up: SetUp) -> None:
    desk = set_up("admins: [ada]\n")
    drop = desk.answer(HOSTILE, HOSTILE, title=HOSTILE, author="An*n*a | B", thread="a_b_c [d]|")
    desk.store.recollections.keep_summary(drop.conversation_id or "", HOSTILE, 1)
    argument = HOSTILE if kind is CommandKind.SEARCH else ARGUMENTS.get(kind, "")

    outcome = desk.order(kind, argument, thread="a_b_c [d]|")

    for markup in ("[Loud]", "`code`", "$x$", "![p]", "<b>", " **bold**", "*n*", "[d]"):
        assert markup not in outcome.answer
    head = Letterhead("conv_1", 1, "note.txt", datetime.now(UTC), "H4KM7P")
    page = read_with_pdfium(
        draw_response(write_page(head, outcome.title, outcome.answer), DEVICES["remarkable-2"])
    )
    if "Loud" in outcome.answer:
        assert "[Loud](x)" in page


MEDIUM = [name for name, device in DEVICES.items() if device.page_width_pt > 330]
"""Of 7.8 inches and more."""


@pytest.mark.parametrize(
    ("kind", "is_admin", "devices"),
    [
        (CommandKind.HELP, True, MEDIUM),
        (CommandKind.HELP, False, MEDIUM),
        (CommandKind.SESSION_INFO, False, MEDIUM),
        (CommandKind.USAGE, False, MEDIUM),
    ],
)
def test_what_only_tells_fits_on_one_page(
    kind: CommandKind, devices: list[str], set_up: SetUp, *, is_admin: bool
) -> None:
    desk = set_up("admins: [ada]\n" if is_admin else "")

    assert dict.fromkeys(devices, 1) == count_pages(desk, kind, devices)


def test_help_takes_two_pages_of_a_small_screen(desk: Desk) -> None:
    small = [name for name in DEVICES if name not in MEDIUM]

    assert dict.fromkeys(small, 2) == count_pages(desk, CommandKind.HELP, small)


def count_pages(desk: Desk, kind: CommandKind, devices: Iterable[str]) -> dict[str, int]:
    """Of the command's page on each of them."""
    desk.answer("Why is the sky blue?", title="The sky")
    outcome = desk.order(kind)
    head = Letterhead("conv_20260101_120000_0a1b2c3d", 2, "h.txt", datetime.now(UTC), "H4KM7P")
    page = write_page(head, outcome.title, outcome.answer)
    return {name: len(open_pdf(draw_response(page, DEVICES[name])).pages) for name in devices}
