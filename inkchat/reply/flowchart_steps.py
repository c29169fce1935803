"""A diagram as numbered steps in words, each with where it leads."""

from dataclasses import dataclass

from inkchat.reply.flowchart_data import Edge, Flowchart
from inkchat.reply.flowchart_layers import break_cycles


@dataclass(frozen=True, slots=True)
class Way:
    """An arrow that leaves a step."""

    edge: Edge
    number: int
    """Of the step to which it leads."""
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    number: int
    """From 1."""
    text: str
    group: str
    """Empty if it stands in none."""
    ways: tuple[Way, ...]

    @property
    def onward(self) -> Way | None:
        """Its only arrow, if that has no words."""
        is_only = len(self.ways) == 1 and not self.ways[0].edge.label
        return self.ways[0] if is_only else None


def list_steps(flowchart: Flowchart) -> list[Step]:
    """All boxes: a branch to where it ends or meets another, then the next; short ones first."""
    groups = _find_groups(flowchart)
    order = _order(flowchart, groups)
    numbers = {node: number for number, node in enumerate(order, 1)}
    ways: dict[int, list[Way]] = {node: [] for node in order}
    for edge in flowchart.edges:
        way = Way(edge, numbers[edge.target], flowchart.nodes[edge.target].text)
        ways[edge.source].append(way)
    return [
        Step(numbers[node], flowchart.nodes[node].text, groups.get(node, ""), tuple(ways[node]))
        for node in order
    ]


def _find_groups(flowchart: Flowchart) -> dict[int, str]:
    return {node: group.name for group in flowchart.groups for node in group.nodes}


def _order(flowchart: Flowchart, groups: dict[int, str]) -> list[int]:
    """The boxes, each behind all that lead forward to it, and those of a group together."""
    links = dict.fromkeys(link for link in break_cycles(flowchart) if link[0] != link[1])
    nodes = range(len(flowchart.nodes))
    following: dict[int, list[int]] = {node: [] for node in nodes}
    awaited = dict.fromkeys(nodes, 0)
    for source, target in links:
        following[source].append(target)
        awaited[target] += 1
    lengths = _measure_branches(following)
    ready = [node for node in reversed(nodes) if not awaited[node]]
    order: list[int] = []
    while ready:
        group = groups.get(order[-1]) if order else None
        near = [node for node in ready if groups.get(node) == group]
        node = near[-1] if near else ready[-1]
        ready.remove(node)
        order.append(node)
        for target in sorted(following[node], key=lengths.__getitem__)[::-1]:
            awaited[target] -= 1
            if not awaited[target]:
                ready.append(target)
    return order


def _measure_branches(following: dict[int, list[int]]) -> dict[int, int]:
    """How many boxes can be reached from each."""
    lengths = {}
    for node in following:
        reached = {node}
        open_nodes = [node]
        while open_nodes:
            new = [target for target in following[open_nodes.pop()] if target not in reached]
            reached.update(new)
            open_nodes += new
        lengths[node] = len(reached)
    return lengths
