"""kill -9 in the middle of a rotation: nodes go on, the hub goes on, the rotation can be done."""

from pathlib import Path

import pytest

from hub import taking_over
from hub.clock import system_clock
from hub.edition import read_edition
from hub.hub import Hub, open_hub
from hub.keyring.rotating import rotate
from hub.releasing import Terms, release
from tests.hub.clients import client_of
from tests.hub.test_kills import STRACE, killed, moments
from tests.support.hub_databases import HubDatabases

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace is not installed")


@pytest.fixture
def root(prepared: Path, tmp_path: Path, databases: HubDatabases) -> Path:
    return databases.copy_hub(prepared, tmp_path / "hub")


def check(root: Path, tmp_path: Path, role: str, before: str) -> None:
    """See that nodes are served, a release works, and the role has one key, old or new, in use."""
    known = client_of(root, tmp_path / "client")
    assert known.versions() == {"demo": 1}
    hub = open_hub(root, system_clock)
    release(hub, "demo", 2, "main", Terms())
    assert known.versions() == client_of(root, tmp_path / "fresh").versions() == {"demo": 2}
    assert named(hub, role) == before or taking_over.waiting(hub.keys) == []
    rotate(hub, role)
    assert named(hub, role) != before
    assert taking_over.waiting(hub.keys) == []
    assert known.versions() == {"demo": 2}
    assert known.status() == []


def named(hub: Hub, role: str) -> str:
    return taking_over.in_force(read_edition(hub.data.metadata))[role][0]


@pytest.mark.parametrize(
    ("kind", "number"),
    moments(
        {"rename": 4, "fsync": 7, "unlink": 8, "database": 57},
        ("rename", 1), ("rename", 2), ("rename", 3), ("rename", 4), ("fsync", 6),
    ),
)  # fmt: skip
def test_a_new_key_of_the_root_that_is_killed(
    root: Path, tmp_path: Path, kind: str, number: int
) -> None:
    before = named(open_hub(root, system_clock), "timestamp")
    killed(kind, number, "keys", "rotate", "timestamp", "--data", str(root))
    check(root, tmp_path, "timestamp", before)


@pytest.mark.parametrize(
    ("kind", "number"),
    moments(
        {"rename": 6, "fsync": 11, "unlink": 8, "database": 45},
        ("rename", 3), ("rename", 5), ("rename", 6),
    ),
)  # fmt: skip
@pytest.mark.parametrize("role", ["c-main", "seal"])
def test_a_new_key_of_the_targets_that_is_killed(
    root: Path, tmp_path: Path, role: str, kind: str, number: int
) -> None:
    before = named(open_hub(root, system_clock), role)
    killed(kind, number, "keys", "rotate", role, "--data", str(root))
    check(root, tmp_path, role, before)
