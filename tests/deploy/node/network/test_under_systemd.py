"""The network's units as systemd runs them, shut in as they are: nothing of it may be too tight."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import school_network

SCRIPT = Path(__file__).with_name("box_under_systemd.sh")
NAMESPACES = ("--fork", "--kill-child", "--pid", "--mount", "--net", "--ipc", "--uts", "--cgroup")
WAIT_SECONDS = 120.0


def result_of(holder: int) -> str:
    """Return what the box wrote, of the init that `holder` started; nothing before it has."""
    children = Path(f"/proc/{holder}/task/{holder}/children").read_text(encoding="ascii").split()
    for child in children:
        place = Path(f"/proc/{child}/root/result")
        if place.exists():
            return place.read_text(encoding="utf-8")
    return ""


@pytest.mark.long
@pytest.mark.skipif(bool(school_network.unavailable()), reason=school_network.unavailable())
@pytest.mark.skipif(
    not Path("/lib/systemd/systemd").exists(), reason="needs systemd (Debian package systemd)"
)
def test_the_network_is_made_by_units_that_are_shut_in(tmp_path: Path) -> None:
    words = ["sh", SCRIPT, tmp_path, school_network.CHECKOUT, sys.executable]
    with (tmp_path.parent / "log").open("wb") as log:
        box = subprocess.Popen(
            ["unshare", *NAMESPACES, "--propagation", "private", *words], stdout=log, stderr=log
        )
    try:
        until = time.monotonic() + WAIT_SECONDS
        while not (said := result_of(box.pid)):
            assert box.poll() is None, (tmp_path.parent / "log").read_text()
            assert time.monotonic() < until, (tmp_path.parent / "log").read_text()
            time.sleep(0.2)
    finally:
        box.send_signal(signal.SIGKILL)  # and with it the init of its namespace, and all in there
        box.wait()
    assert said.count("ActiveState=active") == 2, said
    assert "User=satchel-addresses" in said
    assert "172.27.0.1/22" in said
    assert "table inet satchel" in said
    assert "satchel-addresses satchel-addresses" in said  # whose leases they are
    assert "../run/satchel/network/resolv.conf" in said
    assert '"captive":true' in said
    assert "Radio=/bin/sh /usr/sbin/hostapd /run/satchel/network/hostapd.conf" in said
    assert "Restarts=1 active" in said  # killed once, and back
    assert said.count("/run/satchel/network/hostapd.conf: STA (a phone) is here") == 2
