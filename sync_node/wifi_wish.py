"""What the school wants its Wi-Fi to be: `box/wifi.toml`, which the box's network program reads.

The format stands in deploy/node/network/README.md. Root's program reads it without anything of
Satchel's, and is as strict: what is refused here never gets there.
"""

import os
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from content_packs import durable
from content_packs.errors import InvalidContent
from content_packs.limits import (
    WIFI_NAME_BYTES_MAX,
    WIFI_PASSPHRASE_CHARACTERS_MAX,
    WIFI_PASSPHRASE_CHARACTERS_MIN,
)

FOLDER = "box"  # of the data directory
NAME = "wifi.toml"
BYTES_MAX = 4096  # of the file: root's program reads no more
PHONES_MAX = 512

Mode: TypeAlias = Literal["built-in", "access-points"]

_COUNTRY = re.compile(r"[A-Z]{2}")
_PASSPHRASE = re.compile(
    rf"[\x20-\x7e]{{{WIFI_PASSPHRASE_CHARACTERS_MIN},{WIFI_PASSPHRASE_CHARACTERS_MAX}}}"
)


@dataclass(frozen=True)
class WifiWish:
    """The Wi-Fi that is wanted.

    `passphrase`: empty for an open network. `country`: ISO 3166-1, two capitals, or empty where it
    isn't known; then only what is allowed everywhere is used. `mode`: `built-in`, the box's own
    radio; `access-points`: others, on its Ethernet. `captive`: whether phones that ask for the
    internet are led to the school's site. `phones_max`: how many the box's radio takes; 0: as many
    as it is known to bear.
    """

    name: str = "Satchel"
    passphrase: str = ""
    country: str = ""
    mode: Mode = "built-in"
    captive: bool = True
    phones_max: int = 0


def check(wish: WifiWish) -> WifiWish:
    """Return `wish` if a box could be it. Raises `InvalidContent`, which names the field."""
    _check_name(wish.name)
    if wish.passphrase and not _PASSPHRASE.fullmatch(wish.passphrase):
        raise InvalidContent(
            f"Wi-Fi passphrase: {len(wish.passphrase)} characters, expected none (an open network) "
            f"or {WIFI_PASSPHRASE_CHARACTERS_MIN} to {WIFI_PASSPHRASE_CHARACTERS_MAX} printable "
            "ASCII characters",
            hint="Use letters without accents, digits and signs that every phone can type.",
        )
    if wish.country and not _COUNTRY.fullmatch(wish.country):
        raise InvalidContent(
            f"Wi-Fi country: {wish.country!r}, expected two capital letters such as CN or KE, "
            "or nothing"
        )
    if wish.mode not in get_args(Mode):
        raise InvalidContent(
            f"Wi-Fi mode: {wish.mode!r}, expected {' or '.join(map(repr, get_args(Mode)))}"
        )
    if not 0 <= wish.phones_max <= PHONES_MAX:
        raise InvalidContent(f"Wi-Fi phones_max: {wish.phones_max}, expected 0 to {PHONES_MAX}")
    return wish


def write(folder: Path, wish: WifiWish) -> None:
    """Keep `wish` in `folder` (`box/`), durably. Raises `InvalidContent`, `StorageFailed`.

    The network program sees it within seconds, and makes the network so.
    """
    text = encoded(check(wish))
    durable.make_folder(folder)
    durable.write(folder / NAME, text.encode(), mode=0o600)  # a passphrase is in it


def read(folder: Path) -> WifiWish:
    """Return the wish that `folder` has; the default where it has none that can be followed."""
    try:
        descriptor = os.open(folder / NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:  # noqa: PTH123  # it is open
            data = file.read(BYTES_MAX + 1)
        return check(_wish(data))
    except (OSError, ValueError, RecursionError, InvalidContent):
        return WifiWish()


def _wish(data: bytes) -> WifiWish:
    """Return a file's wish, its types checked. Raises `InvalidContent`, `ValueError`."""
    if len(data) > BYTES_MAX:
        raise InvalidContent(f"{NAME}: more than {BYTES_MAX} bytes")
    plain: dict[str, Any] = tomllib.loads(data.decode("utf-8"))
    default = WifiWish()
    if plain.pop("format", None) != 1 or plain.keys() - {each.name for each in fields(default)}:
        raise InvalidContent(f"{NAME}: a format that isn't known")
    for key, value in plain.items():
        if type(value) is not type(getattr(default, key)):
            raise InvalidContent(f"{NAME}: {key}: found {value!r}")
    return WifiWish(**plain)


def encoded(wish: WifiWish) -> str:
    """Return the file's text."""
    return (
        "# The school's Wi-Fi (deploy/node/network/README.md)\n"
        "format = 1\n"
        f"name = {_quoted(wish.name)}\n"
        f"passphrase = {_quoted(wish.passphrase)}\n"
        f"country = {_quoted(wish.country)}\n"
        f"mode = {_quoted(wish.mode)}\n"
        f"captive = {'true' if wish.captive else 'false'}\n"
        f"phones_max = {wish.phones_max}\n"
    )


def _check_name(name: str) -> None:
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise InvalidContent("Wi-Fi name: it isn't valid Unicode") from None
    if not 1 <= size <= WIFI_NAME_BYTES_MAX:
        raise InvalidContent(
            f"Wi-Fi name: {size} bytes in UTF-8, expected 1 to {WIFI_NAME_BYTES_MAX}",
            hint="A Chinese character counts three bytes.",
        )
    if not name.isprintable() or name != name.strip():
        raise InvalidContent(
            f"Wi-Fi name: {name!r} has spaces at its ends or characters that can't be seen",
            hint="Whoever looks for it in a list has to recognise it.",
        )


def _quoted(text: str) -> str:
    """Return a basic string of TOML. What needs more than these two escapes was refused."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
