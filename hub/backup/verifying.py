"""The drill: would a backup make the hub anew? Nothing is restored, and nothing changed.

Every file's digest; the database is sound inside, in a form that this version knows, with as many
rows as when it was taken, and comes to its newest form; the signed edition verifies from the root
on; what it offers is there, whole; the keys open with the passphrase that is found. Metadata, keys
and the database are copied into a temporary folder for it; content is read where it lies.

The audit log in it is looked at as by `hub audit verify`. One that somebody changed is said by
itself: the backup makes the hub anew all the same.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path

from content_packs.errors import SatchelError
from content_packs.key_files import PRIVATE_MODE
from hub.audit import checking
from hub.audit.checking import Checked
from hub.backup.folder import BackupFolder, Note, Saved
from hub.backup.taking import DATABASE, REPOSITORY, Show, show_nothing
from hub.contents import check_bundles, read_layout, read_manifest
from hub.data_dir import DataDir
from hub.database import Database
from hub.edition import Edition, read_edition
from hub.errors import Damaged
from hub.hub import passphrases
from hub.keys import KeyStore
from hub.objects.folder import FolderObjects
from hub.sqlite_copying import troubles

_SMALL = ("keys/", f"{REPOSITORY}metadata/", DATABASE)
_NEEDED_KEYS = ("snapshot", "timestamp")


@dataclass(frozen=True)
class Verified:
    """What a backup would restore; `troubles`: why it wouldn't, nothing where it would.

    `keys_open` is None where no passphrase was found to try. `audit`: whether the audit log in it
    is as it was written; not looked at where there are troubles.
    """

    name: str
    taken_at: str
    title: str
    files: int
    size: int
    packs: int
    versions: int
    schools: int
    nodes: int
    people: int
    keys_open: bool | None
    troubles: tuple[str, ...]
    audit: Checked


class _Content(FolderObjects):
    """The content of a backup, by the places that it has in a repository."""

    def __init__(self, folder: BackupFolder, note: Note) -> None:
        super().__init__(folder.root)
        self._found = {saved.path: folder.path(saved.digest) for saved in note.files}

    def local(self, place: str) -> Path:
        return self._found.get(REPOSITORY + place, Path("/nonexistent"))


def verify(
    source: Path,
    name: str = "",
    *,
    passphrase_file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    show: Show = show_nothing,
) -> Verified:
    """Try a backup of the folder `source`: the newest, or the one whose name begins so.

    Raises `Missing` where there is none, `Damaged` where its list isn't as it was written.
    """
    folder = BackupFolder(source)
    name = folder.find(name)
    note = folder.read(name)
    found: list[str] = []
    with tempfile.TemporaryDirectory(prefix="hub-drill-") as scratch:
        data = DataDir(Path(scratch))
        found += _all_looked_at(folder, note, data, show)
        keys = KeyStore(data.keys, passphrase=passphrases(data, passphrase_file, environment).find)
        if not found:
            found += _in_words(lambda: _database(data, note))
            found += _in_words(lambda: _edition(data, note, _Content(folder, note)))
            found += [f"the key {key!r} is missing" for key in _NEEDED_KEYS if not keys.has(key)]
        log = Checked((), 0, "", ())
        if not found:
            found += _in_words(lambda: _grown(data))
        if not found:
            log = _audit(data)
        keys_open = _open(data, keys, passphrase_file, environment)
    if keys_open is False:
        found.append("the passphrase that was found doesn't open the keys")
    rows = note.rows
    return Verified(
        name,
        note.taken_at,
        note.title,
        len(note.files),
        sum(saved.size for saved in note.files),
        rows.get("pack_row", 0),
        rows.get("version_row", 0),
        rows.get("school_row", 0),
        rows.get("node_row", 0),
        rows.get("person_row", 0),
        keys_open,
        tuple(found),
        log,
    )


def _all_looked_at(folder: BackupFolder, note: Note, data: DataDir, show: Show) -> list[str]:
    found: list[str] = []
    done, total = 0, sum(saved.size for saved in note.files)
    for saved in note.files:
        show("verifying", done, total)
        found += _looked_at(folder, saved, data)
        done += saved.size
    return found


def _looked_at(folder: BackupFolder, saved: Saved, data: DataDir) -> list[str]:
    if not saved.path.startswith(_SMALL):
        trouble = folder.look(saved)
        return [trouble] if trouble else []
    try:
        folder.copy_out(saved, data.root / saved.path, mode=PRIVATE_MODE)
    except Damaged as error:
        return [error.message]
    return []


def _in_words(check: Callable[[], Iterator[str]]) -> list[str]:
    found: list[str] = []
    try:
        found += check()
    except SatchelError as error:
        found.append(error.message)
    return found


def _database(data: DataDir, note: Note) -> Iterator[str]:
    for trouble in troubles(data.database):
        yield f"hub.db: {trouble}"
    with closing(Database(data.database, aside=True)) as database:
        strange = [name for name in note.schema if name not in database.known_migrations()]
        if strange:
            yield f"hub.db: in the form of a newer version of this program ({', '.join(strange)})"
        if database.counts() != note.rows:
            yield "hub.db: doesn't have as many rows as when it was backed up"


def _grown(data: DataDir) -> Iterator[str]:
    """Bring the copy to the form that a hub which is restored has."""
    with closing(Database(data.database, aside=True)) as database:
        database.migrate(nullcontext)
    yield from ()


def _audit(data: DataDir) -> Checked:
    with closing(Database(data.database, aside=True)) as database:
        return checking.check_copy(database, data.metadata)


def _edition(data: DataDir, note: Note, objects: _Content) -> Iterator[str]:
    edition = read_edition(data.metadata)
    if edition.timestamp.version != note.timestamp:
        yield f"the timestamp is {edition.timestamp.version}, expected {note.timestamp}"
    for pack, manifest, layout in sorted(_offered(edition)):
        try:
            found, _ = read_manifest(objects, pack, manifest)
            check_bundles(objects, read_layout(objects, found, layout)[0])
        except SatchelError as error:
            yield f"{pack}: {error.message}"


def _offered(edition: Edition) -> set[tuple[str, str, str]]:
    return {
        (offer.pack, offer.manifest, offer.layout)
        for channel in edition.channels
        for offer in (*edition.offers_on(channel), *edition.staged_on(channel))
    }


def _open(
    data: DataDir,
    keys: KeyStore,
    passphrase_file: Path | None,
    environment: Mapping[str, str] | None,
) -> bool | None:
    if passphrases(data, passphrase_file, environment).find() is None:
        return None
    return not keys.locked()
