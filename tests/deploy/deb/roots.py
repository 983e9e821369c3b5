"""Systems as a board has them before Satchel comes: made of Debian's archives, once, and kept.

    .cache/deb/roots/trixie-amd64.tar

What the package asks for isn't installed in them, but fetched: apt finds it in its cache, so the
package is installed without any network. They have what the system of a Raspberry Pi has and could
be in our way: NetworkManager, a responder for mDNS, a client for the time, cloud-init.
"""

import os
import shutil
import subprocess
from pathlib import Path

from deploy.deb.package import needed_packages
from deploy.image.archives import mirrors
from deploy.node.install_list import read
from tests.support.source_code import CHECKOUT

SUITES = {"bookworm": "3.11", "trixie": "3.13"}  # Debian 12 and 13, and the Python of each
STOCK = (
    "apt", "avahi-daemon", "ca-certificates", "cloud-init", "dbus", "iproute2", "kmod",
    "netplan.io", "network-manager", "python3", "sudo", "systemd-sysv", "systemd-timesyncd", "udev",
)  # fmt: skip
PLAIN = ("apt", "python3", "systemd-sysv", "udev")  # where nothing is started: emulated, each costs
KEPT = CHECKOUT / ".cache" / "deb" / "roots"
_SKIP = "cleanup/apt/lists,cleanup/apt/cache"


def system(suite: str, architecture: str) -> Path:
    """Return the system as a tar, which is made where it isn't there yet."""
    path = KEPT / f"{suite}-{architecture}.tar"
    if not path.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"part-{path.name}")
        stock = STOCK if architecture == "amd64" else PLAIN
        fetch = (
            'chroot "$1" apt-get install -q -y --no-install-recommends --download-only '
            + " ".join(each.split(" ")[0] for each in needed_packages(read("deb")))
        )
        subprocess.run(
            ["mmdebstrap", "--variant=minbase", f"--architectures={architecture}",
             f"--include={','.join(stock)}", f"--skip={_SKIP}", f"--customize-hook={fetch}",
             suite, part, mirrors()["debian"]],
            check=True, capture_output=True,
        )  # fmt: skip
        part.rename(path)
    return path


def unpack(tar: Path, folder: Path) -> Path:
    """Return a fresh copy of a system, in this folder, which isn't there yet."""
    folder.mkdir(parents=True)
    subprocess.run(["tar", "-xf", tar, "-C", folder], check=True)
    return folder


def inside(
    root: Path, *command: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program in it, without a network; what it mounts goes with it."""
    script = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
    return subprocess.run(
        ["unshare", "-mn", "sh", "-c", script, root, *command],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        stdin=subprocess.DEVNULL,
        env={
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "DEBIAN_FRONTEND": "noninteractive",
            "LC_ALL": "C.UTF-8",
            **(environment or {}),
        },
    )


def can_run(architecture: str) -> bool:
    """Say whether this machine runs its programs, itself or emulated."""
    own = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine)
    emulator = {"amd64": "x86_64", "arm64": "aarch64"}[architecture]
    handler = Path(f"/proc/sys/fs/binfmt_misc/qemu-{emulator}")
    return own == architecture or (
        shutil.which(f"qemu-{emulator}-static") is not None and handler.exists()
    )
