"""Any Markdown, and what is nearly so, for tests of properties."""

from hypothesis import strategies as st

_LETTERS = st.text(st.sampled_from("abcxyzÄéßαжЖ019"), min_size=3, max_size=9)
_MARKS = (
    "* ** _ __ ~~ ` ``` ~~~ # ## > >> - + 1. 2) | |-|-| --- === [ ] ( ) [a](b) ![i](j) [^1] [^1]: "
    ": ~ $ $$ \\( \\) \\ < > &amp; ! [x] [ref]: <http://a.b> {}"
)
_SPACES = ("\n", "\n\n", "  \n", "    ", "\t", "\n- ", "\n> ", "\n1. ", "\n|a|b|\n|-|-|\n|")
_SYNTAX = st.sampled_from([*_MARKS.split(), *_SPACES])
MARKDOWN = st.lists(st.one_of(_LETTERS, _SYNTAX, st.just(" ")), max_size=60).map("".join)
