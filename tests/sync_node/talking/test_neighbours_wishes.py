"""A box that reaches no hub hears from its neighbours what its group is to hold."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from content_packs import signed_documents
from content_packs.desired_state import DesiredState
from content_packs.messages import to_second
from sync_node import state
from sync_node.config import SourceConfig
from sync_node.database import using_database
from sync_node.held_documents import DESIRED_STATE
from sync_node.peer_address import Peer
from sync_node.syncing import sync_once
from sync_node.ticks import Tick
from tests.support.identities import Box, enrolled
from tests.support.peers import neighbour
from tests.support.protocol import OTHER_KEY
from tests.support.scripted_hub import JSON, ScriptedHub

DOWN = (503, JSON, b"")


def of_group(number: int, time_zone: str = "+08:00") -> DesiredState:
    issued_at = to_second(datetime.now(UTC))
    return DesiredState(number=number, issued_at=issued_at, group="pilot", time_zone=time_zone)


@pytest.fixture
def address(box: Box, hub: ScriptedHub) -> Iterator[str]:
    """The neighbour: the first box, which the hub told what its group is to hold."""
    enrolled(box, hub)
    hub.desired = of_group(7)
    box.sync()
    with neighbour(box.data_dir) as found:
        yield found


@pytest.fixture
def second(tmp_path: Path, hub: ScriptedHub, address: str) -> Box:  # noqa: ARG001  # comes after it
    found = Box(tmp_path / "second").initialise(hub.repository, SourceConfig(hub=hub.url))
    hub.node, hub.credential = "qamdo-2", None
    return enrolled(found, hub)


def sync(box: Box, address: str) -> Tick:
    return sync_once(box.data_dir, peers=[Peer(address)])


def test_what_the_group_is_to_hold_comes_from_a_neighbour(
    second: Box, address: str, hub: ScriptedHub
) -> None:
    hub.answers["check-ins"] = DOWN
    assert sync(second, address).notes == []
    assert second.standing().desired_state == 7
    assert sync(second, address).notes == []


def test_who_has_just_heard_its_hub_asks_nobody_else(
    second: Box, address: str, hub: ScriptedHub
) -> None:
    hub.desired = None
    second.sync()
    hub.answers["check-ins"] = DOWN
    sync(second, address)
    assert second.standing().desired_state == 0


def test_an_older_one_changes_nothing(second: Box, address: str, hub: ScriptedHub) -> None:
    hub.desired = of_group(8, "+07:00")
    second.sync()
    forget_check_in(second)
    hub.answers["check-ins"] = DOWN
    sync(second, address)
    assert second.standing().desired_state == 8


def test_one_for_the_node_itself_isnt_replaced(second: Box, address: str, hub: ScriptedHub) -> None:
    hub.desired = DesiredState(number=3, issued_at=to_second(datetime.now(UTC)), node="qamdo-2")
    second.sync()
    forget_check_in(second)
    hub.answers["check-ins"] = DOWN
    sync(second, address)
    assert second.standing().desired_state == 3


def test_one_that_the_hub_didnt_sign_is_refused(
    second: Box, box: Box, address: str, hub: ScriptedHub
) -> None:
    document = signed_documents.sign("desired-state", of_group(9), OTHER_KEY)
    (box.data_dir.from_hub / DESIRED_STATE).write_bytes(document)
    hub.answers["check-ins"] = DOWN
    tick = sync(second, address)
    assert any(note.startswith("peer ") for note in tick.notes)
    assert second.standing().desired_state == 0


def forget_check_in(box: Box) -> None:
    with using_database(box.data_dir):
        state.remember_check_in("")
