"""What the node asks for, and what it is told: two files in the folder `run` of its data directory.

    run/system-update          the node asks: to write a system into the other slot, or to start it
    run/system-update-taken    the same, renamed: it is being carried out
    run/system.json            root says: which slot runs, which version, what is ready, what failed

The folder is the node's: whatever lies there is parsed within bounds and compared, never run; and
a link in the place of a file is replaced, not followed.
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

from deploy.node.update import files, signed
from deploy.node.update.faults import Failed, Invalid, Missing
from deploy.node.update.limits import REQUEST_BYTES_MAX
from deploy.node.update.trust import Wanted

ASKED = "system-update"
TAKEN = "system-update-taken"
SAID = "system.json"
FORMAT = 1
VERSION_MAX = 2**31 - 1
DEEDS = ("write", "start")

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_KEYS = {"format", "boot", "do", "pack", "version", "manifest"}


class Request(NamedTuple):
    """What is asked for: `write` a system into the other slot, or `start` the one that is there."""

    do: str
    wanted: Wanted


class Said(NamedTuple):
    """What the node is told.

    `doing`: "idle", "writing", "starting" or "trying"; `ready`: the version in the other slot that
    can be started, 0 for none; `failed`: versions that didn't serve, and why; `trouble`: why what
    was asked for last wasn't done, by its code and in words.
    """

    boot: str
    arch: str
    slot: str
    version: int
    satchel: str
    doing: str = "idle"
    wanted: int = 0
    ready: int = 0
    failed: tuple[tuple[int, str], ...] = ()
    trouble: tuple[str, str] = ("", "")


def take(run: Path, boot: str) -> Request | None:
    """Take the request in the folder `run`, if there is one, so that it counts once.

    `boot` names this start of the box; a request of another is none any more. Raises `Invalid`,
    `Failed`.
    """
    taken = run / TAKEN
    try:
        with files.storage_errors(run / ASKED):
            (run / ASKED).replace(taken)
    except Failed as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise
    return read(files.read(taken, REQUEST_BYTES_MAX), boot)


def end(run: Path) -> None:
    """Say that what was asked for is over. Raises `Failed`."""
    files.remove(run / TAKEN)


def read(data: bytes, boot: str) -> Request | None:
    """Return the request in `data`, None for one of another start. Raises `Invalid`."""
    plain = signed.read_json(data, what=ASKED)
    if not isinstance(plain, dict) or plain.keys() != _KEYS or plain["format"] != FORMAT:
        raise Invalid(f"{ASKED}: expected format {FORMAT} and the keys {', '.join(sorted(_KEYS))}")
    wanted = Wanted(
        signed.text(plain, "pack", what=ASKED),
        signed.number(plain, "version", what=ASKED),
        signed.text(plain, "manifest", what=ASKED),
    )
    if not _NAME.fullmatch(wanted.pack) or not _DIGEST.fullmatch(wanted.manifest):
        raise Invalid(f"{ASKED}: pack or manifest isn't spelt as it should be")
    if not 1 <= wanted.version <= VERSION_MAX:
        raise Invalid(f"{ASKED}: version {wanted.version}")
    if plain["do"] not in DEEDS:
        raise Invalid(f"{ASKED}: do is {plain['do']!r}, expected one of {', '.join(DEEDS)}")
    return Request(plain["do"], wanted) if plain["boot"] == boot else None


def say(run: Path, said: Said) -> None:
    """Tell the node. Raises `Failed`."""
    plain = said._asdict()
    plain |= {"format": FORMAT, "failed": [list(each) for each in said.failed]}
    plain["trouble"] = {"code": said.trouble[0], "text": said.trouble[1][:240]}
    data = json.dumps(plain, ensure_ascii=True, sort_keys=True).encode() + b"\n"
    path = run / SAID
    try:
        if files.read(path, len(data)) == data:
            return  # no chatter of writes
    except (Missing, Invalid):
        pass
    if run.is_dir() and not run.is_symlink():  # the node's: it makes it
        files.write(path, data, for_all=True)
