"""kill -9 in deeds that sign lists, change keys, or remove content: the audit log has each once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from content_packs import key_files
from hub import taking_over
from hub.clock import system_clock
from hub.edition import read_edition
from hub.fleet import audit, nodes, status_lists
from hub.fleet.audit import Event
from hub.hub import Hub, open_hub
from hub.keyring.drafts import NOTHING
from hub.keyring.offline import sign_draft
from hub.keyring.rotating import export_unsigned, rotate
from hub.keys import next_of
from hub.people.actor import of_this_machine
from hub.publishing import publish
from hub.releasing import Terms, release
from hub.settling import changing
from hub.versions import dropped_versions
from tests.hub.clients import MovableClock
from tests.hub.fleet.boxes import a_school
from tests.hub.test_kills import STRACE, assert_in_the_log, killed, moments
from tests.support.hub_databases import HubDatabases
from tests.support.packs import make_demo

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace is not installed")

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
VERSIONS = 7


@pytest.fixture
def root(prepared: Path, tmp_path: Path, databases: HubDatabases) -> Path:
    return databases.copy_hub(prepared, tmp_path / "hub")


def settled(root: Path) -> Hub:
    """Return the hub once a command has changed something after the cut."""
    hub = open_hub(root, system_clock)
    with changing(hub, "looking"):
        pass
    return hub


def lines(hub: Hub, event: Event) -> list[str]:
    return [line.reason for line in audit.entries(hub, event=event, most=100)]


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases) -> Path:
    """A hub with versions that nothing needs any more. Copy, don't use."""
    folder = tmp_path_factory.mktemp("aged")
    clock = MovableClock(LONG_AGO)
    hub = lasting_databases.make_hub(folder / "hub", clock)
    for version in range(1, VERSIONS + 1):
        made = folder / "x.cpack"
        make_demo(made, version=version, video_bytes=10_000, seeds={"two": version})
        publish(hub, made)
    release(hub, "demo", VERSIONS, "main", Terms())
    return folder / "hub"


@pytest.mark.parametrize(
    ("kind", "number"),
    moments(
        {"unlink": 12, "database": 44},
        ("unlink", 1), ("database", 10),
    ),
)  # fmt: skip
def test_a_retention_that_is_killed(
    aged: Path, tmp_path: Path, databases: HubDatabases, kind: str, number: int
) -> None:
    root = databases.copy_hub(aged, tmp_path / "old")
    killed(kind, number, "retention", "--data", str(root))
    hub = open_hub(root, system_clock)
    gone = {f"{one.pack} {one.version}" for one in dropped_versions(hub)}
    assert [set(said.split(", ")) for said in lines(hub, "retention-done")] == [gone] * bool(gone)


@pytest.mark.parametrize(
    ("kind", "number"),
    moments(
        {"rename": 6, "fsync": 12, "unlink": 14},
        ("rename", 4), ("fsync", 11),
    ),
)  # fmt: skip
def test_a_list_of_revoked_boxes_whose_signing_is_killed(
    root: Path, kind: str, number: int
) -> None:
    a_school(open_hub(root, system_clock))
    with open_hub(root, system_clock).database.writing():
        nodes.NodeRow.insert(
            node="qamdo-1", school="qamdo", groups=[], serial=0, added_at="x",
            revoked_at="2026-01-01T00:00:00Z", alarm="", alarm_at="",
        ).execute()  # fmt: skip
    killed(kind, number, "refresh", "--data", str(root))
    hub = settled(root)
    listed = status_lists.current(hub, read_edition(hub.data.metadata)).revoked
    assert lines(hub, "status-signed") == ["number 1: 1 revoked"] * bool(listed)
    assert status_lists.publish(hub) != bool(listed)
    assert lines(hub, "status-signed") == ["number 1: 1 revoked"]


@pytest.mark.parametrize(
    ("kind", "number"),
    moments(
        {"rename": 8, "fsync": 16, "unlink": 12},
        ("rename", 6),
    ),
)  # fmt: skip
@pytest.mark.parametrize("role", ["c-main", "timestamp"])
def test_a_new_key_that_is_in_force_has_its_line(
    root: Path, role: str, kind: str, number: int
) -> None:
    before = named(open_hub(root, system_clock), role)
    killed(kind, number, "keys", "rotate", role, "--data", str(root))
    hub = settled(root)
    after = named(hub, role)
    if after == before:
        assert lines(hub, "key-rotated") == []
        after = rotate(hub, role, by=of_this_machine().login).after[0]
    assert_in_the_log(
        hub, "key-rotated", f"{role}: {before[:16]} to {after[:16]}", of_the_killed=True
    )


def named(hub: Hub, role: str) -> str:
    return taking_over.in_force(read_edition(hub.data.metadata))[role][0]


@pytest.mark.parametrize(
    ("kind", "number"),
    moments(
        {"rename": 8, "fsync": 16, "unlink": 12},
        ("rename", 5), ("rename", 6),
    ),
)  # fmt: skip
def test_a_root_signed_elsewhere_whose_installing_is_killed(
    root: Path, tmp_path: Path, kind: str, number: int
) -> None:
    hub, draft = open_hub(root, system_clock), tmp_path / "root.json"
    hub.keys.create(next_of("timestamp"))
    export_unsigned(hub, "root", draft, NOTHING)
    sign_draft(draft, [hub.keys.path(name) for name in ("root-1", "root-2")], None)
    version = read_edition(hub.data.metadata).root.version
    killed(kind, number, "keys", "install", str(draft), "--data", str(root))
    hub = settled(root)
    in_force = read_edition(hub.data.metadata).root.version > version
    assert lines(hub, "metadata-installed") == [f"root {version + 1}"] * in_force
    if in_force:
        assert_in_the_log(hub, "metadata-installed", f"root {version + 1}", of_the_killed=True)


@pytest.mark.parametrize(
    ("kind", "number"),
    moments(
        {"rename": 14, "fsync": 28, "unlink": 8},
        ("rename", 5), ("unlink", 4),
    ),
)  # fmt: skip
def test_what_was_encrypted_before_the_kill_is_said_to_be(
    root: Path, kind: str, number: int
) -> None:
    at_first = open_keys(root)
    killed(kind, number, "keys", "encrypt", "--data", str(root))
    hub = settled(root)
    done = at_first - set(hub.keys.unencrypted())
    assert [set(said.split(", ")) for said in lines(hub, "keys-encrypted")] == [done] * bool(done)
    assert {line.actor for line in audit.entries(hub, event="keys-encrypted", most=9)} <= {
        of_this_machine().login
    }
    assert not hub.data.deed.exists()


def open_keys(root: Path) -> set[str]:
    """Let a hub's keys lie open, as an earlier one kept them; return those to be encrypted."""
    keys = open_hub(root, system_clock).keys
    for name in keys.names():
        key = keys.seal(name) if name == "seal" else keys.signing_key(name)
        key_files.write_private(keys.path(name), key, None)
    return set(keys.unencrypted())


def test_a_deed_of_an_earlier_hub_is_read(root: Path) -> None:
    """`deed.json` as it was written before it said anything of roots and of keys."""
    hub = open_hub(root, system_clock)
    snapshot = read_edition(hub.data.metadata).snapshot.version - 1
    deed = (
        '{"event":"released","reason":"as told","actor":"anna","released_by":"","withdrawn":null}'
    )
    hub.data.deed.write_text(f'{{"deed":{deed},"snapshot":{snapshot},"lines":0}}')
    assert "as told" in lines(settled(root), "released")
