"""Schools' requests, for people and scripts."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from content_packs.errors import Missing
from hub.fleet.tables import SchoolRow
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.school_requests.keeping import OFFER, WISH
from hub.school_requests.limits import LIST_MAX, NUMBER_DIGITS_MAX
from hub.school_requests.places import place_of
from hub.school_requests.tables import RequestRow

What: TypeAlias = Literal["wish", "offer"]
WHATS: Final[tuple[What, ...]] = (WISH, OFFER)


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
    """How many schools wish for each pack, or a lesson of it, and how many requests each has."""

    packs: dict[str, int]
    schools: dict[str, int]


def request_of(row: RequestRow) -> Request:
    """Return a row as it leaves."""
    names = set(Request.__dataclass_fields__) - {"place"}
    values: dict[str, Any] = {name: getattr(row, name) for name in names}
    whole = place_of(row).as_posix() if row.file == "whole" else ""
    return Request(**values, place=whole)


@dataclass(frozen=True)
class Listed:
    """Some requests, the newest first; `next` is what to ask for more after, 0 for no more."""

    requests: tuple[Request, ...]
    next: int


def of_schools_of(actor: Actor) -> Any:
    """Return the condition that a request is of a school that is the actor's to see."""
    if actor.townships is None:
        return RequestRow.number == RequestRow.number
    theirs = SchoolRow.select(SchoolRow.school).where(
        SchoolRow.township.in_(sorted(actor.townships))
    )
    return RequestRow.school.in_(theirs)


def condition(actor: Actor, what: What, school: str, *, everything: bool) -> Any:
    """Return the condition of what somebody asks for. Raises `Refused`."""
    actor.expect(Right.SEE_REQUESTS)
    wanted = (RequestRow.what == what) & of_schools_of(actor)
    if school:
        wanted &= RequestRow.school == school
    if not everything:
        wanted &= (RequestRow.state == "open") & (RequestRow.answer == "")
    return wanted


def wishes(
    hub: Hub, actor: Actor, *, school: str = "", everything: bool = False
) -> tuple[list[Request], Counts]:
    """Return what is wished for, the newest first, and counts of it; open ones unless `everything`.

    Raises `Refused`, `StorageFailed`.
    """
    found = _all(hub, actor, WISH, school, everything=everything)
    schools_of = {(each.pack, each.school) for each in found if each.pack}
    return found, Counts(
        dict(Counter(pack for pack, _ in schools_of).most_common()),
        dict(Counter(each.school for each in found).most_common()),
    )


def offers(hub: Hub, actor: Actor, *, school: str = "", everything: bool = False) -> list[Request]:
    """Return what is offered, the newest first; open ones unless `everything`.

    Raises `Refused`, `StorageFailed`.
    """
    return _all(hub, actor, OFFER, school, everything=everything)


def page(  # noqa: PLR0913 - what is asked for, all by name
    hub: Hub,
    actor: Actor,
    what: What,
    *,
    school: str = "",
    everything: bool = False,
    after: int = 0,
    most: int = LIST_MAX,
) -> Listed:
    """Return at most `most` wishes or offers, older ones than number `after`, the newest first.

    Raises `Refused`, `StorageFailed`.
    """
    wanted = condition(actor, what, school, everything=everything)
    if after:
        wanted &= RequestRow.number < after
    with hub.database.transaction():
        rows = RequestRow.select().where(wanted).order_by(RequestRow.number.desc()).limit(most + 1)
        found = tuple(request_of(row) for row in rows)
    more = len(found) > most
    return Listed(found[:most], found[most - 1].number if more else 0)


def number_in(text: str) -> int:
    """Return the number of a request as an address spells it. Raises `Missing`."""
    if not (text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS_MAX):
        raise Missing("there is no such request")
    return int(text)


def count_open(hub: Hub, actor: Actor) -> dict[str, int]:
    """Return how many wishes and offers wait for an answer. Raises `Refused`, `StorageFailed`."""
    with hub.database.transaction():
        return {
            what: RequestRow.select().where(condition(actor, what, "", everything=False)).count()
            for what in WHATS
        }


def _all(hub: Hub, actor: Actor, what: What, school: str, *, everything: bool) -> list[Request]:
    wanted = condition(actor, what, school, everything=everything)
    with hub.database.transaction():
        rows = RequestRow.select().where(wanted).order_by(RequestRow.number.desc())
        return [request_of(row) for row in rows]
