"""hub.toml: what an operator may set. Every key stands in CLI.md.

Strict: an unknown key or a value of another type is refused with its name, so that a slip of the
pen never passes for a setting.
"""

import json
import os
import re
import tomllib
import zoneinfo
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

from content_packs import durable
from content_packs.errors import InvalidContent, Missing
from content_packs.key_files import read_bounded
from hub.backup.limits import KEEP_DEFAULT, KEEP_MAX
from hub.errors import InvalidConfig
from hub.forgetting.limits import KEEP_DAYS_MAX, KEEP_DAYS_MIN
from hub.limits import (
    ADDRESS_CHARACTERS_MAX,
    CONFIG_BYTES_MAX,
    CONNECTIONS_MAX,
    HOST_CHARACTERS_MAX,
    LOCK_WAIT_SECONDS_MAX,
    PATH_CHARACTERS_MAX,
    THREADS_MAX,
    TITLE_CHARACTERS_MAX,
    WORKERS_BY_ITSELF_MAX,
    WORKERS_MAX,
)

SQLITE = "sqlite"
FOLDER = "folder"
MEMORY = "memory"

_NUMBERS = {
    "port": (0, 65_535),
    "threads": (1, THREADS_MAX),
    "connections_max": (1, CONNECTIONS_MAX),
    "lock_wait_seconds": (0, LOCK_WAIT_SECONDS_MAX),
    "workers": (0, WORKERS_MAX),
    "job_workers": (1, WORKERS_MAX),
    "backup_keep": (1, KEEP_MAX),
    "keep_records_days": (0, KEEP_DAYS_MAX),
    "keep_use_days": (0, KEEP_DAYS_MAX),
    "smtp_port": (1, 65_535),
}

_DAYS_KEPT = {"keep_records_days", "keep_use_days"}

_CHARACTERS = {
    "passphrase_file": (0, PATH_CHARACTERS_MAX),
    "backup_folder": (0, PATH_CHARACTERS_MAX),
    "trusted_proxy": (0, 45),
    "database": (1, ADDRESS_CHARACTERS_MAX),
    "database_password_file": (0, PATH_CHARACTERS_MAX),
    "objects": (1, ADDRESS_CHARACTERS_MAX),
    "objects_endpoint": (0, ADDRESS_CHARACTERS_MAX),
    "objects_public": (0, ADDRESS_CHARACTERS_MAX),
    "jobs": (1, ADDRESS_CHARACTERS_MAX),
    "public_address": (0, ADDRESS_CHARACTERS_MAX),
    "smtp_host": (0, HOST_CHARACTERS_MAX),
    "smtp_user": (0, ADDRESS_CHARACTERS_MAX),
    "smtp_password_file": (0, PATH_CHARACTERS_MAX),
    "mail_from": (0, ADDRESS_CHARACTERS_MAX),
    "webhook_hosts": (0, ADDRESS_CHARACTERS_MAX),
}

_SCHEMES = {  # what each may be: a word, or an address of one of these schemes
    "database": (SQLITE, ("postgresql://",)),
    "objects": (FOLDER, ("s3://",)),
    "objects_endpoint": ("", ("http://", "https://")),
    "objects_public": ("", ("http://", "https://")),
    "jobs": (MEMORY, ("redis://", "rediss://")),
    "public_address": ("", ("http://", "https://")),
}

_WORDS = {"smtp_security": ("starttls", "tls", "none"), "log": ("text", "json")}

_TEMPLATE = """\
# Configuration of this hub. Every key, and what it means, stands in hub/CLI.md.

# What the hub's home page is headed with.
title = "Satchel hub"

# Where `hub serve` listens. Behind nginx or Caddy keep 127.0.0.1.
host = "127.0.0.1"
port = 8470
"""
_NAMED = """
# The file that holds the passphrase of the hub's keys.
passphrase_file = {name}
"""
_STORED = """
# Where the database is; its password stands elsewhere.
database = {address}
"""


@dataclass(frozen=True)
class Config:
    """What an operator may set, with its defaults."""

    title: str = "Satchel hub"
    host: str = "127.0.0.1"
    port: int = 8470
    threads: int = 32
    connections_max: int = 4_000
    lock_wait_seconds: int = 30
    passphrase_file: str = ""
    require_signatures: bool = False
    trusted_proxy: str = ""
    zone: str = "UTC"
    database: str = SQLITE
    database_password_file: str = ""
    objects: str = FOLDER
    objects_endpoint: str = ""
    objects_public: str = ""
    jobs: str = MEMORY
    workers: int = 0  # as many as suit the machine: `workers_of`
    job_workers: int = 1
    backup_folder: str = ""
    backup_keep: int = KEEP_DEFAULT
    keep_records_days: int = 0
    keep_use_days: int = 0
    public_address: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: str = "starttls"
    smtp_user: str = ""
    smtp_password_file: str = ""
    mail_from: str = ""
    webhook_hosts: str = ""
    log: str = "text"


def read_config(path: Path) -> Config:
    """Return the configuration at `path`. Raises `InvalidConfig`."""
    try:
        data = read_bounded(path, CONFIG_BYTES_MAX)
    except (Missing, InvalidContent) as error:
        raise InvalidConfig(error.message) from error
    try:
        found = tomllib.loads(data.decode())
    except (ValueError, ArithmeticError) as error:  # also for a number of 5,000 digits, a year 0
        raise InvalidConfig(
            f"{path}: not TOML: {error}", hint="Texts stand in double quotes; see https://toml.io."
        ) from error
    except RecursionError as error:
        raise InvalidConfig(f"{path}: not TOML: nested too deep") from error
    return _checked(found, path)


def write_default(
    path: Path, *, passphrase_file: Path | None = None, database: str = SQLITE
) -> None:
    """Write a configuration with the defaults and their meanings. Raises `StorageFailed`."""
    text = _TEMPLATE
    if passphrase_file is not None:
        text += _NAMED.format(name=_quoted(str(passphrase_file)))
    if database != SQLITE:
        text += _STORED.format(address=_quoted(database))
    durable.write(path, text.encode())


def change(path: Path, **values: str) -> None:
    """Set keys that are texts to other values, all at once; leave all else in the file as it is.

    Raises `InvalidConfig`, `StorageFailed`.
    """
    read_config(path)
    before = path.read_text(encoding="utf-8")
    text = before
    for key, value in values.items():
        check_key(key, value, str(path))
        text = _with_line(text, key, value)
    durable.write(path, text.encode(), mode=path.stat().st_mode & 0o777)
    now = read_config(path)
    unset = [key for key, value in values.items() if getattr(now, key) != value]
    if unset:
        durable.write(path, before.encode(), mode=path.stat().st_mode & 0o777)
        lines = "; ".join(_line(key, values[key]) for key in unset)
        raise InvalidConfig(
            f"{path}: {', '.join(unset)} couldn't be set; nothing was changed",
            hint=f"Write it yourself: {lines}",
        )


def _with_line(text: str, key: str, value: str) -> str:
    """Return a configuration's text in which a key has a value."""
    line = _line(key, value)
    changed, found = re.subn(
        rf"^[ \t]*{key}[ \t]*=.*$", lambda _: line, text, count=1, flags=re.MULTILINE
    )
    return changed if found else f"{text.rstrip()}\n{line}\n"


def _line(key: str, value: str) -> str:
    return f"{key} = {_quoted(value)}"


def workers_of(config: Config) -> int:
    """Return how many processes answer: as configured, else one for each core, two at the most."""
    return config.workers or min(len(os.sched_getaffinity(0)), WORKERS_BY_ITSELF_MAX)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _checked(found: dict[str, object], path: Path) -> Config:
    known = {field.name: type(field.default) for field in fields(Config)}
    for key, value in found.items():
        if key not in known:
            raise InvalidConfig(
                f"{path}: the key {key!r} is unknown", hint=f"Known keys: {', '.join(known)}."
            )
        if type(value) is not known[key]:
            raise InvalidConfig(f"{path}: {key} is {value!r}, expected {_TYPE_WORDS[known[key]]}")
        check_key(key, value, str(path))
    return Config(**found)  # type: ignore[arg-type]  # each was just checked against its field


_TYPE_WORDS: dict[type, str] = {
    str: "a text in double quotes",
    int: "a whole number",
    bool: "true or false",
}


def check_key(key: str, value: object, where: str) -> None:
    """Check a value of the right type, found at `where`. Raises `InvalidConfig`."""
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        least, most = _NUMBERS[key]
        if not least <= value <= most:
            raise InvalidConfig(f"{where}: {key} is {value}, expected {least} to {most}")
        if key in _DAYS_KEPT and 0 < value < KEEP_DAYS_MIN:
            raise InvalidConfig(
                f"{where}: {key} is {value}, expected 0 for ever, or {KEEP_DAYS_MIN} and more",
                hint="What comes by stick is often weeks old, and would be forgotten as it comes.",
            )
    elif isinstance(value, str):
        least, most = _CHARACTERS.get(key, (1, TITLE_CHARACTERS_MAX))
        if not least <= len(value) <= most:
            raise InvalidConfig(f"{where}: {key} has to have {least} to {most} characters")
        _check_address(key, value, where)
        if key == "zone":
            _check_zone(value, where)


def _check_address(key: str, value: str, where: str) -> None:
    if key not in _SCHEMES:
        return
    word, schemes = _SCHEMES[key]
    if value != word and not value.startswith(schemes):
        raise InvalidConfig(
            f"{where}: {key} is {value!r}, expected {word!r} or {' or '.join(schemes)}..."
        )
    try:
        found = urlsplit(value)
        secret = found.password
    except ValueError as error:
        raise InvalidConfig(f"{where}: {key} is no address: {error}") from error
    if secret is not None:
        raise InvalidConfig(
            f"{where}: {key} has a password in it",
            hint="hub.toml is no place for one: see hub/CLI.md, Configuration.",
        )


def _check_zone(value: str, where: str) -> None:
    try:
        zoneinfo.ZoneInfo(value)
    except (ValueError, OSError) as error:
        raise InvalidConfig(
            f"{where}: zone is {value!r}, which this machine doesn't know",
            hint='Name one such as "Asia/Shanghai" (package tzdata).',
        ) from error
