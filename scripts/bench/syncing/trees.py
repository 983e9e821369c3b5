"""The trees that a school is to get: the same files for everyone, as our build makes them."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from scripts.bench.syncing.using import Failed

KINDS = {
    ".mp4": "films", ".sqlite": "archive", ".vtt": "captions", ".json": "exercises",
    ".jpg": "pictures", ".png": "pictures", ".pdf": "documents", ".html": "pages", ".css": "pages",
}  # fmt: skip
_FIRST_TIME = 1_700_000_000
_TIMES = 10_000_000


@dataclass(frozen=True)
class Tree:
    """A folder of files, with the digest of each."""

    folder: Path
    digests: dict[str, str]  # by relative path

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(self.size_of(path) for path in self.digests)

    def size_of(self, path: str) -> int:
        """Bytes of one file."""
        return (self.folder / path).stat().st_size

    def read(self, path: str) -> bytes:
        """Return a file's bytes."""
        return (self.folder / path).read_bytes()


def look(folder: Path) -> Tree:
    """Return what a folder holds."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[path.relative_to(folder).as_posix()] = digest
    return Tree(folder, found)


def expect(tree: Tree, folder: Path, *, ignore: str = "") -> None:
    """Raise `Failed` where a folder isn't that tree, to the byte."""
    found = {
        path: digest
        for path, digest in look(folder).digests.items()
        if not (ignore and path.startswith(ignore))
    }
    if found != tree.digests:
        wrong = sorted(set(found.items()) ^ set(tree.digests.items()))
        raise Failed(f"what came isn't what was published: {wrong[:3]}")


def kind_of(path: str) -> str:
    """Return which class of content a file belongs to."""
    return KINDS.get(Path(path).suffix, "other")


def set_times(tree: Tree) -> None:
    """Give each file a time of its content: rsync's quick check then sees what changed, no more."""
    for path, digest in tree.digests.items():
        when = _FIRST_TIME + int(digest[:12], 16) % _TIMES
        os.utime(tree.folder / path, (when, when))
