"""The rolling summary: when it is made, of what, and how long it may become."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from inkchat.conversations.excerpts import measure_tokens
from inkchat.conversations.summary import (
    MOST_FOLDED_TOKENS,
    MOST_SUMMARY_TOKENS,
    SummaryPlan,
    build_summary_request,
    extract_summary,
    plan_summary,
    read_summary,
)
from inkchat.domain import NoteKind
from inkchat.store.recollections import Recollection
from inkchat.tokens import estimate_tokens
from tests.conversations.histories import exchanges, recollect, recollections, remember, texts

LONG = "x" * 350
"""A hundred tokens."""

budgets = st.integers(1, 4000)


@st.composite
def plans(draw: st.DrawFn) -> SummaryPlan:
    left_out = tuple(draw(exchanges(n)) for n in range(1, 1 + draw(st.integers(0, 8))))
    numbers = range(600, 600 + draw(st.integers(1, 12)))
    folded = tuple(draw(exchanges(number)) for number in numbers)
    more = draw(st.integers(0, 500)) if len(left_out) == 8 else 0
    return SummaryPlan(draw(texts()), left_out, len(left_out) + more, folded, numbers[-1])


def test_nothing_is_summed_up_while_all_of_it_fits() -> None:
    said = [remember(n, LONG, LONG) for n in range(1, 4)]
    fitting = sum(map(measure_tokens, said))

    assert plan_summary(recollect(*said), fitting) is None
    assert plan_summary(recollect(*said), fitting - 1) is not None
    assert plan_summary(recollect(), 0) is None


def test_all_but_what_fits_into_half_of_the_budget_is_folded_in() -> None:
    said = [remember(n, LONG, LONG) for n in range(4, 10)]

    plan = plan_summary(recollect(*said, summary="They spoke of cats.", covers=3), 1000)

    assert SummaryPlan("They spoke of cats.", (), 0, tuple(said[:4]), 7) == plan


def test_a_newest_exchange_that_alone_is_too_long_is_not_folded_in() -> None:
    assert plan_summary(recollect(remember(1, LONG * 100)), 1000) is None


def test_exchanges_of_which_nothing_was_read_are_taken_in_by_their_extract() -> None:
    left_out = tuple(remember(n, title=f"Title {n}") for n in (1, 2, 3, 4, 96, 97, 98, 99))
    recollection = replace(recollect(remember(100), left_out=left_out), left_out_count=99)

    plan = plan_summary(recollection, 1000)

    assert plan == SummaryPlan("", left_out, 99, (), 99)
    assert "- (91 more in between.)" in extract_summary(plan)


@given(recollection=recollections(), memory_tokens=budgets)
def test_after_a_summary_half_of_the_budget_is_left_and_nothing_is_lost(
    recollection: Recollection, memory_tokens: int
) -> None:
    plan = plan_summary(recollection, memory_tokens)

    if plan is not None:
        kept = recollection.recent[len(plan.folded) :]
        assert recollection.recent == plan.folded + kept
        assert (recollection.left_out + plan.folded)[-1].number == plan.covers
        assert memory_tokens // 2 >= sum(map(measure_tokens, kept)) or 1 == len(kept)
        after = Recollection("Said.", plan.covers, kept, (), 0)
        assert plan_summary(after, memory_tokens) is None


def test_the_request_holds_the_old_summary_and_every_folded_text() -> None:
    plan = SummaryPlan(
        "They spoke of cats.",
        (),
        0,
        (remember(4, "Four?", "Fourth."), remember(5, "Five?", "No AI.", "Offline")),
        5,
    )

    request = build_summary_request(plan, "Be kind.")

    assert "Be kind." == request.system
    assert () == request.history
    assert NoteKind.TEXT is request.note.kind
    assert (
        "The summary so far:\nThey spoke of cats.\n\n"
        "[Note 4, “4.pdf”, 2026-11-20]\nFour?\n\n[Answer to note 4]\nFourth.\n\n"
        "[Note 5, “5.pdf”, 2026-11-20]\nFive?"
    ) == request.note.text
    assert "250 words" in request.instruction


def test_a_request_that_would_be_too_long_holds_an_extract_of_the_oldest() -> None:
    said = tuple(remember(n, LONG * 10, f"answered{n} {LONG * 10}") for n in range(1, 31))

    text = build_summary_request(SummaryPlan("", (), 0, said, 30), "").note.text

    assert MOST_FOLDED_TOKENS - 3000 <= estimate_tokens(text) <= MOST_FOLDED_TOKENS + 700
    assert all(1 == text.count(f"answered{n} ") for n in (1, 2, 18, 19, 20, 30))
    assert "answered10 " not in text
    assert "\n[Note 30, " in text
    assert "\n- Note 1: answered1" in text
    assert "more in between.)" in text


@given(plan=plans())
def test_no_request_for_a_summary_is_too_long(plan: SummaryPlan) -> None:
    text = build_summary_request(plan, "").note.text

    before = estimate_tokens(plan.old_summary) + 400
    labels = 12 * len(plan.folded)
    assert MOST_FOLDED_TOKENS + before + labels >= estimate_tokens(text)


@given(plan=plans())
def test_an_extract_is_never_longer_than_a_summary_may_be(plan: SummaryPlan) -> None:
    extract = extract_summary(plan)

    assert extract
    assert MOST_SUMMARY_TOKENS >= estimate_tokens(extract)


def test_an_extract_has_a_line_for_each_exchange() -> None:
    folded = (
        remember(4, "Four?", "## Of cats\n\nThey purr.", title="Cats"),
        remember(5, "And\ndogs?", "No AI.", "Offline"),
        remember(6, "", ""),
    )

    assert (
        "They spoke of birds.\n- Note 4, “Cats”: Of cats\n- Note 5: And\n- Note 6"
    ) == extract_summary(SummaryPlan("They spoke of birds.", (), 0, folded, 6))


def test_an_extract_of_many_exchanges_has_the_first_and_the_last() -> None:
    folded = tuple(remember(n, answered=f"answered{n}") for n in range(1, 101))

    lines = extract_summary(SummaryPlan("", (), 0, folded, 100)).split("\n")

    assert [1, 2, 3, 4, 97, 98, 99, 100] == [
        n for n in range(1, 101) if f"- Note {n}: answered{n}" in lines
    ]
    assert "- (92 more in between.)" == lines[4]


def test_an_extract_taken_further_again_and_again_keeps_its_beginning_and_its_end() -> None:
    summary = "They began with cats."
    for number in range(1, 60):
        said = remember(number, answered=f"answered{number} {LONG}")
        summary = extract_summary(SummaryPlan(summary, (), 0, (said,), number))

    assert summary.startswith("They began with cats.\n- Note 1: answered1")
    assert f"- Note {number}: answered{number}" in summary.split("\n")[-1]
    assert f"- Note {number - 1}: answered{number - 1}" in summary
    assert MOST_SUMMARY_TOKENS >= estimate_tokens(summary)


@given(answer=st.text() | texts(most_words=3000))
def test_what_a_model_wrote_is_kept_clean_and_short(answer: str) -> None:
    summary = read_summary(answer)

    assert MOST_SUMMARY_TOKENS >= estimate_tokens(summary)
    assert summary == summary.strip()
    assert not any(character in summary for character in "\x00\x07\x1b\x7f\r")
    assert read_summary(summary) == summary


def test_a_summary_as_it_should_be_is_kept_as_it_is() -> None:
    assert "They spoke of cats.\n\nAnd dogs." == read_summary(
        "They spoke of cats.\n\n\nAnd dogs.\n"
    )
