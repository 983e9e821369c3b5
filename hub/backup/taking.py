"""`hub backup`: all that a hub needs to be made anew, into a folder of backups.

Content that never changes is copied first, while the hub goes on; what can't wait for each other
comes under the hub's lock: signed metadata, the database, keys, hub.toml. Files that the newest
backup has already under the same name and size aren't read again where they can't have changed.

Left out: the passphrase of the keys, which must not lie beside them; root's keys, which belong
offline; and what is work under way or is made again by itself.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from content_packs import durable
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Missing, StorageFailed
from content_packs.key_files import PRIVATE_MODE
from hub.backup.folder import BackupFolder, Note, Saved
from hub.backup.limits import KEEP_DEFAULT
from hub.clock import in_words
from hub.config import SQLITE
from hub.copying import copy
from hub.database import Database
from hub.edition import read_edition
from hub.errors import Damaged
from hub.fleet import audit
from hub.hub import Hub
from hub.keys import ROOT_NAMES
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.sqlite_copying import copy_file

Show = Callable[[str, int, int], None]
"""Is told what is being done, and how many bytes of how many are."""


def show_nothing(_doing: str, _done: int, _total: int) -> None:
    """Show nothing."""


DATABASE = "hub.db"
REPOSITORY = "repository/"
_METADATA = "metadata/"


@dataclass(frozen=True)
class Taken:
    """A backup that was made. `new_bytes`: what it added; `removed`: earlier ones that it was."""

    folder: Path
    name: str
    files: int
    size: int
    new_bytes: int
    removed: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass
class _Taking:
    """A backup in the making: what it has so far, by place."""

    hub: Hub
    folder: BackupFolder
    earlier: dict[str, Saved]
    show: Show
    afresh: bool
    files: dict[str, Saved] = field(default_factory=dict)
    new_bytes: int = 0

    def add(self, source: Path, place: str) -> None:
        """Copy a file that may have changed."""
        saved, new = self.folder.put(source, place, afresh=self.afresh)
        self.files[place] = saved
        self.new_bytes += saved.size if new else 0

    def add_content(self, place: str, size: int) -> None:
        """Copy a file of the repository that never changes."""
        known = self.files.get(REPOSITORY + place) or self.earlier.get(REPOSITORY + place)
        if known is not None and known.size == size and self.folder.holds(known):
            self.files[known.path] = known
        else:
            self.add(self.hub.objects.local(place), REPOSITORY + place)


def take(  # noqa: PLR0913 - each is a choice of who backs up
    hub: Hub,
    actor: Actor,
    to: Path,
    *,
    keep: int = KEEP_DEFAULT,
    afresh: bool = False,
    show: Show = show_nothing,
) -> Taken:
    """Back a hub up into the folder `to`; keep the newest `keep` backups of those in it.

    `afresh` reads and copies everything, and so mends what rotted there. Who took it is written
    into the audit log right after; where that can't be, it is among the warnings. Raises `Refused`
    where the folder is of another hub or of something else, `Busy` where another backup or a
    command that goes on too long is under way, `Damaged`, `StorageFailed`.
    """
    actor.expect(Right.OPERATE)
    folder = BackupFolder(to)
    folder.prepare(_root_of(hub))
    with folder.locked("backing up"):
        earlier, warnings = ({}, []) if afresh else _newest(folder)
        taking = _Taking(hub, folder, earlier, show, afresh)
        _add_content(taking, waits=False)
        with hub.locked("backing up"):
            _add_content(taking, waits=True)
            for path, place in _changing_files(hub):
                taking.add(path, place)
            schema, rows = _add_database(taking)
            timestamp = read_edition(hub.data.metadata).timestamp.version
            now = hub.clock()
        note = _note_of(taking, in_words(now), timestamp, schema, rows)
        name = folder.write(note, f"{now:%Y%m%dT%H%M%SZ}")
        warnings += _noted(hub, actor, f"{name} into {to}")
        removed = _prune(folder, keep)
    return Taken(
        to,
        name,
        len(note.files),
        sum(saved.size for saved in note.files),
        taking.new_bytes,
        tuple(removed),
        (*warnings, *_warnings(hub)),
    )


def _note_of(
    taking: _Taking, at: str, timestamp: int, schema: list[str], rows: dict[str, int]
) -> Note:
    return Note(
        format=1,
        taken_at=at,
        title=taking.hub.config.title,
        root=_root_of(taking.hub),
        timestamp=timestamp,
        schema=schema,
        rows=rows,
        files=sorted(taking.files.values(), key=lambda saved: saved.path),
    )


def _newest(folder: BackupFolder) -> tuple[dict[str, Saved], list[str]]:
    """Return the files of the newest backup that can be read, and what is wrong with others."""
    warnings: list[str] = []
    for name in folder.names():
        try:
            return {saved.path: saved for saved in folder.read(name).files}, warnings
        except (Damaged, InvalidContent) as error:
            warnings.append(f"{error.message}: remove it, so that the disk can be tidied")
    return {}, warnings


def _root_of(hub: Hub) -> str:
    return digest_of((hub.data.metadata / "1.root.json").read_bytes())


def _add_content(taking: _Taking, *, waits: bool) -> None:
    """Copy what is stored; where publishing `waits`, all of it, and nothing that is gone since."""
    stored = [one for one in taking.hub.objects.list() if not one.place.startswith(_METADATA)]
    done, total = 0, sum(one.size for one in stored)
    for one in stored:
        taking.show("backing up", done, total)
        done += one.size
        try:
            taking.add_content(one.place, one.size)
        except Missing:
            if waits:  # nobody can have removed it now
                raise
    if waits:
        here = {REPOSITORY + one.place for one in stored}
        for place in [place for place in taking.files if place not in here]:
            del taking.files[place]


def _changing_files(hub: Hub) -> Iterator[tuple[Path, str]]:
    data = hub.data
    yield data.config, data.config.name
    for path in sorted(data.metadata.iterdir()):
        if path.suffix != durable.TEMPORARY_SUFFIX:
            yield path, f"{REPOSITORY}{_METADATA}{path.name}"
    for path in sorted(data.keys.iterdir()):
        if path.is_file() and path.suffix != durable.TEMPORARY_SUFFIX and not _is_root_key(path):
            yield path, f"keys/{path.name}"
    for path in sorted((data.root / "offered").rglob("*")):
        if path.is_file() and path.suffix != durable.TEMPORARY_SUFFIX:
            yield path, path.relative_to(data.root).as_posix()


def _is_root_key(path: Path) -> bool:
    return path.name.partition(".")[0] in ROOT_NAMES


def _add_database(taking: _Taking) -> tuple[list[str], dict[str, int]]:
    """Copy the database, as one for SQLite; return its form, and rows by table."""
    hub = taking.hub
    path = taking.folder.root / "hub.db.part"
    for rest in taking.folder.root.glob("hub.db.part*"):  # of a backup that was cut off
        rest.unlink()
    path.touch(mode=PRIVATE_MODE)
    try:
        if hub.config.database == SQLITE:
            copy_file(hub.data.database, path)
            made = Database(path, aside=True)
        else:
            made = Database(path, aside=True)
            made.migrate(nullcontext)
            copy(hub.database, made)
        with closing(made):
            found = made.schema(), made.counts()
        taking.add(path, DATABASE)
    finally:
        path.unlink(missing_ok=True)
    return found


def _noted(hub: Hub, actor: Actor, reason: str) -> list[str]:
    """Write into the audit log that the backup is made; return what hinders, since it is."""
    try:
        with hub.database.writing():
            audit.note(hub, "backed-up", reason=reason, actor=actor.login)
    except StorageFailed as error:
        return [f"the audit log doesn't say so: {error.message}"]
    return []


def _prune(folder: BackupFolder, keep: int) -> list[str]:
    gone = folder.names()[keep:]
    for name in gone:
        folder.remove(name)
    folder.tidy()
    return gone


def _warnings(hub: Hub) -> Iterator[str]:
    here = [name for name in ROOT_NAMES if hub.keys.has(name)]
    if here:
        yield f"root keys aren't backed up: move them offline: {', '.join(here)}"
    yield (
        "the passphrase of the keys isn't backed up: keep a copy of it elsewhere; without it what "
        "is restored can't sign"
    )
