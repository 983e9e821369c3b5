"""The published versions, as the database knows them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from content_packs.errors import Missing
from hub.hub import Hub
from hub.models import PackRow, ReleaseRow, VersionRow


@dataclass(frozen=True)
class Version:
    """A published version. `new_bytes` are those it brought into the repository.

    `published_by`: the login of who did, empty where that isn't known.
    """

    pack: str
    version: int
    manifest: str
    layout: str
    size: int
    new_bytes: int
    title: dict[str, str]
    published_at: str
    withdrawn_at: str
    published_by: str = ""


def versions_of(hub: Hub, pack: str) -> list[Version]:
    """Return the versions of a pack, the newest first; none if there is no such pack.

    What retention dropped is none any more.
    """
    here = (VersionRow.pack == pack) & (VersionRow.dropped_at == "")
    rows = VersionRow.select().where(here).order_by(VersionRow.version.desc())
    with hub.database.transaction():
        return [_version(row) for row in rows]


def all_versions(hub: Hub) -> Iterator[tuple[str, str, list[Version]]]:
    """Yield each pack, its publisher, and its versions, the newest first."""
    with hub.database.transaction():
        packs = [(row.pack, row.publisher) for row in PackRow.select().order_by(PackRow.pack)]
    for pack, publisher in packs:
        yield pack, publisher, versions_of(hub, pack)


def publisher_of(hub: Hub, pack: str) -> str | None:
    """Return the publisher that a pack belongs to, None if there is no such pack."""
    with hub.database.transaction():
        row = PackRow.get_or_none(PackRow.pack == pack)
        return None if row is None else str(row.publisher)


def expect_version(hub: Hub, pack: str, version: int) -> Version:
    """Return a published version. Raises `Missing`."""
    known = versions_of(hub, pack)
    for found in known:
        if found.version == version:
            return found
    if not known:
        raise Missing(f"there is no pack {pack!r} here", hint="See those there are: hub packs")
    numbers = ", ".join(str(found.version) for found in known)
    raise Missing(f"{pack} has no version {version}; it has {numbers}", hint="Publish it first.")


def insert(hub: Hub, new: Version, publisher: str) -> None:
    """Say, durably, that a version is in the repository. Raises `StorageFailed`."""
    with hub.database.transaction():
        PackRow.insert(pack=new.pack, publisher=publisher).on_conflict_ignore().execute()
        VersionRow.insert(
            pack=new.pack,
            version=new.version,
            manifest=new.manifest,
            layout=new.layout,
            size=new.size,
            new_bytes=new.new_bytes,
            title=new.title,
            published_at=new.published_at,
            withdrawn_at=new.withdrawn_at,
            published_by=new.published_by,
        ).execute()


def mark_withdrawn(hub: Hub, pack: str, version: int, at: str) -> None:
    """Say, durably, that a version may not be released any more. Raises `StorageFailed`."""
    with hub.database.transaction():
        VersionRow.update(withdrawn_at=at).where(
            (VersionRow.pack == pack)
            & (VersionRow.version == version)
            & (VersionRow.withdrawn_at == "")
        ).execute()


def dropped_versions(hub: Hub) -> list[Version]:
    """Return the versions whose content retention takes away, or took. Raises `StorageFailed`."""
    rows = VersionRow.select().where(VersionRow.dropped_at != "")
    with hub.database.transaction():
        return [_version(row) for row in rows]


def mark_dropped(versions: Iterable[Version], at: str) -> None:
    """Say that the content of versions isn't here any more, inside the caller's transaction."""
    for one in versions:
        this = (VersionRow.pack == one.pack) & (VersionRow.version == one.version)
        VersionRow.update(dropped_at=at).where(this).execute()


def withdrawn_versions(hub: Hub, pack: str) -> set[int]:
    """Return the versions of a pack that were withdrawn for good. Raises `StorageFailed`."""
    rows = VersionRow.select().where((VersionRow.pack == pack) & (VersionRow.withdrawn_at != ""))
    with hub.database.transaction():
        return {int(row.version) for row in rows}


def released_before(hub: Hub, channel: str, pack: str, below: int) -> list[int]:
    """Return the versions below one that were released on a channel, the latest release first.

    Those that retention dropped aren't among them.
    """
    here = {found.version for found in versions_of(hub, pack)}
    rows = (
        ReleaseRow.select(ReleaseRow.version)
        .where(
            (ReleaseRow.channel == channel)
            & (ReleaseRow.pack == pack)
            & (ReleaseRow.version < below)
        )
        .order_by(ReleaseRow.id.desc())
    )
    with hub.database.transaction():
        return list(dict.fromkeys(int(row.version) for row in rows if row.version in here))


def _version(row: VersionRow) -> Version:
    return Version(
        row.pack,
        row.version,
        row.manifest,
        row.layout,
        row.size,
        row.new_bytes,
        row.title,
        row.published_at,
        row.withdrawn_at,
        row.published_by,
    )
