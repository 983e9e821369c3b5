"""Small charts as places and lengths, which a template draws as SVG. Pure.

A chart is a picture of a table that stands below it: who doesn't see it misses nothing.
"""

from collections.abc import Sequence
from datetime import date

from content_packs.values import Value
from sync_node.box_history import LinkHistory

WIDTH, HEIGHT = 320, 90  # of the drawing, in its own units
_BASE = 76  # where the bars stand
_TOP = 12
_GAP = 2


class Bar(Value, frozen=True):
    """A day's bar, in units of the drawing; `mark`: whether a cut is marked above it."""

    x: float
    y: float
    width: float
    height: float
    mark: bool


class Chart(Value, frozen=True):
    """Bars of days, the oldest first. `line`: the height of a bound, None for none.

    `most`: what the highest bar stands for. `first`, `last`: the days of its ends.
    """

    bars: tuple[Bar, ...]
    most: float
    first: date
    last: date
    line: float | None = None


class LinkCharts(Value, frozen=True):
    """A link and its charts; None where there is nothing to draw."""

    link: LinkHistory
    cost: Chart | None
    rate: Chart | None


def of_link(link: LinkHistory) -> LinkCharts:
    """Return the charts of a link: what it cost, and its budget; its rate, and its cuts."""
    days = [each.day for each in link.days]
    sizes = [float(each.size) for each in link.days]
    rates = [each.rate for each in link.days]
    cuts = [each.cuts > 0 for each in link.days]
    cost = bars(days, sizes, bound=link.per_day) if any(sizes) else None
    rate = bars(days, rates, marks=cuts) if any(rates) or any(cuts) else None
    return LinkCharts(link, cost, rate)


def bars(
    days: Sequence[date],
    values: Sequence[float],
    *,
    marks: Sequence[bool] = (),
    bound: int | None = None,
) -> Chart:
    """Return a chart of one value for each day. A value above none is a unit high at least."""
    most = max([*values, float(bound or 0)])
    step = WIDTH / max(len(days), 1)
    room = _BASE - _TOP

    def height(value: float) -> float:
        return round(max(room * value / most, 1.0), 1) if value > 0 and most else 0.0

    drawn = tuple(
        Bar(
            round(number * step + _GAP / 2, 1),
            round(_BASE - height(value), 1),
            round(step - _GAP, 1),
            height(value),
            bool(number < len(marks) and marks[number]),
        )
        for number, value in enumerate(values)
    )
    line = round(_BASE - height(float(bound)), 1) if bound else None
    return Chart(drawn, most, days[0], days[-1], line)
