"""What the engine's process does about neighbours: be found, and know who is there."""

import json
from collections.abc import Callable, Sequence

from content_packs import key_files
from content_packs.errors import InvalidContent, Missing, SatchelError
from content_packs.limits import METADATA_BYTES_MAX
from sync_node import config, identity
from sync_node.data_dir import DataDir
from sync_node.discovery import Advert, Discovery, own_interfaces
from sync_node.peer_address import Peer


class Lookout:
    """Keeps `discovery` at what node.toml and the credential say.

    `port`: where the site listens, 0 for nowhere.
    """

    def __init__(
        self,
        data_dir: DataDir,
        port: int,
        *,
        log: Callable[[str], None],
        discovery: Discovery | None = None,
    ) -> None:
        self._data_dir = data_dir
        self._port = port
        self._discovery = discovery or Discovery(own_interfaces, log)

    def peers(self) -> Sequence[Peer]:
        """Return the peers that are there; say anew what changed of this node."""
        try:
            wanted = config.read(self._data_dir).peers
            ours = identity.credential(self._data_dir)
        except SatchelError:
            return []  # the tick says so
        offers = wanted.offer and self._port > 0
        if ours is None or not wanted.find:
            self._discovery.close()
            return []
        edition = edition_number(self._data_dir)
        port = self._port if offers else 0
        self._discovery.say(Advert(ours.district, ours.node, edition, port))
        return self._discovery.peers()

    def close(self) -> None:
        """Say that this node goes."""
        self._discovery.close()


def edition_number(data_dir: DataDir) -> int:
    """Return the version of the timestamp that was verified last, 0 for none."""
    try:
        data = key_files.read_bounded(data_dir.trust / "timestamp.json", METADATA_BYTES_MAX)
        return int(json.loads(data)["signed"]["version"])
    except (Missing, InvalidContent, ValueError, KeyError, TypeError):
        return 0
