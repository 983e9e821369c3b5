"""What a wrong clock or a stolen service key said of time counts no more once it is taken back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from content_packs import courier, signed_documents
from content_packs.hub_keys import HubKeys
from content_packs.protocol import Time
from sync_node import config, courier_visits
from sync_node.config import SourceConfig
from sync_node.database import using_database
from sync_node.syncing import box_clock
from tests.support.identities import Box, enrolled
from tests.support.nodes import publish
from tests.support.protocol import OTHER_KEY, SERVICE_KEY, raw_hex
from tests.support.repositories import Repository
from tests.support.scripted_hub import ScriptedHub

FAR = datetime(2040, 1, 1, tzinfo=UTC)


def trusted(box: Box) -> datetime:
    with using_database(box.data_dir):
        return box_clock(box.data_dir, lambda: datetime.now(UTC)).trusted()


def a_stick_says(box: Box, folder: Path, time: datetime) -> None:
    """Have a courier's disk bring a time that the service key signed."""
    document = signed_documents.sign("time", Time(time=time, node="qamdo-1"), SERVICE_KEY)
    (folder / courier.down_path("qamdo-1", "time")).parent.mkdir(parents=True)
    (folder / courier.down_path("qamdo-1", "time")).write_bytes(document)
    (folder / courier.MARK).write_bytes(courier.encode(courier.Courier()))
    found = config.read(box.data_dir)
    config.write(box.data_dir, msgspec.structs.replace(found, couriers=(str(folder),)))
    box.sync()
    config.write(box.data_dir, msgspec.structs.replace(found, couriers=()))


def an_answer_says(box: Box, hub: ScriptedHub, time: datetime) -> None:
    before, hub.now = hub.now, time
    box.sync()
    hub.now = before


@pytest.fixture
def node(box: Box, hub: ScriptedHub) -> Box:
    assert enrolled(box, hub).sync().outcome == "updated"
    return box


def test_a_fresh_answer_takes_back_what_a_stick_said_while_the_hubs_clock_was_wrong(
    node: Box, hub: ScriptedHub, repository: Repository, tmp_path: Path
) -> None:
    a_stick_says(node, tmp_path / "stick", FAR)
    assert trusted(node) >= FAR
    node.sync()
    assert abs(trusted(node) - hub.now) < timedelta(minutes=2)
    repository.offer("main", publish(repository, tmp_path, 1, version=2))
    assert node.sync().outcome == "updated", "it isn't cut off from its hub for 14 years"


def test_a_time_that_is_old_news_isnt_said_to_have_come(node: Box, tmp_path: Path) -> None:
    a_stick_says(node, tmp_path / "old", datetime(2026, 6, 1, tzinfo=UTC))
    assert courier_visits.read(node.data_dir)[0].taken == ()
    a_stick_says(node, tmp_path / "new", FAR)
    assert courier_visits.read(node.data_dir)[0].taken == ("time",)


@pytest.mark.parametrize("by", ["stick", "answer"])
def test_a_revoked_key_says_nothing_of_time_any_more(
    node: Box, hub: ScriptedHub, repository: Repository, tmp_path: Path, by: str
) -> None:
    says: dict[str, Callable[[], None]] = {
        "stick": lambda: a_stick_says(node, tmp_path / "stick", FAR),
        "answer": lambda: an_answer_says(node, hub, FAR),
    }
    says[by]()
    assert trusted(node) >= FAR
    revoke_service(repository, hub)
    repository.offer("main", publish(repository, tmp_path, 1, version=2))
    tick = node.sync()
    assert tick.outcome == "updated", tick.detail
    assert abs(trusted(node) - hub.now) < timedelta(minutes=2)


def test_a_revoked_key_says_nothing_of_time_where_only_sticks_come(
    node: Box, hub: ScriptedHub, repository: Repository, tmp_path: Path
) -> None:
    a_stick_says(node, tmp_path / "stick", FAR)
    revoke_service(repository, hub)
    copied = repository.copy_to(tmp_path / "copy")
    found = config.read(node.data_dir)
    sources = (SourceConfig(folder=str(copied)),)
    config.write(node.data_dir, msgspec.structs.replace(found, sources=sources))
    node.sync()
    assert trusted(node) < hub.now + timedelta(minutes=2)


def test_a_hub_that_is_held_back_cant_take_anything_back(
    node: Box, hub: ScriptedHub, repository: Repository
) -> None:
    an_answer_says(node, hub, FAR)
    hub.answers["check-ins"] = (503, "text/plain", b"")
    before = trusted(node)
    repository.sign()
    assert node.sync().trouble, "it has expired by the time that a key that counts has signed"
    assert trusted(node) >= before


def revoke_service(repository: Repository, hub: ScriptedHub) -> None:
    """Sign targets that name another service key alone."""
    before = repository.hub_keys
    repository.hub_keys = HubKeys(named(OTHER_KEY), before.seal, before.escrow)
    repository.sign()
    hub.service = OTHER_KEY


def named(key: Ed25519PrivateKey) -> dict[str, bytes]:
    return {signed_documents.public_keyid(key.public_key()): bytes.fromhex(raw_hex(key))}
