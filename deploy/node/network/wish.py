"""The Wi-Fi that the school wants: `wifi.toml`, read strictly. The format stands in README.md.

It lies in a folder of the unprivileged user `satchel`, and root reads it: neither a link nor a pipe
is followed, no more is read than it may have, and every value is one of few before it gets into
another program's configuration.
"""

import os
import stat
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

FORMAT = 1
BYTES_MAX = 4096  # of the file
NAME_BYTES_MAX = 32  # of a network's name, in UTF-8: IEEE 802.11 has no more
PASSPHRASE_CHARACTERS = (8, 63)  # of WPA2, printable ASCII
PHONES_MAX = 512
MODES = ("built-in", "access-points")


class InvalidWish(Exception):
    """A file that can't be followed. The message names it, the key, and what was expected."""


class Wish(NamedTuple):
    """What is wanted, and what is made where nothing is said. Fields: README.md, `wifi.toml`."""

    name: str = "Satchel"
    passphrase: str = ""
    country: str = ""
    mode: str = "built-in"
    captive: bool = True
    phones_max: int = 0


def read(path: Path) -> Wish:
    """Read the wish; where there is none, the default. Raises `InvalidWish`, and nothing else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return Wish()
    except OSError as error:
        raise InvalidWish(f"{path}: {error.strerror}") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise InvalidWish(f"{path}: it is no file")
        data = os.read(descriptor, BYTES_MAX + 1)
    except OSError as error:
        raise InvalidWish(f"{path}: {error.strerror}") from error
    finally:
        os.close(descriptor)
    return decoded(data, str(path))


def decoded(data: bytes, what: str) -> Wish:
    """Return the wish that a file's bytes say; `what` names it. Raises `InvalidWish`."""
    if len(data) > BYTES_MAX:
        raise InvalidWish(f"{what}: more than {BYTES_MAX} bytes")
    try:
        plain = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidWish(f"{what}: it isn't TOML: {error}") from error
    if plain.pop("format", None) != FORMAT:
        raise InvalidWish(f"{what}: expected `format = {FORMAT}`")
    unknown = sorted(plain.keys() - set(Wish._fields))
    if unknown:
        raise InvalidWish(f"{what}: unknown key {unknown[0]!r}, known: {', '.join(Wish._fields)}")
    for key, value in plain.items():
        expected = _EXPECTED[key](value)
        if expected:
            raise InvalidWish(f"{what}: {key}: found {value!r}, expected {expected}")
    return Wish(**plain)


def _name(value: Any) -> str:
    expected = f"1 to {NAME_BYTES_MAX} bytes that can be seen, no space at the ends"
    if not isinstance(value, str) or not value.isprintable() or value != value.strip():
        return expected
    return "" if 1 <= len(value.encode()) <= NAME_BYTES_MAX else expected


def _passphrase(value: Any) -> str:
    least, most = PASSPHRASE_CHARACTERS
    plain = isinstance(value, str) and value.isascii() and value.isprintable()
    if plain and (not value or least <= len(value) <= most):
        return ""
    return f"nothing, or {least} to {most} printable ASCII characters"


def _country(value: Any) -> str:
    is_code = (
        isinstance(value, str)
        and value.isascii()
        and (not value or (len(value) == 2 and value.isalpha() and value.isupper()))
    )
    return "" if is_code else "two capital letters of ISO 3166, or nothing"


def _mode(value: Any) -> str:
    return "" if value in MODES else " or ".join(map(repr, MODES))


def _captive(value: Any) -> str:
    return "" if isinstance(value, bool) else "true or false"


def _phones_max(value: Any) -> str:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return "" if is_number and 0 <= value <= PHONES_MAX else f"0 to {PHONES_MAX}"


_EXPECTED = {
    "name": _name,
    "passphrase": _passphrase,
    "country": _country,
    "mode": _mode,
    "captive": _captive,
    "phones_max": _phones_max,
}
