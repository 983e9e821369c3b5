"""Folders of backups: the hub's user gets them for itself, and no other folder by mistake."""

import os
import re
from pathlib import Path

import pytest

from deploy.hub import services
from deploy.hub.errors import NotReady
from deploy.hub.wishes import Wishes

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders of root's")


def check(folder: Path) -> None:
    services.check_backups(Wishes(name="hub.example.org", backup=(str(folder),)))


def test_a_folder_with_other_things_is_refused(tmp_path: Path):
    (tmp_path / "log").mkdir()
    said = f"--backup {tmp_path}: belongs to root and has other things in it"
    with pytest.raises(NotReady, match=re.escape(said)) as told:
        check(tmp_path)
    assert f"{tmp_path}/satchel-hub" in told.value.hint


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotReady, match="Not a directory"):
        check(tmp_path / "file")


@pytest.mark.parametrize("there", [[], ["lost+found"], [services.MARK, "2026"]])
def test_an_empty_disk_and_one_with_backups_will_do(tmp_path: Path, there: list[str]):
    for name in there:
        (tmp_path / name).mkdir()
    check(tmp_path)
    check(tmp_path / "new")


def test_a_folder_that_somebody_else_has_is_theirs_to_give(tmp_path: Path):
    (tmp_path / "x").write_text("x")
    os.chown(tmp_path, 12345, 12345)
    check(tmp_path)
