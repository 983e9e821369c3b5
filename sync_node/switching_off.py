"""Asking that the box be switched off: a file that something with the right to do it watches.

    run/poweroff         the site asks: the start of the box that it means, and how long that lasted
    run/poweroff-taken   the same file, renamed by what carries it out (deploy/node)

The request is for this very start of the box and for a minute: what is found later, or after a
start, is no request any more. Whether anything on this machine watches can't be known before: so a
request that nobody takes is told of as that.
"""

from pathlib import Path
from typing import Literal, TypeAlias

from content_packs import durable
from content_packs.values import Value
from sync_node.data_dir import DataDir
from sync_node.limits import ORDER_BYTES_MAX, POWEROFF_END_SECONDS, POWEROFF_TAKEN_SECONDS
from sync_node.trusted_time import Uptime

ASKED = "poweroff"
TAKEN = "poweroff-taken"
_NAMELESS = "?"  # a start of which Linux says no name; nothing carries its request out

State: TypeAlias = Literal["none", "asked", "unheard", "ending", "still-on"]


class SwitchingOff(Value, frozen=True):
    """How far it is, `seconds` after it was asked for.

    `asked`: nobody took the request yet; `unheard`: nobody does; `ending`: it was taken, and the
    box is being shut down; `still-on`: that was long ago.
    """

    state: State
    seconds: int = 0


def ask(data_dir: DataDir, uptime: Uptime) -> None:
    """Ask for it, unless it is asked for already. Raises `StorageFailed`."""
    if look(data_dir, uptime).state in {"asked", "ending"}:
        return
    durable.make_folder(data_dir.run)
    durable.remove(data_dir.run / TAKEN)
    durable.write(
        data_dir.run / ASKED, f"{uptime.boot or _NAMELESS} {uptime.seconds:.0f}\n".encode()
    )


def look(data_dir: DataDir, uptime: Uptime) -> SwitchingOff:
    """Return how far it is. Changes nothing."""
    taken = _seconds_since(data_dir.run / TAKEN, uptime)
    if taken is not None:
        return SwitchingOff("ending" if taken <= POWEROFF_END_SECONDS else "still-on", taken)
    asked = _seconds_since(data_dir.run / ASKED, uptime)
    if asked is not None:
        return SwitchingOff("asked" if asked <= POWEROFF_TAKEN_SECONDS else "unheard", asked)
    return SwitchingOff("none")


def _seconds_since(path: Path, uptime: Uptime) -> int | None:
    """Return how long ago a request of this start of the box was made; None for any other."""
    try:
        with path.open("rb") as file:
            boot, seconds = file.read(ORDER_BYTES_MAX).decode("ascii").rsplit(maxsplit=1)
        age = uptime.seconds - float(seconds)
        return round(age) if boot == (uptime.boot or _NAMELESS) and age > -1 else None
    except (OSError, ValueError, OverflowError):
        return None
