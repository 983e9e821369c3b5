"""What slides, pictures and worksheets can show, by name.

A scene is written as rows of drawings: `[["pizza 4 3", "sign =", "fraction 3 4"]]`. A drawing is a
name and arguments, apart by spaces. Each has a shape (width and height in units of its own); a row
puts its drawings side by side, as large as the place allows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from content_packs.errors import InvalidContent
from content_packs.samples.canvas import Box, View
from content_packs.samples.drawings_fractions import FRACTION_DRAWINGS
from content_packs.samples.drawings_scenes import SCENE_DRAWINGS
from content_packs.samples.drawings_water import WATER_DRAWINGS
from content_packs.samples.shapes import Drawing, Words

_DRAWINGS: Mapping[str, Drawing] = {**FRACTION_DRAWINGS, **SCENE_DRAWINGS, **WATER_DRAWINGS}
_GAP = 0.12  # between drawings and rows, of the height of a row


@dataclass(frozen=True)
class Placed:
    """A drawing with its arguments."""

    shape: tuple[float, float]
    paint: Callable[[View], None]


def draw_scene(view: View, box: Box, rows: Sequence[Sequence[str]], words: Words) -> None:
    """Draw rows of drawings into `box`. Raises `InvalidContent` for a drawing that isn't one."""
    read = [[_read(one, words) for one in row] for row in rows]
    height = box[3] / (len(read) + _GAP * (len(read) - 1))
    for number, row in enumerate(read):
        top = box[1] + number * height * (1 + _GAP)
        _draw_row(view, (box[0], top, box[2], height), row)


def _draw_row(view: View, box: Box, row: Sequence[Placed]) -> None:
    widths = [one.shape[0] / one.shape[1] * box[3] for one in row]
    gap = box[3] * _GAP
    scale = min(1.0, box[2] / (sum(widths) + gap * (len(row) - 1)))
    left = box[0] + (box[2] - (sum(widths) + gap * (len(row) - 1)) * scale) / 2
    for one, width in zip(row, widths, strict=True):
        one.paint(view.into((left, box[1], width * scale, box[3]), *one.shape))
        left += (width + gap) * scale


def _read(text: str, words: Words) -> Placed:
    name, *arguments = text.split()
    drawing = _DRAWINGS.get(name)
    if drawing is None:
        raise InvalidContent(
            f"{text!r}: there is no drawing {name!r}",
            hint=f"There are {', '.join(sorted(_DRAWINGS))}.",
        )
    return Placed(drawing.shape, lambda view: drawing.paint(view, arguments, words))
