"""A backup that is made counts as made, and the disk is tidied, whatever the log can't take."""

from pathlib import Path

import pytest

from hub.backup.folder import BackupFolder
from hub.backup.taking import take
from hub.backup.verifying import verify
from hub.fleet import audit
from hub.hub import Hub
from hub.people.actor import of_this_machine
from tests.hub.clients import MovableClock
from tests.hub.full_logs import keep_out

ME = of_this_machine()


@pytest.mark.both_databases
def test_the_backup_is_made_and_says_what_is_missing(
    filled: Hub, tmp_path: Path, clock: MovableClock
) -> None:
    to = tmp_path / "disk"
    first = take(filled, ME, to)
    assert not [one for one in first.warnings if "audit log" in one]
    keep_out(filled.database, "backed-up")
    clock.go_on(days=1)
    taken = take(filled, ME, to, keep=1)
    (warning,) = [one for one in taken.warnings if "audit log" in one]
    assert "the disk is full" in warning
    assert taken.removed == (first.name,)
    assert BackupFolder(to).names() == [taken.name]
    assert verify(to).troubles == ()
    assert len(audit.entries(filled, most=9, event="backed-up")) == 1
