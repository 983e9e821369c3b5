"""What is asked of `install`: read from the command line, checked, and kept for the next run.

`/etc/satchel-hub/install.toml` keeps it, so that a second run without a word does as the first did.
What a run says counts in place of what was kept. Secrets and what is only for once (`--restore`,
`--passphrase-file`) are never kept.
"""

import argparse
import ipaddress
import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

from deploy.hub.errors import WrongWish

SQLITE, LOCAL_POSTGRESQL, FOLDER = "sqlite", "postgresql", "folder"
SELF_SIGNED, FILES, LETS_ENCRYPT, NO_TLS = "self-signed", "files", "letsencrypt", "none"
WAYS = (SELF_SIGNED, FILES, LETS_ENCRYPT, NO_TLS)
BACKUP_DEFAULT = "/var/backups/satchel-hub"
BACKUP_KEEP_MAX = 1_000
BACKUPS_MAX = 8  # folders
TEXT_CHARACTERS_MAX = 500
NAME_CHARACTERS_MAX = 253
WISHES_BYTES_MAX = 65_536

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?")


@dataclass(frozen=True)
class Wishes:
    """All of it. Files and folders are absolute. Those that are kept come first."""

    name: str = ""
    tls: str = SELF_SIGNED
    email: str = ""
    title: str = ""
    database: str = SQLITE
    objects: str = FOLDER
    objects_endpoint: str = ""
    backup: tuple[str, ...] = (BACKUP_DEFAULT,)
    backup_keep: int = 14
    administrator: str = "admin"
    certificate: str = ""
    key: str = ""
    database_password_file: str = ""
    objects_credentials: str = ""
    passphrase_file: str = ""
    restore: str = ""
    start: bool = True
    backup_first: bool = True

    @property
    def public_address(self) -> str:
        """Under which people open this hub."""
        host = f"[{self.name}]" if ":" in self.name else self.name
        return f"{'http' if self.tls == NO_TLS else 'https'}://{host}"


KEPT = (
    "name", "tls", "email", "title", "database", "objects", "objects_endpoint", "backup",
    "backup_keep", "administrator",
)  # fmt: skip


def wishes_of(given: Sequence[str], kept: Wishes | None) -> Wishes:
    """Return what a command line asks for, over what an earlier run did. Raises `WrongWish`."""
    said = vars(_parser().parse_args(given))
    ways = [way for way in WAYS if said.pop(way.replace("-", "_"), False)]
    if said.get("certificate") or said.get("key"):
        ways.append(FILES)
    if len(ways) > 1:
        raise WrongWish(
            f"{' and '.join(ways)} were asked for, which are other ways of TLS",
            hint="Choose one: --certificate and --key, --letsencrypt, --self-signed, --no-tls",
        )
    changes = {key: value for key, value in said.items() if value is not None}
    if ways:
        changes["tls"] = ways[0]
    for key in ("certificate", "key", "database_password_file", "objects_credentials",
                "passphrase_file", "restore"):  # fmt: skip
        if key in changes:
            changes[key] = str(Path(changes[key]).absolute())
    if "backup" in changes:
        changes["backup"] = tuple(changes["backup"])
    wishes = replace(kept or Wishes(), **changes)
    check(wishes, is_first=kept is None)
    return wishes


def check(wishes: Wishes, *, is_first: bool) -> None:
    """Check what can be told without looking at the machine. Raises `WrongWish`."""
    if not wishes.name:
        raise WrongWish(
            "the name is missing under which people and boxes reach this hub",
            hint="install hub.example.org (or its IP address)",
        )
    _check_name(wishes.name)
    if wishes.tls == FILES and is_first and not (wishes.certificate and wishes.key):
        raise WrongWish(
            f"{'--key' if wishes.certificate else '--certificate'} is missing",
            hint="A certificate and its key come together: --certificate FILE --key FILE",
        )
    if bool(wishes.certificate) != bool(wishes.key):
        raise WrongWish("--certificate and --key come together", hint="Name both.")
    if wishes.tls == LETS_ENCRYPT and (is_address(wishes.name) or "." not in wishes.name):
        raise WrongWish(
            f"{wishes.name}: Let's Encrypt gives certificates to public names alone",
            hint="Name the hub by one that leads here, or leave --letsencrypt out.",
        )
    _check_texts(wishes)
    _check_database(wishes)
    _check_objects(wishes)
    _check_backup(wishes)


def is_address(name: str) -> bool:
    """Return whether a host's name is an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _check_name(name: str) -> None:
    if is_address(name):
        return
    hint = "Write a host name such as hub.example.org, or an IP address: no https://, no port."
    if len(name) > NAME_CHARACTERS_MAX or not all(map(_LABEL.fullmatch, name.split("."))):
        raise WrongWish(f"{name!r} is no host name", hint=hint)
    if name.rpartition(".")[2].isdecimal():
        raise WrongWish(f"{name!r} is neither a host name nor an IP address", hint=hint)


def _check_texts(wishes: Wishes) -> None:
    if not _LOGIN.fullmatch(wishes.administrator):
        raise WrongWish(
            f"--administrator {wishes.administrator!r} is no login",
            hint="Lower-case letters and digits, such as ada.",
        )
    for key in ("title", "email"):
        text = getattr(wishes, key)
        if len(text) > TEXT_CHARACTERS_MAX or not text.isprintable():
            raise WrongWish(
                f"--{key} has to be one line of at most {TEXT_CHARACTERS_MAX} characters"
            )
    if wishes.email and not re.fullmatch(r"[^@\s]+@[^@\s]+", wishes.email):
        raise WrongWish(f"--email {wishes.email!r} is no address", hint="Write it: ada@example.org")


def _check_database(wishes: Wishes) -> None:
    where = wishes.database
    if where in {SQLITE, LOCAL_POSTGRESQL}:
        if wishes.database_password_file:
            raise WrongWish(
                f"--database {where} asks for no password",
                hint="--database-password-file goes with postgresql://USER@HOST/NAME.",
            )
        return
    found = _split("--database", where, ("postgresql",))
    if found.password is not None:
        raise WrongWish(
            "--database has a password in it, which others could read",
            hint="Put it in a file, and name that: --database-password-file FILE",
        )
    if not found.path.strip("/") or not found.username:
        raise WrongWish(
            f"--database {where!r} names no {'user' if found.path.strip('/') else 'database'}",
            hint="Write sqlite, postgresql, or postgresql://USER@HOST:PORT/NAME",
        )


def _check_objects(wishes: Wishes) -> None:
    if wishes.objects == FOLDER:
        if wishes.objects_endpoint or wishes.objects_credentials:
            raise WrongWish(
                "--objects-endpoint and --objects-credentials go with --objects s3://...",
                hint="Name the bucket, too.",
            )
        return
    if not _BUCKET.fullmatch(wishes.objects):
        raise WrongWish(
            f"--objects is {wishes.objects!r}", hint="Write folder, or s3://BUCKET/PREFIX"
        )
    if wishes.objects_endpoint:
        _split("--objects-endpoint", wishes.objects_endpoint, ("https", "http"))


def _check_backup(wishes: Wishes) -> None:
    if len(wishes.backup) > BACKUPS_MAX:
        raise WrongWish(f"--backup was given {len(wishes.backup)} times, at most {BACKUPS_MAX}")
    for folder in wishes.backup:
        plain = Path(folder)
        if not plain.is_absolute() or ".." in plain.parts or str(plain) != folder or folder == "/":
            raise WrongWish(
                f"--backup {folder!r}: expected a folder's full path, such as /mnt/backup/hub",
                hint="It belongs on another disk, or is one of another machine, mounted here.",
            )
        if not re.fullmatch(r"/[A-Za-z0-9._/@+-]+", folder):
            raise WrongWish(
                f"--backup {folder!r}: has characters that units can't name",
                hint="Use letters, digits, and . _ - @ + in its path.",
            )
    if not 1 <= wishes.backup_keep <= BACKUP_KEEP_MAX:
        raise WrongWish(f"--backup-keep is {wishes.backup_keep}, expected 1 to {BACKUP_KEEP_MAX}")


def _split(option: str, address: str, schemes: tuple[str, ...]) -> SplitResult:
    hint = f"Write {' or '.join(f'{one}://...' for one in schemes)}"
    try:
        found = urlsplit(address)
        _ = found.port
    except ValueError as error:
        raise WrongWish(f"{option} {address!r} is no address: {error}", hint=hint) from error
    if found.scheme not in schemes or not address.isprintable() or " " in address:
        raise WrongWish(f"{option} is {address!r}", hint=hint)
    return found


def keep(wishes: Wishes) -> str:
    """Return what is kept of wishes, as TOML."""
    lines = "".join(
        f"{key} = {json.dumps(getattr(wishes, key), ensure_ascii=False)}\n" for key in KEPT
    )
    return f"# What this hub was installed with: the next run of `install` goes by it.\n{lines}"


def read_kept(path: Path) -> Wishes | None:
    """Return what an earlier run kept, None where there was none. Raises `WrongWish`."""
    try:
        with path.open("rb") as file:
            data = file.read(WISHES_BYTES_MAX + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise WrongWish(f"{path}: can't be read: {error.strerror}") from error
    try:
        return kept_of(data)
    except WrongWish as error:
        raise WrongWish(
            f"{path}: {error.message}", hint="Mend it, or remove it, and say everything again."
        ) from error


def kept_of(data: bytes) -> Wishes:
    """Return the wishes that were kept so. Raises `WrongWish`."""
    if len(data) > WISHES_BYTES_MAX:
        raise WrongWish("is too large")
    try:
        found = tomllib.loads(data.decode())
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise WrongWish(f"not TOML: {error}") from error
    for key, value in found.items():
        _check_kept(key, value)
    found["backup"] = tuple(found.get("backup", (BACKUP_DEFAULT,)))
    wishes = Wishes(**found)
    if wishes.tls not in WAYS:
        raise WrongWish(f"tls is {wishes.tls!r}, expected {', '.join(WAYS)}")
    check(wishes, is_first=False)
    return wishes


def _check_kept(key: str, value: object) -> None:
    types = {field.name: type(field.default) for field in fields(Wishes)}
    if key not in KEPT:
        raise WrongWish(f"the key {key!r} is unknown, expected {', '.join(KEPT)}")
    if key == "backup":
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise WrongWish(f"backup is {value!r}, expected a list of folders")
    elif type(value) is not types[key]:
        raise WrongWish(f"{key} is {value!r}, expected a value like {getattr(Wishes(), key)!r}")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise WrongWish(message, hint="See: install --help")


def _parser() -> _Parser:
    parser = _Parser("install", description="Makes this Debian server a hub, or updates it.")
    parser.add_argument("name", nargs="?", help="host name or IP address of this hub")
    _tls_options(parser.add_argument_group("TLS"))
    where = parser.add_argument_group("where things lie")
    where.add_argument("--database", help="sqlite; postgresql, which is installed here; or the "
                       "address of an empty database, postgresql://USER@HOST/NAME")  # fmt: skip
    where.add_argument("--database-password-file", metavar="FILE")
    where.add_argument("--objects", help="folder, or s3://BUCKET/PREFIX")
    where.add_argument("--objects-endpoint", metavar="URL", help="of a store that isn't Amazon's")
    where.add_argument("--objects-credentials", metavar="FILE",
                       help="with AWS_ACCESS_KEY_ID=... and AWS_SECRET_ACCESS_KEY=...")  # fmt: skip
    where.add_argument("--backup", action="append", metavar="FOLDER", help="backed up to nightly; "
                       f"may be given several times; {BACKUP_DEFAULT}")  # fmt: skip
    where.add_argument("--backup-keep", type=int, metavar="N", help="how many backups stay; 14")
    more = parser.add_argument_group("more")
    more.add_argument("--title", help="what the hub's home page is headed with")
    more.add_argument("--administrator", metavar="LOGIN", help="the first person; admin")
    more.add_argument("--restore", metavar="FOLDER", help="make the hub anew from this backup")
    more.add_argument("--passphrase-file", metavar="FILE", help="the passphrase of the hub's keys")
    more.add_argument("--no-start", dest="start", action="store_false", default=None,
                      help="install, and start nothing: in the making of an image")  # fmt: skip
    more.add_argument("--no-backup-first", dest="backup_first", action="store_false", default=None,
                      help="update without a backup of what is there")  # fmt: skip
    return parser


def _tls_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--self-signed", action="store_true", help="a certificate made here: what "
                       "is done where nothing else is said")  # fmt: skip
    group.add_argument("--certificate", metavar="FILE", help="with the chain, as PEM")
    group.add_argument("--key", metavar="FILE", help="of that certificate, as PEM")
    group.add_argument("--letsencrypt", action="store_true", help="a free one for a public name")
    group.add_argument("--email", help="whom Let's Encrypt writes to")
    group.add_argument("--no-tls", dest="none", action="store_true", help="for a trial only")
