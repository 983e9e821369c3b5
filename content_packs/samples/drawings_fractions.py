"""Drawings about fractions: pizzas, bars, number lines, numbers. Each paints shares of a whole."""

import itertools
import math
from fractions import Fraction

from content_packs.samples import colours
from content_packs.samples.canvas import Box, Point, View
from content_packs.samples.shapes import Arguments, Drawing, Words

_GROUND_GAP = 2.6  # the cut between two slices, in hundredths of the pizza's width


def _pizza(view: View, arguments: Arguments, _: Words) -> None:
    """`pizza PARTS TAKEN`: the first TAKEN of PARTS equal slices are there, the others pale."""
    parts, taken = int(arguments[0]), int(arguments[1])
    edges = [360 * part / parts for part in range(parts + 1)]
    _slices(view, edges, taken)


def _unequal_pizza(view: View, arguments: Arguments, _: Words) -> None:
    """`unequal TAKEN`: cut into two parts that are not equal."""
    _slices(view, [40, 160, 400], int(arguments[0]))


def _slices(view: View, edges: list[float], taken: int) -> None:
    for number, (start, end) in enumerate(itertools.pairwise(edges)):
        there = number < taken
        view.sector((50, 50), 48, (start, end), colours.CRUST if there else colours.PALE_CRUST)
        view.sector((50, 50), 42.5, (start, end), colours.CHEESE if there else colours.PALE_CHEESE)
        if there:
            _toppings(view, start, end)
    if len(edges) > 2:
        for edge in edges[:-1]:
            angle = math.radians(edge - 90)
            rim = (50 + 51 * math.cos(angle), 50 + 51 * math.sin(angle))
            view.line([(50, 50), rim], colours.PAPER, _GROUND_GAP)


def _toppings(view: View, start: float, end: float) -> None:
    """Tomato and basil, a pair for each third of a right angle or so."""
    pairs = max(1, round((end - start) / 50))
    small = (end - start) < 40
    for pair in range(pairs):
        at = math.radians(start + (end - start) * (pair + 0.5) / pairs - 90)
        far = 31 if pair % 2 == 0 else 27
        radius = 4.2 if small else 5.6
        view.circle((50 + far * math.cos(at), 50 + far * math.sin(at)), radius, colours.TOMATO)
        leaf = at + (0.0 if small else 0.25)
        near = 15.5 if small else 16
        view.circle((50 + near * math.cos(leaf), 50 + near * math.sin(leaf)), 2.2, colours.BASIL)


def _bar(view: View, arguments: Arguments, _: Words) -> None:
    """`bar PARTS TAKEN`: a strip of PARTS equal pieces, TAKEN of them blue."""
    parts, taken = int(arguments[0]), int(arguments[1])
    wide = (360 - 4 * (parts - 1)) / parts
    for part in range(parts):
        _piece(view, (part * (wide + 4), 8, wide, 44), colours.BLUE if part < taken else "")


def _piece(view: View, box: Box, fill: str) -> None:
    """Paint a piece of a strip; without `fill` it is pale, with an edge that a printer shows."""
    view.rectangle(box, fill or "#A5C6D8", radius=4)
    if not fill:
        left, top, width, height = box
        view.rectangle(
            (left + 1.2, top + 1.2, width - 2.4, height - 2.4), colours.PALE_BLUE, radius=3
        )


def _fraction(view: View, arguments: Arguments, _: Words) -> None:
    """`fraction TOP BOTTOM [top|bottom]`: the number, large; one of its parts may stand out."""
    top, bottom, *bright = arguments
    half = max(24.0, view.width_of(top, 42) / 2 + 2, view.width_of(bottom, 42) / 2 + 2)
    top_fill = colours.TOMATO if "top" in bright else colours.INK
    bottom_fill = colours.BLUE if "bottom" in bright else colours.INK
    view.text((30, 25), top, 42, fill=top_fill, bold=True)
    view.rectangle((30 - half, 47.5, half * 2, 5), colours.INK, radius=2.5)
    view.text((30, 75), bottom, 42, fill=bottom_fill, bold=True)


def _share(view: View, arguments: Arguments, words: Words) -> None:
    """`share TOP BOTTOM`: a pizza with its fraction below."""
    _pizza(view.into((0, 0, 100, 100), 100, 100), [arguments[1], arguments[0]], words)
    _small_fraction(view, (50, 134), (int(arguments[0]), int(arguments[1])), 27)


def _named_fraction(view: View, arguments: Arguments, words: Words) -> None:
    """`named TOP BOTTOM`: the number, with the names and meanings of its two parts beside it."""
    view.text((40, 32), arguments[0], 54, fill=colours.TOMATO, bold=True)
    view.rectangle((8, 57, 64, 6), colours.INK, radius=3)
    view.text((40, 90), arguments[1], 54, fill=colours.BLUE, bold=True)
    for y, key, colour in ((32, "numerator", colours.TOMATO), (90, "denominator", colours.BLUE)):
        view.arrow([(122, y), (84, y)], colour, 3)
        view.text((132, y - 9), words(key), 17, fill=colour, anchor="lm", bold=True)
        view.text((132, y + 11), words(f"{key}-meaning"), 12, anchor="lm")


def _sign(view: View, arguments: Arguments, _: Words) -> None:
    """`sign <`: a sign between two shares."""
    view.text((25, 50), arguments[0], 46, fill=colours.GREEN, bold=True)


def _mark(view: View, arguments: Arguments, _: Words) -> None:
    """`mark yes` or `mark no`: a tick or a cross."""
    if arguments[0] == "yes":
        view.circle((30, 50), 24, colours.GREEN)
        view.line([(19, 51), (27, 60), (42, 41)], colours.WHITE, 6)
    else:
        view.circle((30, 50), 24, colours.RED)
        view.line([(21, 41), (39, 59)], colours.WHITE, 6)
        view.line([(39, 41), (21, 59)], colours.WHITE, 6)


def _number_line(view: View, arguments: Arguments, _: Words) -> None:
    """`line PARTS MARKED…`: 0 to 1 in PARTS jumps; the numbers that are marked get a dot."""
    parts = int(arguments[0])
    marked = {int(one) for one in arguments[1:]}
    left, length, y = 30, 440, 48
    view.line([(left, y), (left + length, y)], colours.INK, 3)
    for part in range(parts + 1):
        x = left + length * part / parts
        tall = 13 if part in {0, parts} else 9
        view.line([(x, y - tall), (x, y + tall)], colours.INK, 3)
        if part in {0, parts}:
            view.text((x, y + 30), "0" if part == 0 else "1", 22, bold=True)
        elif part in marked:
            _small_fraction(view, (x, y + 36), (part, parts), 17)
        if part in marked:
            view.circle((x, y), 9, colours.TOMATO)
    if marked:
        end = left + length * max(marked) / parts
        view.line([(left, y), (end, y)], colours.TOMATO, 6)
        view.circle((left + length * max(marked) / parts, y), 9, colours.TOMATO)


def _small_fraction(
    view: View, middle: Point, number: tuple[int, int], size: float, fill: str = colours.INK
) -> None:
    x, y = middle
    top, bottom = number
    half = max(view.width_of(str(top), size), view.width_of(str(bottom), size)) / 2 + 2
    view.text((x, y - size * 0.62), str(top), size, fill=fill, bold=True)
    view.line([(x - half, y), (x + half, y)], fill, size * 0.09)
    view.text((x, y + size * 0.62), str(bottom), size, fill=fill, bold=True)


def _wall(view: View, arguments: Arguments, _: Words) -> None:
    """`wall PARTS…`: one strip below the other, each cut into so many equal pieces."""
    shades = ("#2478A5", "#2F8F63", "#C77D1E", "#8A5BA6", "#C2402C", "#4C6272")
    tall = 300 / len(arguments)
    for row, argument in enumerate(arguments):
        parts = int(argument)
        wide = (600 - 4 * (parts - 1)) / parts
        for part in range(parts):
            left, top = part * (wide + 4), row * tall
            view.rectangle((left, top, wide, tall - 4), shades[row % len(shades)], radius=5)
            middle = (left + wide / 2, top + tall / 2 - 2)
            if parts == 1:
                view.text(middle, "1", tall * 0.5, fill=colours.WHITE, bold=True)
            else:
                _small_fraction(view, middle, (1, parts), tall * 0.33, colours.WHITE)


def _squares(view: View, arguments: Arguments, _: Words) -> None:
    """`grid ACROSS DOWN TAKEN`: a rectangle of equal squares, TAKEN of them green."""
    across, down, taken = (int(one) for one in arguments)
    side = min(150 / across, 100 / down)
    left, top = (150 - side * across) / 2, (100 - side * down) / 2
    for number in range(across * down):
        box = (left + number % across * side, top + number // across * side, side - 2, side - 2)
        fill = colours.GREEN if number < taken else "#DCEBE2"
        view.rectangle(box, fill, radius=2)


def _pair_of_bars(view: View, arguments: Arguments, _: Words) -> None:
    """`bars A B C D`: A/B above C/D as strips of the same length, each with its number."""
    numbers = [int(one) for one in arguments]
    for row, (top, bottom) in enumerate((numbers[:2], numbers[2:])):
        y = row * 76
        wide = (360 - 4 * (bottom - 1)) / bottom
        _small_fraction(view, (24, y + 36), (top, bottom), 25)
        for part in range(bottom):
            fill = (colours.BLUE, colours.GREEN)[row] if part < top else ""
            _piece(view, (60 + part * (wide + 4), y + 10, wide, 52), fill)
    for end in sorted({Fraction(*numbers[:2]), Fraction(*numbers[2:])}):
        _dashes(view, 60 + 364 * float(end) - 2, 0, 152)


def _dashes(view: View, x: float, top: float, bottom: float) -> None:
    y = top
    while y < bottom:
        view.line([(x, y), (x, min(y + 5, bottom))], colours.INK, 1.6)
        y += 11


FRACTION_DRAWINGS = {
    "pizza": Drawing((100, 100), _pizza),
    "unequal": Drawing((100, 100), _unequal_pizza),
    "bar": Drawing((360, 60), _bar),
    "bars": Drawing((424, 152), _pair_of_bars),
    "fraction": Drawing((60, 100), _fraction),
    "named": Drawing((330, 120), _named_fraction),
    "share": Drawing((100, 172), _share),
    "sign": Drawing((50, 100), _sign),
    "mark": Drawing((60, 100), _mark),
    "line": Drawing((500, 110), _number_line),
    "wall": Drawing((600, 300), _wall),
    "grid": Drawing((150, 100), _squares),
}
