"""`satchel-update`: root's side of system updates, as the units start it.

    satchel-update begin       after each start of the box: take up what the last one left, try a
                               new system out, say how it is
    satchel-update take        when the node asks for something: write a system, or start it

Exit codes are those of faults.py; 0 also where this box has no two slots, as a box that wasn't
started from a card of ours.
"""

import argparse
import fcntl
import os
import platform
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.node.update import asking, card, files, health
from deploy.node.update.booting import Booting
from deploy.node.update.card import Card, Region
from deploy.node.update.faults import Failed, Invalid, Missing, UpdateError
from deploy.node.update.limits import RELEASE_BYTES_MAX
from deploy.node.update.manifest import SLOTS
from deploy.node.update.updating import Running, Updater

_ARCHES = {"aarch64": "arm64", "x86_64": "amd64"}
_SLOT = re.compile(r"(?:^|\s)satchel\.slot=(\S+)")
PORT = 80  # of the school's site, as satchel-node.service has it
_LOCK_SECONDS = 1800.0  # a trial ends by then; what is asked meanwhile waits


def slot_of(command_line: str) -> str:
    """Return the slot that the kernel's command line names; empty for none."""
    found = _SLOT.search(command_line)
    return found[1] if found and found[1] in SLOTS else ""


def release(data: bytes, *, what: str) -> tuple[int, str]:
    """Return a system's version and that of Satchel in it. Raises `Invalid`."""
    try:
        plain = tomllib.loads(data.decode())
        version, satchel = plain["system"], plain.get("satchel", "")
    except (ValueError, KeyError) as error:
        raise Invalid(f"{what}: doesn't say which system it is: {error}") from error
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise Invalid(f"{what}: system is {version!r}, expected 1 or more")
    if not isinstance(satchel, str):
        raise Invalid(f"{what}: satchel is {satchel!r}, expected a text")
    return version, satchel


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command says; return the exit code."""
    options = _options(arguments)
    try:
        slot = slot_of((options.proc / "cmdline").read_text())
        if not slot:
            return 0
        with _locked(options.lock):
            updater = _updater(options, slot)
            if options.command == "begin":
                return _begin(updater, options)
            return _take(updater, options)
    except UpdateError as error:
        sys.stderr.write(f"satchel-update: {error}\n")
        return error.exit_code


def _begin(updater: Updater, options: argparse.Namespace) -> int:
    run = options.data / "run"
    until = time.monotonic() + options.wait
    while not run.is_dir() and time.monotonic() < until:
        time.sleep(1.0)  # the node makes it when it is started for the first time
    asking.end(run)  # a cut came while something was carried out: the node asks again
    updater.begin()
    if not updater.is_trial:
        return 0

    def serves() -> bool:
        return health.serves(
            lambda: health.answers("127.0.0.1", options.port),
            monotonic=time.monotonic,
            sleep=time.sleep,
        )

    good = updater.try_out(serves)
    sys.stderr.write(f"satchel-update: the new system {'is good' if good else 'does not serve'}\n")
    return 0


def _take(updater: Updater, options: argparse.Namespace) -> int:
    run = options.data / "run"
    try:
        if request := asking.take(run, _boot(options)):
            updater.take(request)
    finally:
        asking.end(run)
    return 0


def _updater(options: argparse.Namespace, slot: str) -> Updater:
    data = files.read(options.release, RELEASE_BYTES_MAX)
    version, satchel = release(data, what=str(options.release))
    machine = platform.machine()
    running = Running(_boot(options), _ARCHES.get(machine, machine), slot, version, satchel)
    on = _card_of(options)
    booting = Booting(on.boot, uefi=options.firmware.exists())
    return Updater(running, on, booting, options.data, reboot=_rebooter(options.reboot))


def _boot(options: argparse.Namespace) -> str:
    return str((options.proc / "sys/kernel/random/boot_id").read_text().strip())


def _card_of(options: argparse.Namespace) -> Card:
    if not options.region:
        return card.on_this_box(options.boot, options.partitions)
    slots = {}
    for each in options.region:
        slot, path, start, size = each.split(":")
        slots[slot] = Region(Path(path), int(start), int(size))
    return Card(slots, options.boot)


def _rebooter(command: Sequence[str]) -> Callable[[], None]:
    """Return what starts the box again."""

    def reboot() -> None:
        if subprocess.run(command, check=False).returncode:
            raise Failed(f"{' '.join(command)} failed; the box goes on as it is")

    return reboot


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Be the only one at work on the card. The kernel holds the lock; the file holds nothing."""
    with files.storage_errors(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        until = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > until:
                    raise Missing(f"{path}: another satchel-update is at work") from error
                time.sleep(1.0)
            else:
                break
        yield
    finally:
        os.close(descriptor)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="satchel-update", description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("begin", "take"))
    parser.add_argument("--data", type=Path, default=Path("/var/lib/satchel"))
    parser.add_argument("--boot", type=Path, default=Path("/run/satchel/boot"))
    parser.add_argument("--lock", type=Path, default=Path("/run/satchel/update.lock"))
    parser.add_argument("--partitions", type=Path, default=Path("/run/satchel/card"))
    parser.add_argument("--release", type=Path, default=Path("/usr/lib/satchel/release.toml"))
    parser.add_argument("--proc", type=Path, default=Path("/proc"))
    parser.add_argument("--firmware", type=Path, default=Path("/sys/firmware/efi"))
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--wait", type=float, default=120.0, help="seconds for the node's folder")
    parser.add_argument(
        "--region", action="append", help="SLOT:IMAGE:START:SIZE, a slot within an image"
    )
    parser.add_argument("--reboot", nargs="+", default=["systemctl", "reboot"])
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
