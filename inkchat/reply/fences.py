"""What stands between fences: a formula, a chart, a diagram by the word behind them, else code."""

from collections.abc import Callable
from dataclasses import dataclass

from markdown_it.token import Token

from inkchat.reply.characters import join_lines
from inkchat.reply.flow import Setting
from inkchat.reply.formulas import make_display_formula
from inkchat.reply.limits import FIGURES, LANGUAGE_CHARACTERS
from inkchat.reply.listing import Listing
from inkchat.reply.typography import Typography

# Loaded with the first figure: what draws them is memory that each child would have for nothing.


def _make_chart(source: str, typography: Typography) -> Setting | None:
    from inkchat.reply.charts import make_chart

    return make_chart(source, typography)


def _make_flowchart(source: str, typography: Typography) -> Setting | None:
    from inkchat.reply.flowchart import make_flowchart

    return make_flowchart(source, typography)


def _make_mermaid(source: str, typography: Typography) -> Setting | None:
    from inkchat.reply.flowchart import make_mermaid

    return make_mermaid(source, typography)


_DRAWN: dict[str, Callable[[str, Typography], Setting | None]] = {
    "math": make_display_formula,
    "chart": _make_chart,
    "flow": _make_flowchart,
    "mermaid": _make_mermaid,
}
"""By the word behind the fence. What gives None is drawn as code."""
_FIGURES = frozenset({"chart", "flow", "mermaid"})
_CODE_GAP = 1.15
_FIGURE_GAP = 1.6
"""Times what parts two paragraphs: a figure has no edge of its own."""


@dataclass(slots=True)
class FenceReader:
    """Draws no more figures of an answer than `limits` lets it."""

    typography: Typography
    _figures: int = 0
    """How many were tried."""

    def read(self, token: Token) -> tuple[Setting, float]:
        """What a token of code, fenced or set in, is drawn as, and what parts it from text, in
        points."""
        figure = self._draw(token) if token.type == "fence" else None
        if figure is None:
            return self._list(token), _CODE_GAP * self.typography.gap_pt
        is_formula = token.info.strip().lower() not in _FIGURES
        return figure, (1.0 if is_formula else _FIGURE_GAP) * self.typography.gap_pt

    def _draw(self, token: Token) -> Setting | None:
        word = token.info.strip().lower()
        draw = _DRAWN.get(word)
        if draw is None:
            return None
        self._figures += word in _FIGURES
        has_room = word not in _FIGURES or self._figures <= FIGURES
        return draw(token.content, self.typography) if has_room else None

    def _list(self, token: Token) -> Listing:
        code = token.content.removesuffix("\n").expandtabs(4)
        language = join_lines(token.info)
        if len(language) > LANGUAGE_CHARACTERS:
            code, language = f"{language}\n{code}", ""
        return Listing(code, language, self.typography)
