"""Where things lie in a hub's data directory.

```
hub.toml      configuration; its presence says that `hub init` finished
hub.db        packs, versions and what was released when (SQLite; -wal and -shm beside it)
keys/         private keys, 0600, encrypted: targets, snapshot, timestamp, c-<channel> ... (keys.py)
passphrase    that opens them, 0600, unless it comes from elsewhere (passphrases.py)
repository/   the static tree that nodes read; any web server can offer it as it is
incoming/     work under way; nothing in here is ever served, and none of it outlives its command
deed.json     what is being signed, and for whom, until it stands in the audit log (signed_deeds.py)
making/       deltas in the making; emptied by whoever makes the next
jobs/         what background jobs work on, a folder each (jobs.places); it goes with the job
cache/        content that was fetched from an S3 store; can be removed at any time
offered/      files that schools were asked for (school_requests.places); never served
figures/      what processes that answer have counted, while hub serve runs (monitoring.sharing)
memos/        what the pages of pack folders became: saves work, and can be removed at any time
lock          held by the command that is writing
deltas.lock   held by the command that is making a delta: others can write meanwhile
```
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DataDir:
    """The places in the data directory `root`."""

    root: Path

    @property
    def config(self) -> Path:
        """The configuration."""
        return self.root / "hub.toml"

    @property
    def database(self) -> Path:
        """The database."""
        return self.root / "hub.db"

    @property
    def keys(self) -> Path:
        """The folder of private keys."""
        return self.root / "keys"

    @property
    def passphrase(self) -> Path:
        """The passphrase that `init` makes where it is given none."""
        return self.root / "passphrase"

    @property
    def repository(self) -> Path:
        """The tree that nodes read."""
        return self.root / "repository"

    @property
    def metadata(self) -> Path:
        """The signed metadata in the repository."""
        return self.repository / "metadata"

    @property
    def incoming(self) -> Path:
        """The folder for work under way."""
        return self.root / "incoming"

    @property
    def deed(self) -> Path:
        """The file that says what is being signed, and for whom."""
        return self.root / "deed.json"

    @property
    def making(self) -> Path:
        """The folder of deltas in the making; who holds their lock empties it."""
        return self.root / "making"

    @property
    def memos(self) -> Path:
        """The folder of what pages became when they were built last."""
        return self.root / "memos"

    @property
    def lock(self) -> Path:
        """The file that a writing command holds locked."""
        return self.root / "lock"

    @property
    def deltas_lock(self) -> Path:
        """The file that a command making a delta holds locked."""
        return self.root / "deltas.lock"

    def place(self, path: str) -> Path:
        """Return where a place of the repository lies."""
        return self.repository.joinpath(*path.split("/"))
