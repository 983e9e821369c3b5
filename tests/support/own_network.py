"""A network with nothing in it but what a test starts: a network namespace whose loopback is it.

Nodes leave loopback out when they look for neighbours, since nobody else is there. So loopback gets
an address of a private network besides, and carries multicast: mDNS then goes from process to
process of this machine, and can't leave it.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

ADDRESS = "10.77.0.1"
_SET_UP = f"""
ip link set lo up multicast on
ip address add {ADDRESS}/24 dev lo
ip route add 224.0.0.0/4 dev lo
echo ready
exec cat
"""


@contextmanager
def own_network() -> Iterator[Sequence[str]]:
    """Make a network; give the words under which programs run in it. Raises `OSError`."""
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    holder = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", *as_root, "sh", "-ec", _SET_UP],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout
    try:
        if holder.stdout.readline() != "ready\n":
            raise OSError(holder.communicate()[1].strip())
        inside = ["nsenter", f"--target={holder.pid}", "--net"]
        yield [*inside, "--user", "--preserve-credentials"] if as_root else inside
    finally:
        holder.communicate()


@cache
def unavailable() -> str:
    """Say why there can be no such network here; empty where there can."""
    try:
        with own_network() as inside:
            subprocess.run([*inside, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"no network namespace: {error}"
    return ""
