"""A diagram as boxes and arrows, before anything is known of its form on the page."""

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    DOWN = "down"
    RIGHT = "right"


class Shape(StrEnum):
    BOX = "box"
    ROUND = "round"
    DIAMOND = "diamond"


@dataclass(frozen=True, slots=True)
class Node:
    text: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Edge:
    source: int
    """Number of the node, from 0."""
    target: int
    label: str = ""
    has_head: bool = True
    has_tail: bool = False
    """Whether a second head is at its beginning."""
    is_dashed: bool = False
    is_thick: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    """With those of the groups around it before it."""
    nodes: tuple[int, ...]
    """Numbers of those that stand in no other group within it."""


@dataclass(frozen=True, slots=True)
class Flowchart:
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    direction: Direction
    title: str = ""
    groups: tuple[Group, ...] = ()
