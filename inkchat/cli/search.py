"""`inkchat search`: where the same was spoken of."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from inkchat.cli.opened import open_store
from inkchat.cli.options import common_options, get_common
from inkchat.cli.printing import make_printable, say, show_time

if TYPE_CHECKING:
    from inkchat.store import Hit


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@click.option("--user", metavar="NAME", help="Only this user’s.")
@click.option(
    "--limit",
    default=10,
    show_default=True,
    type=click.IntRange(min=1),
    help="How many at most.",
)
@common_options
def search(words: tuple[str, ...], user: str | None, limit: int) -> None:
    """Find where something was spoken of, the most fitting first.

    In notes, answers and titles. What has all the words comes before what has some of them; a
    phrase is put into quotation marks inside of others: '"black hole" light'.
    """
    query = " ".join(words)
    with open_store() as (_, store):
        hits = store.search.find(query, user, limit)
    if get_common().as_json:
        click.echo(json.dumps([asdict(hit) for hit in hits], indent=2, ensure_ascii=False))
        return
    for hit in hits:
        title = hit.title or hit.conversation_title or "(without a title)"
        say(f"{show_time(hit.created_at)}  {hit.code:6}  {hit.number:>3}  {_put_in_a_line(title)}")
        # Not by `say`: the marks are ours, and obeyed.
        click.echo(f"    {''.join(_mark(hit))}")
    if not hits:
        say(f"Nothing found for “{_put_in_a_line(query)}”.")


def _mark(hit: "Hit") -> Iterator[str]:
    """The passage in one line, the words that were looked for in bold."""
    end = 0
    for mark in hit.marks:
        yield _make_plain(hit.passage[end : mark[0]])
        yield click.style(_make_plain(hit.passage[mark[0] : mark[1]]), bold=True)
        end = mark[1]
    yield _make_plain(hit.passage[end:])


def _make_plain(text: str) -> str:
    return make_printable(_put_in_a_line(text))


def _put_in_a_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)
