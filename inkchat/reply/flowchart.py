"""Boxes and arrows, or their words as steps where these have no room.

`docs/figures.md` has the language.
"""

import math
from dataclasses import replace
from functools import partial

from inkchat.reply.figure import Figure
from inkchat.reply.flow import Setting
from inkchat.reply.flowchart_data import Direction, Flowchart
from inkchat.reply.flowchart_drawing import Drawing
from inkchat.reply.flowchart_layers import Layers, arrange_layers
from inkchat.reply.flowchart_layout import MEASURES_PT, Layout, Sizes
from inkchat.reply.flowchart_lines import is_flowchart
from inkchat.reply.flowchart_steps import list_steps
from inkchat.reply.flowchart_text import read_flowchart
from inkchat.reply.fonts import Face
from inkchat.reply.lettering import Room, compose_largest
from inkchat.reply.prose import Prose, set_text
from inkchat.reply.sketch import Sketch
from inkchat.reply.step_list import StepList
from inkchat.reply.typography import Type, Typography

_ABOVE_GROUPS_PT = 6.0
_SHORT_CHARACTERS = 16


def make_mermaid(source: str, typography: Typography) -> Setting | None:
    """The same for Mermaid, of whose diagrams only the flowchart is known."""
    return make_flowchart(source, typography) if is_flowchart(source) else None


def make_flowchart(source: str, typography: Typography) -> Setting | None:
    """The diagram that `source` describes; None if it describes none."""
    flowchart = read_flowchart(source)
    if flowchart is None:
        return None
    steps = StepList(flowchart.title, list_steps(flowchart), typography)
    layers = arrange_layers(flowchart)
    if layers is None:
        return steps
    compose = partial(_compose, flowchart, layers, typography)
    return Figure.try_to_make(compose, typography, steps) or steps


def _compose(
    flowchart: Flowchart, layers: Layers, typography: Typography, room: Room
) -> Sketch | None:
    """The diagram at the first size, in the first direction in which it fits."""
    return compose_largest(partial(_compose_in, flowchart, layers, typography, room), room)


def _compose_in(
    flowchart: Flowchart, layers: Layers, typography: Typography, room: Room, type_: Type
) -> Sketch | None:
    sketch = Sketch(room.width_pt)
    if flowchart.title:
        title = typography.cell_head
        sketch.height_pt = sketch.write(flowchart.title, title, 0, 0, room.width_pt) + 4
    groups = _list_groups(flowchart, type_)
    groups_pt = _ABOVE_GROUPS_PT if groups else 0.0
    groups_pt += sum(prose.wrap(room.width_pt, math.inf)[1] for prose in groups)
    height_pt = room.height_pt - sketch.height_pt - groups_pt - 2
    layout = _find_layout(flowchart, layers, type_, room.width_pt, height_pt)
    if layout is None:
        return None
    Drawing(layout, sketch).draw()
    for number, prose in enumerate(groups):
        sketch.height_pt += 0.0 if number else _ABOVE_GROUPS_PT
        sketch.height_pt += sketch.place(prose, 0, sketch.height_pt, room.width_pt)
    return sketch


def _find_layout(
    flowchart: Flowchart, layers: Layers, type_: Type, width_pt: float, height_pt: float
) -> Layout | None:
    sizes: Sizes = {}
    for direction in sorted(Direction, key=lambda direction: direction != flowchart.direction):
        for measure_pt in MEASURES_PT:
            layout = Layout(flowchart, layers, type_, direction, measure_pt, sizes)
            if layout.fit(width_pt, height_pt):
                return layout
    return None


def _list_groups(flowchart: Flowchart, type_: Type) -> list[Prose]:
    """The name of each group with the words of its boxes."""
    bold = replace(type_, face=Face.SANS_BOLD)
    proses = []
    for group in flowchart.groups:
        words = ", ".join(_bind(flowchart.nodes[node].text) for node in group.nodes)
        proses.append(Prose(type_, [*set_text(f"{group.name}: ", bold), *set_text(words, type_)]))
    return proses


def _bind(name: str) -> str:
    """`name` on one line, if it is short."""
    return name.replace(" ", "\u00a0") if len(name) <= _SHORT_CHARACTERS else name
