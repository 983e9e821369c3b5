"""What a container of a hub runs: makes the hub once, serves, and needs its passphrase again."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from content_packs.key_files import read_passphrase
from hub.config import read_config
from hub.limits import PROCESS_STOP_SECONDS
from tests.support.nginx import free_port
from tests.support.source_code import CHECKOUT


@pytest.fixture
def start(tmp_path: Path) -> Path:
    """The shipped script, for other places, with the programs of this checkout."""
    (tmp_path / "data").mkdir()
    (tmp_path / "secrets").mkdir()
    text = (CHECKOUT / "deploy/hub/container-start").read_text()
    for there, here in {
        "/var/lib/satchel-hub": f"{tmp_path}/data",
        "/etc/satchel-hub": f"{tmp_path}/secrets",
        "/usr/lib/satchel-hub/venv/bin/python -I": f"{sys.executable} -P",
        "/usr/lib/satchel-hub/venv/bin/hub": str(tmp_path / "hub"),
        "serve\n": f"serve --port {free_port()}\n",
    }.items():
        assert there in text
        text = text.replace(there, here)
    (tmp_path / "hub").write_text(f'#!/bin/sh\nexec {sys.executable} -m hub.cli "$@"\n')
    (tmp_path / "hub").chmod(0o755)
    script = tmp_path / "container-start"
    script.write_text(text)
    return script


def served(script: Path) -> str:
    """Run it until it answers; return what it said."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT),
                   "SATCHEL_HUB_NAME": "https://hub.example.org"}  # fmt: skip
    command = ["/bin/sh", str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        try:
            assert running.stdout is not None
            said = ""
            while "listening" not in said:
                line = running.stdout.readline()
                assert line, said
                said += line
            running.send_signal(signal.SIGTERM)
            running.communicate(timeout=2 * PROCESS_STOP_SECONDS)
        finally:
            running.kill()
    assert running.returncode == 0, said
    return said


def test_it_makes_a_hub_once_and_serves_it_again(start: Path):
    folder = start.parent
    assert "/console/welcome/" in served(start)
    config = read_config(folder / "data/hub.toml")
    assert (config.host, config.public_address) == ("0.0.0.0", "https://hub.example.org")  # noqa: S104
    passphrase = folder / "secrets/passphrase"
    assert passphrase.stat().st_mode & 0o077 == 0
    first = read_passphrase(passphrase)
    assert "welcome" not in served(start)
    assert read_passphrase(passphrase) == first


def test_without_the_passphrase_of_its_hub_it_says_so(start: Path):
    folder = start.parent
    (folder / "data/hub.toml").write_text("")
    done = subprocess.run(["/bin/sh", str(start)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "what to do: mount the volume" in done.stderr
    assert not (folder / "secrets/passphrase").exists()
