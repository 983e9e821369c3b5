"""What a number means that a pupil or an author typed, whatever the keyboard.

Read are whole numbers, decimals with a point or a comma, thousands apart, fractions (`1/2`, `½`),
mixed numbers (`1 1/2`, `1½`), percentages, and exponents (`1.5e3`), with the digits of any script
and full-width signs. Values are exact: 0.1 is a tenth.
"""

import re
import unicodedata
from fractions import Fraction

from content_packs.exercises.limits import NUMBER_CHARACTERS_MAX

_SIGNS = str.maketrans({"−": "-", "–": "-", "⁄": "/", "∕": "/", "÷": "/", "。": ".", "、": ","})
_WHOLE_AND_FRACTION = re.compile(r"([+-]?)(?:([0-9]+) +)?([0-9]+) ?/ ?([0-9]+)")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][+-]?[0-9]{1,2})?")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_SPACED_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?: [0-9]{3})+(?:[.,][0-9]+)?")
_HUNDRED = 100
_PLACES_SHOWN_MAX = 12


def readings(text: str, *, unit: str = "") -> tuple[Fraction, ...]:
    """Return what `text` can mean as a number: nothing, one number, or two.

    `1,500` is both 1500 and 1.5, as people write it in different countries. `unit` may stand behind
    the number. Never raises.
    """
    if len(text) > NUMBER_CHARACTERS_MAX:
        return ()
    plain = _plain(text)
    unit_plain = _plain(unit)
    if unit_plain and plain.casefold().endswith(unit_plain.casefold()):
        plain = plain[: -len(unit_plain)].rstrip()
    if plain.endswith("%"):
        return tuple(value / _HUNDRED for value in _read(plain[:-1].rstrip()))
    return _read(plain)


def parse(text: str) -> Fraction | None:
    """Return the one number that `text` means, or None. A comma is a decimal comma here."""
    found = readings(text)
    return found[0] if found else None


def is_near(value: Fraction, expected: str, tolerance: str) -> bool:
    """Say whether a number is within `tolerance` of the expected one."""
    centre, distance = parse(expected), parse(tolerance)
    return centre is not None and distance is not None and abs(value - centre) <= distance


def _plain(text: str) -> str:
    """Return `text` with ASCII digits and signs, single blanks, and `½` as ` 1/2`."""
    characters = []
    for character in text:
        if unicodedata.category(character) == "No":
            spelt = unicodedata.normalize("NFKC", character)
            # A superscript isn't a digit of the number before it: 5² doesn't read as 52.
            characters.append(f" {spelt}" if "⁄" in spelt else "\0")
        elif (digit := unicodedata.decimal(character, None)) is not None:
            characters.append(str(digit))
        else:
            characters.append(unicodedata.normalize("NFKC", character))
    return " ".join("".join(characters).translate(_SIGNS).split())


def _read(text: str) -> tuple[Fraction, ...]:
    found = _WHOLE_AND_FRACTION.fullmatch(re.sub(r"^([+-]) ", r"\1", text))
    if found:
        sign, whole, upper, lower = found.groups()
        if not int(lower):
            return ()
        value = int(whole or 0) + Fraction(int(upper), int(lower))
        return (-value if sign == "-" else value,)
    values = []
    if _DECIMAL.fullmatch(text):
        values.append(_decimal(text))
    if _THOUSANDS.fullmatch(text):
        values.append(_decimal(text.replace(",", "")))
    if _SPACED_THOUSANDS.fullmatch(text):
        values.append(_decimal(text.replace(" ", "")))
    return tuple(dict.fromkeys(values))


def _decimal(text: str) -> Fraction:
    digits, _, exponent = text.lower().replace(",", ".").partition("e")
    return Fraction(digits) * Fraction(10) ** int(exponent or 0)


def shown(value: Fraction) -> str:
    """Return a number as people write it: a decimal where it ends, else a fraction."""
    if value.denominator == 1:
        return str(value.numerator)
    rest = value.denominator
    places = 0
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest //= prime
            count += 1
        places = max(places, count)
    if rest != 1 or places > _PLACES_SHOWN_MAX:
        return f"{value.numerator}/{value.denominator}"
    digits = f"{abs(value.numerator) * 10**places // value.denominator:0{places + 1}d}"
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"
