"""Signatures that near their expiry are made anew; what lapses is refused by clients."""

import threading
from pathlib import Path

import pytest
from tuf.api.exceptions import ExpiredMetadataError

from content_packs.errors import SatchelError
from hub.edition import read_edition
from hub.expiry import due, lifetime_of, share_left
from hub.hub import Hub
from hub.publishing import publish
from hub.releasing import Terms, release
from hub.renewing import Renewer, renew
from tests.hub.clients import Client, MovableClock, client_of, tree


@pytest.fixture
def client(hub: Hub, tmp_path: Path) -> Client:
    return client_of(hub.data.root, tmp_path / "client")


def test_nothing_is_due_at_first(hub: Hub, clock: MovableClock) -> None:
    before = tree(hub.data.repository)
    clock.go_on(days=14)
    assert renew(hub) == []
    assert tree(hub.data.repository) == before


def test_a_due_timestamp_is_signed_alone(hub: Hub, clock: MovableClock) -> None:
    before = tree(hub.data.repository)
    clock.go_on(days=16)
    assert renew(hub) == ["timestamp"]
    after = tree(hub.data.repository)
    assert {name for name in after if after[name] != before.get(name)} == {
        "metadata/timestamp.json"
    }


def test_clients_refuse_a_hub_that_was_off_too_long_and_take_it_back_once_it_is_on(
    hub: Hub, clock: MovableClock, client: Client, cpacks: dict[str, Path]
) -> None:
    publish(hub, cpacks["1"])
    release(hub, "demo", 1, "main", Terms())
    assert client.versions() == {"demo": 1}
    clock.go_on(days=800)
    client.now = clock()
    with pytest.raises(ExpiredMetadataError):
        client.offers()
    assert renew(hub) == ["c-main", "snapshot", "status", "timestamp"]
    assert client.versions() == {"demo": 1}


def test_over_nine_years_a_hub_that_renews_is_never_refused(
    hub: Hub, clock: MovableClock, client: Client
) -> None:
    for _ in range(9 * 365 // 30):
        clock.go_on(days=30)
        renew(hub)
        client.now = clock()
        assert client.offers() == []


def test_a_release_renews_what_is_due_besides(
    hub: Hub, clock: MovableClock, cpacks: dict[str, Path]
) -> None:
    publish(hub, cpacks["1"])
    clock.go_on(days=3 * 365)
    release(hub, "demo", 1, "main", Terms())
    assert due(read_edition(hub.data.metadata), clock()) == set()


def test_a_role_whose_key_is_offline_is_left_as_it_is(hub: Hub, clock: MovableClock) -> None:
    hub.keys.path("targets").unlink()
    clock.go_on(days=3 * 365)
    assert renew(hub) == ["c-main", "snapshot", "status", "timestamp"]
    assert read_edition(hub.data.metadata).targets.version == 1


def test_all_of_it_can_be_renewed_at_will(hub: Hub, client: Client) -> None:
    assert renew(hub, everything=True) == ["c-main", "snapshot", "status", "targets", "timestamp"]
    assert client.offers() == []


@pytest.mark.parametrize("role", ["targets", "snapshot", "timestamp", "c-main", "status"])
def test_a_role_is_due_in_the_middle_of_its_life(hub: Hub, clock: MovableClock, role: str) -> None:
    edition = read_edition(hub.data.metadata)
    expires = edition.roles()[role].expires
    assert share_left(role, expires, clock()) == pytest.approx(1)
    middle = expires - lifetime_of(role) / 2
    assert role not in due(edition, middle)
    clock.now = middle
    clock.go_on(seconds=1)
    assert role in due(edition, clock())


def test_a_renewer_renews_at_once_and_stops_when_told(hub: Hub, clock: MovableClock) -> None:
    clock.go_on(days=20)
    reported: list[SatchelError] = []
    renewer = Renewer(hub, reported.append, interval_seconds=0.01)
    renewer.start()
    while read_edition(hub.data.metadata).timestamp.version == 1:
        threading.Event().wait(0.01)
    renewer.stop()
    assert reported == []
    assert "renewer" not in {thread.name for thread in threading.enumerate()}


def test_a_renewer_reports_what_fails_and_tries_again(hub: Hub, clock: MovableClock) -> None:
    away = hub.keys.path("timestamp").rename(hub.data.root / "away.pem")
    clock.go_on(days=20)
    failed = threading.Event()
    renewer = Renewer(hub, lambda _error: failed.set(), interval_seconds=0.01)
    renewer.start()
    assert failed.wait(10)
    away.rename(hub.keys.path("timestamp"))
    while read_edition(hub.data.metadata).timestamp.version == 1:
        threading.Event().wait(0.01)
    renewer.stop()
