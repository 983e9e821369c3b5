"""Draws how many lessons are ready as bytes come, as an SVG that reads well by day and by night."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from scripts.bench.syncing.report import MB, Readiness

FILE = Path(__file__).parents[3] / "deploy" / "pictures" / "readiness.svg"

_WIDTH, _HEIGHT = 720, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 704, 20, 248
_SHARES = (0, 25, 50, 75, 100)  # per cent, marked upwards
_MARKS_MAX = 6  # to the right, at round numbers
_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.grid { stroke: #d0d7de; stroke-width: 1 }
path { fill: none; stroke-width: 2.5; stroke-linejoin: round }
.ours { stroke: #0969da } .whole { stroke: #9a6700; stroke-dasharray: 6 4 }
text.ours { fill: #0969da; stroke: none } text.whole { fill: #9a6700; stroke: none }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .grid { stroke: #3d444d }
.ours { stroke: #4493f8 } .whole { stroke: #d29922 }
text.ours { fill: #4493f8 } text.whole { fill: #d29922 }
}"""


def svg(found: Readiness) -> str:
    """Return the chart: bytes that have come to the right, lessons ready upwards."""
    first = f"{found.first_share:.1%}"
    ours = _steps([*found.steps, (found.bytes_in_all, found.lessons)], found)
    whole = _steps([(0, 0), (found.bytes_in_all, found.lessons)], found)
    middle, low = (_LEFT + _RIGHT) // 2, _BOTTOM - 10
    said = f"Satchel: the first lesson after {first} of the bytes"
    title = (
        f"Lessons ready as bytes come: the first after {first} of them, the others one by one; "
        "where a pack is opened whole, none before the last byte"
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>{title}</title>",
        f"<style>\n{_STYLE}\n</style>",
        *_grid(found),
        f'<path class="whole" d="{whole}"/>',
        f'<path class="ours" d="{ours}"/>',
        f'<text class="ours" x="{_LEFT + 40}" y="{_TOP + 34}">{said}</text>',
        f'<text class="whole" x="{middle + 60}" y="{low}">the whole pack, then all lessons</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _steps(steps: Iterable[tuple[int, int]], found: Readiness) -> str:
    """Return a path through steps: level until the next one."""
    drawn = []
    for down, ready in steps:
        x = _LEFT + (_RIGHT - _LEFT) * min(1.0, down / found.bytes_in_all)
        y = _BOTTOM - (_BOTTOM - _TOP) * ready / found.lessons
        drawn.append(f"H{x:.1f}V{y:.1f}")
    return f"M{_LEFT} {_BOTTOM}" + "".join(drawn)


def _grid(found: Readiness) -> Iterator[str]:
    for share in _SHARES:
        y = _BOTTOM - (_BOTTOM - _TOP) * share / 100
        yield f'<path class="grid" d="M{_LEFT} {y:.0f}H{_RIGHT}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{share}%</text>'
    for mark in _round_marks(found.bytes_in_all / MB):
        x = _LEFT + (_RIGHT - _LEFT) * mark * MB / found.bytes_in_all
        yield f'<path class="grid" d="M{x:.0f} {_TOP}V{_BOTTOM}"/>'
        yield f'<text x="{x:.0f}" y="{_BOTTOM + 18}" text-anchor="middle">{mark}</text>'
    yield (
        f'<text x="{(_LEFT + _RIGHT) // 2}" y="{_BOTTOM + 40}" text-anchor="middle">'
        f"MB that have come; upwards the share of {found.lessons} lessons that are ready</text>"
    )


def _round_marks(most: float) -> range:
    """Return round numbers from 0 to `most`, a few of them."""
    steps = (digit * 10**power for power in range(12) for digit in (1, 2, 5))
    return range(0, int(most) + 1, next(step for step in steps if most / step <= _MARKS_MAX))
