"""Retention: what nothing needs any more is taken out of the repository. Rules: `retention`.

1. Under the hub's lock and that of deltas, see what is needed, by the signed edition, by the
   newest reports of all nodes, by rollouts, by the history of releases.
2. One transaction says which versions are dropped: from here on nothing offers or reads them.
3. Their files go, but what another version refers to: deltas, bundles, then the layout, which says
   what the bundles were, and the manifest last.
Cut off between, the next run goes on: the row says dropped, the layout is still there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from content_packs import repository
from content_packs.layout import Layout
from hub import deltas, retention
from hub.clock import in_words
from hub.contents import read_layout, read_manifest
from hub.edition import Edition, read_edition
from hub.errors import Damaged
from hub.fleet import audit, reports
from hub.hub import Hub
from hub.jobs import service as jobs
from hub.jobs.context import JobContext
from hub.jobs.model import Job
from hub.limits import DELTA_LOCK_WAIT_SECONDS, DELTAS_FROM_MAX, EARLIER_VERSIONS_MAX
from hub.lock import locked
from hub.models import DeltaRow, ReleaseRow
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.retention import Kept, Key, Needs, Policy, Why
from hub.rollouts.tables import RolloutRow
from hub.settling import changing
from hub.versions import (
    Version,
    all_versions,
    dropped_versions,
    mark_dropped,
    withdrawn_versions,
)

NEWEST = max(EARLIER_VERSIONS_MAX, DELTAS_FROM_MAX + 1)
_REPORTS_LOOKED_AT = 2  # of a node: one that was cut may leave packs out
POLICY = Policy(newest=NEWEST, young=timedelta(days=90), lately=timedelta(days=180))
Progress = Callable[[int, int, str], None]
Release: TypeAlias = tuple[int, datetime]  # a version, and from when on it was offered


@dataclass(frozen=True)
class Line:
    """A version, why it is kept (nothing: it goes), and the bytes that it brought."""

    pack: str
    version: int
    published_at: str
    new_bytes: int
    why: tuple[Why, ...]


@dataclass(frozen=True)
class Plan:
    """What stays and what goes. `size`: bytes of files that go; `files`: how many."""

    stays: tuple[Line, ...]
    goes: tuple[Line, ...]
    files: int
    size: int


def plan(hub: Hub, actor: Actor, policy: Policy = POLICY) -> Plan:
    """Return what retention would do now. Raises `Refused`, `Damaged`, `StorageFailed`."""
    actor.expect(Right.OPERATE)
    edition = read_edition(hub.data.metadata)
    lines, goes = _decide(hub, edition, policy)
    sizes = dict(_files(hub, edition, [*goes, *dropped_versions(hub)]))
    return Plan(
        stays=tuple(line for line in lines if line.why),
        goes=tuple(line for line in lines if not line.why),
        files=len(sizes),
        size=sum(sizes.values()),
    )


def run(
    hub: Hub,
    actor: Actor,
    policy: Policy = POLICY,
    progress: Progress = lambda _done, _total, _words: None,
) -> Plan:
    """Take away what nothing needs; return what went.

    Raises `Refused`, `Busy`, `Damaged`, `StorageFailed`.
    """
    actor.expect(Right.OPERATE)
    with (
        changing(hub, "retention") as edition,
        locked(hub.data.deltas_lock, doing="retention", wait_seconds=DELTA_LOCK_WAIT_SECONDS),
    ):
        lines, goes = _decide(hub, edition, policy)
        _forget(hub, actor, goes)
        files = list(_files(hub, edition, dropped_versions(hub)))
        for done, (place, _size) in enumerate(files):
            progress(done, len(files), "removing what nothing needs")
            hub.objects.delete(place)
    return Plan(
        stays=tuple(line for line in lines if line.why),
        goes=tuple(line for line in lines if not line.why),
        files=len(files),
        size=sum(size for _place, size in files),
    )


def start(hub: Hub, actor: Actor) -> Job:
    """Have retention done in the background. Raises `Refused`, `StorageFailed`."""
    return jobs.start(hub, actor, "retention", {}, once="retention")


def run_job(hub: Hub, context: JobContext) -> Mapping[str, Any]:
    """Do retention; the job of kind `retention`. Raises as `run`."""
    done = run(hub, context.actor, progress=context.progress)
    for line in done.goes:
        context.log(f"{line.pack} {line.version} went")
    return {"versions": len(done.goes), "files": done.files, "size": done.size}


def _decide(hub: Hub, edition: Edition, policy: Policy) -> tuple[list[Line], list[Version]]:
    versions = {
        (one.pack, one.version): one for _pack, _by, found in all_versions(hub) for one in found
    }
    ceased = _ceased(hub, edition)
    known = [
        Kept(one.pack, one.version, datetime.fromisoformat(one.published_at), ceased.get(key))
        for key, one in versions.items()
    ]
    found = retention.reasons(known, _needs(hub, edition), policy, hub.clock())
    lines = [
        Line(one.pack, one.version, one.published_at, one.new_bytes, found[key])
        for key, one in versions.items()
    ]
    return lines, [versions[key] for key, why in found.items() if not why]


def _needs(hub: Hub, edition: Edition) -> Needs:
    held, mixed = _held(hub)
    with hub.database.transaction():
        running = RolloutRow.select().where(RolloutRow.ended_at == "")
        rollout = {(str(row.pack), int(row.version)) for row in running}
    wanted = deltas.wanted(hub)
    return Needs(
        offered=frozenset(_offered(edition)),
        held=frozenset(held),
        rollout=frozenset(rollout),
        fall_back=frozenset(_fall_backs(hub)),
        delta=frozenset(
            (one.pack, end.version) for one in wanted for end in (one.older, one.newer)
        ),
        mixed=frozenset(mixed),
    )


def _offered(edition: Edition) -> Iterator[Key]:
    for channel in edition.channels:
        for offer in (*edition.offers_on(channel), *edition.staged_on(channel)):
            yield offer.pack, offer.version


def _held(hub: Hub) -> tuple[set[Key], set[str]]:
    """Return what nodes said that they hold, in their newest reports."""
    held: set[Key] = set()
    mixed: set[str] = set()
    for report in reports.newest_of_all(hub, most=_REPORTS_LOOKED_AT):
        for pack in report.packs:
            numbers = (pack.version, pack.held_version, pack.verified_version, pack.rolled_back)
            held |= {(pack.pack, number) for number in numbers if number is not None}
            if pack.lessons_older and pack.verified_version is None:
                mixed.add(pack.pack)
    return held, mixed


def _releases(hub: Hub) -> dict[tuple[str, str], list[Release]]:
    """Return what each channel offered of each pack, and from when on, the earliest first."""
    found: dict[tuple[str, str], list[Release]] = {}
    with hub.database.transaction():
        for row in ReleaseRow.select().order_by(ReleaseRow.id):
            since = datetime.fromisoformat(row.released_at)
            found.setdefault((row.channel, row.pack), []).append((int(row.version), since))
    return found


def _ceased(hub: Hub, edition: Edition) -> dict[Key, datetime]:
    """Return since when a version isn't offered any more, to all or to some; of one that is, now.

    What was never offered isn't among them.
    """
    now = hub.clock()
    offered = set(_offered(edition))
    by_channel = _releases(hub)
    found = _ceased_by_rollouts(hub, by_channel, now)
    for (_channel, pack), releases in by_channel.items():
        ends = [since for _version, since in releases[1:]]
        # When the last one was withdrawn isn't in the history: as if it were just now.
        for (version, _since), end in zip(releases, [*ends, now], strict=True):
            key = (pack, version)
            found[key] = max(found.get(key, end), end)
    return found | dict.fromkeys(offered, now)


def _ceased_by_rollouts(
    hub: Hub, by_channel: Mapping[tuple[str, str], list[Release]], now: datetime
) -> dict[Key, datetime]:
    """Return since when what rollouts offered to some isn't offered by them any more."""
    found: dict[Key, datetime] = {}
    with hub.database.transaction():
        rows = list(RolloutRow.select().where(RolloutRow.approved_at != ""))
    for row in rows:
        end = now
        if row.ended_at:
            ended = datetime.fromisoformat(row.ended_at)
            releases = by_channel.get((row.channel, row.pack), [])
            # What schools kept stood in the channel until a release of it, or of a newer one.
            after = [at for version, at in releases if version >= row.version and at >= ended]
            taken_back = row.state == "withdrawn" or row.reverted
            end = ended if taken_back else min(after, default=now)
        key = (str(row.pack), int(row.version))
        found[key] = max(found.get(key, end), end)
    return found


def _fall_backs(hub: Hub) -> Iterator[Key]:
    for (_channel, pack), releases in _releases(hub).items():
        last = releases[-1][0]
        withdrawn = withdrawn_versions(hub, pack)
        earlier = [version for version, _since in releases if version < last]
        could = [version for version in earlier if version not in withdrawn]
        if could:
            yield pack, could[-1]


def _forget(hub: Hub, actor: Actor, goes: Iterable[Version]) -> None:
    gone = list(goes)
    if not gone:
        return
    with hub.database.writing():
        mark_dropped(gone, in_words(hub.clock()))
        for one in gone:
            either = (DeltaRow.older == one.version) | (DeltaRow.newer == one.version)
            DeltaRow.delete().where((DeltaRow.pack == one.pack) & either).execute()
        names = ", ".join(f"{one.pack} {one.version}" for one in gone)
        audit.note(hub, "retention-done", reason=names, actor=actor.login)


def _files(hub: Hub, edition: Edition, gone: Iterable[Version]) -> Iterator[tuple[str, int]]:
    """Yield the files of versions that no other refers to, in the order in which they may go."""
    gone = list(gone)
    keys = {(one.pack, one.manifest) for one in gone}
    kept = [
        one
        for _pack, _by, found in all_versions(hub)
        for one in found
        if (one.pack, one.manifest) not in keys
    ]
    needed = _bundles(hub, [(one.pack, one.manifest, one.layout) for one in kept])
    needed |= _bundles(hub, _offered_documents(edition))
    offered = {(pack, manifest) for pack, manifest, _layout in _offered_documents(edition)}
    for one in gone:
        if (one.pack, one.manifest) in offered:
            continue  # hub.db comes from a backup of before: the repository knows better
        for place in (*_deltas(hub, one), *_own(hub, one, needed)):
            size = hub.objects.size(place)
            if size is not None:
                yield place, size


def _offered_documents(edition: Edition) -> list[tuple[str, str, str]]:
    return [
        (offer.pack, offer.manifest, offer.layout)
        for channel in edition.channels
        for offer in (*edition.offers_on(channel), *edition.staged_on(channel))
    ]


def _bundles(hub: Hub, documents: Iterable[tuple[str, str, str]]) -> set[str]:
    """Return the bundles that versions refer to. Raises `Damaged`: nothing goes then."""
    return {
        bundle.digest
        for pack, digest, laid_out in documents
        for bundle in _layout(hub, pack, digest, laid_out).bundles
    }


def _layout(hub: Hub, pack: str, digest: str, laid_out: str) -> Layout:
    manifest, _stored = read_manifest(hub.objects, pack, digest)
    return read_layout(hub.objects, manifest, laid_out)[0]


def _own(hub: Hub, one: Version, needed: set[str]) -> Iterator[str]:
    layout_place = repository.layout_path(one.pack, one.layout)
    manifest_place = repository.manifest_path(one.pack, one.manifest)
    if hub.objects.size(layout_place) is not None and hub.objects.size(manifest_place) is not None:
        try:
            bundles = _layout(hub, one.pack, one.manifest, one.layout).bundles
        except Damaged:  # what it brought can't be told: it stays, and takes room
            bundles = ()
        for bundle in bundles:
            if bundle.digest not in needed:
                yield repository.bundle_path(bundle.digest)
    yield layout_place
    yield manifest_place


def _deltas(hub: Hub, one: Version) -> Iterator[str]:
    for stored in hub.objects.list(f"deltas/{one.pack}/"):
        if one.manifest in stored.place:
            yield stored.place
