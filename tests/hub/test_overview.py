"""What a hub says of itself, and what it warns of."""

from pathlib import Path

import pytest

from hub.edition import read_edition
from hub.hub import Hub
from hub.keys import ROOT_NAMES
from hub.overview import overview, packs
from hub.publishing import publish
from hub.releasing import Terms, release, withdraw
from hub.versions import mark_withdrawn
from tests.hub.clients import MovableClock


def _root_keys_away(hub: Hub) -> None:
    for name in ROOT_NAMES:
        hub.keys.path(name).unlink()


def test_a_hub_in_order_warns_of_nothing(hub: Hub, cpacks: dict[str, Path]) -> None:
    _root_keys_away(hub)
    publish(hub, cpacks["1"])
    release(hub, "demo", 1, "main", Terms())
    found = overview(hub)
    assert found.warnings == ()
    assert [(channel.channel, len(channel.offers)) for channel in found.channels] == [("main", 1)]
    assert {view.role: view.key_here for view in found.signatures} == {
        "root": False, "timestamp": True, "snapshot": True, "targets": True, "c-main": True,
        "status": True,
    }  # fmt: skip
    size = sum(path.stat().st_size for path in hub.data.repository.rglob("*") if path.is_file())
    assert found.repository_bytes == size


def test_root_keys_on_this_machine_are_warned_of(hub: Hub) -> None:
    (warning,) = overview(hub).warnings
    assert "root keys are still on this machine" in warning
    assert str(hub.keys.path("root-2")) in warning


def test_what_expires_is_warned_of(hub: Hub, clock: MovableClock) -> None:
    _root_keys_away(hub)
    clock.go_on(days=23)
    assert overview(hub).warnings == (
        "the signature of timestamp expires on 2026-01-31T08:00:00Z: run: hub refresh",
    )
    clock.go_on(days=8)
    assert overview(hub).warnings == (
        "the signature of timestamp expired on 2026-01-31T08:00:00Z: run: hub refresh",
    )
    clock.go_on(days=365 * 8)
    assert any("root expires" in warning for warning in overview(hub).warnings)


def test_a_key_that_others_can_read_is_warned_of(hub: Hub) -> None:
    _root_keys_away(hub)
    hub.keys.path("snapshot").chmod(0o644)
    (warning,) = overview(hub).warnings
    assert "snapshot.pem: chmod 600" in warning


@pytest.mark.hub_db
def test_a_database_that_others_can_read_is_warned_of(hub: Hub) -> None:
    """It has the reports of nodes, and the addresses of who asked."""
    _root_keys_away(hub)
    assert hub.data.database.stat().st_mode & 0o077 == 0
    hub.data.database.chmod(0o644)
    (warning,) = overview(hub).warnings
    assert "hub.db: chmod 600" in warning


def test_a_withdrawn_version_on_offer_is_warned_of(hub: Hub, cpacks: dict[str, Path]) -> None:
    _root_keys_away(hub)
    publish(hub, cpacks["1"])
    release(hub, "demo", 1, "main", Terms())
    mark_withdrawn(hub, "demo", 1, "2026-01-01T08:00:00Z")  # as an older repository put back has it
    (warning,) = overview(hub).warnings
    assert "main offers demo 1, which was withdrawn" in warning


def test_the_version_to_speak_of_is_the_newest_on_offer(hub: Hub, cpacks: dict[str, Path]) -> None:
    publish(hub, cpacks["1"])
    publish(hub, cpacks["2"])
    release(hub, "demo", 1, "main", Terms())
    (view,) = packs(hub, read_edition(hub.data.metadata))
    assert (view.shown.version, view.offered) == (1, {"main": 1})
    withdraw(hub, "demo", 1)
    (view,) = packs(hub, read_edition(hub.data.metadata))
    assert (view.shown.version, view.offered) == (2, {})


def test_a_lost_key_that_is_needed_every_day_is_warned_of(hub: Hub) -> None:
    _root_keys_away(hub)
    hub.keys.path("timestamp").unlink()
    hub.keys.path("targets").unlink()  # may be offline
    (warning,) = overview(hub).warnings
    assert "the key timestamp isn't here" in warning
    assert "hub keys rotate timestamp" in warning
