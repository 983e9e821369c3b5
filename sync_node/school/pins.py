"""PINs of four digits, or of three pictures in order; the pictures that pupils are known by.

A picture PIN is three of twelve pictures, each once, in order: 1,320 of them. A name of a picture
is what the site's drawing of it is called.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Literal, TypeAlias

from sync_node.school.limits import PIN_DIGITS, PIN_PICTURES

PinKind: TypeAlias = Literal["digits", "pictures", ""]

PIN_PICTURE_NAMES = (
    "apple", "boat", "cat", "drum", "fish", "flower", "house", "kite", "moon", "star", "sun",
    "tree",
)  # fmt: skip
PICTURES = (
    *PIN_PICTURE_NAMES,
    "ant", "ball", "banana", "bear", "bee", "bell", "bicycle", "bird", "book", "bread", "bus",
    "butterfly", "car", "carrot", "cherry", "cloud", "cow", "crab", "cup", "dog", "duck",
    "elephant", "fox", "frog", "giraffe", "grapes", "hat", "horse", "key", "ladybird", "leaf",
    "lion", "monkey", "mountain", "mushroom", "owl", "panda", "pear", "pencil", "penguin",
    "rabbit", "rainbow", "rocket", "shell", "snail", "tiger", "turtle", "whale",
)  # fmt: skip

_JOINT = "-"
_EASY = {"0123", "1234", "2345", "3456", "4567", "5678", "6789", "9876", "4321", "1212", "2580"}


def new_pin(kind: PinKind, randomness: Callable[[int], bytes]) -> str:
    """Return a new PIN; not one of those that everybody tries first."""
    if kind == "pictures":
        left = list(PIN_PICTURE_NAMES)
        return _JOINT.join(left.pop(below(len(left), randomness)) for _ in range(PIN_PICTURES))
    while True:
        pin = f"{below(10**PIN_DIGITS, randomness):0{PIN_DIGITS}}"
        if pin not in _EASY and len(set(pin)) > 1 and not pin.startswith(("19", "20")):
            return pin


def from_pictures(names: Sequence[str]) -> str:
    """Return the PIN that these pictures are, in this order."""
    return _JOINT.join(names[:PIN_PICTURES])


def normal(pin: str) -> str:
    """Return a PIN as it is hashed: digits of any width as ASCII, no blanks."""
    text = "".join(pin.split())
    if text and text.isdecimal():
        return "".join(str(int(digit)) for digit in text[: PIN_DIGITS + 1])
    return text.lower()


def is_pin(pin: str, kind: PinKind) -> bool:
    """Say whether a PIN that a person chose is one of this kind."""
    if kind == "digits":
        return len(pin) == PIN_DIGITS and pin.isascii() and pin.isdecimal()
    names = pin.split(_JOINT)
    known = all(name in PIN_PICTURE_NAMES for name in names)
    return kind == "pictures" and known and len(names) == len(set(names)) == PIN_PICTURES


def free_picture(taken: Collection[str], randomness: Callable[[int], bytes]) -> str:
    """Return a picture that nobody in the class has, while there are any."""
    free = [name for name in PICTURES if name not in taken] or list(PICTURES)
    return free[below(len(free), randomness)]


def below(count: int, randomness: Callable[[int], bytes]) -> int:
    """Return a number below `count`, each as likely as the other (off by less than 2^-40)."""
    return int.from_bytes(randomness(8), "big") % count
