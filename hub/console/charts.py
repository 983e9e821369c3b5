"""Figures as pictures, drawn on the server: the numbers that `console/charts.html` writes as SVG.

A picture has a table of its figures beside it, folded: for whoever reads with a screen reader or
wants the numbers. Nothing runs in the browser.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from flask import Flask

from hub.console.limits import CHART_POINTS_MAX

WIDTH, HEIGHT = 640, 160  # the drawing's own units; the page decides how large it is shown
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 8, 10, 22
_LABELS_MAX = 6
_GAP_SHARE = 0.2  # between two bars, of the room of one
_TICKS = 2


@dataclass(frozen=True)
class Mark:
    """A point or a bar: where it stands, how large it is, and what it means."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: float | None
    is_labelled: bool


@dataclass(frozen=True)
class Drawing:
    """A chart: its marks, the lines across with their values, and the paths of a line chart."""

    marks: tuple[Mark, ...]
    ticks: tuple[tuple[float, float], ...]
    paths: tuple[str, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    base: int = HEIGHT - _BOTTOM


def draw(points: Sequence[tuple[str, float | None]]) -> Drawing:
    """Return a drawing of (label, value) pairs, the newest last; None leaves a gap."""
    shown = list(points)[-CHART_POINTS_MAX:]
    top = _nice(max((value for _, value in shown if value is not None), default=0.0))
    base, room = HEIGHT - _BOTTOM, WIDTH - _LEFT - _RIGHT
    step = room / max(len(shown), 1)
    each = max(1, ceil(len(shown) / _LABELS_MAX))
    marks = []
    for number, (label, value) in enumerate(shown):
        tall = (base - _TOP) * max(value or 0.0, 0.0) / top
        gap = step * _GAP_SHARE / 2
        marks.append(
            Mark(
                round(_LEFT + step * number + gap, 1), round(base - tall, 1),
                round(step - 2 * gap, 1), round(tall, 1), label, value, number % each == 0,
            )
        )  # fmt: skip
    ticks = tuple(
        (round(base - (base - _TOP) * part / _TICKS, 1), top * part / _TICKS)
        for part in range(_TICKS + 1)
    )
    return Drawing(tuple(marks), ticks, tuple(_paths(marks)))


def set_up(app: Flask) -> None:
    """Give the templates what `console/charts.html` needs."""
    app.jinja_env.globals["draw_chart"] = draw


def _nice(most: float) -> float:
    """Return a round number that is no smaller: 1, 2 or 5 and zeros."""
    if most <= 0:
        return 1.0
    power = 10.0 ** floor(log10(most))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= most)


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
            run.append(f"{mark.x + mark.width / 2:.1f},{mark.y}")
    return paths
