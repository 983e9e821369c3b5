"""The hub itself: made or restored, configured, given its store and its first administrator.

Everything is done by `hub`, as its user, and asks first what is done already.
"""

import json
import re
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.hub import machine
from deploy.hub.database import address
from deploy.hub.errors import NotReady, StepFailed
from deploy.hub.places import USER, Places
from deploy.hub.wishes import FOLDER, LOCAL_POSTGRESQL, SQLITE, Wishes

PASSPHRASE_BYTES_MAX = 1_002
PASSPHRASE_BYTES_MIN = 16
CREDENTIALS_BYTES_MAX = 4_096
_CREDENTIAL = re.compile(
    r"(AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|AWS_REGION)=\S+"
)
_NEEDED = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
_CHANGE = (
    "import sys; from pathlib import Path; from hub.config import change; "
    "change(Path(sys.argv[1]), **dict(one.split('=', 1) for one in sys.argv[2:]))"
)


def check_passphrase(wishes: Wishes) -> bytes:
    """Return the passphrase that a file was named for, nothing without. Raises `NotReady`."""
    if not wishes.passphrase_file:
        return b""
    data = machine.read_given(wishes.passphrase_file, bytes_max=PASSPHRASE_BYTES_MAX)
    line = data.split(b"\n", 1)[0].rstrip(b"\r")
    if len(line) < PASSPHRASE_BYTES_MIN:
        raise NotReady(
            f"{wishes.passphrase_file}: its first line has {len(line)} bytes, "
            f"expected {PASSPHRASE_BYTES_MIN} or more"
        )
    return line + b"\n"


def check_credentials(wishes: Wishes) -> str:
    """Return the keys of an S3 store as an environment file, nothing without. Raises `NotReady`."""
    path = wishes.objects_credentials
    if not path:
        return ""
    hint = "Write two lines: AWS_ACCESS_KEY_ID=... and AWS_SECRET_ACCESS_KEY=..."
    try:
        text = machine.read_given(path, bytes_max=CREDENTIALS_BYTES_MAX).decode()
    except ValueError as error:
        raise NotReady(f"{path}: isn't text", hint=hint) from error
    lines = [line.strip() for line in text.splitlines()]
    said = [line for line in lines if line and not line.startswith("#")]
    for number, line in enumerate(said, 1):
        if not _CREDENTIAL.fullmatch(line):
            name = line.partition("=")[0][:40]  # never the value
            raise NotReady(f"{path}: entry {number} ({name!r}) isn't understood", hint=hint)
    if missing := _NEEDED - {line.partition("=")[0] for line in said}:
        raise NotReady(f"{path}: has no {' and no '.join(sorted(missing))}", hint=hint)
    return "".join(f"{line}\n" for line in said)


def configuration(places: Places) -> dict[str, Any]:
    """Return hub.toml, nothing where there is no hub yet. Raises `NotReady`."""
    try:
        return tomllib.loads(places.config.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise NotReady(f"{places.config}: can't be read: {error}", hint="Mend it first.") from error


def check_same(wishes: Wishes, places: Places) -> None:
    """Refuse what an update can't change by itself. Raises `NotReady`."""
    found = configuration(places)
    if not found:
        return
    if wishes.restore:
        raise NotReady(
            f"{places.data}: there is a hub here already; a backup isn't restored over it",
            hint=f"Put it aside: systemctl stop satchel-hub; mv {places.data} {places.data}.old",
        )
    has = str(found.get("database", SQLITE))
    if has != address(wishes):
        raise NotReady(
            f"this hub's database is {has}, and {wishes.database} was asked for",
            hint="systemctl stop satchel-hub; hub move-database ADDRESS; then run install again "
            f"with --database {SQLITE if has == SQLITE else has}, or what you moved it to.",
        )
    objects = str(found.get("objects", FOLDER))
    if objects not in {FOLDER, wishes.objects}:
        raise NotReady(
            f"this hub's content is in {objects}, and {wishes.objects} was asked for",
            hint="systemctl stop satchel-hub; hub move-objects ADDRESS; then run install again.",
        )


class Hub:
    """`hub` of the version in use. `environment`: with secrets, which no command line shows."""

    def __init__(self, places: Places, environment: Mapping[str, str]) -> None:
        self._places = places
        self._environment = {
            **environment,
            "SATCHEL_HUB_DATA": str(places.data),
            "HOME": str(places.data),
            "LOGNAME": "install",
        }

    def say(self, *words: str | Path, reads_all: bool = False) -> str:
        """Run a command of `hub`, and return what it printed. Raises `StepFailed`."""
        program = self._places.venv / "bin/hub"
        return machine.run(
            program, *words, user=USER, reads_all=reads_all, environment=self._environment
        )

    def ask(self, *words: str | Path) -> Any:
        """Run a command of `hub`, and return its JSON. Raises `StepFailed`."""
        return json.loads(self.say(*words, "--json"))

    def set(self, values: Mapping[str, str]) -> None:
        """Set texts in hub.toml, where they are others. Raises `StepFailed`."""
        found = configuration(self._places)
        changes = [f"{key}={value}" for key, value in values.items() if found.get(key, "") != value]
        if changes:
            python = self._places.venv / "bin/python"
            machine.run(python, "-I", "-c", _CHANGE, self._places.config, *changes, user=USER)


def put_passphrase(given: bytes, places: Places) -> bool:
    """Have a passphrase: the one that is here, a given or a new one; say whether it is new."""
    if places.passphrase.is_file() and not given:
        return False
    made = given or f"{secrets.token_hex(20)}\n".encode()
    machine.write(places.passphrase, made, mode=0o400, owner=USER)
    return not given


def make(hub: Hub, wishes: Wishes, places: Places) -> None:
    """Make the hub, or restore it from a backup. Raises `StepFailed`."""
    named = ("--passphrase-file", places.passphrase)
    where = address(wishes)
    if wishes.restore:
        # It lies where root put it, and may be root's: the hub's user reads it all the same.
        hub.say(*named, "restore", wishes.restore, "--database", where, reads_all=True)
    else:
        hub.say(*named, "init", "--database", where)


def configure(hub: Hub, wishes: Wishes, places: Places) -> None:
    """Set in hub.toml what follows from being here. Raises `StepFailed`."""
    values = {
        "host": "127.0.0.1",
        "trusted_proxy": "127.0.0.1",
        "passphrase_file": str(places.passphrase),
        "public_address": wishes.public_address,
    }
    if wishes.title:
        values["title"] = wishes.title
    if wishes.database not in {SQLITE, LOCAL_POSTGRESQL} and places.database_password.exists():
        values["database_password_file"] = str(places.database_password)
    hub.set(values)


def move_objects(hub: Hub, wishes: Wishes, places: Places) -> None:
    """Have content lie in the store that was asked for. The hub has to be stopped."""
    if configuration(places).get("objects", FOLDER) == wishes.objects:
        return
    endpoint = ["--endpoint", wishes.objects_endpoint] if wishes.objects_endpoint else []
    hub.say("move-objects", wishes.objects, *endpoint)


def first_link(hub: Hub, wishes: Wishes) -> str:
    """Add the first administrator; return the link for a password, nothing if there is somebody."""
    people = hub.ask("people", "list")["people"]
    if any(one["role"] == "administrator" and one["ready"] for one in people):
        return ""
    login = wishes.administrator
    if any(one["login"] == login for one in people):  # the link of an earlier run may be spent
        made = hub.ask("people", "reset", login)
    else:
        made = hub.ask("people", "add", login, "--role", "administrator")
    try:
        return str(made["link"]["address"])
    except (KeyError, TypeError) as error:
        raise StepFailed(f"hub printed no link for {login}") from error
