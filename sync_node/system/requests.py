"""Asking root to write a system into the other slot, or to start the one that is there.

    run/system-update         the node asks; it is for this very start of the box
    run/system-update-taken   the same file, renamed by what carries it out (deploy/node/update)

Root compares what it is asked for with what is signed, and does nothing else.
"""

from typing import Literal, TypeAlias

import msgspec

from content_packs import durable
from sync_node.data_dir import DataDir

ASKED = "system-update"
TAKEN = "system-update-taken"
FORMAT = 1

Deed: TypeAlias = Literal["write", "start"]


class Wanted(msgspec.Struct, frozen=True):
    """A system: a version of a pack, by the digest of its manifest."""

    pack: str
    version: int
    manifest: str


def ask(data_dir: DataDir, deed: Deed, wanted: Wanted, boot: str) -> None:
    """Ask for it, in the start of the box that `boot` names. Raises `StorageFailed`."""
    plain = {"format": FORMAT, "boot": boot, "do": deed, **msgspec.structs.asdict(wanted)}
    durable.make_folder(data_dir.run)
    durable.write(data_dir.run / ASKED, msgspec.json.encode(plain) + b"\n")


def is_under_way(data_dir: DataDir) -> bool:
    """Say whether something was asked for that isn't over."""
    return any((data_dir.run / name).exists() for name in (ASKED, TAKEN))
