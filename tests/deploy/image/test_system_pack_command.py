"""deploy/image/system-pack as somebody who types it meets it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.source_code import CHECKOUT


def called(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.image.system_pack_command", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=CHECKOUT)


@pytest.mark.parametrize("where", ["none.img", "nowhere/none.img", "."])
def test_what_is_no_file_is_said(tmp_path: Path, where: str) -> None:
    done = called(tmp_path / where)
    assert done.returncode == 2
    assert str(tmp_path / where) in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_no_image_is_said_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    (tmp_path / "x.img").write_bytes(b"no image" * 1000)
    done = called(tmp_path / "x.img")
    assert done.returncode == 3
    assert "x.img: no partition table" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["x.img"]
