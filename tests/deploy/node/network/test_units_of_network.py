"""The network's units: systemd takes them, they are shut in, and all is installed that they run."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.node.install_list import Installation, read
from deploy.node.installing import install
from tests.support.school_network import UNITS

SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
EXPOSURE_MAX = 2.0
BROUGHT_BY_PACKAGES = ("usr/sbin/hostapd", "usr/sbin/dnsmasq")

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs systemd (Debian package systemd)"
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with what all parts install, and empty programs where Debian's packages have some."""
    folder = tmp_path_factory.mktemp("root")
    wanted = read("image")
    install(folder, Installation(files=wanted.files, links=wanted.links), chown=lambda *_: None)
    for name in BROUGHT_BY_PACKAGES:
        program = folder / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    units = folder / "usr/lib/systemd/system"
    for path in Path("/usr/lib/systemd/system").glob("*.target"):
        (units / path.name).write_bytes(path.read_bytes())
    return folder


@needs_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_systemd_takes_it(root: Path, name: str) -> None:
    command = ["systemd-analyze", f"--root={root}", "--man=no", "--recursive-errors=no", "verify"]
    done = subprocess.run([*command, name], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "")


@needs_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_it_is_shut_in(name: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", UNITS / name],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.search(rf"exposure level for {re.escape(name)}: ([\d.]+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) <= EXPOSURE_MAX


def test_nothing_about_phones_is_logged(tmp_path: Path) -> None:
    program = tmp_path / "hostapd"
    program.write_text(
        "#!/bin/sh\necho $$ $1\necho wlan0: AP-STA-CONNECTED 5a:0f:11:22:33:44 auth_alg=open\n"
        "echo STA 5A:0F:11:22:33:44 and 5a:0f:11:22:33:45: gone >&2\necho at 12:30:00\nexit 3\n"
    )
    program.chmod(0o755)
    surroundings = os.environ | {"HOSTAPD": str(program), "TMPDIR": str(tmp_path)}
    started = subprocess.Popen(
        [UNITS / "access-point", "the.conf"], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env=surroundings,
    )  # fmt: skip
    said, _ = started.communicate(timeout=20)
    assert said.splitlines() == [
        f"{started.pid} the.conf",  # systemd restarts it, and ends it, as itself
        "wlan0: AP-STA-CONNECTED (a phone) auth_alg=open",
        "STA (a phone) and (a phone): gone",
        "at 12:30:00",
    ]
    assert started.returncode == 3
    assert [each.name for each in tmp_path.iterdir()] == ["hostapd"]


def test_the_program_starts_as_it_is_installed(root: Path) -> None:
    """Debian's Python, without the environment or any package: its imports are all there."""
    wrapper = (root / "usr/lib/satchel/bin/satchel-network").read_text(encoding="utf-8")
    assert "deploy.node.network.running" in wrapper
    code = (
        f"import sys; sys.path.insert(0, {str(root / 'usr/lib/satchel')!r})\n"
        "from deploy.node.network.running import main, Places; print(Places().wish)"
    )
    said = subprocess.run(
        ["python3", "-I", "-S", "-c", code], capture_output=True, text=True, check=True, cwd="/"
    )
    assert said.stdout == "/var/lib/satchel/box/wifi.toml\n"
