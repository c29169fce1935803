"""The arrows of a diagram as Mermaid writes them, `-->` and its like, and as plain `->`."""

import re

from inkchat.reply.flowchart_boxes import LABEL_CHARACTERS, clean_label
from inkchat.reply.flowchart_data import Edge

LINK = re.compile(
    r"(?P<tail><)?(?:"
    r"(?P<plain>--+>(?!>)|==+>|-\.+->|--+[xo](?=\s)|---+|===+|-\.+-|->(?!>)|=>|→|⟶|⇒)"
    r"(?:\s*\|(?P<bar>[^|]*)\|)?"
    rf"|(?P<start>--|==|-\.)(?![->=.])(?P<label>.{{1,{LABEL_CHARACTERS}}}?)"
    r"(?P<end>--+>|->(?!>)|--+[xo](?=\s)|---+|==+>|===+|(?<!\.)\.+->?)"
    r")"
)


def find_link(line: str, place: int) -> int:
    link = LINK.search(line, place)
    return link.start() if link else len(line)


def make_edge(source: int, target: int, link: re.Match[str], label: str) -> Edge:
    start = link["start"] or ""
    drawn = link["plain"] or link["end"]
    return Edge(
        source,
        target,
        clean_label(link["label"] or link["bar"] or label),
        has_head=drawn[-1] in ">xo→⟶⇒",
        has_tail=bool(link["tail"]),
        is_dashed="." in drawn or "." in start,
        is_thick=drawn.startswith("==") or start == "==",
    )
