"""Who is on the school's Wi-Fi: how many phones, how well they are heard. Nothing about who.

Whatever runs the access point writes `stations.json` (STATE.md) when it likes; the site reads it:
that in `run/`, else that of the box's network program (deploy/node/network). It comes from outside
of Satchel: it is read within bounds, and anything that isn't as it should be is taken for nothing.
"""

import os
import stat
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec

from content_packs.values import Value
from sync_node.data_dir import DataDir
from sync_node.limits import (
    STATIONS_BYTES_MAX,
    STATIONS_FRESH_SECONDS,
    STATIONS_MAX,
    WEAK_SIGNAL_DBM,
)

NAME = "stations.json"
OF_THE_BOX = Path("/run/satchel/network") / NAME  # in memory: a count a minute would wear the card

Known: TypeAlias = Literal["fresh", "old", "unknown", "unreadable"]
By: TypeAlias = Literal["radio", "cable"]


class Station(msgspec.Struct, frozen=True):
    """A phone: how well it is heard, in dBm; for how long it is there, in seconds."""

    signal: Annotated[int, msgspec.Meta(ge=-200, le=50)] | None = None
    seconds: Annotated[int, msgspec.Meta(ge=0, le=10**9)] | None = None


class _File(msgspec.Struct, frozen=True):
    format: Literal[1]
    stations: Annotated[tuple[Station, ...], msgspec.Meta(max_length=STATIONS_MAX)]
    limit: Annotated[int, msgspec.Meta(ge=1, le=STATIONS_MAX)] | None = None
    by: By | None = None
    is_up: bool = True


class Stations(Value, frozen=True):
    """What is known: `fresh`; `old`, of `seconds` ago; `unknown`: nobody says; `unreadable`.

    `limit`: how many the radio takes, where that is known. `by`: the box's own radio, or access
    points on its cable; None where nobody says. `is_up`: the radio is on the air, or something is
    alive at the cable's other end.
    """

    known: Known
    seconds: int = 0
    stations: tuple[Station, ...] = ()
    limit: int | None = None
    by: By | None = None
    is_up: bool = True

    @property
    def is_full(self) -> bool:
        """Whether no other phone can join."""
        return self.limit is not None and len(self.stations) >= self.limit

    @property
    def weak(self) -> int:
        """How many are heard so badly that films won't come."""
        return sum(
            each.signal is not None and each.signal < WEAK_SIGNAL_DBM for each in self.stations
        )

    @property
    def weakest(self) -> int | None:
        """The worst signal, in dBm."""
        return min((each.signal for each in self.stations if each.signal is not None), default=None)


def read(data_dir: DataDir, *, now: float, of_the_box: Path = OF_THE_BOX) -> Stations:
    """Return what the access point says; `now`: seconds since 1970, by the system's clock.

    `of_the_box`: where the box's own network program says it.
    """
    found = _read(data_dir.run / NAME, now)
    return _read(of_the_box, now) if found.known == "unknown" else found


def _read(path: Path, now: float) -> Stations:
    try:  # neither a link nor a pipe is opened for reading: it might never answer
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return Stations("unknown")
    except OSError:
        return Stations("unreadable")
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return Stations("unreadable")
        said = _decoded(os.read(descriptor, STATIONS_BYTES_MAX + 1))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Stations("unreadable")
    finally:
        os.close(descriptor)
    age = int(now - found.st_mtime)
    is_fresh = abs(age) <= STATIONS_FRESH_SECONDS
    return Stations(
        "fresh" if is_fresh else "old", max(age, 0), said.stations, said.limit, said.by, said.is_up
    )


def _decoded(data: bytes) -> _File:
    if len(data) > STATIONS_BYTES_MAX:
        raise msgspec.DecodeError("too long")
    return msgspec.json.decode(data, type=_File)
