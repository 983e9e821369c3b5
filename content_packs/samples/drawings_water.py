"""The landscape of the water cycle: sea, mountains, sun, clouds, and where the water goes.

`landscape LAYER…` paints the land and whichever layers are named; `label:KEY` writes a word of the
pack's list at its place. Units: 1600 × 900.
"""

from collections.abc import Callable

from content_packs.samples import colours
from content_packs.samples.canvas import Point, View
from content_packs.samples.shapes import Arguments, Drawing, Words

_LABEL_SIZE = 46
_LABEL_PLACES: dict[str, Point] = {
    "sun": (420, 250),
    "sea": (300, 800),
    "evaporation": (330, 560),
    "water-vapour": (420, 392),
    "condensation": (700, 392),
    "cloud": (690, 280),
    "rain": (1380, 430),
    "precipitation": (1360, 430),
    "snow": (1420, 420),
    "river": (900, 690),
    "runoff": (900, 690),
    "groundwater": (1340, 816),
}


def _landscape(view: View, arguments: Arguments, words: Words) -> None:
    view.rectangle((0, 0, 1600, 900), colours.SKY)
    for name, paint in _LAYERS.items():
        if name in arguments or name == "ground":
            paint(view)
    for argument in arguments:
        kind, _, key = argument.partition(":")
        if kind == "label":
            view.label(_LABEL_PLACES[key], words(key), _LABEL_SIZE)


def _ground(view: View) -> None:
    view.polygon([(830, 640), (1090, 300), (1260, 520), (1330, 640)], "#AEB7C1")
    view.polygon([(1000, 660), (1345, 190), (1600, 520), (1600, 700)], colours.ROCK)
    view.polygon([(1345, 190), (1600, 520), (1600, 700), (1400, 640), (1370, 420)], "#818B98")
    view.polygon(
        [(1345, 190), (1418, 285), (1385, 330), (1352, 296), (1318, 340), (1270, 292)],
        colours.WHITE,
    )
    view.polygon([(1090, 300), (1135, 360), (1104, 384), (1082, 352), (1047, 356)], colours.WHITE)
    view.polygon(
        [(560, 760), (800, 640), (1000, 596), (1250, 610), (1600, 570), (1600, 900), (560, 900)],
        colours.GRASS,
    )
    view.polygon([(1180, 640), (1420, 606), (1600, 600), (1600, 760), (1300, 730)], "#7DAE58")
    view.rectangle((0, 724, 700, 176), colours.SEA)
    view.polygon([(600, 724), (690, 724), (800, 790), (850, 900), (600, 900)], colours.SEA)
    view.polygon(
        [(660, 724), (700, 724), (822, 790), (880, 900), (850, 900), (798, 794)], "#E9D8A6"
    )
    for x, y, long in (
        (60, 770, 110),
        (260, 756, 80),
        (440, 850, 120),
        (120, 862, 90),
        (560, 782, 70),
    ):
        view.curve(
            [(x, y), (x + long / 3, y - 14), (x + long * 2 / 3, y + 14), (x + long, y)],
            colours.SEA_LIGHT,
            6,
        )
    for x, y, size in ((1010, 640, 1.0), (1075, 626, 0.8), (1500, 660, 1.15), (1560, 640, 0.9)):
        view.rectangle((x - 5 * size, y, 10 * size, 40 * size), colours.SOIL_DARK)
        view.polygon(
            [(x - 32 * size, y + 8), (x, y - 80 * size), (x + 32 * size, y + 8)], "#4E8448"
        )


def _sun(view: View) -> None:
    view.circle((210, 256), 118, colours.SUN_GLOW)
    view.circle((210, 256), 80, colours.SUN)


def _river(view: View) -> None:
    path = [(1210, 560), (1130, 700), (1280, 640), (1010, 716), (930, 770), (800, 800)]
    view.curve(path, colours.SEA_LIGHT, 26)
    view.curve([(1010, 716), (950, 764), (830, 800), (760, 800)], colours.SEA, 36)


def _groundwater(view: View) -> None:
    view.polygon([(880, 900), (930, 806), (1130, 736), (1600, 722), (1600, 900)], colours.SOIL)
    view.polygon([(884, 900), (912, 858), (1150, 792), (1600, 790), (1600, 900)], "#7AA7BE")
    view.arrow([(1545, 690), (1545, 740), (1510, 790)], colours.BLUE, 12)
    view.arrow([(1150, 842), (1040, 862), (930, 872)], colours.WHITE, 10)


def cloud(view: View, middle: Point, size: float, fill: str, shade: str) -> None:
    """Paint a cloud about 300 × 150 units × `size`."""
    x, y = middle
    puffs = ((-95, 12, 62), (-35, -38, 78), (48, -24, 68), (108, 18, 54))
    view.rectangle((x - 155 * size, y + 2 * size, 316 * size, 76 * size), shade, radius=38 * size)
    for dx, dy, radius in puffs:
        view.circle((x + dx * size, y + dy * size), radius * size, fill)
    view.rectangle((x - 155 * size, y - 6 * size, 316 * size, 72 * size), fill, radius=36 * size)


def _cloud(view: View) -> None:
    cloud(view, (690, 272), 0.95, colours.CLOUD, colours.CLOUD_SHADE)


def _small_cloud(view: View) -> None:
    cloud(view, (690, 272), 0.45, colours.CLOUD, colours.CLOUD_SHADE)


def _mountain_cloud(view: View) -> None:
    cloud(view, (1130, 200), 0.9, colours.CLOUD, colours.CLOUD_SHADE)


def _rain_cloud(view: View) -> None:
    cloud(view, (1130, 200), 1.05, colours.RAIN_CLOUD, "#73899A")


def _rain(view: View) -> None:
    for row in range(4):
        for column in range(7):
            x = 1000 + column * 44 + (row % 2) * 22
            y = 310 + row * 68 + (column * 29) % 40
            view.line([(x, y), (x - 9, y + 34)], colours.BLUE, 8)


def _snow(view: View) -> None:
    for row in range(4):
        for column in range(6):
            x = 1000 + column * 52 + (row % 2) * 26
            y = 306 + row * 66 + (column * 31) % 40
            view.circle((x, y), 13, "#B9D3E2")
            view.circle((x, y), 10, colours.WHITE)


def _vapour(view: View) -> None:
    for x in (130, 330, 530):
        view.arrow(
            [(x, 716), (x - 60, 660), (x + 70, 600), (x - 30, 520), (x + 10, 440)],
            colours.VAPOUR,
            18,
        )


def _rising(view: View) -> None:
    for x in (660, 770):
        view.arrow([(x, 600), (x - 34, 540), (x + 34, 480), (x, 400)], colours.VAPOUR, 14)


def _wind(view: View) -> None:
    view.arrow([(862, 196), (896, 160), (930, 160), (966, 180)], colours.GREY, 14)
    view.arrow([(862, 276), (896, 250), (926, 246), (962, 250)], colours.GREY, 14)


def _run(view: View) -> None:
    view.arrow([(1190, 640), (1130, 700), (1010, 716), (900, 778)], colours.WHITE, 10)


_LAYERS: dict[str, Callable[[View], None]] = {
    "sun": _sun,
    "ground": _ground,
    "river": _river,
    "groundwater": _groundwater,
    "run": _run,
    "vapour": _vapour,
    "rising": _rising,
    "rainfall": _rain,
    "snowfall": _snow,
    "small-cloud": _small_cloud,
    "cloud": _cloud,
    "mountain-cloud": _mountain_cloud,
    "rain-cloud": _rain_cloud,
    "wind": _wind,
}

WATER_DRAWINGS = {"landscape": Drawing((1600, 900), _landscape)}
