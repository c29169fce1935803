"""What each command does, and what its page says."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from inkchat.commands import Commander, finding, say_too_late, telling
from inkchat.config import Budget, ProviderName
from inkchat.domain import Command, CommandKind, Drop, Usage
from inkchat.reply.dates import format_short_day
from inkchat.store import ConversationState, Home, PlannedCall, Purpose
from tests.commands.conftest import SetUp
from tests.commands.desk import Desk

TODAY = format_short_day(datetime.now()).replace(" ", "\xa0")
HOME = Home("ada", "a", "physics")


def state(desk: Desk, drop: Drop) -> ConversationState:
    found = desk.store.sessions.get_conversation(drop.conversation_id or "")
    assert found is not None
    return found


def spend(desk: Desk, drop: Drop, cost_usd: float | None, user: str = "ada") -> None:
    planned = PlannedCall(
        user, "a", None, drop.conversation_id, Purpose.ANSWER, "OpenAI", "m", 900, 100, cost_usd
    )
    call_id = desk.store.calls.reserve(planned, Budget())
    desk.store.calls.finish(call_id, Usage(900, 100), cost_usd, 1.0, None, "")


def test_help_names_every_command_and_the_lines_within_a_note(desk: Desk) -> None:
    code = state(desk, desk.route()).code

    answer = desk.order(CommandKind.HELP).answer

    for kind in set(CommandKind) - {CommandKind.HELP, CommandKind.ALL_SESSIONS}:
        assert f"| **{kind}" in answer
    assert f"continue: {code}" in answer
    assert "—\xa0Anna" in answer


@pytest.mark.parametrize("is_admin", [False, True])
def test_help_names_to_admins_alone_what_is_for_them(set_up: SetUp, *, is_admin: bool) -> None:
    desk = set_up("admins: [ada]\n" if is_admin else "")

    assert is_admin is ("| **all sessions** |" in desk.order(CommandKind.HELP).answer)


def test_session_info_tells_all_that_is_known(set_up: SetUp) -> None:
    desk = set_up("max_exchanges: 9\nactive_provider: Offline\n")
    before = state(desk, desk.answer("Before?", title="Before"))
    drop = desk.route()
    desk.store.ledger.begin_anew(drop, HOME)
    drop = desk.answer("Why?", title="The sky", usage=Usage(900, 100), cost_usd=0.25)
    desk.answer("And the sea?", author="Bob")
    desk.store.sessions.edit(drop.conversation_id or "", model="m-2", system_prompt="Be brief.")
    now = state(desk, drop)

    answer = desk.order(CommandKind.SESSION_INFO).answer

    facts = dict(line[4:].split(":** ", 1) for line in answer.splitlines())
    assert "The sky" == facts["Title"]
    assert facts["Code"].startswith(f"{now.code}; ")
    assert now.conversation_id == facts["Id"].replace("\\", "")
    assert facts.keys().isdisjoint(("Status", "Begins anew"))
    assert "2 of at most 9" == facts["Exchanges"]
    assert "Offline, as configured; model m-2; told: “Be brief.”" == facts["Who answers"]
    assert "ada (1), Bob (1)" == facts["Who writes"]
    assert facts["Remembered"].startswith("the newest in full, up to about ")
    assert "the folder “physics”" == facts["Where"]
    assert "1,000 tokens, \\$0.25" == facts["Spent"]
    assert "2" == facts["Files kept"]
    assert f"Before ({before.code})" == facts["Follows"]


def test_session_info_tells_who_answers_by_whose_word(desk: Desk) -> None:
    watch = desk.watch("ada")
    (watch.inbox / "physics").mkdir(parents=True)
    file: Path = watch.inbox / "physics" / "inkchat.yaml"

    told = []
    for text in ("", "provider: grok", "provider: nobody"):
        file.write_text(text)
        told.append(desk.order(CommandKind.SESSION_INFO).answer)
    desk.order(CommandKind.PROVIDER, "Ollama")
    told.append(desk.order(CommandKind.SESSION_INFO).answer)

    for answer, who in zip(
        told,
        (
            "Offline, as configured",
            "xAI Grok, by the inkchat.yaml of this folder",
            "not known: the inkchat.yaml of this folder cannot be used",
            "Ollama, as said here",
        ),
        strict=True,
    ):
        assert f"- **Who answers:** {who}\n" in answer


def test_clear_session_forgets_all_and_deletes_nothing(desk: Desk) -> None:
    for number in range(12):
        drop = desk.answer(f"Question {number}", "Answer. " * 50)
    conversation_id = drop.conversation_id or ""
    desk.store.recollections.keep_summary(conversation_id, "It was about numbers.", 3)

    outcome = desk.order(CommandKind.CLEAR_SESSION)
    desk.answer("clear session", outcome.answer, outcome=outcome)

    for most_tokens in (10, 100_000):
        recollection = desk.store.recollections.read(
            conversation_id, besides_drop_id=None, most_tokens=most_tokens
        )
        assert ("", (), (), 0) == (
            recollection.summary,
            recollection.recent,
            recollection.left_out,
            recollection.left_out_count,
        )
    assert {
        "command": "clear session",
        "cleared_through": 12,
        "cleared_summary": "It was about numbers.",
    } == outcome.metadata
    assert 13 == len(state(desk, drop).exchanges)
    assert "nothing from before" in desk.order(CommandKind.SESSION_INFO).answer


def test_after_clearing_only_what_follows_is_remembered(desk: Desk) -> None:
    conversation_id = desk.answer("Before").conversation_id or ""
    outcome = desk.order(CommandKind.CLEAR_SESSION)
    desk.answer("clear session", outcome.answer, outcome=outcome)
    desk.answer("After")

    recollection = desk.store.recollections.read(
        conversation_id, besides_drop_id=None, most_tokens=1000
    )

    assert ["After"] == [exchange.asked for exchange in recollection.recent]
    # A summary that was on its way when the memory was cleared comes too late.
    assert not desk.store.recollections.keep_summary(conversation_id, "Of before.", 1)
    assert desk.store.recollections.keep_summary(conversation_id, "Of after.", 3)
    assert "a summary of exchanges 2 to 3" in desk.order(CommandKind.SESSION_INFO).answer


def test_clearing_without_a_summary_keeps_none(desk: Desk) -> None:
    desk.answer("Why?")

    assert "cleared_summary" not in desk.order(CommandKind.CLEAR_SESSION).metadata


def test_end_session_says_what_it_was_and_how_to_take_it_up(desk: Desk) -> None:
    drop = desk.answer("Why is the sky blue?")
    desk.store.recollections.keep_summary(drop.conversation_id or "", "Of light.", 1)

    answer = desk.order(CommandKind.END_SESSION).answer

    ended = state(desk, drop)
    assert ("ended", "asked") == (ended.status, ended.end_reason)
    assert "It began with: “Why is the sky blue?”" in answer
    assert "> Of light." in answer
    assert f"“continue: {ended.code}” in a note, takes it up again." in answer
    assert answer.endswith("goes on in the conversation that is active there, or begins a new one.")
    assert "this folder" not in answer


def test_new_session_tells_its_code_and_the_one_before(desk: Desk) -> None:
    before = state(desk, desk.answer("Why?", title="The sky"))
    drop = desk.store.ledger.begin_anew(desk.route(), HOME)

    answer = desk.carry_out(Command(CommandKind.NEW_SESSION), drop).answer

    assert f"Its code is **{state(desk, drop).code}**." in answer
    assert "Notes in this folder go on in it." in answer
    assert f"The one before was “The sky” ({before.code}); it has ended and is kept." in answer


def test_new_session_does_not_call_ended_what_goes_on_elsewhere(desk: Desk) -> None:
    linked = desk.answer("Why?", title="The sky", thread="optics")
    drop = desk.store.ledger.route(desk.route(), linked.conversation_id, HOME, link=True)
    code = state(desk, linked).code

    drop = desk.store.ledger.begin_anew(drop, HOME)
    answer = desk.carry_out(Command(CommandKind.NEW_SESSION), drop).answer

    assert "active" == state(desk, linked).status
    assert f"The one before was “The sky” ({code}); it has not ended." in answer
    assert f"“continue: {code}”, or a page of it, goes on with it." in answer


@pytest.mark.parametrize(
    ("home", "said"),
    [
        (Home("ada", "a", "physics"), "Notes in the folder “physics” go on in it."),
        (
            Home("ada", "c", "physics"),
            "Notes in the folder “physics” of the inbox “c” go on in it.",
        ),
        (Home("ada", "a", document="book.pdf"), "Notes on the document “book.pdf” go on in it."),
        (
            Home("ada", "a", document="book.pdf", section="3"),
            "Notes on page 3 of the document “book.pdf” go on in it.",
        ),
        (Home("ada", "a", document="new.txt"), "Write on this page to go on in it."),
        (Home("ada", "a", document="/home/ada/book.pdf"), "Write on this page to go on in it."),
        (Home("ada", "a", document=r"C:\\Users\\ada\\b.pdf"), "Write on this page to go on in it."),
        (Home("ada", "a"), "Write on this page to go on in it."),
    ],
)
def test_new_session_tells_where_notes_go_on(home: Home, said: str, desk: Desk) -> None:
    drop = desk.store.ledger.begin_anew(replace(desk.route(thread=""), document="new.txt"), home)

    answer = desk.carry_out(
        Command(CommandKind.NEW_SESSION), replace(drop, name="new.txt", document="new.txt")
    ).answer

    assert answer.startswith(f"Its code is **{state(desk, drop).code}**.")
    assert answer.endswith(said)
    for hidden in ("/home", "Users", "new.txt"):
        assert hidden not in answer


def test_new_session_promises_no_oblivion_where_others_are_recalled(desk: Desk) -> None:
    drop = desk.route()
    watch = replace(desk.watch("ada"), recall=True)
    commander = Commander(desk.store, lambda: desk.settings)

    recalling = commander.carry_out(Command(CommandKind.NEW_SESSION), drop, watch)

    assert "Nothing is remembered" not in recalling.answer
    assert "Nothing is remembered" in desk.order(CommandKind.NEW_SESSION).answer


def test_the_first_conversation_has_none_before(desk: Desk) -> None:
    assert "The one before" not in desk.order(CommandKind.NEW_SESSION).answer


def test_continue_tells_what_goes_on(desk: Desk) -> None:
    drop = desk.answer("Why is the sky blue?", title="The sky")
    code = state(desk, drop).code

    outcome = desk.carry_out(Command(CommandKind.CONTINUE, code), drop)

    assert "A conversation goes on" == outcome.title
    assert outcome.answer.startswith(f"**The sky** ({code}), with 1 answered note since ")
    assert "“Why is the sky blue?”" in outcome.answer
    assert "Notes in this folder go on in it." in outcome.answer


def test_continue_outside_of_folders_promises_nothing_of_one(desk: Desk) -> None:
    code = state(desk, desk.answer("Why is the sky blue?")).code

    answer = desk.order(CommandKind.CONTINUE, code, thread="").answer

    assert "Write on this page to go on in it." in answer
    assert "folder" not in answer


def test_what_came_too_late_is_said_and_not_called_carried_out(desk: Desk) -> None:
    desk.answer("Why?")
    late = say_too_late(Command(CommandKind.CLEAR_SESSION))
    desk.answer("clear session", late.answer, title=late.title, outcome=late)

    assert "This came too late" == late.title
    assert late.answer.startswith("“clear session” was read only now, long after it was written")
    assert {"command": "clear session", "too_late": True} == late.metadata
    assert "nothing from before" not in desk.order(CommandKind.SESSION_INFO).answer


def test_what_came_too_late_is_told_with_its_argument() -> None:
    late = say_too_late(Command(CommandKind.CONTINUE, "xy*z*123"))

    assert late.answer.startswith("“continue: xy\\*z\\*123” was read only now")
    assert {"command": "continue", "argument": "xy*z*123", "too_late": True} == late.metadata


def test_a_code_written_wrong_is_told_with_the_nearest_of_ones_own(desk: Desk) -> None:
    code = state(desk, desk.answer("Why?")).code
    near = next(f"{sign}{code[1:]}" for sign in "ACDEFHJ" if sign != code[0])

    outcome = desk.order(CommandKind.CONTINUE, near)
    of_bob = desk.order(CommandKind.CONTINUE, near, user="bob")

    assert "This conversation is not known" == outcome.title
    assert f"Did you mean **{code}**?" in outcome.answer
    assert code not in of_bob.answer


def test_search_finds_ones_own_and_says_how_to_go_on(desk: Desk) -> None:
    code = state(desk, desk.answer("Why is the sky blue?", "Light.", title="The sky")).code

    found = desk.order(CommandKind.SEARCH, "sky", thread="other")
    nothing = desk.order(CommandKind.SEARCH, "harbour", thread="other")

    assert f"1. **The sky** ({TODAY}, {code}, exchange 1): " in found.answer
    assert "Why is the **sky** blue" in found.answer
    assert f"“continue: {code}”" in found.answer
    assert "Nothing was found" == nothing.title
    assert "“harbour”" in nothing.answer


def test_provider_is_for_the_conversation_and_auto_takes_it_back(desk: Desk) -> None:
    drop = desk.route()
    desk.store.sessions.edit(drop.conversation_id or "", model="m-2")

    named = desk.carry_out(Command(CommandKind.PROVIDER, ProviderName.ANTHROPIC), drop)
    after_naming = state(desk, drop)
    back = desk.carry_out(Command(CommandKind.PROVIDER, "auto"), drop)

    assert ("Anthropic Claude", "") == (after_naming.provider, after_naming.model)
    assert "It is not connected yet.** There is no key for Anthropic Claude" in named.answer
    assert "write “api\\_key:” under" in named.answer
    assert "Who answers is as configured" == back.title
    assert "" == state(desk, drop).provider


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        ("Ollama", "It is set up; whether it answers, the next note will tell."),
        ("OpenAI", "It is set up; whether it answers, the next note will tell."),
        ("OpenAI Compatible", "OpenAI Compatible has no address."),
        ("Offline", "Offline asks no model"),
    ],
)
def test_provider_says_whether_it_is_set_up(provider: str, said: str, set_up: SetUp) -> None:
    desk = set_up("OpenAI: {api_key: k-0123456789abcdef}\n")

    assert said in desk.order(CommandKind.PROVIDER, provider).answer


def test_summary_lists_the_newest_exchanges(desk: Desk) -> None:
    for number in range(1, telling.MOST_LISTED + 3):
        drop = desk.answer(f"Question {number}", title=f"Title {number}", author="Bob")
    desk.store.recollections.keep_summary(drop.conversation_id or "", "Of numbers.", 5)
    outcome = desk.order(CommandKind.HELP)
    desk.answer("help", outcome.answer, title=outcome.title, outcome=outcome)

    answer = desk.order(CommandKind.SUMMARY).answer

    listed = [line for line in answer.splitlines() if line.startswith("- ")]
    assert telling.MOST_LISTED == len(listed)
    assert f"- 3 · {TODAY} · Title 3, by Bob" == listed[0]
    assert "> Of numbers." in answer
    assert f"**The newest 30 of {telling.MOST_LISTED + 2} exchanges:**" in answer
    assert "What inkchat can do" not in answer


def test_usage_is_of_the_user_alone(set_up: SetUp) -> None:
    desk = set_up("budget: {month: {usd: 50}, per_user: {day: {usd: 1, tokens: 5000}}}\n")
    drop = desk.answer("Why?")
    spend(desk, drop, 0.25)
    spend(desk, desk.answer("Why?", thread="other"), None)
    spend(desk, desk.answer("Why?", user="bob"), 7.0, "bob")

    answer = desk.order(CommandKind.USAGE).answer

    assert "| here | 1 | 1,000 | \\$0.25 |" in answer
    assert "| today | 2 | 2,000 | \\$0.25 + 1 call of unknown cost |" in answer
    assert "| month | 2 | 2,000 | \\$0.25 + 1 call of unknown cost |" in answer
    assert (
        "- Your budget for today: \\$0.25 of \\$1.00 spent, \\$0.75 left; "
        "2,000 of 5,000 tokens used, 3,000 left." in answer
    )
    assert "of all" not in answer


def test_usage_tells_an_admin_of_the_budget_of_all(set_up: SetUp) -> None:
    desk = set_up("budget: {month: {usd: 50}}\nadmins: [ada]\n")
    spend(desk, desk.answer("Why?", user="bob"), 7.0, "bob")

    answer = desk.order(CommandKind.USAGE).answer

    assert "- The budget of all for this month: \\$7.00 of \\$50.00 spent, \\$43.00 left." in answer
    assert "| here | 0 | 0 | – |" in answer


def test_a_cost_that_is_not_known_is_never_nothing(desk: Desk) -> None:
    spend(desk, desk.answer("Why?"), None)

    assert "| here | 1 | 1,000 | unknown |" in desk.order(CommandKind.USAGE).answer
    assert "1,000 tokens, cost unknown" in desk.order(CommandKind.SESSION_INFO).answer


def test_all_sessions_lists_everybodys_for_an_admin(
    set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = set_up("admins: [ada]\n")
    own = state(desk, desk.answer("Why?", title="The sky"))
    theirs = state(desk, desk.answer("Where?", title="Smuggling", user="bob"))

    whole = desk.order(CommandKind.ALL_SESSIONS).answer
    monkeypatch.setattr(finding, "MOST_LISTED", 1)
    cut = desk.order(CommandKind.ALL_SESSIONS).answer

    rows = [line.split(" | ") for line in whole.splitlines() if line.startswith("| ")][2:]
    assert [["| bob", theirs.code, TODAY], ["| ada", own.code, TODAY]] == [row[:3] for row in rows]
    assert ["– |", "The sky |"] == [row[3] for row in rows]
    assert "1 further one not shown" in cut
    assert "not shown" not in whole


def test_all_sessions_shows_others_only_their_own(desk: Desk) -> None:
    own = state(desk, desk.answer("Why?", title="The sky"))

    outcome = desk.order(CommandKind.ALL_SESSIONS)

    assert "Only for admins" == outcome.title
    assert "“admins: &#91;ada&#93;”" in outcome.answer
    assert f"| {own.code} | 1 | " in outcome.answer
