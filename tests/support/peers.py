"""Nodes of one district as neighbours: identities, a node's site for peers, and scripted peers."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import waitress
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask

from content_packs import durable, key_files, signed_documents
from content_packs.errors import Missing
from content_packs.protocol import Credential, StatusList
from content_packs.signed_documents import public_keyid
from sync_node import identity
from sync_node.admission import Admission, Trusted, is_own_address
from sync_node.courtesy import Courtesy
from sync_node.data_dir import DataDir
from sync_node.hub_calls import Signer
from sync_node.lan import peers
from sync_node.offering import Offering
from sync_node.peer_address import Peer
from sync_node.peer_places import PREFIX
from sync_node.peer_source import Asking, peer_source
from sync_node.retrying_source import RetryingSource
from tests.support.protocol import SERVICE_KEY, by_keyid, raw_hex
from tests.support.repository_server import RepositoryServer

SPEED = 50  # times as fast as the clock
ISSUED = datetime(2026, 5, 1, tzinfo=UTC)


def fast() -> float:
    return time.monotonic() * SPEED


def key_of(node: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(node.encode().ljust(32, b".")[:32])


def credential_of(
    node: str, *, district: str = "east", by: Ed25519PrivateKey = SERVICE_KEY
) -> bytes:
    found = Credential(
        node=node,
        school=f"school-of-{node}",
        district=district,
        key=raw_hex(key_of(node)),
        serial=1,
        issued_at=ISSUED,
    )
    return signed_documents.sign("credential", found, by)


def enrol(data_dir: DataDir, node: str, *, district: str = "east") -> None:
    """Make a box the node `node`, as if a claim had been answered."""
    key = key_of(node)
    folder = data_dir.identity / public_keyid(key.public_key())
    durable.make_folder(data_dir.identity, mode=0o700)
    durable.make_folder(folder, mode=0o700)
    key_files.write_private(folder / identity.KEY, key, None)
    durable.write(folder / identity.CREDENTIAL, credential_of(node, district=district))


def asking(
    node: str,
    *,
    district: str = "east",
    by: Ed25519PrivateKey = SERVICE_KEY,
    key: Ed25519PrivateKey | None = None,
) -> Asking:
    """What signs requests as a node; `key`: with another one than its credential names."""
    numbers = itertools.count(1)
    signer = Signer(key or key_of(node), lambda: next(numbers), lambda: 0)
    return Asking(signer, credential_of(node, district=district, by=by))


def trusted(*, revoked: StatusList | None = None, district: str = "east") -> Trusted:
    return Trusted(by_keyid(SERVICE_KEY), district, revoked)


def peers_of(data_dir: DataDir, going_by: Trusted, courtesy: Courtesy | None = None) -> peers.Peers:
    """What a site needs to serve neighbours; the log is a list, its attribute `lines`."""
    return peers.Peers(
        Offering(data_dir),
        Admission(lambda: going_by, is_own_address),
        courtesy or Courtesy(monotonic=time.monotonic, sleep=time.sleep),
        lambda _: None,
    )


def site_of(data_dir: DataDir, going_by: Trusted, courtesy: Courtesy | None = None) -> Flask:
    """The part of a node's site that serves neighbours."""
    app = Flask("peers", static_folder=None)
    peers.set_up(app, peers_of(data_dir, going_by, courtesy))
    return app


@contextmanager
def neighbour(
    data_dir: DataDir, going_by: Trusted | None = None, courtesy: Courtesy | None = None
) -> Iterator[str]:
    """A node's site for peers behind the node's web server; gives its address."""
    app = site_of(data_dir, going_by or trusted(), courtesy)
    connections: dict[int, Any] = {}
    server = waitress.create_server(
        app, map=connections, host="127.0.0.1", port=0, threads=8, ident=None
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"127.0.0.1:{server.effective_port}"
    finally:
        server.trigger.pull_trigger(lambda: waitress.wasyncore.close_all(connections))
        thread.join(10)
        assert not thread.is_alive()


def scripted(server: RepositoryServer, data_dir: DataDir) -> Peer:
    """Let a server that misbehaves give what a node offers; return it as a peer."""
    offering = Offering(data_dir)

    def content(path: str) -> bytes | None:
        try:
            found = offering.find(f"/{path}".removeprefix(PREFIX))
        except Missing:
            return None
        return b"".join(found.pieces(0, found.size))

    server.content = content
    return Peer(urlsplit(server.url).netloc)


def source_of(peer: Peer, *, node: str = "asker", quick: bool = True) -> RetryingSource:
    """A peer as a source; `quick`: time passes fifty times as fast."""
    if not quick:
        return peer_source(peer, asking(node))
    return peer_source(
        peer,
        asking(node),
        monotonic=fast,
        read_seconds=0.3,
        sleep=lambda seconds: time.sleep(seconds / SPEED),
        random=lambda: 0.0,
    )
