"""Where the hubs of a test keep what they have: files, or servers that run for the tests.

The database: hub.db, or a PostgreSQL. The content: the data directory, or an S3 server.
"""

import shutil
from pathlib import Path

from hub.clock import Clock
from hub.config import SQLITE, change, read_config
from hub.data_dir import DataDir
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.objects.opening import objects_of
from tests.support.postgresql import Server
from tests.support.s3_server import S3Server


class HubDatabases:
    """Makes and copies databases and content of one kind.

    `server`: where databases are; None for hub.db. `store`: where content is; None for the folder.
    """

    def __init__(self, server: Server | None, store: S3Server | None = None) -> None:
        self._server, self._store = server, store
        self._made: list[str] = []

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""
        return SQLITE if self._server is None else "postgresql"

    def new(self) -> str:
        """Return where a new hub's database is to be, as hub.toml says it."""
        if self._server is None:
            return SQLITE
        return self._kept(self._server.new())

    def make_hub(self, root: Path, clock: Clock) -> Hub:
        """Make a hub with the channel `main`, its database and content where these are."""
        initialise(root, "main", clock, database=self.new())
        self.place_content(root)
        return open_hub(root, clock)

    def copy_hub(self, root: Path, to: Path) -> Path:
        """Copy a hub that nobody uses: its data directory, with database and content of its own."""
        shutil.copytree(root, to, ignore=shutil.ignore_patterns("cache"))
        self.place_content(to)
        if self._server is not None:
            config = DataDir(to).config
            address = read_config(config).database
            change(config, database=self._kept(self._server.copy(address)))
        return to

    def place_content(self, root: Path) -> None:
        """Give a hub's content a place of its own in the store, where there is one."""
        if self._store is None:
            return
        data = DataDir(root)
        now = read_config(data.config)
        change(data.config, objects_endpoint=self._store.address, objects=self._store.new())
        here, there = (objects_of(data, config) for config in (now, read_config(data.config)))
        for one in here.list():
            if not one.place.startswith("metadata/"):
                with here.open(one.place, 0, one.size) as whole:
                    there.put(one.place, whole.read())
        there.publish()
        for path in data.repository.iterdir():
            if path != data.metadata:
                shutil.rmtree(path)

    def keep(self, hub: Hub) -> object:
        """Return the state of a hub's database, to go `back` to; nobody uses it just now."""
        hub.database.close()
        if self._server is not None:
            return self._kept(self._server.copy(hub.config.database))
        return {path.name: path.read_bytes() for path in hub.data.root.glob("hub.db*")}

    def back(self, hub: Hub, kept: object) -> None:
        """Bring a hub's database back to what was kept, as a backup does."""
        hub.database.close()
        if isinstance(kept, str):
            assert self._server is not None
            self._server.replace(hub.config.database, kept)
            return
        assert isinstance(kept, dict)
        for path in hub.data.root.glob("hub.db*"):
            path.unlink()
        for name, data in kept.items():
            (hub.data.root / name).write_bytes(data)

    def cut(self, hub: Hub) -> None:
        """End the connections to a hub's database, as a server that begins anew does."""
        if self._server is not None:
            self._server.cut(hub.config.database)

    def drop(self) -> None:
        """Remove what was made."""
        if self._server is not None:
            for address in self._made:
                self._server.drop(address)
        self._made.clear()

    def _kept(self, address: str) -> str:
        self._made.append(address)
        return address
