"""The peers that a tick asks: those that node.toml names, and those that were found.

Only a node that is enrolled asks any: it signs by its key and shows its credential.
"""

import time
from collections.abc import Callable, Iterable, Mapping

from content_packs import key_files
from content_packs.errors import InvalidContent, Missing
from content_packs.limits import DOCUMENT_BYTES_MAX
from sync_node import identity
from sync_node.box_clock import BoxClock
from sync_node.config import PeersConfig
from sync_node.data_dir import DataDir
from sync_node.hub_calls import Signer
from sync_node.identity import Identity, Sequence
from sync_node.limits import PEERS_MAX
from sync_node.link import UNKNOWN, LinkObservation
from sync_node.peer_address import Peer
from sync_node.peer_source import Asking, peer_source
from sync_node.source import Source


def peer_sources(  # noqa: PLR0913  # what is outside comes in as parameters
    data_dir: DataDir,
    config: PeersConfig,
    found: Iterable[Peer],
    clock: BoxClock,
    *,
    observed: Mapping[str, LinkObservation],
    sleep: Callable[[float], None] = time.sleep,
) -> list[Source]:
    """Return the peers to ask, those that are named first; none before this box is a node.

    Raises `StorageFailed`.
    """
    who = _who(data_dir)
    if who is None:
        return []
    sequence = Sequence(who, trusted=clock.trusted)
    signer = Signer(who.private_key, sequence.take, lambda: int(clock.now().timestamp()))
    try:
        credential = key_files.read_bounded(who.credential_path, DOCUMENT_BYTES_MAX)
    except (Missing, InvalidContent):
        return []  # it rotted just now
    asking = Asking(signer, credential)
    by_address = {peer.address: peer for peer in reversed([*map(Peer, config.named), *found])}
    peers = list(reversed(by_address.values()))[:PEERS_MAX]
    return [
        peer_source(peer, asking, observed=observed.get(peer.name, UNKNOWN), sleep=sleep)
        for peer in peers
    ]


def _who(data_dir: DataDir) -> Identity | None:
    try:
        return identity.current(data_dir)
    except InvalidContent:
        return None  # `check` and the check-in say so
