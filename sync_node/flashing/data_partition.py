"""The data partition (ext4) of a card that brings packs: made here, in a file, by mke2fs.

Nothing is mounted, and root isn't needed: mke2fs copies the files, debugfs gives them to the box's
user. It is no larger than its content and some room; the box grows it to the card's end when it
starts first. All of it is written, its zeros too: what an older file system left on a card could be
taken for this one's journal.
"""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Refused
from content_packs.limits import MIB
from sync_node.flashing import programs
from sync_node.flashing.limits import DATA_OVERHEAD_SHARE, DATA_SLACK_BYTES

LABEL = "satchel-data"
BOX_USER = 990  # satchel, on every box (deploy/node)

_BLOCK_BYTES = 4_096
_INODE_BYTES = 256
_JOURNAL_MIB = 32  # not what fits so small a file system: it grows
_GROWS_TO_BLOCKS = 2 * 10**12 // _BLOCK_BYTES  # the largest card that is written
_FEATURES = (
    "none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,"
    "large_file,huge_file,dir_nlink,extra_isize,metadata_csum"
)  # said here: a laptop's own defaults may be newer than the box
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/")


def size_for(tree: Path) -> int:
    """Return how large a data partition for the files of `tree` is made, in bytes."""
    size = 0
    for path in _below(tree):
        size += -(-path.lstat().st_size // _BLOCK_BYTES) * _BLOCK_BYTES + _INODE_BYTES
    return -(-round(size * (1 + DATA_OVERHEAD_SHARE) + DATA_SLACK_BYTES) // MIB) * MIB


def make(tree: Path, file: Path, *, size_max: int, name: str) -> int:
    """Make a data partition with the files of `tree` in `file`; return its size in bytes.

    `name` decides its id: the same content for the same name gives much the same bytes, so that a
    card that was cut off goes on. Raises `Refused` where `size_max` is too small, `NotInstalled`,
    `StorageFailed`.
    """
    size = size_for(tree)
    if size > size_max:
        raise Refused(
            f"the packs to preload need {-(-size // 10**6)} MB, and the card has room for "
            f"{size_max // 10**6} MB",
            hint="Take a larger card, or preload fewer packs.",
        )
    id_ = str(uuid.UUID(digest_of(name.encode())[:32], version=4))
    extended = (
        f"lazy_itable_init=0,lazy_journal_init=0,nodiscard,hash_seed={id_},"
        f"root_owner={BOX_USER}:{BOX_USER},resize={_GROWS_TO_BLOCKS}"
    )
    programs.run(
        "mke2fs", "-q", "-F", "-t", "ext4", "-O", _FEATURES, "-b", str(_BLOCK_BYTES),
        "-I", str(_INODE_BYTES), "-m", "0", "-J", f"size={_JOURNAL_MIB}",
        "-L", LABEL, "-U", id_, "-E", extended, "-d", tree, file, f"{size // 1024}k",
        environment={"MKE2FS_CONFIG": "/dev/null", "E2FSPROGS_FAKE_TIME": "1"},
    )  # fmt: skip
    _give_to_box(tree, file)
    programs.run("e2fsck", "-f", "-n", file)
    return size


def _give_to_box(tree: Path, file: Path) -> None:
    """Make the box's user the owner of every file and folder."""
    lines = []
    for path in sorted(_below(tree)):
        place = f"/{path.relative_to(tree).as_posix()}"
        if not set(place) <= _PLAIN:
            raise InvalidContent(f"{path}: no file of a node has such a name")
        lines += [f"sif {place} uid {BOX_USER}", f"sif {place} gid {BOX_USER}"]
    script = "\n".join([*lines, ""]).encode()
    programs.run("debugfs", "-w", "-f", "-", file, text=script, banner="debugfs ")


def _below(tree: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(tree):
        for name in (*folders, *files):
            yield Path(folder, name)
