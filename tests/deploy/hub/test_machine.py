"""What `install` runs as somebody else, and files that it puts in place."""

import os
from pathlib import Path

import pytest

from deploy.hub import machine
from deploy.hub.errors import StepFailed

SOMEBODY = "www-data"
LOOK = """\
import os, sys
print(os.getuid(), os.access(sys.argv[1], os.R_OK), open(sys.argv[1]).read())
print(os.access(sys.argv[1], os.W_OK))
open(sys.argv[1], "a")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_a_backup_that_is_roots_alone_is_read_by_the_hubs_user_and_not_changed(tmp_path: Path):
    file = tmp_path / "backups/root.json"
    file.parent.mkdir(mode=0o700)
    file.write_text("kept")
    file.chmod(0o600)
    look = ("/usr/bin/python3", "-I", "-c", LOOK, file)
    with pytest.raises(StepFailed, match="Permission denied"):
        machine.run("cat", file, user=SOMEBODY)
    with pytest.raises(StepFailed) as refused:
        machine.run(*look, user=SOMEBODY, reads_all=True)
    assert "Permission denied" in refused.value.message
    told = machine.run(*look[:3], LOOK.rpartition("open")[0], file, user=SOMEBODY, reads_all=True)
    assert told.split() == ["33", "True", "kept", "False"]
    assert file.read_text() == "kept"
