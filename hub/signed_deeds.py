"""The audit log's line of what is signed: it comes, though the hub is killed on the way.

Signed metadata is files, the log is in the database, and no transaction holds both. So before an
edition is signed that somebody wants, `deed.json` says, durably, what it is and who wants it. Once
that edition is in force, the line is written in one transaction with what else the database says of
it. Cut off in between, the next command that changes anything finds `deed.json`: if the edition in
force is a later one than the deed began with, it writes the line, unless it stands there already;
if not, nothing was done, and nothing is written. A new root is in force with its own file, and keys
are encrypted one by one: such a deed is looked for there.

What is offered and the history doesn't know, without such a file (hub.db comes from a backup of
before), gets a line, too: that it was found in the signed edition.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec

from content_packs import durable
from content_packs.errors import InvalidContent
from hub.clock import in_words
from hub.edition import Edition
from hub.fleet import audit
from hub.fleet.audit import Event
from hub.fleet.tables import AuditRow
from hub.hub import Hub
from hub.models import ReleaseRow
from hub.own_files import read_own
from hub.versions import mark_withdrawn

_FILE_BYTES_MAX = 65_536
_HINT = "Nobody but the hub writes here: remove this file."
_FOUND = "found in the signed edition"


@dataclass(frozen=True)
class Deed:
    """What is done by signing, and who does it: `actor` is a login, empty for the hub itself.

    `released_by`: whom the history of releases names, where that is somebody else. `withdrawn`: the
    pack and version that can't be released any more from then on. `root`: it is done once a newer
    root is in force, not any edition. `encrypts`: it is done key by key, by the names of these, and
    its line names those that are done.
    """

    event: Event
    reason: str
    actor: str = ""
    released_by: str = ""
    withdrawn: tuple[str, int] | None = None
    root: bool = False
    encrypts: tuple[str, ...] = ()


class _Begun(msgspec.Struct, frozen=True):
    """A deed, the edition and root that it began with, and how many lines the log had then."""

    deed: Deed
    snapshot: int
    lines: int
    root: int = 0


def begin(hub: Hub, edition: Edition, deed: Deed) -> None:
    """Say, durably, what is about to be signed on top of `edition`.

    The caller holds the hub's lock until `settle`. Raises `StorageFailed`.
    """
    with hub.database.transaction():
        lines = AuditRow.select(AuditRow.id).order_by(AuditRow.id.desc()).limit(1).scalar() or 0
    begun = _Begun(deed, edition.snapshot.version, lines, edition.root.version)
    durable.write(hub.data.deed, msgspec.json.encode(begun), mode=0o600)


def settle(hub: Hub, edition: Edition) -> None:
    """Write down what is in force: the deed that was begun, and what the history doesn't know.

    Raises `InvalidContent`, `StorageFailed`.
    """
    if hub.data.deed.exists():
        begun = _read(hub)
        done = _done(hub, edition, begun)
        if done is not None:
            with hub.database.writing():
                _write(hub, edition, done, begun.lines)
        durable.remove(hub.data.deed)
    with hub.database.writing():
        for released in _add_releases(hub, edition, ""):
            audit.note(hub, "released", reason=f"{released}: {_FOUND}")


def note(hub: Hub, deed: Deed) -> None:
    """Write a deed down for which nothing had to be signed. Raises `StorageFailed`."""
    with hub.database.writing():
        _note(hub, deed)


def _read(hub: Hub) -> _Begun:
    data = read_own(hub.data.deed, _FILE_BYTES_MAX, hint=_HINT)
    try:
        return msgspec.json.decode(data, type=_Begun)
    except msgspec.DecodeError as error:
        raise InvalidContent(f"{hub.data.deed}: {error}", hint=_HINT) from error


def _done(hub: Hub, edition: Edition, begun: _Begun) -> Deed | None:
    """Return a deed that was begun as it came to be, None where nothing was done."""
    deed = begun.deed
    if deed.encrypts:
        here = set(hub.keys.names())
        names = [name for name in deed.encrypts if name in here and hub.keys.is_encrypted(name)]
        return replace(deed, reason=", ".join(names)) if names else None
    if deed.root:
        return deed if edition.root.version > begun.root else None
    return deed if edition.snapshot.version > begun.snapshot else None


def _write(hub: Hub, edition: Edition, deed: Deed, lines: int) -> None:
    for _released in _add_releases(hub, edition, deed.released_by or deed.actor):
        pass  # the deed's line says so
    since = (AuditRow.id > lines) & (AuditRow.event == deed.event)
    written = AuditRow.select(AuditRow.reason).where(since & (AuditRow.actor == deed.actor))
    if audit.shortened(deed.reason) not in {row.reason for row in written}:
        _note(hub, deed)


def _note(hub: Hub, deed: Deed) -> None:
    if deed.withdrawn is not None:
        mark_withdrawn(hub, *deed.withdrawn, in_words(hub.clock()))
    audit.note(hub, deed.event, reason=deed.reason, actor=deed.actor)


def _add_releases(hub: Hub, edition: Edition, actor: str) -> Iterator[str]:
    """Add to the history what the edition offers and it doesn't end with; yield each in words."""
    now = in_words(hub.clock())
    for channel in edition.channels:
        for offer in edition.offers_on(channel):
            if _last_released(channel, offer.pack) != offer.version:
                ReleaseRow.insert(
                    channel=channel,
                    pack=offer.pack,
                    version=offer.version,
                    released_at=now,
                    actor=actor,
                ).execute()
                yield f"{offer.pack} {offer.version} on {channel}"


def _last_released(channel: str, pack: str) -> int | None:
    row = (
        ReleaseRow.select(ReleaseRow.version)
        .where((ReleaseRow.channel == channel) & (ReleaseRow.pack == pack))
        .order_by(ReleaseRow.id.desc())
        .first()
    )
    return None if row is None else int(row.version)
