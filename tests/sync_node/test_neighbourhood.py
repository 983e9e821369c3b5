"""Whom a node lets in goes by what the hub signed last, or it lets nobody in."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from content_packs import repository as places
from content_packs.digests import digest_of
from content_packs.protocol import StatusList, status_list_bytes
from sync_node.admission import NOBODY
from sync_node.config import SourceConfig
from sync_node.limits import PEER_TRUST_SECONDS
from sync_node.neighbourhood import Neighbourhood
from sync_node.node_reader import NodeReader
from sync_node.revocations import REVOKED
from tests.support.identities import Box, a_repository, enrolled
from tests.support.nodes import publish
from tests.support.protocol import OTHER_KEY, SERVICE_KEY, by_keyid, hub_keys
from tests.support.repositories import Repository
from tests.support.scripted_hub import ScriptedHub, scripted_hub

STOLEN = StatusList(number=1, revoked={"stolen": datetime(2026, 9, 1, tzinfo=UTC)})


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    found = a_repository(tmp_path / "repository", hub_keys=hub_keys())
    found.revoked = StatusList(number=0)
    found.offer("main", publish(found, tmp_path))
    return found


@pytest.fixture
def hub(repository: Repository) -> Iterator[ScriptedHub]:
    with scripted_hub(repository) as found:
        yield found


@pytest.fixture
def box(tmp_path: Path, hub: ScriptedHub) -> Box:
    found = Box(tmp_path / "node").initialise(hub.repository, SourceConfig(hub=hub.url))
    enrolled(found, hub).sync()
    return found


@pytest.fixture
def seconds() -> list[float]:
    return [0.0]


@pytest.fixture
def known(box: Box, seconds: list[float]) -> Neighbourhood:
    reader = NodeReader(box.data_dir)
    return Neighbourhood(box.data_dir, reader, monotonic=lambda: seconds[0])


def test_goes_by_the_hubs_keys_its_district_and_the_list(known: Neighbourhood) -> None:
    found = known.trusted()
    assert {*found.keys} == {*by_keyid(SERVICE_KEY)}
    assert (found.district, found.revoked) == ("east", StatusList(number=0))


def test_looks_again_after_seconds(
    known: Neighbourhood, box: Box, repository: Repository, seconds: list[float]
) -> None:
    known.trusted()
    repository.revoked = STOLEN
    repository.sign()
    box.sync()
    assert known.trusted().revoked == StatusList(number=0)
    seconds[0] += PEER_TRUST_SECONDS
    assert known.trusted().revoked == STOLEN


def test_who_holds_back_the_list_alone_keeps_no_thief_in(
    known: Neighbourhood, box: Box, repository: Repository
) -> None:
    repository.revoked = STOLEN
    repository.sign()
    path = repository.root / places.status_path(digest_of(status_list_bytes(STOLEN)))
    path.rename(path.with_suffix(".held-back"))
    assert "list of revoked nodes" in " ".join(box.sync().notes)
    assert known.trusted() == NOBODY
    path.with_suffix(".held-back").rename(path)
    box.sync()
    assert known.trusted() == NOBODY, "it looks every few seconds only"


@pytest.mark.parametrize("rotten", [b"", b"{", status_list_bytes(STOLEN)])
def test_a_list_that_rotted_lets_nobody_in(known: Neighbourhood, box: Box, rotten: bytes) -> None:
    (box.data_dir.from_hub / REVOKED).write_bytes(rotten)
    assert known.trusted() == NOBODY


def test_a_key_that_was_taken_back_counts_no_more(
    known: Neighbourhood, box: Box, repository: Repository, hub: ScriptedHub
) -> None:
    raw = OTHER_KEY.public_key().public_bytes_raw()
    repository.hub_keys = type(repository.hub_keys)({digest_of(raw): raw})
    repository.sign()
    hub.service = OTHER_KEY
    box.sync()
    assert {*known.trusted().keys} == {*by_keyid(OTHER_KEY)}


def test_a_box_without_a_database_or_a_credential_lets_nobody_in(
    known: Neighbourhood, box: Box, seconds: list[float]
) -> None:
    for path in box.data_dir.identity.glob("*/credential.json"):
        path.write_bytes(b"rotten")
    assert known.trusted() == NOBODY
    seconds[0] += PEER_TRUST_SECONDS
    for path in box.root.glob("node.db*"):
        path.write_bytes(b"rotten")
    assert known.trusted() == NOBODY
