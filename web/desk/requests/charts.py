"""Bars by month as a picture, drawn on the server: it needs no script, and the table below says the same in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

WIDTH: Final = 720
HEIGHT: Final = 220
_LEFT, _BOTTOM, _TOP = 40, 28, 12
_WIDEST: Final = 120  # of one month's bars
_EVERY: Final = 12  # names below the bars, at most


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of bar; `name` is a class of the style sheet and a word of the wording."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Bars:
    """A group of bars for each name."""

    names: Sequence[str]
    series: Sequence[Series]

    @property
    def top(self) -> float:
        """The highest value that is drawn, a round number."""
        highest = max((value for one in self.series for value in one.values), default=0)
        step = 1
        while step * 5 < highest:
            step = step * 2 if str(step)[0] in "15" else step * 5 // 2
        return max(5 * step, 1) if highest else 1

    def drawn(self, title: str) -> Markup:
        """The picture."""
        parts = [
            Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
                WIDTH, HEIGHT, title
            )
        ]
        parts += self._lines()
        parts += self._bars()
        parts.append(Markup("</svg>"))
        return Markup("").join(parts)

    def _lines(self) -> list[Markup]:
        drawn = []
        for fifth in range(6):
            value = self.top * fifth / 5
            y = self._y(value)
            drawn.append(
                Markup(
                    '<line class="grid" x1="{}" y1="{:.1f}" x2="{}" y2="{:.1f}"/><text class="scale" x="{}" y="{:.1f}" '
                    'text-anchor="end">{:g}</text>'
                ).format(_LEFT, y, WIDTH, y, _LEFT - 6, y + 4, round(value, 1))
            )
        return drawn

    def _bars(self) -> list[Markup]:
        drawn: list[Markup] = []
        if not self.names:
            return drawn
        group = min((WIDTH - _LEFT) / len(self.names), _WIDEST)
        width = group * 0.75 / len(self.series)
        skip = -(-len(self.names) // _EVERY)
        for number, name in enumerate(self.names):
            x = _LEFT + group * number + group * 0.125
            for place, one in enumerate(self.series):
                y = self._y(one.values[number])
                drawn.append(
                    Markup(
                        '<rect class="bar {}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
                    ).format(one.name, x + place * width, y, width * 0.9, HEIGHT - _BOTTOM - y)
                )
            if number % skip == 0:
                drawn.append(
                    Markup(
                        '<text class="scale" x="{:.1f}" y="{}" text-anchor="middle">{}</text>'
                    ).format(x + group * 0.375, HEIGHT - 8, name)
                )
        return drawn

    def _y(self, value: float) -> float:
        return HEIGHT - _BOTTOM - (HEIGHT - _BOTTOM - _TOP) * min(value / self.top, 1)
