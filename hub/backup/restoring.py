"""`hub restore`: a hub made anew from a backup, in an empty folder.

hub.toml is written last: a folder with it is a hub, whole. One in which a restore was cut off has
`restore-unfinished` instead, and the next restore begins afresh.

Nodes may have seen metadata that was signed after the backup, and never go back: a restored hub
leaves out the next `NUMBERS_AHEAD` numbers of each role, and signs all of them at once.
"""

import shutil
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from content_packs import durable
from content_packs.errors import InvalidContent, SatchelError
from content_packs.key_files import PRIVATE_MODE
from hub import config
from hub.backup.folder import BackupFolder, Note, Saved
from hub.backup.limits import NUMBERS_AHEAD
from hub.backup.taking import DATABASE, REPOSITORY, Show, show_nothing
from hub.clock import Clock
from hub.config import FOLDER, SQLITE, Config
from hub.copying import copy
from hub.data_dir import DataDir
from hub.database import Database
from hub.edition import file_name, read_edition
from hub.errors import NotAHub
from hub.fleet import audit
from hub.hub import Hub, database_of, open_hub
from hub.limits import LOCK_WAIT_SECONDS_MAX
from hub.lock import locked
from hub.objects.opening import objects_of
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.renewing import renew
from hub.signing import ANY_ROLE

_UNFINISHED = "restore-unfinished"
_CONFIG = "hub.toml"
_NOT_IN_THE_WAY = {"lost+found", "lock", _UNFINISHED + durable.TEMPORARY_SUFFIX}
_FOLDERS = {"keys", "repository", "offered"}
_PRIVATE_FOLDER = 0o700
_SINCE = (
    "nodes that were enrolled, and versions that were published, after the backup was taken aren't "
    "in it: see hub/CLI.md, hub restore"
)


@dataclass(frozen=True)
class Restored:
    """A hub that was made anew, as it was at `taken_at`. `warnings`: what is left to do."""

    data: Path
    name: str
    taken_at: str
    files: int
    rows: dict[str, int]
    signed: tuple[str, ...]
    warnings: tuple[str, ...]


def restore(  # noqa: PLR0913 - each is a choice of who restores
    actor: Actor,
    source: Path,
    root: Path,
    clock: Clock,
    *,
    name: str = "",
    database: str = "",
    passphrase_file: Path | None = None,
    show: Show = show_nothing,
) -> Restored:
    """Make the hub of a backup anew in `root`; of the newest, or that whose name begins so.

    `database` is as in hub.toml; empty: where it was. Who restores it is the first line that the
    audit log goes on with. Raises `Missing` where there is no backup,
    `Damaged` where a file of it isn't as it was, `NotAHub` where the folder or the database isn't
    empty, `StorageFailed`.
    """
    actor.expect(Right.OPERATE)
    folder = BackupFolder(source)
    name = folder.find(name)
    note = folder.read(name)
    data = DataDir(root)
    durable.make_folder(root)
    with locked(data.lock, doing="restoring", wait_seconds=LOCK_WAIT_SECONDS_MAX):
        _check_free(data)
        durable.write(root / _UNFINISHED, b"As long as there is no hub.toml: restore again.\n")
        _clear(data)
        _copy_all_out(folder, note, data, show)
        new = root / f"{_CONFIG}.new"
        if database:
            config.change(new, database=database)
        wanted = config.read_config(new)
        _put_database(data, wanted)
        _put_content(data, wanted, note)
        _leave_numbers_out(data)
        with closing(database_of(data, wanted)) as restored:
            restored.migrate(nullcontext)
            with restored.writing():
                reason = f"{name}, as it was at {note.taken_at}"
                audit.note_at(clock(), "restored", reason=reason, actor=actor.login)
        durable.rename(new, data.config)
        durable.remove(root / _UNFINISHED)
    hub = open_hub(root, clock, passphrase_file=passphrase_file)
    signed, warnings = _sign(hub)
    rows = hub.database.counts()
    return Restored(root, name, note.taken_at, len(note.files), rows, signed, warnings)


def _copy_all_out(folder: BackupFolder, note: Note, data: DataDir, show: Show) -> None:
    done, total = 0, sum(saved.size for saved in note.files)
    for saved in note.files:
        show("restoring", done, total)
        _copy_out(folder, saved, data)
        done += saved.size


def _check_free(data: DataDir) -> None:
    found = {path.name for path in data.root.iterdir()} - _NOT_IN_THE_WAY
    if data.config.exists() or (found and _UNFINISHED not in found):
        raise NotAHub(
            f"{data.root}: is not empty; nothing was changed",
            hint="Name a folder that is empty or doesn't exist yet.",
        )


def _clear(data: DataDir) -> None:
    """Remove what a restore that was cut off left."""
    with durable.storage_errors(data.root):
        for folder in _FOLDERS:
            if (data.root / folder).exists():
                shutil.rmtree(data.root / folder)
        for file in (*data.root.glob("hub.db*"), *data.root.glob("hub.toml*")):
            file.unlink()


def _copy_out(folder: BackupFolder, saved: Saved, data: DataDir) -> None:
    parts = PurePosixPath(saved.path).parts
    whole = saved.path in {DATABASE, _CONFIG}
    if not whole and (len(parts) < 2 or parts[0] not in _FOLDERS or ".." in parts):
        raise InvalidContent(f"{saved.path!r} is no place of a hub's", hint="Is it our backup?")
    to = data.root.joinpath(*parts)
    private = whole or parts[0] != REPOSITORY.rstrip("/")
    if saved.path == _CONFIG:
        to = to.with_name(f"{_CONFIG}.new")
    durable.make_folder(data.keys, mode=_PRIVATE_FOLDER)
    folder.copy_out(saved, to, mode=PRIVATE_MODE if private else 0o644)


def _put_database(data: DataDir, wanted: Config) -> None:
    if wanted.database == SQLITE:
        return
    with (
        closing(Database(data.database, aside=True)) as source,
        closing(database_of(data, wanted)) as target,
    ):
        if target.holds_rows():
            raise NotAHub(
                f"{wanted.database}: is not empty; nothing in it was changed",
                hint="Empty it, or name another with --database; --database sqlite makes a hub.db.",
            )
        source.migrate(nullcontext)
        target.migrate(nullcontext)
        copy(source, target)
    durable.remove(data.database)


def _put_content(data: DataDir, wanted: Config, note: Note) -> None:
    """Bring content to its store, where that isn't the folder; what is there already stays."""
    if wanted.objects == FOLDER:
        return
    objects = objects_of(data, wanted)
    for saved in note.files:
        place = saved.path.removeprefix(REPOSITORY)
        if place == saved.path or place.startswith("metadata/"):
            continue
        path = data.root / saved.path
        if objects.size(place) == saved.size:
            path.unlink()
        else:
            objects.put_file(place, path)


def _leave_numbers_out(data: DataDir) -> None:
    """Have the next number of every role lie far ahead: see `hub.signing`, Numbers."""
    edition = read_edition(data.metadata)
    roles = (edition.snapshot, *edition.targets_roles().values())
    number = max(role.version for role in roles) + NUMBERS_AHEAD
    durable.write(data.metadata / file_name(ANY_ROLE, number), b"")


def _sign(hub: Hub) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Sign all roles, whose numbers nodes haven't seen; return them, and what is left to do."""
    try:
        return tuple(renew(hub, everything=True)), (_SINCE,)
    except SatchelError as error:
        return (), (f"not signed yet: {error.message}. Then: hub refresh", _SINCE)
