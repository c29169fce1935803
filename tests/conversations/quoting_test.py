"""Text of others within Markdown of ours, read as the page reads it."""

from hypothesis import example, given
from hypothesis import strategies as st

from inkchat.conversations import escape_line, quote_block
from inkchat.reply.markdown import parse_markdown

HOSTILE = st.text(st.sampled_from("ab1 .)([]{}*_`<>#|~$!&^\\:=-+\n\"'@/;x?"), max_size=40)


def read_plain(markdown: str) -> str:
    """The text of `markdown`, in which nothing but text and line ends may stand."""
    pieces = []
    for token in parse_markdown(markdown).tokens:
        if token.type != "inline":
            assert token.type.startswith(("blockquote", "paragraph", "bullet_list", "list_item"))
            continue
        for child in token.children or ():
            assert child.type in ("text", "text_special", "softbreak", "hardbreak")
            pieces.append("\n" if child.type.endswith("break") else child.content)
    return "".join(pieces)


@given(text=HOSTILE)
@example(text=r"\[x\] \(y\) [^1] $$z$$ &amp; https://a.example")
def test_a_line_is_read_as_it_was_written(text: str) -> None:
    assert f"Said: {' '.join(text.split())}".rstrip() == read_plain(f"- Said: {escape_line(text)}")


@given(text=HOSTILE)
@example(text="# A\n===\n1. one\n- two\n: three\n    four\n---\n> five\n| a | b |\n|---|---|")
def test_a_block_keeps_its_lines_and_nothing_in_it_is_obeyed(text: str) -> None:
    lines = [" ".join(line.split()) for line in text.splitlines()]

    assert "\n".join(filter(None, lines)) == read_plain(quote_block(text))
