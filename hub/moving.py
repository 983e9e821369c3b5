"""`hub move-database`: all rows from hub.db to PostgreSQL, or back, compared, and hub.toml follows.

hub.toml is changed last. Cut off before, the hub is where it was, and the next move goes on: what
it finds in the new place is compared, and written anew unless it is alike. hub.db is kept under
another name: it is the way back until somebody removes it.
"""

import os
from collections.abc import Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path

from content_packs import durable
from content_packs.errors import Refused, SatchelError, StorageFailed, UsageError
from content_packs.key_files import PRIVATE_MODE
from hub import config, database_password
from hub.config import SQLITE
from hub.copying import Held, copy, held
from hub.database import Database
from hub.engines import Postgresql
from hub.fleet import audit
from hub.hub import Hub, database_of
from hub.in_service import out_of_service
from hub.people.actor import Actor
from hub.people.rights import Right

_NEW = "hub.db.new"


@dataclass(frozen=True)
class Moved:
    """Where the database is now, and what it holds; `kept`: hub.db under its other name.

    `warnings`: what couldn't be done once it had moved.
    """

    database: str
    rows: dict[str, int]
    digest: str
    kept: Path | None
    warnings: tuple[str, ...]


def move(hub: Hub, actor: Actor, where: str, environment: Mapping[str, str] | None = None) -> Moved:
    """Move the hub's database; `where` is as `database` in hub.toml.

    Who did is the first line that the audit log goes on with in the new place.
    Raises `InvalidConfig`, `UsageError`, `Busy` while a server or a worker runs, `Refused` where
    the place holds something else, `StorageFailed`.
    """
    actor.expect(Right.OPERATE)
    config.check_key("database", where, "hub move-database")
    places = os.environ if environment is None else environment
    if where == hub.config.database:
        raise UsageError(f"the database is at {where} already")
    with (
        hub.locked("moving the database"),
        out_of_service(hub.data.root),
        hub.database.writing(),  # no command adds a row that stays behind
    ):
        target = _target(hub, where, places)
        try:
            found = _copied(hub, target, where)
        finally:
            target.close()
        if where == SQLITE:
            durable.rename(hub.data.root / _NEW, hub.data.database)
        config.change(hub.data.config, database=where)
    kept, warnings = None, []
    if hub.config.database == SQLITE:
        try:
            kept = _set_aside(hub)
        except StorageFailed as error:
            warnings.append(f"hub.db, which isn't in use any more, is in the way: {error.message}")
    try:
        _note(hub, actor, where, places)
    except SatchelError as error:
        warnings.append(
            f"the database has moved, and the audit log doesn't say so: {error.message}"
        )
    return Moved(where, found.rows, found.digest, kept, tuple(warnings))


def _note(hub: Hub, actor: Actor, where: str, environment: Mapping[str, str]) -> None:
    """Write who moved it into the audit log, where it is now."""
    now = config.read_config(hub.data.config)
    with closing(database_of(hub.data, now, environment)) as moved, moved.writing():
        reason = f"the database, to {where}"
        audit.note_at(hub.clock(), "moved", reason=reason, actor=actor.login)


def _target(hub: Hub, where: str, environment: Mapping[str, str]) -> Database:
    if where != SQLITE:
        named = hub.config.database_password_file
        place = Path(named) if named else None
        engine = Postgresql(where, lambda: database_password.find(place, environment))
        return Database(engine, aside=True)
    if hub.data.database.exists():
        raise Refused(
            f"{hub.data.database}: is in the way", hint="Move it away; it may be the only copy."
        )
    path = hub.data.root / _NEW
    for rest in hub.data.root.glob(f"{_NEW}*"):  # of a move that was cut off
        durable.remove(rest)
    path.touch(mode=PRIVATE_MODE)
    return Database(path, aside=True)


def _copied(hub: Hub, target: Database, where: str) -> Held:
    if target.holds_rows():
        if target.schema() == hub.database.schema() and held(target) == held(hub.database):
            return held(target)  # of a move that was cut off at its end
        raise Refused(
            f"{where}: is not empty; nothing in it was changed",
            hint="Name a database that is new, or empty this one.",
        )
    target.migrate(nullcontext)
    return copy(hub.database, target)


def _set_aside(hub: Hub) -> Path:
    hub.database.close()
    to = hub.data.root / f"hub.db.moved-{hub.clock():%Y%m%dT%H%M%SZ}"
    log = hub.data.root / "hub.db-wal"
    if log.exists():  # somebody looks at it just now: what was written last stands there
        durable.rename(log, to.with_name(f"{to.name}-wal"))
    durable.rename(hub.data.database, to)
    return to
