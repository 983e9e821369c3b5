"""kill -9 in a backup or a restore: earlier backups are whole, and the work goes on."""

import shutil
from pathlib import Path

import pytest

from hub.backup.folder import BackupFolder
from hub.backup.restoring import restore
from hub.backup.taking import take
from hub.backup.verifying import verify
from hub.clock import system_clock
from hub.hub import Hub, open_hub
from hub.people.actor import of_this_machine
from hub.publishing import publish
from hub.versions import versions_of
from tests.hub.test_kills import STRACE, killed, moments

ME = of_this_machine()

pytestmark = [
    pytest.mark.skipif(STRACE is None, reason="strace is not installed"),
    pytest.mark.hub_db,  # which is killed while it writes
]


@pytest.fixture
def earlier(filled: Hub, tmp_path: Path) -> str:
    """The name of a backup that is there already."""
    return take(filled, ME, tmp_path / "backups").name


@pytest.fixture
def changed(filled: Hub, earlier: str, cpacks: dict[str, Path]) -> Hub:
    """The hub, with one version more than in the backup."""
    del earlier
    publish(filled, cpacks["3"])
    return filled


@pytest.mark.parametrize(
    ("kind", "number"),
    moments(
        {"rename": 12, "fsync": 24, "unlink": 8, "database": 12},
        ("rename", 2),
        ("rename", 4),
        ("fsync", 5),
        ("unlink", 2),
        ("database", 4),
    ),
)
def test_a_backup_that_is_killed(
    changed: Hub, earlier: str, tmp_path: Path, kind: str, number: int
) -> None:
    to = tmp_path / "backups"
    killed(kind, number, "backup", "--data", str(changed.data.root), str(to), "--keep", "2")
    folder = BackupFolder(to)
    # What is there is whole, the earlier one above all.
    assert earlier in folder.names()
    for name in folder.names():
        assert not verify(to, name).troubles
    # And the work goes on: nothing half is left.
    taken = take(open_hub(changed.data.root, system_clock), ME, to)
    assert verify(to, taken.name).versions == 3
    listed = {saved.digest for name in folder.names() for saved in folder.read(name).files}
    assert {path.name for path in (to / "content").rglob("*") if path.is_file()} == listed
    assert not list(to.glob("*.part"))


@pytest.mark.parametrize(
    ("kind", "number"),
    moments(
        {"rename": 30, "fsync": 30, "unlink": 3, "database": 8},
        ("rename", 10),
        ("rename", 26),
        ("fsync", 30),
        ("unlink", 1),
    ),
)
def test_a_restore_that_is_killed(
    filled: Hub, earlier: str, tmp_path: Path, kind: str, number: int
) -> None:
    del earlier
    root, words = tmp_path / "new", Path(shutil.copy(filled.data.passphrase, tmp_path / "words"))
    killed(
        kind, number, "--passphrase-file", str(words),
        "restore", str(tmp_path / "backups"), "--data", str(root),
    )  # fmt: skip
    if not (root / "hub.toml").exists():  # no hub yet: the same command begins afresh
        restore(ME, tmp_path / "backups", root, system_clock, passphrase_file=words)
    hub = open_hub(root, system_clock, passphrase_file=words)
    assert [version.version for version in versions_of(hub, "demo")] == [2, 1]
    assert not verify(tmp_path / "backups").troubles
