"""An open hub: its data directory, configuration, keys, clock and database, handed to services."""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from hub import database_password
from hub.clock import Clock
from hub.config import SQLITE, Config, read_config
from hub.data_dir import DataDir
from hub.database import Database
from hub.engines import Postgresql
from hub.errors import Damaged, NotAHub
from hub.keys import KeyStore
from hub.lock import locked
from hub.objects.interface import Objects
from hub.objects.opening import objects_of
from hub.passphrases import Passphrases


@dataclass(frozen=True)
class Hub:
    """What a service needs to know of the hub it works on."""

    data: DataDir
    config: Config
    keys: KeyStore
    clock: Clock
    database: Database
    passphrases: Passphrases
    objects: Objects

    def locked(self, doing: str) -> AbstractContextManager[None]:
        """Hold the hub's lock for the length of the block. Raises `Busy`, `StorageFailed`."""
        wait = self.config.lock_wait_seconds
        return locked(self.data.lock, doing=doing, wait_seconds=wait)


def passphrases(
    data: DataDir, named: Path | None, environment: Mapping[str, str] | None = None
) -> Passphrases:
    """Return where the passphrase of a hub's keys is looked for."""
    return Passphrases(named, os.environ if environment is None else environment, data.passphrase)


def database_of(
    data: DataDir, config: Config, environment: Mapping[str, str] | None = None
) -> Database:
    """Return the database that a hub's configuration names, in whatever form it is.

    Raises `Damaged` where hub.db is missing.
    """
    if config.database == SQLITE:
        if not data.database.is_file():  # an empty one would let every version be made anew
            raise Damaged(
                f"{data.database}: is missing, and with it which versions were published",
                hint="Restore hub.db from a backup.",
            )
        return Database(data.database)
    named = Path(config.database_password_file) if config.database_password_file else None
    places = os.environ if environment is None else environment
    return Database(Postgresql(config.database, lambda: database_password.find(named, places)))


def open_hub(root: Path, clock: Clock, *, passphrase_file: Path | None = None) -> Hub:
    """Return the hub in the data directory `root`, its database in its newest form.

    `passphrase_file` goes before the one in the configuration.

    Raises `NotAHub`, `InvalidConfig`, `Damaged`, `StorageFailed`.
    """
    data = DataDir(root)
    if not data.config.is_file():
        raise NotAHub(f"{root}: there is no hub here", hint=f"Make one: hub init --data {root}")
    config = read_config(data.config)
    database = database_of(data, config)
    named = passphrase_file or (Path(config.passphrase_file) if config.passphrase_file else None)
    places = passphrases(data, named)
    keys = KeyStore(data.keys, passphrase=places.find)
    hub = Hub(data, config, keys, clock, database, places, objects_of(data, config))
    hub.database.migrate(lambda: hub.locked("updating the database"))
    return hub
