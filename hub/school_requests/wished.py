"""What schools wish for most: packs, and lessons of them, each by how many schools ask for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import peewee

from hub.hub import Hub
from hub.lesson_titles import lesson_titles, newest_manifest
from hub.models import VersionRow
from hub.people.actor import Actor
from hub.school_requests.keeping import WISH
from hub.school_requests.limits import WISHED_SHOWN
from hub.school_requests.listing import condition
from hub.school_requests.tables import RequestRow

Place: TypeAlias = tuple[str, str]  # a pack, and a lesson of it or nothing


@dataclass(frozen=True)
class Wished:
    """A pack, or a lesson of it, and how many schools wish for it.

    `lesson`: its id, empty for the pack as a whole. Titles by language, empty where the newest
    version that the hub has doesn't know it.
    """

    pack: str
    lesson: str
    pack_title: dict[str, str]
    lesson_title: dict[str, str]
    schools: int


def most_wished(
    hub: Hub, actor: Actor, *, school: str = "", most: int = WISHED_SHOWN
) -> tuple[Wished, ...]:
    """Return what most schools wish for without an answer yet, the most wished for first.

    `school`: only what this one wishes for. Raises `Refused`, `StorageFailed`.
    """
    wanted = condition(actor, WISH, school, everything=False) & (RequestRow.pack != "")
    schools = peewee.fn.COUNT(RequestRow.school.distinct())
    row = RequestRow
    with hub.database.transaction():
        query = row.select(row.pack, row.lesson, schools).where(wanted)
        query = query.group_by(row.pack, row.lesson)
        rows: Any = query.order_by(schools.desc(), row.pack, row.lesson).limit(most).tuples()
        counted = {(pack, lesson): int(count) for pack, lesson, count in rows}
    called = titles(hub, counted)
    return tuple(
        Wished(*place, called.get((place[0], ""), {}), called.get(place, {}), count)
        if place[1]
        else Wished(*place, called.get(place, {}), {}, count)
        for place, count in counted.items()
    )


def titles(hub: Hub, places: Iterable[Place]) -> Mapping[Place, dict[str, str]]:
    """Return what packs and lessons are called, by language, and the packs of these lessons too.

    One whose pack the hub hasn't, or whose newest version lacks the lesson, is left out. Raises
    `StorageFailed`.
    """
    lessons_of: dict[str, set[str]] = {}
    for pack, lesson in places:
        lessons_of.setdefault(pack, set()).update({lesson} - {""})
    found: dict[Place, dict[str, str]] = {}
    for pack, lessons in lessons_of.items():
        with hub.database.transaction():
            of_pack = VersionRow.select(VersionRow.title).where(VersionRow.pack == pack)
            newest = of_pack.order_by(VersionRow.version.desc()).first()
            manifest = newest_manifest(pack) if lessons else ""
        if newest is not None:
            found[pack, ""] = dict(newest.title)
        known = lesson_titles(hub, pack, manifest)
        found |= {(pack, lesson): known[lesson] for lesson in lessons & known.keys()}
    return found
