"""systemd is told once that the hub answers; without systemd nobody is told, and nothing fails."""

import socket
from pathlib import Path

import pytest

from hub.sd_notify import ready


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_systemd_hears_that_it_answers(tmp_path: Path, kind: str):
    name = str(tmp_path / "notify") if kind == "path" else f"@satchel-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name.replace("@", "\0", 1) if kind == "abstract" else name)
        systemd.settimeout(10)
        ready({"NOTIFY_SOCKET": name})
        assert systemd.recv(100) == b"READY=1"


@pytest.mark.parametrize("name", ["", "relative", "/nowhere/at/all"])
def test_where_nobody_listens_nothing_happens(name: str):
    ready({"NOTIFY_SOCKET": name})
    ready({})
