"""Our programs with one thing made wrong on purpose: what shows that a test would notice.

A variant is a copy of the packages in which one line reads otherwise. That the line is there is
checked, so that a variant never turns into the program itself.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.source_code import CHECKOUT, PACKAGES


@dataclass(frozen=True)
class Variant:
    """In the file `place`, `right` is made `wrong` wherever it stands."""

    name: str
    place: str
    right: str
    wrong: str

    def make(self, folder: Path) -> Path:
        """Write the packages into `folder`, which then is what a program is started in."""
        for package in PACKAGES:
            shutil.copytree(
                CHECKOUT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
            )
        path = folder / self.place
        text = path.read_text(encoding="utf-8")
        assert self.right in text, f"{self.name}: {self.place} has no {self.right!r} any more"
        path.write_text(text.replace(self.right, self.wrong), encoding="utf-8")
        return folder

    @staticmethod
    def environment(folder: Path) -> Mapping[str, str]:
        """Return what a program of the copy in `folder` is started with."""
        return {"PYTHONPATH": str(folder)}


DATABASE_LATE = Variant(
    "SQLite flushes when it checkpoints, not at each transaction",
    "sync_node/database.py", '"synchronous": "full"', '"synchronous": "normal"',
)  # fmt: skip
DATABASE_NEVER = Variant(
    "SQLite flushes nothing",
    "sync_node/database.py", '"synchronous": "full"', '"synchronous": "off"',
)  # fmt: skip
FILES_NEVER = Variant(
    "a file isn't flushed before it gets its name",
    "content_packs/durable.py", "os.fsync(descriptor)\n            temporary.replace(path)",
    "_ = descriptor\n            temporary.replace(path)",
)  # fmt: skip
FOLDERS_NEVER = Variant(
    "a folder isn't flushed after a rename in it",
    "content_packs/durable.py", "        os.fsync(descriptor)\n    finally:",
    "        _ = descriptor\n    finally:",
)  # fmt: skip
