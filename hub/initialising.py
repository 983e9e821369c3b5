"""`hub init`: a data directory with keys, a root of trust, a first channel and a first edition.

`hub.toml` is written last: a folder with it is a hub, whole. A folder in which an earlier `init`
was cut off has the file `init-unfinished` instead; nothing in it was ever in use, and the next
`init` begins afresh. A folder with anything else in it is left alone.
"""

import shutil
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from tuf.api.metadata import Root

from content_packs import durable, offers
from content_packs.key_files import PRIVATE_MODE
from hub.channels import check_channel_name, with_channel
from hub.clock import Clock
from hub.config import SQLITE, Config, check_key, write_default
from hub.data_dir import DataDir
from hub.edition import file_name
from hub.errors import NotAHub
from hub.further_keys import with_further_keys
from hub.hub import database_of, open_hub, passphrases
from hub.keys import ROOT_NAMES, KeyStore
from hub.limits import LOCK_WAIT_SECONDS_MAX, ROOT_LIFETIME, ROOT_THRESHOLD
from hub.lock import locked
from hub.signing import Signing, sign

_UNFINISHED = "init-unfinished"
_NOT_IN_THE_WAY = {
    "lost+found",  # a disk of its own has it
    "lock",
    _UNFINISHED + durable.TEMPORARY_SUFFIX,  # cut off at the very first step
}


@dataclass(frozen=True)
class NewHub:
    """A hub that was just made: what has to go where by hand."""

    data: Path
    channel: str
    trust_root: Path
    offline_keys: tuple[Path, ...]
    passphrase_made: Path | None


def initialise(  # noqa: PLR0913 - each is a choice of who makes the hub
    root: Path,
    channel: str,
    clock: Clock,
    *,
    passphrase_file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    database: str = SQLITE,
) -> NewHub:
    """Make a hub in the folder `root`, and return what has to be done by hand.

    `database` is as in hub.toml; one on a server has to be there, and has to be empty.

    The keys are encrypted with the passphrase that `passphrases` finds or, for want of one, makes.
    `passphrase_made` is the file that it was written to, if it was.
    Raises `NotAHub` if the folder is in use, `UsageError` for the channel's name, `StorageFailed`.
    """
    check_channel_name(channel)
    check_key("database", database, "hub init")
    data = DataDir(root)
    durable.make_folder(root)
    with locked(data.lock, doing="init", wait_seconds=LOCK_WAIT_SECONDS_MAX):
        _check_free(data)
        _clear(data)
        durable.write(root / _UNFINISHED, b"As long as there is no hub.toml: run hub init again.\n")
        for folder in (data.repository, data.metadata, data.incoming):
            durable.make_folder(folder)
        passphrase, made = passphrases(data, passphrase_file, environment).find_or_make()
        keys = KeyStore(data.keys, passphrase=lambda: passphrase)
        _make_trust(data, keys, channel, clock)
        _make_database(data, database, environment)
        named = passphrase_file and passphrase_file.absolute()
        write_default(data.config, passphrase_file=named, database=database)
        durable.remove(root / _UNFINISHED)
    open_hub(root, clock)
    return NewHub(
        root,
        channel,
        data.metadata / file_name("root", 1),
        tuple(keys.path(name) for name in ROOT_NAMES),
        data.passphrase if made else None,
    )


def _check_free(data: DataDir) -> None:
    if data.config.exists():
        raise NotAHub(
            f"{data.root}: there is a hub here already; nothing was changed",
            hint=f"See what it holds: hub status --data {data.root}",
        )
    found = {path.name for path in data.root.iterdir()} - _NOT_IN_THE_WAY
    if found and _UNFINISHED not in found:
        raise NotAHub(
            f"{data.root}: is not empty (it has {min(found)!r}); nothing was changed",
            hint="Name a folder that is empty or doesn't exist yet.",
        )


def _clear(data: DataDir) -> None:
    """Remove what an `init` that was cut off left: no command ever worked with it."""
    with durable.storage_errors(data.root):
        for folder in (data.keys, data.repository, data.incoming):
            if folder.exists():
                shutil.rmtree(folder)
        for file in (*data.root.glob(f"{data.database.name}*"), data.passphrase):
            file.unlink(missing_ok=True)


def _make_database(data: DataDir, where: str, environment: Mapping[str, str] | None) -> None:
    if where == SQLITE:
        data.database.touch(mode=PRIVATE_MODE)  # reports, addresses: no other user's business
    made = database_of(data, Config(database=where), environment)
    if made.holds_rows():
        raise NotAHub(
            f"{where}: is not empty; nothing in it was changed",
            hint="Name a database that is new, or restore the hub that it belongs to.",
        )
    made.migrate(nullcontext)
    made.close()


def _make_trust(data: DataDir, keys: KeyStore, channel: str, clock: Clock) -> None:
    now = clock()
    root = Root(version=1, expires=now + ROOT_LIFETIME, consistent_snapshot=True)
    for name in ROOT_NAMES:
        root.add_key(keys.create(name).public_key, "root")
    root.roles["root"].threshold = ROOT_THRESHOLD
    for name in ("targets", "snapshot", "timestamp"):
        root.add_key(keys.create(name).public_key, name)
    durable.write(data.metadata / file_name("root", 1), sign(root, *ROOT_NAMES, store=keys))
    key = keys.create(offers.role_of(channel)).public_key
    changed = with_channel(None, channel, key)
    further = with_further_keys(changed["targets"], keys)
    Signing(data.metadata, keys, now).begin({**changed, **further})
