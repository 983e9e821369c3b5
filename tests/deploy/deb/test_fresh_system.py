"""The package on a fresh Debian without a network, and its units under the real systemd."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest

from deploy.deb.building import make
from deploy.image.archives import mirrors
from deploy.node.install_list import read
from tests.support.repositories import Repository
from tests.support.source_code import CHECKOUT

TOOLS = ("mmdebstrap", "systemd-nspawn", "dpkg-deb", "unshare", "nsenter")
VENV = "usr/lib/satchel/venv/bin/sync-node"
SECONDS_MAX = 120.0

pytestmark = [
    pytest.mark.long,
    pytest.mark.registry,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root makes and starts root file systems"),
    pytest.mark.skipif(
        not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}, from Debian"
    ),
    pytest.mark.skipif(os.uname().machine != "x86_64", reason="the package that is tried is amd64"),
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh Debian 12, into which the package was installed without any network."""
    folder = tmp_path_factory.mktemp("fresh")
    deb = make("amd64", folder, CHECKOUT / ".cache" / "deb" / "wheels")
    needed = [each for each in read("deb").packages if not each.startswith("firmware-")]
    needed += ["python3-venv", "adduser", "systemd-sysv", "dbus", "cloud-init"]
    subprocess.run(
        ["mmdebstrap", "--variant=minbase", f"--include={','.join(needed)}", "bookworm",
         folder / "root", mirrors()["debian"]],
        check=True, capture_output=True,
    )  # fmt: skip
    shutil.copy(deb, folder / "root" / "satchel.deb")
    script = f"mount -t proc proc {folder}/root/proc && chroot {folder}/root dpkg -i /satchel.deb"
    done = subprocess.run(
        ["unshare", "-mn", "sh", "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "root"


@pytest.fixture(scope="module")
def box(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator["Box"]:
    repository = Repository(tmp_path_factory.mktemp("hub"))
    (root / "root.json").write_bytes((repository.root / "metadata" / "1.root.json").read_bytes())
    subprocess.run(
        ["chroot", "--userspec=990:990", root, f"/{VENV}", "init", "--hub", "http://127.0.0.1:9/",
         "--trust", "/root.json", "--data", "/var/lib/satchel"],
        check=True, capture_output=True,
    )  # fmt: skip
    with Box(root) as started:
        yield started


class Box:
    """A system that nspawn starts, without a network; commands are run inside of it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __enter__(self) -> Self:
        self.nspawn = subprocess.Popen(
            ["systemd-nspawn", "-q", "-D", self.root, "--private-network", "--register=no",
             "--keep-unit", "--console=pipe", "-b"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.wait(lambda: self._init() != 0)
        self.wait(lambda: self.run("systemctl is-system-running") in {"running", "degraded"})
        return self

    def __exit__(self, *_: object) -> None:
        self.nspawn.kill()
        self.nspawn.wait()

    def _init(self) -> int:
        pid = self.nspawn.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(children[0]) if children else 0

    def run(self, script: str) -> str:
        done = subprocess.run(
            ["nsenter", "-t", str(self._init()), "-m", "-p", "-n", "-i", "-C", "sh", "-c", script],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout.strip()

    def wait(self, what: Callable[[], object]) -> None:
        until = time.monotonic() + SECONDS_MAX
        while not what():
            assert time.monotonic() < until, self.run("journalctl -b --no-pager | tail -50")
            time.sleep(0.5)

    def answers(self) -> bool:
        ask = "import urllib.request as r; print(r.urlopen('http://127.0.0.1/').status)"
        return self.run(f'python3 -c "{ask}"') == "200"


def test_it_installs_without_a_network(root: Path) -> None:
    assert (root / VENV).exists()
    assert (root / "var/lib/satchel").stat().st_uid == 990
    done = subprocess.run(
        ["chroot", root, f"/{VENV}", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("sync-node, version ")


def test_cloud_init_finds_no_fault(root: Path) -> None:
    shutil.copy(CHECKOUT / "deploy/deb/cloud-init/user-data", root / "user-data")
    done = subprocess.run(
        ["chroot", root, "cloud-init", "schema", "--config-file", "/user-data"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_site_opens_and_no_unit_of_ours_fails(box: Box) -> None:
    box.wait(box.answers)
    failed = box.run("systemctl list-units --state=failed --plain --no-legend 'satchel-*'")
    assert failed == ""
    status = box.run("systemctl show -p StatusText,ActiveState satchel-node")
    assert "ActiveState=active" in status
    assert "StatusText=The school's site: http://127.0.0.1:80/" in status


def test_a_site_that_hangs_is_started_again(box: Box) -> None:
    drop_in = "/run/systemd/system/satchel-node.service.d"
    box.run(
        f"mkdir -p {drop_in} && printf '[Service]\\nWatchdogSec=6\\n' > {drop_in}/soon.conf && "
        "systemctl daemon-reload && systemctl restart satchel-node"
    )
    box.wait(box.answers)
    time.sleep(8)
    assert box.run("systemctl show -p NRestarts --value satchel-node") == "0", "it says it is alive"
    box.run("kill -STOP $(systemctl show -p MainPID --value satchel-node)")
    box.wait(lambda: box.run("systemctl show -p NRestarts --value satchel-node") != "0")
    box.wait(box.answers)


def test_the_journals_end_and_the_time_are_kept(box: Box) -> None:
    box.run("systemctl start satchel-black-box satchel-clock-save")
    logs = box.root / "var/lib/satchel/logs/system.log"
    assert "satchel-node" in logs.read_text()
    assert abs(int((box.root / "var/lib/satchel/box/clock").read_text()) - time.time()) < 60


def test_what_isnt_asked_of_a_stick_is_forgotten(box: Box) -> None:
    box.run("cat /proc/sys/kernel/random/boot_id > /var/lib/satchel/run/write-sda1")
    box.wait(lambda: not (box.root / "var/lib/satchel/run/write-sda1").exists())
    assert box.run("systemctl show -p Result --value satchel-stick-writable") == "success"


def test_a_request_to_switch_off_ends_the_box_as_it_should(box: Box) -> None:
    """The last test of this file: the box is off after it."""
    run = box.root / "var/lib/satchel/run"
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()  # units see the kernel's own
    (run / "asked").write_text(f"{boot} {float(Path('/proc/uptime').read_text().split()[0]):.0f}\n")
    os.chown(run / "asked", 990, 990)
    (run / "asked").rename(run / "poweroff")
    assert box.nspawn.wait(SECONDS_MAX) == 0
    assert json.loads((box.root / "var/lib/satchel/power.json").read_text())["ended"]
    assert "Stopping satchel-" in (box.root / "var/lib/satchel/logs/system.log").read_text()
