"""What root says of the box's systems: `run/system.json` (STATE.md, «Systems»).

Only a box that was started from a card of ours has two slots, and then root writes this file at
each start (deploy/node/update). Without it nothing here does anything. It comes from outside of
Satchel: it is read within bounds, and what isn't as it should be is taken for nothing.
"""

import os
import stat
from typing import Annotated, Literal, TypeAlias

import msgspec

from content_packs import reports
from content_packs.limits import REPORT_FAILED_MAX, SHORT_TEXT_CHARACTERS_MAX
from content_packs.messages import Name, Version
from content_packs.reports import SlotsDoing, SystemSlots
from sync_node.data_dir import DataDir
from sync_node.limits import SYSTEM_FAILED_MAX, SYSTEM_SAID_BYTES_MAX, SYSTEM_WORDS_MAX

NAME = "system.json"
FORMAT = 1

_Words: TypeAlias = Annotated[str, msgspec.Meta(max_length=SYSTEM_WORDS_MAX)]
_VersionOrNone: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class Trouble(msgspec.Struct, frozen=True):
    """Why what was asked for last wasn't done: an error's code, and words; both empty for none."""

    code: _Words = ""
    text: _Words = ""


class BoxSlots(msgspec.Struct, frozen=True, kw_only=True):
    """Which slot runs, at which version, of which start of the box; what the other one is good for.

    `ready`: the version in the other slot that can be started, 0 for none. `failed`: versions that
    were started and didn't serve, and why. `wanted`: the version that was asked for last.
    """

    format: Literal[1]
    boot: _Words
    arch: Name
    slot: Literal["a", "b"]
    version: Version
    satchel: _Words = ""
    doing: SlotsDoing = "idle"
    wanted: _VersionOrNone = 0
    ready: _VersionOrNone = 0
    failed: Annotated[
        tuple[tuple[Version, _Words], ...], msgspec.Meta(max_length=SYSTEM_FAILED_MAX)
    ] = ()
    trouble: Trouble = Trouble()

    def takes(self, version: int) -> bool:
        """Say whether a version is of use: newer than what runs, and not one that failed."""
        return version > self.version and all(version != failed for failed, _ in self.failed)


def read(data_dir: DataDir) -> BoxSlots | None:
    """Return what root says; None for a box without slots, or a file that can't be read."""
    try:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with open(os.open(data_dir.run / NAME, flags), "rb") as file:  # noqa: PTH123  # a number
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            data = file.read(SYSTEM_SAID_BYTES_MAX + 1)
        if len(data) > SYSTEM_SAID_BYTES_MAX:
            return None
        return msgspec.json.decode(data, type=BoxSlots)
    except (OSError, msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def reported(box: BoxSlots) -> SystemSlots:
    """Return it as a report says it."""
    return SystemSlots(
        arch=box.arch,
        slot=box.slot,
        version=box.version,
        satchel=reports.shortened(box.satchel, SHORT_TEXT_CHARACTERS_MAX),
        doing=box.doing,
        ready=box.ready,
        failed=tuple(version for version, _ in box.failed[-REPORT_FAILED_MAX:]),
        trouble=reports.shortened(box.trouble.text),
    )


def report(data_dir: DataDir) -> SystemSlots | None:
    """Return what a report says of the slots; None for a box without any."""
    box = read(data_dir)
    return None if box is None else reported(box)
