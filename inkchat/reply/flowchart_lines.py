"""The statements of a diagram's source: lines, or parts of them between semicolons."""

from collections.abc import Iterator


def is_flowchart(source: str) -> bool:
    """Whether Mermaid's `source` begins as its flowcharts do."""
    return next(split_lines(source), "").split(" ")[0].lower() in ("graph", "flowchart")


def split_lines(source: str) -> Iterator[str]:
    """Without comments, and with one blank for several."""
    for line in source.split("\n"):
        if line.lstrip().startswith("%%"):
            continue
        for part in _split_statements(line):
            if stripped := " ".join(part.split()):
                yield stripped


def _split_statements(line: str) -> list[str]:
    """At semicolons, but not within brackets, quotes or entities."""
    parts, depth, quoted, start = [], 0, False, 0
    for place, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif not quoted and character in "[({":
            depth += 1
        elif not quoted and character in "])}":
            depth -= 1
        elif character == ";" and not quoted and depth <= 0:
            parts.append(line[start:place])
            start = place + 1
    return [*parts, line[start:]]
