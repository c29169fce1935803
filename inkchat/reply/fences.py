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


@dataclass(slots=True)
class FenceReader:
    """Draws no more figures of an answer than `limits` lets it."""

    typography: Typography
    _figures: int = 0
    """How many were tried."""

    def read(self, token: Token) -> Setting:
        """What a token of code, fenced or set in, is drawn as."""
        figure = self._draw(token) if token.type == "fence" else None
        return self._list(token) if figure is None else figure

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
