"""Editions: no number twice, nothing in force before the timestamp, nothing built on lies."""

from pathlib import Path

import pytest

from content_packs.repository import SIGNED_AT
from hub.edition import read_edition
from hub.errors import ClockBehind, Damaged, KeyAbsent
from hub.hub import Hub
from hub.publishing import publish
from hub.releasing import Terms, release
from hub.renewing import renew
from hub.signing import Signing
from tests.hub.clients import MovableClock, client_of, tree


def test_the_old_edition_is_in_force_until_the_timestamp_is_written(
    hub: Hub, cpacks: dict[str, Path], tmp_path: Path
) -> None:
    publish(hub, cpacks["1"])
    timestamp = hub.data.metadata / "timestamp.json"
    old = timestamp.read_bytes()
    release(hub, "demo", 1, "main", Terms())
    timestamp.write_bytes(old)  # as if cut off just before
    client = client_of(hub.data.root, tmp_path / "client")
    assert client.versions() == {}
    release(hub, "demo", 1, "main", Terms())
    assert client.versions() == {"demo": 1}


def test_nothing_goes_back_for_a_node_that_saw_what_a_power_cut_took_back(
    hub: Hub, cpacks: dict[str, Path], tmp_path: Path
) -> None:
    """The rename of timestamp.json was seen, and wasn't durable yet."""
    publish(hub, cpacks["1"])
    publish(hub, cpacks["2"])
    timestamp = hub.data.metadata / "timestamp.json"
    old = timestamp.read_bytes()
    release(hub, "demo", 1, "main", Terms())
    client = client_of(hub.data.root, tmp_path / "client")
    assert client.versions() == {"demo": 1}
    timestamp.write_bytes(old)
    assert {"c-main", "snapshot"} <= set(renew(hub)), "as `hub serve` does when it starts"
    assert client.versions() == {}, "the release was never acknowledged"
    assert renew(hub) == []
    release(hub, "demo", 2, "main", Terms())
    assert client.versions() == {"demo": 2}


def test_a_release_counts_past_a_renewal_that_a_power_cut_took_back(
    hub: Hub, cpacks: dict[str, Path], clock: MovableClock, tmp_path: Path
) -> None:
    publish(hub, cpacks["1"])
    timestamp = hub.data.metadata / "timestamp.json"
    old = timestamp.read_bytes()
    clock.go_on(days=20)
    assert renew(hub) == ["timestamp"]
    client = client_of(hub.data.root, tmp_path / "client")
    assert client.versions() == {}
    timestamp.write_bytes(old)
    release(hub, "demo", 1, "main", Terms())
    assert client.versions() == {"demo": 1}


def test_a_name_once_written_never_gets_other_bytes(hub: Hub, cpacks: dict[str, Path]) -> None:
    publish(hub, cpacks["1"])
    publish(hub, cpacks["2"])
    timestamp = hub.data.metadata / "timestamp.json"
    old = timestamp.read_bytes()
    seen: dict[str, bytes] = {}
    for version in (1, 2):
        timestamp.write_bytes(old)
        release(hub, "demo", version, "main", Terms())
        for name, data in tree(hub.data.metadata).items():
            if name != "timestamp.json":
                assert seen.setdefault(name, data) == data, f"{name} changed"


def test_the_timestamp_says_when_it_was_signed(hub: Hub, clock: MovableClock) -> None:
    assert read_edition(hub.data.metadata).timestamp.unrecognized_fields[SIGNED_AT] == (
        "2026-01-01T08:00:00Z"
    )
    clock.go_on(days=20)
    renew(hub)
    assert read_edition(hub.data.metadata).timestamp.unrecognized_fields[SIGNED_AT] == (
        "2026-01-21T08:00:00Z"
    )


@pytest.mark.parametrize(
    "name", ["timestamp.json", "1.snapshot.json", "1.targets.json", "1.c-main.json", "1.root.json"]
)
def test_the_hub_signs_nothing_on_top_of_what_it_cannot_verify(
    hub: Hub, cpacks: dict[str, Path], name: str
) -> None:
    publish(hub, cpacks["1"])
    path = hub.data.metadata / name
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":9'))
    before = tree(hub.data.repository)
    with pytest.raises(Damaged, match=name) as refused:
        release(hub, "demo", 1, "main", Terms())
    assert "backup" in refused.value.hint
    assert tree(hub.data.repository) == before


@pytest.mark.parametrize("name", ["timestamp.json", "1.snapshot.json", "1.c-main.json"])
def test_lost_metadata_is_named(hub: Hub, name: str) -> None:
    (hub.data.metadata / name).unlink()
    with pytest.raises(Damaged, match=name):
        read_edition(hub.data.metadata)


def test_without_its_keys_nothing_is_written(hub: Hub, cpacks: dict[str, Path]) -> None:
    publish(hub, cpacks["1"])
    before = tree(hub.data.repository)
    for name in ("timestamp", "snapshot", "c-main"):
        away = hub.keys.path(name).rename(hub.data.root / "away.pem")
        with pytest.raises(KeyAbsent, match=f"the key '{name}' isn't here"):
            release(hub, "demo", 1, "main", Terms())
        away.rename(hub.keys.path(name))
    assert tree(hub.data.repository) == before


def test_a_clock_that_fell_back_signs_nothing(
    hub: Hub, cpacks: dict[str, Path], clock: MovableClock
) -> None:
    publish(hub, cpacks["1"])
    before = tree(hub.data.repository)
    clock.go_on(days=-365 * 20)
    with pytest.raises(ClockBehind, match=r"2006-01-06T08:00:00Z.* on 2026-01-01T08:00:00Z"):
        release(hub, "demo", 1, "main", Terms())
    assert tree(hub.data.repository) == before


def test_a_clock_that_was_set_back_a_little_is_fine(hub: Hub, clock: MovableClock) -> None:
    clock.go_on(minutes=-2)
    edition = read_edition(hub.data.metadata)
    signing = Signing(hub.data.metadata, hub.keys, clock())
    assert signing.commit(edition, {}).timestamp.version == edition.timestamp.version + 1


def test_half_written_metadata_of_a_cut_is_tidied_away(hub: Hub) -> None:
    left = hub.data.metadata / "9.c-main.json.part"
    left.write_bytes(b'{"signatures":')
    renew(hub, everything=True)
    assert not left.exists()
