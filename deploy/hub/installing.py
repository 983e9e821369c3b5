"""`install`: a Debian server becomes a hub, or an older hub the version of this archive.

Every step finds out what is done already, so that a run which was cut off is simply run again. What
can be wrong with what was asked for is looked at before the first step. An update is made beside
what runs; it counts once the hub was backed up, and is taken back where the new version doesn't
come up.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.hub import database, hub_setup, machine, nginx, programs, services, tls
from deploy.hub.errors import INTERRUPTED, InstallError, NotReady, StepFailed
from deploy.hub.places import USER, Places
from deploy.hub.wishes import (
    FILES,
    FOLDER,
    LETS_ENCRYPT,
    LOCAL_POSTGRESQL,
    NO_TLS,
    Wishes,
    keep,
    read_kept,
    wishes_of,
)

DEBIAN = "12"
NGINX_GROUP = "www-data"
_PACKAGES = ("python3-venv", "nginx-light", "openssl", "ca-certificates", "tzdata")
_DOCUMENTS = Path("usr/share/doc/satchel-hub")


@dataclass(frozen=True)
class Given:
    """What files held that were named: read before anything is changed."""

    certificate: tuple[bytes, bytes] | None
    passphrase: bytes
    database_password: bytes
    credentials: str
    version: str


def check_machine(places: Places) -> None:
    """Refuse a machine that can't be a hub so. Raises `NotReady`."""
    if os.geteuid() != 0:
        raise NotReady(
            "this installs programs and a service", hint="Run it as root: sudo ./install"
        )
    text = ""
    with contextlib.suppress(OSError):
        text = (places.root / "etc/os-release").read_text(encoding="utf-8")
    said = dict(line.replace('"', "").partition("=")[::2] for line in text.splitlines())
    if (said.get("ID"), said.get("VERSION_ID")) != ("debian", DEBIAN):
        raise NotReady(
            f"this is {said.get('PRETTY_NAME', 'no Debian')}, expected Debian {DEBIAN}",
            hint="Take a server with it, or the Containerfile.",
        )


def look(wishes: Wishes, places: Places) -> Given:
    """Read and check everything that was named. Raises `NotReady`."""
    hub_setup.check_same(wishes, places)
    is_new = not places.config.exists()
    if wishes.restore and not (Path(wishes.restore) / services.MARK).is_file():
        raise NotReady(
            f"{wishes.restore}: there are no backups of a hub here", hint="Name another."
        )
    if wishes.restore and not (wishes.passphrase_file or places.passphrase.exists()):
        raise NotReady(
            "--restore needs the passphrase of that hub's keys",
            hint="--passphrase-file FILE. It isn't in the backup; you kept it elsewhere.",
        )
    if not is_new and wishes.passphrase_file:
        raise NotReady(
            "there is a hub here already, with its passphrase",
            hint="Leave --passphrase-file out. To change it: hub/CLI.md, «The passphrase».",
        )
    has_keys = wishes.objects_credentials or places.environment.exists()
    if wishes.objects != FOLDER and not has_keys:
        raise NotReady(f"{wishes.objects}: its keys are missing", hint="--objects-credentials FILE")
    if wishes.tls == FILES and not (wishes.certificate or places.certificate.exists()):
        raise NotReady("the certificate is missing", hint="--certificate FILE --key FILE")
    services.check_backups(wishes)
    return Given(
        tls.check_given(wishes) if wishes.certificate else None,
        hub_setup.check_passphrase(wishes),
        database.check_password(wishes),
        hub_setup.check_credentials(wishes),
        programs.check_archive(),
    )


class Installation:
    """One run. `tell` gets a line for each step."""

    def __init__(self, wishes: Wishes, places: Places, tell: Callable[[str], None]) -> None:
        self._wishes, self._places, self._tell = wishes, places, tell
        self._starts = wishes.start and machine.runs_systemd()

    def run(self) -> None:
        """Do everything. Raises `InstallError`."""
        wishes, places = self._wishes, self._places
        given = look(wishes, places)
        self._tell("Debian packages")
        machine.install_packages(*self._packages())
        self._prepare_ground(given)
        self._tell(f"Satchel {given.version}")
        folder, before = programs.make(given.version, places), programs.in_use(places)
        is_update = before not in {None, folder} and places.config.exists()
        if is_update and self._starts and wishes.backup_first:
            self._tell(f"a backup before the update, to {', '.join(wishes.backup)}")
            services.back_up(wishes.backup)
        if is_update:
            services.stop(places)
        programs.switch(places, folder)
        database.prepare(wishes, given.database_password, places)
        hub = hub_setup.Hub(places, self._environment())
        if not places.config.exists():
            self._tell("the hub, restored" if wishes.restore else "the hub")
            hub_setup.make(hub, wishes, places)
        hub_setup.configure(hub, wishes, places)
        self._move_content(hub)
        services.put_units(wishes, places)
        machine.write(places.wishes, keep(wishes))
        if self._starts:
            self._bring_up(folder, before if is_update else None)
        self._front()
        if self._starts:
            services.wait_for_answer(wishes)
            programs.tidy(places, {folder, before or folder})
        self._backups(hub)
        self._last_words(hub)

    def _packages(self) -> list[str]:
        wishes = self._wishes
        return [
            *_PACKAGES,
            *(["postgresql"] if wishes.database == LOCAL_POSTGRESQL else []),
            *(["certbot"] if wishes.tls == LETS_ENCRYPT else []),
        ]

    def _prepare_ground(self, given: Given) -> None:
        places = self._places
        if not machine.has_user(USER):
            machine.run(
                "useradd", "--system", "--user-group", "--no-create-home", "--home-dir",
                places.data, "--shell", "/usr/sbin/nologin", "--comment", "Satchel hub", USER,
            )  # fmt: skip
        machine.run("usermod", "--append", "--groups", USER, NGINX_GROUP)
        machine.make_folder(places.data, mode=0o750, owner=USER)
        machine.make_folder(places.settings, mode=0o755)
        hub_setup.put_passphrase(given.passphrase, places)
        if given.credentials:
            machine.write(places.environment, given.credentials, mode=0o600)
        if given.certificate is not None:
            tls.put_given(given.certificate, places)
            tls.forget_self_signed(places)
        elif self._wishes.tls not in {FILES, NO_TLS}:
            tls.make_self_signed(self._wishes.name, places)
        document = programs.ARCHIVE / "SERVER.md"
        machine.write(places.root / _DOCUMENTS / document.name, document.read_bytes())

    def _environment(self) -> dict[str, str]:
        """Return the secrets that `hub` takes from its environment."""
        found: dict[str, str] = {}
        with contextlib.suppress(FileNotFoundError):
            lines = self._places.environment.read_text(encoding="utf-8").splitlines()
            found.update(line.partition("=")[::2] for line in lines)
        with contextlib.suppress(FileNotFoundError):  # before hub.toml names the file
            password = self._places.database_password.read_text(encoding="utf-8")
            found["SATCHEL_HUB_DATABASE_PASSWORD"] = password.rstrip("\n")
        return found

    def _move_content(self, hub: hub_setup.Hub) -> None:
        objects = hub_setup.configuration(self._places).get("objects", FOLDER)
        if objects != self._wishes.objects:
            self._tell(f"content, to {self._wishes.objects}")
            services.stop(self._places)
            hub_setup.move_objects(hub, self._wishes, self._places)

    def _bring_up(self, folder: Path, before: Path | None) -> None:
        """Start the hub; where an update doesn't come up, go back to the version before."""
        self._tell("its service")
        if programs.in_use(self._places) == folder and services.is_running():
            machine.run("systemctl", "restart", "satchel-hub.service")  # its settings may be others
            return
        try:
            services.start()
        except StepFailed as error:
            if before is None:
                raise
            programs.switch(self._places, before)
            try:
                services.start()
            except StepFailed:
                said = "nor does the version before: restore the backup that was just taken"
            else:
                said = "the version before serves again"
            raise StepFailed(f"{error.message}\n{said}", hint=error.hint) from error

    def _front(self) -> None:
        self._tell("nginx")
        wishes, places = self._wishes, self._places
        nginx.put(self._front_now(), places)
        if wishes.tls == LETS_ENCRYPT and self._starts and not tls.has_lasting(wishes, places):
            self._tell(f"a certificate of Let's Encrypt for {wishes.name}")
            tls.ask_lets_encrypt(wishes, places)
            nginx.put(self._front_now(), places)

    def _front_now(self) -> nginx.Front:
        wishes, places = self._wishes, self._places
        certificate, key, known = tls.in_force(wishes, places)
        secured = wishes.tls != NO_TLS
        return nginx.Front(
            host=wishes.public_address.partition("://")[2],
            repository=places.data / "repository",
            acme=places.acme,
            certificate=certificate if secured else None,
            key=key if secured else None,
            known=known,
            own_content=wishes.objects == FOLDER,
            ipv6=machine.has_ipv6(),
        )

    def _backups(self, hub: hub_setup.Hub) -> None:
        wishes = self._wishes
        services.prepare_backups(wishes)
        for folder in wishes.backup:
            if not (Path(folder) / services.MARK).is_file():
                self._tell(f"a first backup, to {folder}")
                hub.say("backup", folder, "--keep", str(wishes.backup_keep))
        services.enable_backups(wishes, self._places)

    def _last_words(self, hub: hub_setup.Hub) -> None:
        wishes, places = self._wishes, self._places
        lines = [f"{wishes.public_address} is a hub."]
        certificate, _, known = tls.in_force(wishes, places)
        if wishes.tls != NO_TLS and not known:
            known_by = f"--authority sha256:{tls.digest(certificate)}"
            lines.append(
                "Its certificate was made here: browsers warn once. Boxes have to be told of it:\n"
                f"  hub seeds SCHOOL {known_by} --output /tmp/seeds"
            )
        if wishes.tls == NO_TLS:
            lines.append("Without TLS passwords can be read on their way: for a trial only.")
        if link := hub_setup.first_link(hub, wishes):
            lines.append(
                f"{wishes.administrator} sets a password here, once, within 24 hours:\n  {link}"
            )
        lines.append(
            f"What is left to do by hand is in {places.root / _DOCUMENTS}/SERVER.md: root's keys "
            f"belong offline,\nand a copy of {places.passphrase} elsewhere."
        )
        for line in lines:
            self._tell(line)


def main(given: Sequence[str], places: Places | None = None) -> int:
    """Run `install`; return its exit code."""
    where = places or Places()

    def tell(line: str) -> None:
        print(line, flush=True)  # noqa: T201 - a command's output

    try:
        wishes = wishes_of(given, read_kept(where.wishes))
        check_machine(where)
        Installation(wishes, where, tell).run()
    except InstallError as error:
        print(f"error: {error.message}", file=sys.stderr)  # noqa: T201
        if error.hint:
            print(f"  what to do: {error.hint}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except OSError as error:  # a full disk, say
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        print("  what to do: once its cause is gone, run install again", file=sys.stderr)  # noqa: T201
        return StepFailed.exit_code
    except KeyboardInterrupt:
        print("stopped; run install again: it goes on where it was", file=sys.stderr)  # noqa: T201
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
