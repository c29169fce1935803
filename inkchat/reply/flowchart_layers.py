"""The boxes of a diagram in layers: which layer each is in, and in which order.

After Sugiyama: cycles are broken, each box comes a layer after the last that leads to it, a line
over several layers is threaded through each of them, and the order within layers is chosen so
that few lines cross.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

from inkchat.reply.flowchart_data import Flowchart

_SWEEPS = 12
_EXCHANGED_SLOTS = 80
_THREADS = 300
"""Places that lines are threaded through; a diagram with more is a tangle."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One place in a layer."""

    node: int | None
    """None where a line passes."""
    edge: int | None
    has_label: bool = False
    """Whether the label of the line stands here."""


@dataclass(frozen=True, slots=True)
class Route:
    """A line from layer to layer, as numbers of slots from the first layer on."""

    slots: tuple[int, ...]
    is_reversed: bool
    """Whether the line leads backwards."""


@dataclass(slots=True)
class Layers:
    slots: list[Slot] = field(default_factory=list)
    rows: list[list[int]] = field(default_factory=list)
    """Numbers of slots, in order; none is empty."""
    routes: list[Route] = field(default_factory=list)
    """By the number of the edge."""

    def list_links(self) -> list[tuple[int, int]]:
        """Slots in neighbouring layers that a line joins."""
        return [pair for route in self.routes for pair in pairwise(route.slots)]

    def list_neighbours(self) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
        """Of each slot: those above that lead to it, and those below."""
        above: dict[int, list[int]] = {}
        below: dict[int, list[int]] = {}
        for first, second in self.list_links():
            below.setdefault(first, []).append(second)
            above.setdefault(second, []).append(first)
        return above, below


def arrange_layers(flowchart: Flowchart) -> Layers | None:
    """The layers of the diagram; None if its lines are too many and too long.

    So it is if one leads from a box to itself.
    """
    if any(edge.source == edge.target for edge in flowchart.edges):
        return None
    links = break_cycles(flowchart)
    ranks = _rank(len(flowchart.nodes), links)
    layers = _thread(flowchart, links, ranks)
    if layers is None:
        return None
    _order(layers)
    return layers


def break_cycles(flowchart: Flowchart) -> list[tuple[int, int]]:
    """The ends of each edge, turned round where it would close a circle."""
    turned = _find_turned(flowchart)
    return [
        (edge.target, edge.source) if number in turned else (edge.source, edge.target)
        for number, edge in enumerate(flowchart.edges)
    ]


def _find_turned(flowchart: Flowchart) -> set[int]:
    """Numbers of the edges that lead back to where the way to them came from."""
    following: dict[int, list[tuple[int, int]]] = {}
    for number, edge in enumerate(flowchart.edges):
        following.setdefault(edge.source, []).append((number, edge.target))
    reached = {edge.target for edge in flowchart.edges}
    nodes = range(len(flowchart.nodes))
    is_open: dict[int, bool] = {}
    turned = set[int]()
    for start in [*(node for node in nodes if node not in reached), *nodes]:
        if start in is_open:
            continue
        is_open[start] = True
        stack = [(start, iter(following.get(start, [])))]
        while stack:
            node, rest = stack[-1]
            for number, target in rest:
                if is_open.get(target):
                    turned.add(number)
                elif target not in is_open:
                    is_open[target] = True
                    stack.append((target, iter(following.get(target, []))))
                    break
            else:
                is_open[node] = False
                stack.pop()
    return turned


def _rank(nodes: int, links: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each node: the longest way to it, or just before its use if it only begins."""
    ranks = [0] * nodes
    for _ in range(nodes):
        changed = False
        for source, target in links:
            if ranks[target] <= ranks[source]:
                ranks[target] = ranks[source] + 1
                changed = True
        if not changed:
            break
    entered = {target for _, target in links}
    for node in range(nodes):
        after = [ranks[target] for source, target in links if source == node]
        if node not in entered and after:
            ranks[node] = min(after) - 1
    return ranks


def _thread(
    flowchart: Flowchart, links: Sequence[tuple[int, int]], ranks: Sequence[int]
) -> Layers | None:
    """Each line through every layer between its ends; labels have layers of their own."""
    row_of, rows = _choose_rows(flowchart, links, ranks)
    layers = Layers(rows=[[] for _ in range(rows)])
    for node in range(len(flowchart.nodes)):
        layers.slots.append(Slot(node, None))
        layers.rows[row_of[ranks[node]]].append(node)
    for number, (source, target) in enumerate(links):
        edge = flowchart.edges[number]
        slots = [source]
        for row in range(row_of[ranks[source]] + 1, row_of[ranks[target]]):
            has_label = bool(edge.label) and row == row_of[ranks[source]] + 1
            slots.append(len(layers.slots))
            layers.rows[row].append(len(layers.slots))
            layers.slots.append(Slot(None, number, has_label))
        layers.routes.append(Route((*slots, target), is_reversed=source != edge.source))
        if len(layers.slots) > _THREADS:
            return None
    return layers


def _choose_rows(
    flowchart: Flowchart, links: Sequence[tuple[int, int]], ranks: Sequence[int]
) -> tuple[dict[int, int], int]:
    """The number of the layer of each rank, and how many layers there are.

    Behind each layer of boxes from which a line with a label leads is one for labels.
    """
    labelled = {
        min(ranks[source], ranks[target])
        for (source, target), edge in zip(links, flowchart.edges, strict=True)
        if edge.label
    }
    row_of: dict[int, int] = {}
    rows = 0
    for rank in range(max(ranks) + 1):
        row_of[rank] = rows
        rows += 2 if rank in labelled else 1
    return row_of, rows


def _order(layers: Layers) -> None:
    """Sorts each layer by the middle of its neighbours, up and down; keeps the best order."""
    above, below = layers.list_neighbours()
    best = [list(row) for row in layers.rows]
    fewest = _count_crossings(layers.rows, below)
    for sweep in range(_SWEEPS):
        rows = layers.rows if sweep % 2 == 0 else layers.rows[::-1]
        neighbours = above if sweep % 2 == 0 else below
        for before, row in pairwise(rows):
            places = {slot: place for place, slot in enumerate(before)}
            # Those that are equally well placed change sides now and then.
            sign = -1 if sweep % 4 >= 2 else 1
            own = {slot: sign * place for place, slot in enumerate(row)}
            row.sort(key=partial(_find_middle, neighbours=neighbours, places=places, own=own))
        crossings = _count_crossings(layers.rows, below)
        if crossings < fewest:
            best, fewest = [list(row) for row in layers.rows], crossings
    layers.rows = best
    if fewest and len(layers.slots) <= _EXCHANGED_SLOTS:
        _exchange(layers.rows, above, below, fewest)


def _exchange(
    rows: list[list[int]],
    above: Mapping[int, Sequence[int]],
    below: Mapping[int, Sequence[int]],
    fewest: int,
) -> None:
    """Lets neighbours change places, and the layer below follow, wherever fewer lines cross."""
    for number, row in enumerate(rows):
        following = rows[number + 1] if number + 1 < len(rows) else []
        for place in range(len(row) - 1):
            kept, kept_below = list(row), list(following)
            row[place], row[place + 1] = row[place + 1], row[place]
            places = {slot: at for at, slot in enumerate(row)}
            own = {slot: at for at, slot in enumerate(following)}
            following.sort(key=partial(_find_middle, neighbours=above, places=places, own=own))
            crossings = _count_crossings(rows, below)
            if crossings < fewest:
                fewest = crossings
            else:
                row[:], following[:] = kept, kept_below


def _find_middle(
    slot: int,
    neighbours: Mapping[int, Sequence[int]],
    places: Mapping[int, int],
    own: Mapping[int, int],
) -> tuple[float, int]:
    near = [places[other] for other in neighbours.get(slot, ()) if other in places]
    return (sum(near) / len(near) if near else float(abs(own[slot])), own[slot])


def _count_crossings(rows: Sequence[Sequence[int]], below: Mapping[int, Sequence[int]]) -> int:
    crossings = 0
    for row, next_row in pairwise(rows):
        places = {slot: place for place, slot in enumerate(next_row)}
        ends: list[int] = []
        for slot in row:
            reached = sorted(places[other] for other in below.get(slot, ()))
            crossings += sum(end > other for other in reached for end in ends)
            ends += reached
    return crossings
