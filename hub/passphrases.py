"""Where the passphrase comes from that opens the hub's keys.

The first of these that is there:
1. the file that `--passphrase-file` or `passphrase_file` in hub.toml names;
2. the systemd credential `hub-passphrase` (`LoadCredentialEncrypted=` in the unit);
3. the environment variable `SATCHEL_HUB_PASSPHRASE`;
4. the file `passphrase` in the data directory, which `hub init` makes where there is none of these.

It is looked for when a key is opened: what needs no key needs no passphrase.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from content_packs import durable, key_files
from hub.limits import PASSPHRASE_RANDOM_BYTES

VARIABLE = "SATCHEL_HUB_PASSPHRASE"
CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"  # set by systemd, see systemd.exec(5)
CREDENTIAL = "hub-passphrase"

_OTHERS = 0o077


@dataclass(frozen=True)
class Passphrases:
    """The places to look in. `named`: the file that was named; `own`: the one beside the keys."""

    named: Path | None
    environment: Mapping[str, str] = field(repr=False)  # it may hold the passphrase
    own: Path

    def find(self) -> bytes | None:
        """Return the passphrase, None where there is none.

        Raises `UsageError` for one that is none, `Missing` if the named file isn't there.
        """
        if self.named is not None:
            return key_files.read_passphrase(self.named)
        credential = Path(self.environment.get(CREDENTIALS_VARIABLE, ""), CREDENTIAL)
        if CREDENTIALS_VARIABLE in self.environment and credential.is_file():
            return key_files.read_passphrase(credential)
        if text := self.environment.get(VARIABLE):
            return key_files.check_passphrase(text.encode(errors="surrogateescape"), what=VARIABLE)
        return key_files.read_passphrase(self.own) if self.own.is_file() else None

    def exposed(self) -> list[Path]:
        """Return the files with the passphrase that other users of this machine may read."""
        files = [path for path in (self.named, self.own) if path is not None and path.is_file()]
        return [path for path in files if path.stat().st_mode & _OTHERS]

    def find_or_make(self) -> tuple[bytes, bool]:
        """Return the passphrase, and whether it had to be made, in the hub's own file.

        Raises as `find`, and `StorageFailed`.
        """
        found = self.find()
        if found is not None:
            return found, False
        made = secrets.token_hex(PASSPHRASE_RANDOM_BYTES).encode()
        durable.write(self.own, made + b"\n", mode=key_files.PRIVATE_MODE)
        return made, True
