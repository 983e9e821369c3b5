"""What a container of a hub runs: makes the hub once, serves, and needs its passphrase again."""

import os
import shutil
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from content_packs.key_files import read_passphrase
from deploy.hub.trying import fresh_root
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
    assert "https://hub.example.org/console/welcome/" in served(start)
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


SERVED = """\
set -eu
ip link set lo up
{buildah} run --isolation chroot {made} -- /usr/lib/satchel-hub/container-start >{log} 2>&1 &
for second in $(seq 300); do grep -q listening {log} && break; sleep 1; done
cat {log}
python3 -c 'import urllib.request as u
print(u.urlopen("http://127.0.0.1:8470/metadata/timestamp.json", timeout=60).read())'
{buildah} run --isolation chroot {made} -- hub status
"""


@pytest.mark.long
@pytest.mark.timeout(7_200)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a root of its own")
@pytest.mark.skipif(
    any(shutil.which(name) is None for name in ("buildah", *fresh_root.NEEDED)),
    reason="needs buildah and debootstrap",
)
def test_an_image_is_built_of_a_debian_and_an_archive_and_makes_a_hub(work: Path, archive: Path):
    """Without a registry of images: of a fresh Debian."""
    base = fresh_root.make_base(work, fresh_root.Tell())
    place = work / "images"
    subprocess.run(["rm", "-rf", "--one-file-system", place], check=True)
    buildah = ["buildah", "--storage-driver=vfs", f"--root={place}/all", f"--runroot={place}/run"]

    def do(*words: str | Path) -> str:
        done = subprocess.run([*buildah, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-4_000:]
        return done.stdout.strip()

    try:
        empty = do("from", "scratch")
        do("add", "-q", empty, base, "/")
        do("commit", "-q", "--rm", empty, "localhost/debian:12")
        with tarfile.open(archive) as packed:
            packed.extractall(place, filter="data")
        do("bud", "--isolation=chroot", "--build-arg=BASE=localhost/debian:12", "-t", "satchel-hub",
           place / "satchel-hub")  # fmt: skip
        script = SERVED.format(buildah=" ".join(buildah), made=do("from", "satchel-hub"),
                               log=place / "log")  # fmt: skip
        apart = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
        done = subprocess.run(
            [*apart, "/bin/sh", "-c", script], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        for told in ("/console/welcome/", '"timestamp"', "main: nothing yet"):
            assert told in done.stdout
    finally:
        subprocess.run(["rm", "-rf", "--one-file-system", place], check=True)
