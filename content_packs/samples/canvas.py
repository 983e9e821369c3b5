"""Flat shapes and text on a picture, drawn large and made smaller so that edges are smooth.

A `View` is a part of a picture with units of its own: a drawing says `100, 100` for the middle of
a pizza and needn't know how large the pizza becomes.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from PIL import Image, ImageDraw

from content_packs.samples import colours
from content_packs.samples.fonts import sized

Point: TypeAlias = tuple[float, float]
Box: TypeAlias = tuple[float, float, float, float]  # left, top, width, height

_OVERSAMPLING = 3  # drawn this many times as wide and high
_BOLD_STROKE = 0.016  # of the letters' size: the fonts come in one weight
_COLOURS_IN_PNG = 96


@dataclass(frozen=True)
class View:
    """A rectangle of a picture, with an origin and a unit (in pixels drawn) of its own."""

    draw: ImageDraw.ImageDraw
    left: float
    top: float
    unit: float

    def at(self, point: Point) -> Point:
        """Return where a point lies on the picture, in pixels drawn."""
        return self.left + point[0] * self.unit, self.top + point[1] * self.unit

    def into(self, box: Box, width: float, height: float) -> "View":
        """Return a view of `width` × `height` units, as large as fits into `box`, in its middle."""
        scale = min(box[2] / width, box[3] / height)
        left, top = self.at(
            (box[0] + (box[2] - width * scale) / 2, box[1] + (box[3] - height * scale) / 2)
        )
        return View(self.draw, left, top, self.unit * scale)

    def polygon(self, points: Sequence[Point], fill: str) -> None:
        """Fill a polygon."""
        self.draw.polygon([self.at(point) for point in points], fill=fill)

    def circle(self, middle: Point, radius: float, fill: str) -> None:
        """Fill a circle."""
        self.ellipse(middle, radius, radius, fill)

    def ellipse(self, middle: Point, across: float, down: float, fill: str) -> None:
        """Fill an ellipse with the half axes `across` and `down`."""
        x, y = self.at(middle)
        a, b = across * self.unit, down * self.unit
        self.draw.ellipse((x - a, y - b, x + a, y + b), fill=fill)

    def sector(self, middle: Point, radius: float, angles: Point, fill: str) -> None:
        """Fill a slice of a circle between two angles, in degrees clockwise from the top."""
        x, y = self.at(middle)
        r = radius * self.unit
        self.draw.pieslice((x - r, y - r, x + r, y + r), angles[0] - 90, angles[1] - 90, fill=fill)

    def rectangle(self, box: Box, fill: str, *, radius: float = 0) -> None:
        """Fill a rectangle with rounded corners."""
        left, top = self.at(box[:2])
        right, bottom = self.at((box[0] + box[2], box[1] + box[3]))
        self.draw.rounded_rectangle((left, top, right, bottom), radius * self.unit, fill=fill)

    def line(self, points: Sequence[Point], fill: str, width: float) -> None:
        """Draw a line with round joints and ends."""
        placed = [self.at(point) for point in points]
        thick = max(1, round(width * self.unit))
        self.draw.line(placed, fill=fill, width=thick)
        r = thick / 2
        for x, y in placed:
            self.draw.ellipse((x - r, y - r, x + r, y + r), fill=fill)

    def curve(self, points: Sequence[Point], fill: str, width: float) -> None:
        """Draw a smooth line through control points (a Bézier curve)."""
        self.line(bezier(points), fill, width)

    def arrow(self, points: Sequence[Point], fill: str, width: float) -> None:
        """Draw a smooth arrow along control points."""
        path = bezier(points)
        tip, head = path[-1], width * 2.4
        before = next((p for p in reversed(path) if math.dist(p, tip) >= head), path[0])
        far = math.dist(before, tip)
        along = ((tip[0] - before[0]) / far, (tip[1] - before[1]) / far)
        base = (tip[0] - along[0] * head, tip[1] - along[1] * head)
        side = (-along[1] * head * 0.62, along[0] * head * 0.62)
        self.line([p for p in path if math.dist(p, tip) > head * 0.9] or [base], fill, width)
        self.polygon(
            [tip, (base[0] + side[0], base[1] + side[1]), (base[0] - side[0], base[1] - side[1])],
            fill,
        )

    def text(  # noqa: PLR0913 # place, text and size; the rest has its usual value
        self,
        place: Point,
        text: str,
        size: float,
        *,
        fill: str = colours.INK,
        anchor: str = "mm",
        bold: bool = False,
    ) -> None:
        """Write one line; `anchor` is Pillow's, by default the middle."""
        pixels = max(1, round(size * self.unit))
        self.draw.text(
            self.at(place),
            text,
            font=sized(pixels),
            fill=fill,
            anchor=anchor,
            stroke_width=round(pixels * _BOLD_STROKE) if bold else 0,
            stroke_fill=fill,
        )

    def width_of(self, text: str, size: float) -> float:
        """Return how wide a line of text is, in units."""
        return sized(max(1, round(size * self.unit))).getlength(text) / self.unit

    def label(self, middle: Point, text: str, size: float, *, fill: str = colours.INK) -> None:
        """Write one line on a white plate."""
        width, height = self.width_of(text, size) + size * 1.1, size * 1.7
        box = (middle[0] - width / 2, middle[1] - height / 2, width, height)
        self.rectangle(box, colours.WHITE, radius=height / 2)
        self.text(middle, text, size, fill=fill, bold=True)


class Picture:
    """A picture in the making; draw on its `view`, whose units are pixels of the result."""

    def __init__(self, width: int, height: int, background: str) -> None:
        self.width, self.height = width, height
        self._large = Image.new("RGB", (width * _OVERSAMPLING, height * _OVERSAMPLING), background)
        self.view = View(ImageDraw.Draw(self._large), 0, 0, _OVERSAMPLING)

    def finish(self) -> Image.Image:
        """Return the picture in its real size."""
        return self._large.reduce(_OVERSAMPLING)

    def finish_few_colours(self) -> Image.Image:
        """Return the picture with a palette: flat shapes need few colours, and few bytes."""
        return self.finish().quantize(
            _COLOURS_IN_PNG, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
        )


def bezier(points: Sequence[Point], steps: int = 40) -> list[Point]:
    """Return points on the Bézier curve with these control points (de Casteljau)."""
    path = []
    for step in range(steps + 1):
        at = step / steps
        level = list(points)
        while len(level) > 1:
            level = [
                (a[0] + (b[0] - a[0]) * at, a[1] + (b[1] - a[1]) * at)
                for a, b in itertools.pairwise(level)
            ]
        path.append(level[0])
    return path
