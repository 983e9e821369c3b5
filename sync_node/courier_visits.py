"""What became of couriers' disks, for people: in `couriers.json`, the newest visit first.

It is written when a disk is found, and when it may be pulled; how far the reading is, in between,
progress_file.py says.
"""

from pathlib import PurePath
from typing import Literal, TypeAlias

import msgspec

from content_packs import durable
from content_packs.errors import StorageFailed
from sync_node.data_dir import DataDir
from sync_node.limits import COURIER_VISITS_BYTES_MAX, COURIER_VISITS_MAX, COURIER_WORDS_MAX

NAME = "couriers.json"

State: TypeAlias = Literal["reading", "writing", "done", "kept-back", "failed", "pulled"]


class Visit(msgspec.Struct, frozen=True, omit_defaults=True):
    """A disk at the folder `place`. Times are RFC 3339 in UTC.

    `state`: `reading` and `writing` (don't pull it), `done`, `kept-back` (read, but nothing could
    be written to it), `failed` (it couldn't be used), `pulled` (gone before it was done). `taken`:
    kinds of documents; `batches`, `report`, `claim`: what was left on it. `trouble`: the first
    thing that was wrong, in words.
    """

    place: str
    state: State
    at: str
    bytes_in: int = 0
    lessons: int = 0
    taken: tuple[str, ...] = ()
    batches: int = 0
    report: bool = False
    claim: bool = False
    trouble: str = ""

    @property
    def name(self) -> str:
        """What people know the disk by: the folder at which it was mounted."""
        return PurePath(self.place).name or self.place

    @property
    def may_be_pulled(self) -> bool:
        """Whether the disk isn't in use any more."""
        return self.state not in {"reading", "writing"}

    @property
    def is_well(self) -> bool:
        """Whether all was done that was to be done with it."""
        return self.state in {"done", "kept-back"}


def read(data_dir: DataDir) -> tuple[Visit, ...]:
    """Return the visits, the newest first; none where the file is missing or damaged."""
    try:
        with (data_dir.root / NAME).open("rb") as file:
            data = file.read(COURIER_VISITS_BYTES_MAX)
        return msgspec.json.decode(data, type=tuple[Visit, ...])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return ()


def note(data_dir: DataDir, visit: Visit) -> None:
    """Put a visit first, in place of an earlier one of the same folder.

    A disk of ours that can't be written says so elsewhere: then nobody is told here.
    """
    words = visit.trouble if len(visit.trouble) <= COURIER_WORDS_MAX else (
        visit.trouble[: COURIER_WORDS_MAX - 1] + "…"
    )  # fmt: skip
    first = msgspec.structs.replace(visit, trouble=words)
    others = tuple(each for each in read(data_dir) if each.place != visit.place)
    try:
        durable.write(
            data_dir.root / NAME, msgspec.json.encode((first, *others)[:COURIER_VISITS_MAX])
        )
    except StorageFailed:
        return


def settle(data_dir: DataDir) -> None:
    """Note that nothing is in use any more: what an earlier process began ended with it."""
    for visit in reversed(read(data_dir)):
        if not visit.may_be_pulled:
            note(data_dir, msgspec.structs.replace(visit, state="failed", trouble="cut off"))
