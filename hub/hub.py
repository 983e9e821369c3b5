"""An open hub: its data directory, configuration, keys, clock and database, handed to services."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from hub.clock import Clock
from hub.config import Config, read_config
from hub.data_dir import DataDir
from hub.database import Database
from hub.errors import Damaged, NotAHub
from hub.keys import KeyStore
from hub.lock import locked


@dataclass(frozen=True)
class Hub:
    """What a service needs to know of the hub it works on."""

    data: DataDir
    config: Config
    keys: KeyStore
    clock: Clock
    database: Database

    def locked(self, doing: str) -> AbstractContextManager[None]:
        """Hold the hub's lock for the length of the block. Raises `Busy`, `StorageFailed`."""
        wait = self.config.lock_wait_seconds
        return locked(self.data.lock, doing=doing, wait_seconds=wait)


def open_hub(root: Path, clock: Clock) -> Hub:
    """Return the hub in the data directory `root`, its database in its newest form.

    Raises `NotAHub`, `InvalidConfig`, `Damaged`, `StorageFailed`.
    """
    data = DataDir(root)
    if not data.config.is_file():
        raise NotAHub(f"{root}: there is no hub here", hint=f"Make one: hub init --data {root}")
    config = read_config(data.config)
    if not data.database.is_file():  # an empty one would let every version be made anew
        raise Damaged(
            f"{data.database}: is missing, and with it which versions were published",
            hint="Restore hub.db from a backup.",
        )
    hub = Hub(data, config, KeyStore(data.keys), clock, Database(data.database))
    hub.database.migrate(lambda: hub.locked("updating the database"))
    return hub
