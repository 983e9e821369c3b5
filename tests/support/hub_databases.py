"""Where the hubs of a test keep their database: hub.db, or a PostgreSQL that runs for the tests."""

import shutil
from pathlib import Path

from hub.config import SQLITE, change, read_config
from hub.data_dir import DataDir
from hub.hub import Hub
from tests.support.postgresql import Server


class HubDatabases:
    """Makes and copies databases of one kind. `server`: where they are; None for hub.db."""

    def __init__(self, server: Server | None) -> None:
        self._server = server
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

    def copy_hub(self, root: Path, to: Path) -> Path:
        """Copy the data directory of a hub that nobody uses, with a database of its own."""
        shutil.copytree(root, to)
        if self._server is not None:
            config = DataDir(to).config
            address = read_config(config).database
            change(config, "database", self._kept(self._server.copy(address)))
        return to

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
