"""What a node has sealed for its hub stays until the hub says that it has just that."""

from datetime import timedelta
from pathlib import Path

import pytest

from content_packs import batches, reports
from content_packs.digests import digest_of
from content_packs.errors import Refused
from content_packs.hub_keys import HubKeys
from content_packs.messages import DIGEST_OF_NOTHING
from content_packs.protocol import Receipt
from sync_node import identity
from sync_node.data_dir import DataDir
from sync_node.identity import Identity
from sync_node.outbox import Outbox
from tests.support.identities import a_node, give_credential
from tests.support.protocol import NOON, SEAL_KEY, a_report, counting, hub_keys, seal_keyid

CONTENT = reports.encode_batch((a_report(),))
RANDOMNESS = counting()


@pytest.fixture
def who(tmp_path: Path) -> Identity:
    return a_node(DataDir(tmp_path))


@pytest.fixture
def box(tmp_path: Path, who: Identity) -> Outbox:
    return Outbox(DataDir(tmp_path), who)


def add(box: Outbox, receipt: Receipt | None = None) -> int:
    return box.add(CONTENT, "reports", hub_keys(), receipt=receipt, randomness=RANDOMNESS)


def receipt_for(who: Identity, box: Outbox, sequence: int, digest: str = "") -> Receipt:
    found = digest or digest_of(box.document(sequence))
    return Receipt(node="qamdo-1", keyid=who.keyid, sequence=sequence, digest=found, issued_at=NOON)


def test_batches_are_a_chain_that_the_hub_can_open(box: Outbox, who: Identity) -> None:
    assert [add(box) for _ in range(3)] == [1, 2, 3]
    documents = [box.document(number) for number in box.sequences()]
    keys = {who.keyid: who.private_key.public_key()}
    assert batches.verify_chain(documents, keys, node="qamdo-1") == box.end()
    batch = batches.read(documents[1], keys, node="qamdo-1")
    assert batches.content_of(batch, {seal_keyid(SEAL_KEY): SEAL_KEY}) == CONTENT


def test_a_restart_goes_on_with_the_chain(box: Outbox, who: Identity, tmp_path: Path) -> None:
    add(box)
    assert Outbox(DataDir(tmp_path), who).end() == box.end()
    assert add(Outbox(DataDir(tmp_path), who)) == 2


def test_a_receipt_deletes_what_it_covers_but_the_chains_end(box: Outbox, who: Identity) -> None:
    for _ in range(4):
        add(box)
    assert box.settle(receipt_for(who, box, 3)) == 3
    assert box.sequences() == [4]
    last = receipt_for(who, box, 4)
    assert box.settle(last) == 0
    assert box.sequences() == [4]
    assert box.waiting(last) == []
    assert add(box, last) == 5
    assert box.settle(receipt_for(who, box, 5)) == 1


def test_a_receipt_for_other_bytes_deletes_nothing(box: Outbox, who: Identity) -> None:
    add(box)
    add(box)
    with pytest.raises(Refused, match="another batch 1"):
        box.settle(receipt_for(who, box, 1, "ab" * 32))
    assert box.sequences() == [1, 2]


def test_no_receipt_deletes_nothing(box: Outbox, who: Identity) -> None:
    add(box)
    assert box.settle(None) == 0
    nothing = receipt_for(who, box, 0, DIGEST_OF_NOTHING)
    assert box.settle(nothing) == 0
    assert box.waiting(nothing) == [1]


def test_where_the_hub_has_more_than_this_box_no_batch_is_made(box: Outbox, who: Identity) -> None:
    """A card that was restored from a copy: to go on would be a fork."""
    add(box)
    ahead = receipt_for(who, box, 7, "ab" * 32)
    with pytest.raises(Refused, match="up to 7") as caught:
        add(box, ahead)
    assert "--again" in caught.value.hint
    assert box.sequences() == [1]


def test_nothing_is_sealed_to_nobody(box: Outbox) -> None:
    with pytest.raises(Refused):
        box.add(CONTENT, "reports", HubKeys(), receipt=None, randomness=RANDOMNESS)
    assert box.sequences() == []


def test_it_is_bounded(who: Identity, tmp_path: Path) -> None:
    box = Outbox(DataDir(tmp_path), who, batches_max=2)
    add(box)
    assert not box.is_full
    add(box)
    assert box.is_full


def test_another_key_begins_another_chain(box: Outbox, tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    add(box)
    new = identity.ensured(data_dir, another=True)
    give_credential(new, at=NOON + timedelta(days=1))
    now = identity.current(data_dir)
    assert now
    assert now.keyid == new.keyid
    assert add(Outbox(data_dir, now)) == 1
    assert box.sequences() == [1]
