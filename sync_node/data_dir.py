"""The node's folder on disk: what lies where. See STATE.md.

```
node.toml                configuration
node.db                  derived: can be rebuilt from the rest
school.db                precious: classes, pupils, records, what is set (sync_node/school)
school-backup.db         yesterday's copy of it
materials/               videos, documents and quizzes that the school added itself
choices.json             what people decided here: pins and holds
opened.json              which lessons were opened, the last one last
identity/                who this node is: its key, and what the hub says of it
from-hub/                what the hub said to this node: desired state, receipt, revoked nodes
outbox/                  sealed batches that the hub hasn't acknowledged
trust/                   verified TUF metadata
manifests/<digest>.json  verified manifests
layouts/<digest>.json    verified layouts of what is being fetched
deltas/                  beginnings of deltas to what is being fetched
store/<aa>/<digest>      verified files, read-only
incoming/                files being assembled; nothing in here is ever served
engine.lock              held while a tick runs
```
"""

import os
from collections.abc import Iterator
from pathlib import Path

from content_packs import durable
from content_packs.digests import check_digest
from content_packs.errors import UsageError
from content_packs.values import Value

_DIGEST_CHARACTERS = 64


class DataDir(Value, frozen=True):
    """Paths within the data directory `root`. Makes and opens nothing by itself."""

    root: Path

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.root / "node.toml"

    @property
    def node_db(self) -> Path:
        """The derived database."""
        return self.root / "node.db"

    @property
    def school_db(self) -> Path:
        """The database of the school's own data."""
        return self.root / "school.db"

    @property
    def school_backup(self) -> Path:
        """The copy of it that is made each day."""
        return self.root / "school-backup.db"

    @property
    def materials(self) -> Path:
        """The folder of the school's own materials."""
        return self.root / "materials"

    @property
    def choices(self) -> Path:
        """What people decided here."""
        return self.root / "choices.json"

    @property
    def opened(self) -> Path:
        """Which lessons were opened."""
        return self.root / "opened.json"

    @property
    def identity(self) -> Path:
        """The folder of the node's keys and credentials."""
        return self.root / "identity"

    @property
    def from_hub(self) -> Path:
        """The folder of what the hub said to this node, verified."""
        return self.root / "from-hub"

    @property
    def outbox(self) -> Path:
        """The folder of batches that the hub hasn't acknowledged."""
        return self.root / "outbox"

    @property
    def trust(self) -> Path:
        """The folder of verified TUF metadata."""
        return self.root / "trust"

    @property
    def store(self) -> Path:
        """The folder of verified files."""
        return self.root / "store"

    @property
    def incoming(self) -> Path:
        """The folder of files being assembled."""
        return self.root / "incoming"

    @property
    def manifests(self) -> Path:
        """The folder of verified manifests."""
        return self.root / "manifests"

    @property
    def layouts(self) -> Path:
        """The folder of verified layouts."""
        return self.root / "layouts"

    @property
    def deltas(self) -> Path:
        """The folder of deltas that were begun."""
        return self.root / "deltas"

    @property
    def run(self) -> Path:
        """The folder in which this box's system and Satchel say something to each other."""
        return self.root / "run"

    @property
    def lock(self) -> Path:
        """The file that is locked while a tick runs."""
        return self.root / "engine.lock"

    def store_path(self, digest: str) -> Path:
        """Return where the verified file with this digest lies, or would."""
        return self.store / digest[:2] / digest

    def manifest_path(self, digest: str) -> Path:
        """Return where the verified manifest with this digest lies, or would."""
        return self.manifests / f"{digest}.json"

    def layout_path(self, digest: str) -> Path:
        """Return where the verified layout with this digest lies, or would."""
        return self.layouts / f"{digest}.json"

    def delta_path(self, old: str, new: str) -> Path:
        """Return where the beginning of a delta lies, or would; the digests are manifests'."""
        return self.deltas / f"{old}-{new}.delta"

    def part_path(self, digest: str) -> Path:
        """Return where the file with this digest is assembled."""
        return self.incoming / f"{check_digest(digest, what='file')}{durable.TEMPORARY_SUFFIX}"

    def make(self) -> None:
        """Create the folders that are missing. Raises `StorageFailed`."""
        for folder in (
            self.trust, self.store, self.incoming, self.manifests, self.layouts, self.deltas,
            self.run,
        ):  # fmt: skip
            durable.make_folder(folder)

    def check_initialised(self) -> None:
        """Raise `UsageError` unless `sync-node init` was run here."""
        if not self.config.is_file():
            raise UsageError(
                f"{self.root}: not a node's data directory: it has no {self.config.name}",
                hint="Run `sync-node init`, or name another directory with --data.",
            )

    def stored_digests(self) -> Iterator[str]:
        """Yield the digest of every file in the store, by name; the bytes aren't looked at."""
        if not self.store.is_dir():
            return
        with os.scandir(self.store) as entries:
            folders = sorted(entry.name for entry in entries if entry.is_dir())
        for folder in folders:
            for name in sorted(os.listdir(self.store / folder)):  # noqa: PTH208  # 10 times as fast
                if len(name) == _DIGEST_CHARACTERS and name[:2] == folder:
                    yield name
