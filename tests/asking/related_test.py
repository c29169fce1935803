"""Passages of earlier conversations on a page that Offline writes."""

from inkchat.asking.related import add_related
from inkchat.domain import Reply
from inkchat.store import Hit

REPLY = Reply(
    title="T",
    transcript="Read.",
    answer="How to connect a model.",
    language="en",
    provider="Offline",
    model="",
)


def test_without_hits_the_reply_stays_as_it_is() -> None:
    assert REPLY is add_related(REPLY, [])


def test_a_passage_is_quoted_with_its_place_and_is_no_markup() -> None:
    hit = Hit(
        conversation_id="conv_20260101_120000_0a1b2c3d",
        number=3,
        title="# Fjords *and* more",
        created_at="2026-01-01T12:00:00.000000+00:00",
        passage="A <b>drowned</b>\nvalley…",
    )

    answer = add_related(REPLY, [hit]).answer

    assert (
        "## From your earlier notes\n\n- **\\# Fjords \\*and\\* more** (2026-01-01, "
        "`conv_20260101_120000_0a1b2c3d`, exchange 3): A \\<b\\>drowned\\</b\\> valley…\n\n"
        "How to connect a model."
    ) == answer
