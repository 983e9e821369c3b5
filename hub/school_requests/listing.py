"""Schools' requests, for people and scripts."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from hub.hub import Hub
from hub.school_requests.keeping import OFFER, WISH
from hub.school_requests.places import place_of
from hub.school_requests.tables import RequestRow


@dataclass(frozen=True)
class Request:
    """A wish or an offer, as `tables.RequestRow` says. Times are RFC 3339 in UTC.

    `place`: of a whole file, where it lies in the hub's data directory; else empty.
    """

    number: int
    id: str
    school: str
    node: str
    what: str
    state: str
    pack: str
    lesson: str
    text: str
    kind: str
    media_type: str
    size: int
    digest: str
    seconds: int
    language: str
    asked_at: str
    taken_at: str
    answer: str
    answer_text: str
    answer_pack: str
    answered_at: str
    file: str
    file_bytes: int
    place: str = ""

    @property
    def is_open(self) -> bool:
        """Whether somebody has to answer it."""
        return self.state == "open" and not self.answer


@dataclass(frozen=True)
class Counts:
    """How many schools wish for each pack, and how many requests each school has."""

    packs: dict[str, int]
    schools: dict[str, int]


def request_of(row: RequestRow) -> Request:
    """Return a row as it leaves."""
    names = set(Request.__dataclass_fields__) - {"place"}
    values: dict[str, Any] = {name: getattr(row, name) for name in names}
    whole = place_of(row).as_posix() if row.file == "whole" else ""
    return Request(**values, place=whole)


def wishes(hub: Hub, *, school: str = "", everything: bool = False) -> tuple[list[Request], Counts]:
    """Return what is wished for, the newest first, and counts of it; open ones unless `everything`.

    Raises `StorageFailed`.
    """
    found = _listed(hub, WISH, school, everything=everything)
    schools_of = {(each.pack, each.school) for each in found if each.pack}
    return found, Counts(
        dict(Counter(pack for pack, _ in schools_of).most_common()),
        dict(Counter(each.school for each in found).most_common()),
    )


def offers(hub: Hub, *, school: str = "", everything: bool = False) -> list[Request]:
    """Return what is offered, the newest first; open ones unless `everything`.

    Raises `StorageFailed`.
    """
    return _listed(hub, OFFER, school, everything=everything)


def _listed(hub: Hub, what: str, school: str, *, everything: bool) -> list[Request]:
    wanted = RequestRow.what == what
    if school:
        wanted &= RequestRow.school == school
    with hub.database.transaction():
        rows = RequestRow.select().where(wanted).order_by(RequestRow.number.desc())
        found = [request_of(row) for row in rows]
    return [each for each in found if everything or each.is_open]
