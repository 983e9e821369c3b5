"""systemd: the hub's units, started and waited for; backups, a timer for each folder."""

import contextlib
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from deploy.hub import machine
from deploy.hub.errors import NotReady, StepFailed
from deploy.hub.places import BACKUP_UNIT, UNIT, USER, Places
from deploy.hub.wishes import NO_TLS, Wishes

UNITS = Path(__file__).with_name("units")
MARK = "satchel-backup.json"
ANSWER_SECONDS_MAX = 60.0
_POLL_SECONDS = 0.5


def put_units(wishes: Wishes, places: Places) -> None:
    """Put the units and the command `hub` in place. Raises `StepFailed`."""
    for unit in sorted(UNITS.iterdir()):
        machine.write(places.units / unit.name, unit.read_bytes())
    kept = (
        "# Made by `install`.\n[Service]\n"
        f"Environment=SATCHEL_HUB_BACKUP_KEEP={wishes.backup_keep}\n"
    )
    machine.write(places.units / f"{BACKUP_UNIT}.service.d/keep.conf", kept)
    wrapper = Path(__file__).with_name("hub-as-its-user").read_bytes()
    machine.write(places.wrapper, wrapper, mode=0o755)
    if machine.runs_systemd():
        machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "enable", "-q", UNIT)


def is_running() -> bool:
    """Return whether the hub serves now."""
    if not machine.runs_systemd():
        return False
    try:
        machine.run("systemctl", "is-active", "-q", UNIT)
    except StepFailed:
        return False
    return True


def stop(places: Places) -> None:
    """Stop the hub, where there is one. Raises `StepFailed`."""
    if machine.runs_systemd() and (places.units / UNIT).exists():
        machine.run("systemctl", "stop", UNIT)


def start() -> None:
    """Start the hub; it is up when this returns. Raises `StepFailed` with what it said."""
    try:
        machine.run("systemctl", "start", UNIT)
    except StepFailed as error:
        said = ""
        with contextlib.suppress(StepFailed):
            said = machine.run("journalctl", "-q", "-n", "8", "-o", "cat", "-u", UNIT)
        with contextlib.suppress(StepFailed):
            machine.run("systemctl", "stop", UNIT)  # it would be tried for ever
        raise StepFailed(
            f"the hub doesn't come up:\n{said.strip()}", hint=f"More: journalctl -u {UNIT}"
        ) from error


def wait_for_answer(wishes: Wishes, *, monotonic: Callable[[], float] = time.monotonic) -> None:
    """Wait until the hub answers through nginx, as a box would ask. Raises `StepFailed`."""
    scheme = "http" if wishes.tls == NO_TLS else "https"
    address = f"{scheme}://127.0.0.1/metadata/timestamp.json"
    anyone = ssl.create_default_context()
    anyone.check_hostname = False
    anyone.verify_mode = ssl.CERT_NONE  # it is this machine; who signed it is others' concern
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=anyone)
    )
    until = monotonic() + ANSWER_SECONDS_MAX
    while True:
        try:
            with opener.open(address, timeout=ANSWER_SECONDS_MAX) as answer:
                if answer.read(1) == b"{":
                    return
                said = "something else answers there"
        except (urllib.error.URLError, OSError) as error:
            said = str(error)
        if monotonic() > until:
            raise StepFailed(
                f"{address} isn't answered: {said}",
                hint=f"journalctl -u {UNIT} and /var/log/nginx/error.log say why.",
            )
        time.sleep(_POLL_SECONDS)


def check_backups(wishes: Wishes) -> None:
    """Refuse a folder of root's with other things in it: it would become the hub's alone.

    Raises `NotReady`.
    """
    for name in wishes.backup:
        folder = Path(name)
        try:
            there = {entry.name for entry in folder.iterdir()} if folder.exists() else set()
            is_roots = bool(there) and folder.stat().st_uid == 0
        except OSError as error:
            raise NotReady(f"--backup {folder}: {error.strerror}", hint="Name another.") from error
        if is_roots and MARK not in there and there - {"lost+found"}:
            raise NotReady(
                f"--backup {folder}: belongs to root and has other things in it",
                hint=f"Name a folder for backups alone, such as {folder}/satchel-hub.",
            )


def prepare_backups(wishes: Wishes) -> None:
    """Make the folders of backups, theirs who writes them. Raises `StepFailed`."""
    for name in wishes.backup:
        folder = Path(name)
        if not folder.exists() or folder.stat().st_uid == 0:
            try:
                machine.make_folder(folder, mode=0o700, owner=USER)
            except StepFailed as error:
                raise StepFailed(
                    f"--backup {folder}: {error.message}",
                    hint=f"Have the folder belong to the user {USER}, or name another.",
                ) from error


def enable_backups(wishes: Wishes, places: Places) -> None:
    """Have a timer for each folder, and none for others. Raises `StepFailed`."""
    wanted = {timer_of(folder) for folder in wishes.backup}
    links = places.units / "timers.target.wants"
    there = {path.name for path in links.glob(f"{BACKUP_UNIT}*.timer")} if links.is_dir() else set()
    for timer in sorted(there - wanted):
        machine.run("systemctl", "disable", "-q", timer)
    for timer in sorted(wanted):
        machine.run("systemctl", "enable", "-q", timer)
    if machine.runs_systemd():
        for timer in sorted(there - wanted):
            machine.run("systemctl", "stop", timer)
        machine.run("systemctl", "start", *sorted(wanted))


def timer_of(folder: str) -> str:
    """Return the name of the timer of a folder of backups."""
    return machine.run(
        "systemd-escape", "--path", f"--template={BACKUP_UNIT}.timer", folder
    ).strip()


def back_up(folders: tuple[str, ...]) -> None:
    """Take a backup now, and try it, by the unit that timers start. Raises `StepFailed`."""
    for folder in folders:
        unit = timer_of(folder).removesuffix(".timer") + ".service"
        try:
            machine.run("systemctl", "start", unit, seconds_max=20 * 3_600)
        except StepFailed as error:
            said = ""
            with contextlib.suppress(StepFailed):
                said = machine.run("journalctl", "-q", "-n", "6", "-o", "cat", "-u", unit)
            raise StepFailed(
                f"the backup to {folder} failed:\n{said.strip()}",
                hint=f"More: journalctl -u {unit}",
            ) from error
