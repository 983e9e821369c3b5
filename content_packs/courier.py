"""A courier: what lies where on a stick, what goes onto it, and in which order. Pure.

```
satchel/courier.json            what this is, for people and for going on; never trusted
satchel/repository/...          a repository (repository.py)
satchel/held/...                what a node held, by digest, where it can't make bundles of it
satchel/down/<id>/<kind>.json   what the hub says to one node: signed documents
satchel/up/<id>/claim.json, report.json, batches/<sequence>.json      what a node says to the hub
```
`<id>` is a node's id, or the keyid of a box that has none yet. See PROTOCOL.md, section 11.

A stick is written so that it can be pulled at any moment: content comes before the metadata that
names it, the timestamp last of all. Until then the edition that it held before is whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from content_packs import messages
from content_packs.limits import COURIER_BYTES_MAX, COURIER_FILES_MAX, COURIER_NODES_MAX
from content_packs.messages import Count, Hex32, Message, Moment, Name, ShortText
from content_packs.names import is_name
from content_packs.repository import TIMESTAMP

FOLDER = "satchel"
MARK = f"{FOLDER}/courier.json"
REPOSITORY = f"{FOLDER}/repository"
HELD = f"{FOLDER}/held"
UP = f"{FOLDER}/up"
DOWN = f"{FOLDER}/down"
CLAIM = "claim.json"
REPORT = "report.json"
BATCHES = "batches"
DOWN_KINDS = ("credential", "time", "desired-state", "receipt", "answers")  # as they are taken in

_HELD_PLACES = "held/"
_CHAIN = ("root", "", "status", "targets", "snapshot", "timestamp")  # "": channels

Why: TypeAlias = Literal["room", "file-too-large"]


def repository_path(place: str) -> str:
    """Return where a place of the repository lies on a stick."""
    return f"{REPOSITORY}/{place}"


def held_place(path: str) -> str:
    """Return as what a file of `HELD` is planned, beside the places of the repository."""
    return f"{_HELD_PLACES}{path}"


def path_of(place: str) -> str:
    """Return where on a stick a place of the repository or of `HELD` lies."""
    return f"{FOLDER}/{place}" if place.startswith(_HELD_PLACES) else repository_path(place)


def down_path(node: str, kind: str) -> str:
    """Return where a document for a node lies; `kind` is one of `DOWN_KINDS`."""
    return f"{DOWN}/{node}/{kind}.json"


def up_path(node: str, name: str) -> str:
    """Return where a node's claim or report lies, or the folder of its batches."""
    return f"{UP}/{node}/{name}"


def batch_path(node: str, sequence: int) -> str:
    """Return where a node's batch lies."""
    return f"{UP}/{node}/{BATCHES}/{sequence}.json"


def sequence_of(name: str) -> int | None:
    """Return the sequence that the file name of a batch says, None where it isn't one."""
    number = name.removesuffix(".json")
    plain = number.isascii() and number.isdigit() and not number.startswith("0")
    return int(number) if plain and number != name and len(number) <= len(str(2**53)) else None


def is_id(name: str) -> bool:
    """Say whether a folder under `up` or `down` can be a node's: a keyid is a name, too."""
    return is_name(name)


class OnStick(messages.Part, frozen=True, kw_only=True):
    """A file of the repository as it was written and read back."""

    path: Annotated[str, Meta(max_length=300)]
    size: Count
    digest: Hex32


class Courier(Message, frozen=True, kw_only=True):
    """What `courier.json` says. `by`: who wrote it; `nodes`: whom for, none: for any.

    `whole`: the writing came to its end. `files` were read back after writing: going on, one with
    this size isn't looked at again.
    """

    by: ShortText = ""
    written_at: Moment | None = None
    nodes: Annotated[tuple[Name, ...], Meta(max_length=COURIER_NODES_MAX)] = ()
    whole: bool = False
    files: Annotated[tuple[OnStick, ...], Meta(max_length=COURIER_FILES_MAX)] = ()


def encode(found: Courier) -> bytes:
    """Return the bytes of `courier.json`. Raises `InvalidContent` past its bounds."""
    return messages.encode(found, bytes_max=COURIER_BYTES_MAX, what=MARK)


def decode(data: bytes) -> Courier:
    """Return what `courier.json` says. Raises `InvalidContent`."""
    return messages.decode(data, Courier, bytes_max=COURIER_BYTES_MAX, what=MARK)


@dataclass(frozen=True)
class Wanted:
    """A file of the repository that should be on a stick."""

    place: str
    size: int


@dataclass(frozen=True)
class Parcel:
    """Files that are of use only together, such as a version of a pack; in order of writing."""

    name: str
    files: tuple[Wanted, ...]


@dataclass(frozen=True)
class LeftOut:
    """A parcel that doesn't go: `size` bytes of it aren't on the stick."""

    name: str
    size: int
    why: Why


@dataclass(frozen=True)
class Room:
    """What a stick has room for: free bytes, of which each file takes whole blocks.

    `file_bytes_max`: the largest file that its file system can hold, None where there is no bound
    that matters.
    """

    free: int
    block: int = 4_096
    file_bytes_max: int | None = None

    def taken_by(self, size: int) -> int:
        """Return the bytes that a file takes, its folder entry and the like included."""
        return -(-size // self.block) * self.block + self.block


@dataclass(frozen=True)
class CourierPlan:
    """What is written, in this order, and what is there already.

    `left_out` doesn't fit. `missing_room`: bytes that even the metadata lacks; then nothing goes.
    """

    write: tuple[Wanted, ...]
    there: tuple[Wanted, ...]
    left_out: tuple[LeftOut, ...]
    free: int
    missing_room: int = 0

    @property
    def bytes_to_write(self) -> int:
        """The bytes of what is written."""
        return sum(file.size for file in self.write)

    @property
    def bytes_there(self) -> int:
        """The bytes of what is there already."""
        return sum(file.size for file in self.there)


def plan(
    parcels: Iterable[Parcel],
    metadata: Sequence[Wanted],
    there: Mapping[str, int],
    room: Room,
    *,
    reserve: int,
) -> CourierPlan:
    """Return what goes onto a stick that has the files `there` (sizes by place) already.

    Metadata comes last, and has its room before anything else; so do `reserve` bytes for
    documents. Parcels go in their order, each whole or not at all; one that doesn't fit leaves the
    room to those after it.
    """
    last = sorted(metadata, key=lambda file: metadata_order(file.place))
    write = {file.place: file for file in last if not _is_there(file, there)}
    left = room.free - reserve - sum(room.taken_by(file.size) for file in write.values())
    if left < 0:
        return CourierPlan((), (), (), room.free, missing_room=-left)
    chosen: dict[str, Wanted] = {}
    kept = {file.place: file for file in last if file.place not in write}
    left_out = []
    for parcel in parcels:
        lacking = {
            file.place: file
            for file in parcel.files
            if not _is_there(file, there) and file.place not in chosen
        }
        size = sum(file.size for file in lacking.values())
        most = room.file_bytes_max
        if most is not None and any(file.size > most for file in lacking.values()):
            left_out.append(LeftOut(parcel.name, size, "file-too-large"))
            continue
        taken = sum(room.taken_by(file.size) for file in lacking.values())
        if taken > left:
            left_out.append(LeftOut(parcel.name, size, "room"))
            continue
        left -= taken
        chosen |= lacking
        kept |= {file.place: file for file in parcel.files if _is_there(file, there)}
    in_order = (*chosen.values(), *write.values())
    return CourierPlan(in_order, tuple(kept.values()), tuple(left_out), room.free)


def metadata_order(place: str) -> tuple[int, int, str]:
    """Return by what metadata is sorted so that each file comes after those that it names.

    Roots come first, the oldest before the others, the timestamp last.
    """
    name = place.rsplit("/", 1)[-1]
    number, _, role = name.removesuffix(".json").partition(".")
    known = role or number
    rank = _CHAIN.index(known) if known in _CHAIN else _CHAIN.index("")
    return rank, int(number) if number.isdigit() else 0, name


def _is_there(file: Wanted, there: Mapping[str, int]) -> bool:
    """Say whether a file needn't be written: what can change always is."""
    return file.place != TIMESTAMP and there.get(file.place) == file.size


def remembered(found: Courier, *, sizes: Mapping[str, int]) -> dict[str, OnStick]:
    """Return what an earlier writing read back, as far as it is still there with its size."""
    return {file.path: file for file in found.files if sizes.get(file.path) == file.size}


def with_files(found: Courier, files: Iterable[OnStick], *, whole: bool) -> Courier:
    """Return `found` with these files, as many as it can name."""
    return msgspec.structs.replace(
        found, files=tuple(sorted(files, key=lambda file: file.path)[:COURIER_FILES_MAX]),
        whole=whole,
    )  # fmt: skip
