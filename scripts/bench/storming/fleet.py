"""A hub with many enrolled nodes: what thousands of claims would have left in its database.

    python -m scripts.bench.storming.fleet FOLDER NODES

A process of its own, so that what measures stays small. Keys are made from the nodes' numbers, so
that whoever signs for them needs no file.
"""

import hashlib
import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from content_packs.signed_documents import public_keyid
from hub.clock import in_words, system_clock
from hub.fleet import credentials
from hub.fleet.bringing_up import bring_up
from hub.fleet.tables import NodeKeyRow, NodeRow, SchoolRow
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.publishing import publish
from hub.releasing import Terms, release
from tests.support.packs import make_demo

DISTRICTS, TOWNSHIPS = 40, 60
ROWS_AT_ONCE = 500
VIDEO_BYTES = 24_000_000  # a bundle that ranges are asked of
CHANNEL = "county"


def key_of(number: int) -> Ed25519PrivateKey:
    """Return the key of a node."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"node %d" % number).digest())


def name_of(number: int) -> str:
    """Return the name of a school; its node is called `<school>-1`."""
    return f"school-{number:05}"


def township_of(number: int) -> str:
    """Return the township that a school is in."""
    return f"township-{number % TOWNSHIPS:02}"


def make(root: Path, nodes: int) -> None:
    """Make a hub that offers a pack to so many nodes."""
    initialise(root, CHANNEL, system_clock)
    hub = open_hub(root, system_clock)
    cpack = root.parent / "demo.cpack"
    make_demo(cpack, version=1, video_bytes=VIDEO_BYTES)
    publish(hub, cpack)
    release(hub, "demo", 1, CHANNEL, Terms())
    for first in range(0, nodes, ROWS_AT_ONCE):
        _enrol(hub, range(first, min(first + ROWS_AT_ONCE, nodes)))
    bring_up(hub)


def _enrol(hub: Hub, numbers: range) -> None:
    now = in_words(datetime.now(UTC))
    with hub.database.writing():
        for number in numbers:
            school, node = name_of(number), f"{name_of(number)}-1"
            district = f"district-{number % DISTRICTS:02}"
            SchoolRow.create(
                force_insert=True, school=school, district=district, added_at=now,
                township=township_of(number), title=f"Primary School {number}",
            )  # fmt: skip
            row = NodeRow.create(force_insert=True, node=node, school=school, added_at=now)
            public = key_of(number).public_key()
            key = NodeKeyRow.create(
                force_insert=True,
                keyid=public_keyid(public),
                node=node,
                public=public.public_bytes_raw().hex(),
                state="pending",
                code=f"{number:064x}",
                nonce="00" * 16,
                model="Raspberry Pi 5",
                serial_number=str(number),
                software="0.1.0",
                origin="",
                claimed_at=now,
            )
            credentials.issue(hub, row, key)


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
