"""Figures as pictures, drawn on the server: the numbers that `console/charts.html` writes as SVG.

A picture has a table of its figures beside it, folded: for whoever reads with a screen reader or
wants the numbers. Nothing runs in the browser.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

from flask import Flask

from hub.console.limits import CHART_POINTS_MAX

WIDTH, HEIGHT = 1000, 200  # the drawing's own units: it is stretched to the room that there is
_GAP_SHARE = 0.2  # between two bars, of the room of one
_TICKS = 2
_DOTS_MAX = 60  # points of a line that are shown as dots, too


@dataclass(frozen=True)
class Mark:
    """A point or a bar: where it stands, how large it is, and what it means."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: float | None

    @property
    def middle(self) -> float:
        """Where a line goes through it."""
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True)
class Drawing:
    """A chart: its marks, what stands beside and below it, and the paths of a line chart.

    `scale`: the values of the lines across, the highest first; `labels`: of the first point, of the
    one in the middle, and of the last.
    """

    marks: tuple[Mark, ...]
    scale: tuple[float, ...]
    labels: tuple[str, ...]
    paths: tuple[str, ...]
    has_dots: bool
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def lines(self) -> tuple[float, ...]:
        """Where the lines across are."""
        return tuple(HEIGHT * part / _TICKS for part in range(_TICKS + 1))


def draw(points: Sequence[tuple[str, float | None]]) -> Drawing:
    """Return a drawing of (label, value) pairs, the newest last; None leaves a gap."""
    shown = list(points)[-CHART_POINTS_MAX:]
    top = _nice(max((value for _, value in shown if value is not None), default=0.0))
    step = WIDTH / max(len(shown), 1)
    gap = step * _GAP_SHARE / 2
    marks = []
    for number, (label, value) in enumerate(shown):
        tall = HEIGHT * max(value or 0.0, 0.0) / top
        marks.append(
            Mark(
                round(step * number + gap, 1), round(HEIGHT - tall, 1), round(step - 2 * gap, 1),
                round(tall, 1), label, value,
            )
        )  # fmt: skip
    names = [label for label, _ in shown]
    at = sorted({0, len(names) // 2, len(names) - 1}) if names else []
    return Drawing(
        tuple(marks),
        tuple(top * (_TICKS - part) / _TICKS for part in range(_TICKS + 1)),
        tuple(names[number] for number in at),
        tuple(_paths(marks)),
        len(marks) <= _DOTS_MAX,
    )


def set_up(app: Flask) -> None:
    """Give the templates what `console/charts.html` needs."""
    app.jinja_env.globals["draw_chart"] = draw


def _nice(most: float) -> float:
    """Return a round number that is no smaller: 1, 2 or 5 and zeros."""
    if most <= 0:
        return 1.0
    power = 10.0 ** floor(log10(most))
    return next((step * power for step in (1, 2, 5) if step * power >= most), 10 * power)


def _paths(marks: Sequence[Mark]) -> list[str]:
    """Return the line through the marks, broken where a value is missing."""
    paths: list[str] = []
    run: list[str] = []
    for mark in [*marks, None]:
        if mark is None or mark.value is None:
            if run:
                paths.append("M" + " L".join(run))
            run = []
        else:
            run.append(f"{mark.middle},{mark.y}")
    return paths
