"""Small scenes about water: what it is made of, puddles, washing, a cold glass, an experiment."""

import math

from content_packs.samples import colours
from content_packs.samples.canvas import Point, View
from content_packs.samples.shapes import Arguments, Drawing, Words

# Where the particles of a liquid and of a gas lie in their glass: as if by chance, always the same.
_LIQUID = ((18, 92), (34, 84), (50, 93), (66, 85), (82, 92), (25, 71), (44, 72), (60, 68), (78, 73))
_GAS = ((20, 30), (52, 18), (80, 36), (34, 58), (68, 62), (22, 86), (54, 90), (83, 84), (48, 40))
_DROPLETS = (
    (16, 40),
    (30, 62),
    (13, 78),
    (42, 36),
    (56, 58),
    (68, 40),
    (38, 82),
    (64, 80),
    (52, 94),
)


def _drop(view: View, _arguments: Arguments, _words: Words) -> None:
    """`drop`: a drop of water with a face."""
    body = [(50.0, 4.0)]
    for step in range(41):
        angle = math.radians(-38 + step * (256 / 40))
        body.append((50 + 34 * math.cos(angle), 62 + 34 * math.sin(angle)))
    view.polygon(body, colours.SEA)
    view.ellipse((37, 52), 5, 9, colours.SEA_LIGHT)
    for x in (41, 60):
        view.circle((x, 62), 5, colours.WHITE)
        view.circle((x + 0.8, 62.5), 2.5, colours.INK)
    view.curve([(42, 75), (50, 84), (59, 75)], colours.WHITE, 2.4)


def _particles(view: View, arguments: Arguments, words: Words) -> None:
    """`particles solid`, `liquid` or `gas`: how the particles of water lie, with the word."""
    state = arguments[0]
    view.rectangle((4, 4, 94, 102), "#B8CBD6", radius=8)
    view.rectangle((7, 4, 88, 99), colours.GLASS, radius=6)
    if state == "solid":
        places: tuple[Point, ...] = tuple(
            (22 + column * 19, 92 - row * 17) for row in range(3) for column in range(4)
        )
        view.rectangle((11, 47, 78, 55), colours.ICE, radius=4)
    elif state == "liquid":
        places = _LIQUID
        view.rectangle((7, 60, 88, 43), colours.SEA_LIGHT, radius=6)
    else:
        places = _GAS
    for place in places:
        view.circle(place, 7, colours.BLUE)
        view.circle((place[0] - 2, place[1] - 2), 2, colours.PALE_BLUE)
    view.text((51, 124), words(state), 18, bold=True)


def _puddle(view: View, arguments: Arguments, words: Words) -> None:
    """`puddle LEVEL [KEY]`: a puddle that shrinks from 3 to 0 in the sun; a word below."""
    level = int(arguments[0])
    view.circle((126, 26), 24, colours.SUN_GLOW)
    view.circle((126, 26), 16, colours.SUN)
    view.rectangle((0, 78, 160, 42), "#CDB690", radius=6)
    if level:
        view.ellipse((72, 98), 16 + 15 * level, 4 + 4 * level, "#B79E74")
        view.ellipse((72, 97), 14 + 15 * level, 3 + 4 * level, colours.SEA)
        view.ellipse((62, 95), 5 + 6 * level, 1.2 + level, colours.SEA_LIGHT)
        for number in range(level):
            x = 46 + number * 26
            view.arrow([(x, 78), (x - 9, 66), (x + 9, 54), (x, 40)], colours.VAPOUR, 3.4)
    else:
        view.curve([(44, 96), (60, 92), (70, 102), (92, 97)], "#B79E74", 1.6)
        view.curve([(62, 97), (66, 106), (78, 110)], "#B79E74", 1.6)
    if len(arguments) > 1:
        view.text((80, 136), words(arguments[1]), 17, bold=True)


def _glass(view: View, arguments: Arguments, words: Words) -> None:
    """`glass dry|wet|empty KEY`: a glass of cold water, with drops outside or not, or empty."""
    view.polygon([(8, 20), (76, 20), (68, 110), (16, 110)], "#B8CBD6")
    view.polygon([(11, 20), (73, 20), (65.5, 107), (18.5, 107)], colours.GLASS)
    if arguments[0] == "empty":
        return
    view.polygon([(12.6, 38), (71.4, 38), (65.5, 107), (18.5, 107)], colours.SEA_LIGHT)
    for x, y in ((24, 40), (44, 34), (40, 52)):
        view.rectangle((x, y, 17, 16), colours.ICE, radius=3)
    if arguments[0] == "wet":
        for x, y in _DROPLETS:
            view.circle((x + 2, y), 4.2, colours.WHITE)
            view.circle((x + 2, y), 3.2, colours.SEA_DEEP)
            view.circle((x + 1, y - 1), 1, colours.WHITE)
    if len(arguments) > 1:
        view.text((42, 130), words(arguments[1]), 17, bold=True)


def _washing(view: View, arguments: Arguments, _: Words) -> None:
    """`washing`: wet washing on a line, with sun and, if `windy`, wind."""
    view.rectangle((0, 0, 200, 120), colours.SKY, radius=6)
    view.rectangle((0, 92, 200, 28), colours.GRASS, radius=6)
    view.circle((170, 24), 20, colours.SUN_GLOW)
    view.circle((170, 24), 13, colours.SUN)
    for x in (14, 186):
        view.rectangle((x - 2, 28, 4, 74), colours.SOIL_DARK)
    view.curve([(14, 32), (100, 44), (186, 32)], colours.INK, 1.2)
    view.polygon([(34, 36), (70, 38), (68, 84), (36, 82)], colours.TOMATO)
    view.polygon(
        [(86, 38), (104, 38.5), (104, 82), (97, 82), (95, 52), (93, 82), (86, 82)], colours.BLUE
    )
    view.polygon([(122, 38.5), (164, 35), (164, 66), (122, 70)], colours.CHEESE)
    for x in (38, 66, 88, 102, 126, 160):
        view.rectangle((x - 1, 33, 2.4, 8), colours.SOIL_DARK, radius=1)
    for x in (52, 78, 112, 144):
        view.arrow([(x, 34), (x - 6, 27), (x + 6, 20), (x, 11)], colours.VAPOUR, 2.6)
    if "windy" in arguments:
        for y in (54, 66):
            view.arrow([(4, y), (14, y - 4), (22, y + 4), (32, y)], colours.GREY, 2)


def _bowl(view: View, arguments: Arguments, words: Words) -> None:
    """`bowl`: the experiment, cut open: bowl, water, cup, film and a small stone."""
    view.rectangle((0, 0, 260, 150), colours.SKY, radius=8)
    view.circle((226, 30), 24, colours.SUN_GLOW)
    view.circle((226, 30), 16, colours.SUN)
    view.rectangle((0, 128, 260, 22), colours.SOIL, radius=6)
    view.polygon([(36, 52), (214, 52), (180, 132), (70, 132)], colours.SEA_DEEP)
    view.polygon([(42, 52), (208, 52), (176, 127), (74, 127)], colours.GLASS)
    view.polygon([(63, 100), (187, 100), (176, 127), (74, 127)], colours.SEA_LIGHT)
    view.polygon([(104, 88), (146, 88), (141, 127), (109, 127)], colours.CRUST)
    view.polygon([(107, 88), (143, 88), (138.5, 124), (111.5, 124)], "#F3E3CB")
    view.line([(34, 51), (125, 64), (216, 51)], colours.GREY, 2.4)
    view.ellipse((125, 58), 9, 6, colours.ROCK_DARK)
    for x in (78, 92, 158, 172):
        view.arrow([(x, 96), (x - 5, 88), (x + 5, 80), (x, 70)], colours.VAPOUR, 2.6)
    for y in (72, 83):
        view.ellipse((125, y), 2.4, 3.4, colours.SEA)
    if "label" in arguments:
        for middle, key in (((54, 24), "film"), ((140, 30), "stone"), ((125, 107), "cup")):
            view.label(middle, words(key), 9.5)
        view.curve([(54, 33), (58, 44), (70, 54)], colours.INK, 0.9)
        view.line([(136, 38), (127, 51)], colours.INK, 0.9)
        view.label((40, 112), words("salt-water"), 9.5)


def _home(view: View, _: Arguments, words: Words) -> None:
    """`earth-water`: of all water on Earth, how much is salt, frozen and to drink."""
    shares = ((388, colours.SEA, "salt-water-share"), (8, colours.ICE, "ice-share"))
    left = 0.0
    for wide, fill, key in shares:
        view.rectangle((left, 40, wide, 54), fill, radius=3)
        middle = (194, 67) if left == 0 else (350, 20)
        view.text(
            middle, words(key), 17, fill=colours.WHITE if left == 0 else colours.INK, bold=True
        )
        left += wide
    view.rectangle((left, 40, 4, 54), colours.GREEN)
    view.line([(391, 30), (391, 40)], colours.INK, 1.2)
    view.text((330, 116), words("fresh-share"), 17, fill=colours.GREEN, bold=True)
    view.line([(397, 94), (397, 104)], colours.GREEN, 1.2)


SCENE_DRAWINGS = {
    "drop": Drawing((100, 100), _drop),
    "particles": Drawing((102, 136), _particles),
    "puddle": Drawing((160, 148), _puddle),
    "glass": Drawing((86, 142), _glass),
    "washing": Drawing((200, 120), _washing),
    "bowl": Drawing((260, 150), _bowl),
    "earth-water": Drawing((404, 130), _home),
}
