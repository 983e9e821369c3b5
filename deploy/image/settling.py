"""The last touches to a root: what only these boxes have, and nothing that two builds differ in."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from deploy.image.running import run

RELEASE = Path("usr/lib/satchel/release.toml")
HOST_NAME = "satchel"
PRIORITY_MAX = 32_767  # of a file, for mksquashfs; 0 for what isn't named
USERS_EPOCH = 1686355200  # when shadow says that passwords were set: any day

# What package scripts leave behind: logs, caches, old copies.
EMPTIED = ("root", "var/log", "var/cache", "var/lib/apt", "var/backups", "tmp", "var/tmp", "run")
REMOVED = (
    "etc/.pwd.lock", "etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-", "etc/subuid-",
    "etc/subgid-", "etc/resolv.conf", "etc/apt", "etc/dpkg/dpkg.cfg.d", "etc/ld.so.cache~",
    "etc/udev/hwdb.bin", "usr/lib/udev/hwdb.bin", "usr/lib/udev/hwdb.d",
    "var/lib/dpkg/lock", "var/lib/dpkg/lock-frontend", "var/lib/dpkg/status-old",
    "var/lib/dpkg/available", "var/lib/dpkg/available-old", "var/lib/dpkg/diversions-old",
    "var/lib/dpkg/statoverride-old", "var/lib/dpkg/triggers/Lock",
    "var/lib/systemd/random-seed", "var/lib/systemd/credential.secret", "var/lib/dbus/machine-id",
    "boot", "vmlinuz", "initrd.img",
)  # fmt: skip
MADE_FOLDERS = ("boot", "var/lib/satchel", "proc", "sys", "dev", "run", "tmp", "var/tmp")
# They tell systemd that /etc and /var fit this /usr: nothing is worked out at each start.
UPDATED_MARKS = ("etc/.updated", "var/.updated")


def release_text(*, system: int, satchel: str, architecture: str, built: int) -> str:
    """Return `release.toml`: the system's version, Satchel's, the architecture, when (seconds)."""
    return f'system = {system}\nsatchel = "{satchel}"\narch = "{architecture}"\nbuilt = {built}\n'


def clean(root: Path) -> None:
    """Take away what package scripts left over; names the box. Before its parts are installed."""
    for name in EMPTIED:
        _empty(root / name)
    for name in REMOVED:
        _remove(root / name)
    for name in MADE_FOLDERS:
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in ("tmp", "var/tmp"):
        (root / name).chmod(0o1777)
    (root / "etc/hostname").write_text(f"{HOST_NAME}\n")
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {HOST_NAME}\n::1 localhost\n")
    (root / "etc/machine-id").write_text("")  # systemd makes one up for each start


def finish(root: Path, release: str) -> None:
    """Make the users that packages and parts declare, and what is worked out from files."""
    known_day = {"SOURCE_DATE_EPOCH": str(USERS_EPOCH)}
    run(["systemd-sysusers", f"--root={root}"], environment=known_day)
    _lock_root(root)
    for name in REMOVED:
        if name.endswith(("-", ".lock")):
            _remove(root / name)
    place = root / RELEASE
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(release)
    run(["ldconfig", "-X", "-r", root])
    _remove(root / "var/cache/ldconfig")
    for name in UPDATED_MARKS:
        (root / name).write_text("# The mark of systemd-update-done: see settling.py.\n")


def _lock_root(root: Path) -> None:
    """Nobody signs in: root has no password that fits."""
    place = root / "etc/shadow"
    lines = [
        ":".join(("root", "*", *line.split(":")[2:])) if line.startswith("root:") else line
        for line in place.read_text(encoding="utf-8").splitlines()
    ]
    place.write_text("\n".join(lines) + "\n")


def _empty(folder: Path) -> None:
    if folder.is_dir() and not folder.is_symlink():
        for entry in folder.iterdir():
            _remove(entry)


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)


def squash(
    root: Path, output: Path, *, epoch: int, processors: int, first: Sequence[str] = ()
) -> None:
    """Make a squashfs of `root` at `output`: the same bytes for the same files, however often.

    `first`: files below `root`, at most 32,767, whose content lies before that of all others, in
    this order.
    """
    output.unlink(missing_ok=True)
    order = output.with_name(f"{output.name}.order")
    order.write_text("".join(f"{name} {PRIORITY_MAX - at}\n" for at, name in enumerate(first)))
    environment = {key: value for key, value in os.environ.items() if key != "SOURCE_DATE_EPOCH"}
    run(
        [
            "env", "-u", "SOURCE_DATE_EPOCH", "mksquashfs", root, output, "-quiet", "-no-progress",
            "-noappend", "-no-exports", "-no-xattrs", "-comp", "zstd", "-Xcompression-level", "9",
            "-b", "256K", "-processors", str(processors),
            "-all-time", str(epoch), "-mkfs-time", str(epoch), "-sort", order,
        ],
        environment=environment,
    )  # fmt: skip
    order.unlink()
