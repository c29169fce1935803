"""The signs of formulas, by what they do."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

SCRIPTED = frozenset({"msub", "msup", "msubsup", "mover", "munder", "munderover"})
BESIDE = frozenset({"msub", "msup", "msubsup"})
"""Those of them whose scripts stand beside what they are of."""
INTEGRALS: frozenset[str | None] = frozenset("∫∬∭∮∯")
LARGE: frozenset[str | None] = INTEGRALS | frozenset("∑∏∐⋃⋂⋁⋀⨁⨂⨀")
RELATIONS: frozenset[str | None] = frozenset("=≠<>≤≥⩽⩾≈≡∼≃≅∝→←↔⇒⇐⇔⟹⟸⟺⟶⟵↦⟼∈∉⊂⊆⊃⊇≪≫≔≜≐≍≺≻⪯⪰⊢⊨∣")
SIGNS: frozenset[str | None] = frozenset("+−±∓∪∩∧∨⊕⊗∖⧵")
"""Between terms."""
PRODUCTS: frozenset[str | None] = frozenset("×÷∘⋅")
OPENING: frozenset[str | None] = frozenset("([{⟨⌊⌈")
CLOSING: frozenset[str | None] = frozenset(")]}⟩⌋⌉")
BARS: frozenset[str | None] = frozenset("|‖")


def find_base(part: Element) -> Element:
    """What has the scripts, or else the part itself."""
    return part[0] if part.tag in SCRIPTED else part


def is_operand(before: Sequence[Element]) -> bool:
    """Whether a sign behind `before` stands between two things, and is not one of a number."""
    if not before:
        return False
    text = before[-1].text or ""
    return text not in RELATIONS and text not in SIGNS and text not in OPENING
