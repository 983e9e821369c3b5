"""Power cuts seen: whether the engine was told to end before it ended, in `power.json`.

1. When the engine starts it leaves a mark: in which start of the box (Linux's `boot_id`) it runs.
   When it is told to end it takes the mark away.
2. A mark that is found at a start was left by an engine that nobody told to end. Of another start
   of the box: power was cut, the plug pulled, or the system broke down, since a box that is shut
   down tells its programs first. Of the same start: the program alone was ended.
3. When it was isn't known: after the last sign of life that node.db has, the end of a tick, and
   before the start that found the mark.

Two small writes for each start, none between. Where they fail nothing is told: a disk that can't
be written says so elsewhere, and a mark that couldn't be taken away counts as a cut.
"""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

import msgspec

from content_packs import durable
from content_packs.errors import StorageFailed
from sync_node import trusted_time
from sync_node.data_dir import DataDir
from sync_node.limits import POWER_BYTES_MAX, POWER_CUTS_KEPT_MAX

NAME = "power.json"

Kind: TypeAlias = Literal["power", "program"]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class Cut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An end that nobody asked for. Times are RFC 3339, empty where they aren't known.

    `kind`: `power` of the whole box, `program` of the engine alone. It was after the time `after`,
    and was found at `found`. `times`: how often a program's end followed another in one start.
    """

    kind: Kind
    after: str
    found: str
    times: Count = 1


class Power(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it, the newest cut first. `boot` is the mark, empty where the last end was asked for.

    `since`: when the engine began that left the mark. `ended`: when it was last told to end.
    `cuts_in_all`: power cuts, those that aren't kept among them.
    """

    format: Literal[1] = 1
    boot: str = ""
    since: str = ""
    ended: str = ""
    cuts_in_all: Count = 0
    cuts: tuple[Cut, ...] = ()

    def power_cuts(self, since: datetime | None = None) -> tuple[Cut, ...]:
        """Return the cuts of the whole box that were found, from a time on."""
        from_then = trusted_time.in_words(since) if since else ""
        return tuple(each for each in self.cuts if each.kind == "power" and each.found >= from_then)


def read(data_dir: DataDir) -> Power:
    """Return what is known; nothing where the file is missing or damaged."""
    try:
        with (data_dir.root / NAME).open("rb") as file:
            return msgspec.json.decode(file.read(POWER_BYTES_MAX), type=Power)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return Power()


def begun(known: Power, *, boot: str, now: str, last_sign: str) -> Power:
    """Return what is known once an engine starts in the start `boot` of the box. Pure.

    `last_sign`: when there was a last sign of life, empty where nobody knows.
    """
    marked = msgspec.structs.replace(known, boot=boot or "?", since=now)
    if not known.boot:
        return marked
    is_power = bool(boot) and known.boot not in {"?", boot}
    cut = Cut("power" if is_power else "program", max(last_sign, known.since), now)
    newest = next(iter(known.cuts), None)
    if not is_power and newest and newest.kind == "program" and newest.found >= known.since:
        cut = msgspec.structs.replace(newest, found=now, times=newest.times + 1)
        return msgspec.structs.replace(marked, cuts=(cut, *known.cuts[1:]))
    return msgspec.structs.replace(
        marked,
        cuts_in_all=known.cuts_in_all + is_power,
        cuts=(cut, *known.cuts)[:POWER_CUTS_KEPT_MAX],
    )


def begin(data_dir: DataDir, *, boot: str, now: datetime, last_sign: str) -> Power:
    """Leave the mark; return what is known, a cut that was found just now among it."""
    known = begun(read(data_dir), boot=boot, now=trusted_time.in_words(now), last_sign=last_sign)
    _write(data_dir, known)
    return known


def end(data_dir: DataDir, *, now: datetime) -> None:
    """Take the mark away: the engine was told to end."""
    _write(
        data_dir,
        msgspec.structs.replace(
            read(data_dir), boot="", since="", ended=trusted_time.in_words(now)
        ),
    )


def _write(data_dir: DataDir, power: Power) -> None:
    try:
        durable.write(data_dir.root / NAME, msgspec.json.encode(power))
    except StorageFailed:
        return
