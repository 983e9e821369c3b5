"""Where PostgreSQL's password comes from, which never stands in hub.toml.

The first of these that is there: the file that `database_password_file` in hub.toml names; the
systemd credential `hub-database-password`; the environment variable
`SATCHEL_HUB_DATABASE_PASSWORD`. Else PostgreSQL's own library looks for it.
"""

from collections.abc import Mapping
from pathlib import Path

from content_packs.errors import UsageError
from content_packs.key_files import read_bounded
from hub.limits import DATABASE_PASSWORD_BYTES_MAX
from hub.passphrases import CREDENTIALS_VARIABLE

VARIABLE = "SATCHEL_HUB_DATABASE_PASSWORD"
CREDENTIAL = "hub-database-password"


def find(named: Path | None, environment: Mapping[str, str]) -> str | None:
    """Return the password, None where there is none. Raises `Missing`, `UsageError`."""
    if named is not None:
        return _first_line(named)
    credential = Path(environment.get(CREDENTIALS_VARIABLE, ""), CREDENTIAL)
    if CREDENTIALS_VARIABLE in environment and credential.is_file():
        return _first_line(credential)
    return environment.get(VARIABLE) or None


def _first_line(path: Path) -> str:
    line = read_bounded(path, DATABASE_PASSWORD_BYTES_MAX).split(b"\n", 1)[0].rstrip(b"\r")
    try:
        return line.decode()
    except ValueError as error:
        raise UsageError(
            f"{path}: the password isn't UTF-8", hint="Write it on one line of text."
        ) from error
