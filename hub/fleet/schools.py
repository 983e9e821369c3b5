"""Schools, each of a district: what they are called, where they are, by which calendar they go."""

from dataclasses import dataclass, fields
from typing import Any

from content_packs.errors import InvalidContent, Missing, Refused, UsageError
from content_packs.limits import NAME_CHARACTERS_MAX, SHORT_TEXT_CHARACTERS_MAX
from content_packs.names import check_name
from hub.clock import in_words
from hub.fleet import audit, calendars
from hub.fleet.limits import NODES_OF_SCHOOL_MAX
from hub.fleet.standing import Judge
from hub.fleet.tables import NodeRow, SchoolRow
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right

# Its nodes are called `<school>-<number>`.
SCHOOL_CHARACTERS_MAX = NAME_CHARACTERS_MAX - len(f"-{NODES_OF_SCHOOL_MAX}")
_E6 = 1_000_000


@dataclass(frozen=True)
class Facts:
    """What people know of a school; None: not said, so that what is known stays.

    `contact`: whom to call. `calendar`: empty for the default one. Degrees, both or none.
    """

    title: str | None = None
    township: str | None = None
    contact: str | None = None
    calendar: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class School:
    """A school; `nodes` counts those that it has or had."""

    school: str
    district: str
    title: str
    added_at: str
    nodes: int
    township: str
    contact: str
    calendar: str
    latitude: float | None
    longitude: float | None


def add(  # noqa: PLR0913  # all by name; each is a column
    hub: Hub,
    school: str,
    *,
    district: str,
    title: str = "",
    facts: Facts | None = None,
    by: str = "",
) -> bool:
    """Add a school, or say more of one that is there; return whether anything changed.

    `by`: who does, for the audit log. Raises `UsageError` for names and titles that can't be,
    `Refused` for one that is there in another district, `Missing` for a calendar that isn't there,
    `StorageFailed`.
    """
    facts = facts or Facts(title=title or None)
    check(school, district, facts)
    with hub.database.writing():
        changed = put(hub, school, district, facts)
        if changed:
            event: audit.Event = "school-added" if changed == "added" else "school-changed"
            audit.note(hub, event, reason=f"{school} of the district {district}", actor=by)
            Judge(hub).judge_school(school)
    return bool(changed)


def describe(hub: Hub, actor: Actor, school: str, *, district: str = "", facts: Facts) -> bool:
    """Add a school (then with its district), or say more of it; return whether anything changed.

    Names are one for the whole hub: only who sees all schools adds any, so that nobody learns that
    another township has one of that name. Raises as `add` does; `Missing` for a school that isn't
    theirs, alike whether there is one; `Refused` for a township that isn't.
    """
    actor.expect(Right.CHANGE_FLEET)
    with hub.database.transaction():
        row = SchoolRow.get_or_none(SchoolRow.school == school)
    if row is None or not actor.sees_township(row.township):
        if not may_add(actor):
            raise no_such_of_theirs(school)
        if not district:
            raise no_such(school)
    if facts.township is not None:
        expect_township(actor, facts.township)
    known = "" if row is None else str(row.district)
    return add(hub, school, district=district or known, facts=facts, by=actor.login)


def may_add(actor: Actor) -> bool:
    """Return whether somebody may add schools: not who sees those of some townships alone."""
    return actor.may(Right.CHANGE_FLEET) and actor.townships is None


def list_schools(hub: Hub, actor: Actor | None = None) -> list[School]:
    """Return the schools by district and name; of an actor, those that they may see.

    Raises `StorageFailed`.
    """
    with hub.database.transaction():
        counts: dict[str, int] = {}
        for node in NodeRow.select(NodeRow.school):
            counts[node.school] = counts.get(node.school, 0) + 1
        rows = SchoolRow.select().order_by(SchoolRow.district, SchoolRow.school)
        return [
            view(row, counts.get(row.school, 0))
            for row in rows
            if actor is None or actor.sees_township(row.township)
        ]


def show(hub: Hub, actor: Actor, school: str) -> School:
    """Return a school that somebody may see. Raises `Missing`, `Refused`, `StorageFailed`."""
    actor.expect(Right.SEE_FLEET)
    with hub.database.transaction():
        row = theirs(actor, school)
        nodes = NodeRow.select().where(NodeRow.school == school).count()
        return view(row, int(nodes))


def theirs(actor: Actor, school: str) -> SchoolRow:
    """Return a school's row, inside the caller's transaction.

    Raises `Missing`, alike for one that isn't there and one that isn't theirs to see.
    """
    row = SchoolRow.get_or_none(SchoolRow.school == school)
    if row is None or not actor.sees_township(row.township):
        raise no_such(school)
    return row


def expect(school: str) -> SchoolRow:
    """Return a school's row, inside the caller's transaction. Raises `Missing`."""
    row = SchoolRow.get_or_none(SchoolRow.school == school)
    if row is None:
        raise no_such(school)
    return row


def expect_township(actor: Actor, township: str) -> None:
    """Raise `Refused` unless the schools of a township are somebody's to see."""
    if not actor.sees_township(township):
        raise Refused(
            f"the township {township[:80]!r} isn't yours",
            hint=f"Yours: {', '.join(sorted(actor.townships or ()))}.",
        )


def no_such_of_theirs(school: str) -> Missing:
    """Return what is said to who can't add a school, of one that isn't theirs to see."""
    return Missing(
        f"there is no school {school[:80]!r} in your townships",
        hint="Ask who looks after the whole district to add it.",
    )


def no_such(school: str) -> Missing:
    """Return what is said of a school that isn't there, or not theirs to see."""
    return Missing(
        f"there is no school {school[:80]!r}",
        hint=f"Add it: hub schools add {school[:80]} --district NAME",
    )


def put(hub: Hub, school: str, district: str, facts: Facts) -> str:
    """Write a school down, inside the caller's transaction; return `added`, `changed` or nothing.

    Raises `Refused` for one that is there in another district, `Missing` for its calendar.
    """
    if facts.calendar:
        calendars.expect(facts.calendar)
    said = _columns(facts)
    row = SchoolRow.get_or_none(SchoolRow.school == school)
    if row is None:
        now = in_words(hub.clock())
        SchoolRow.insert(school=school, district=district, added_at=now, **said).execute()
        return "added"
    if row.district != district:
        raise Refused(
            f"{school} is a school of the district {row.district}",
            hint="Its nodes' credentials say so. Add it under another name.",
        )
    changed = {name: value for name, value in said.items() if getattr(row, name) != value}
    if not changed:
        return ""
    SchoolRow.update(**changed).where(SchoolRow.school == school).execute()
    return "changed"


def check(school: str, district: str, facts: Facts) -> None:
    """Raise `UsageError` unless a school can be called and described so."""
    try:
        check_name(school, what="school")
        check_name(district, what="district")
    except InvalidContent as error:
        raise UsageError(error.message, hint=error.hint) from error
    if len(school) > SCHOOL_CHARACTERS_MAX:
        raise UsageError(f"school: more than {SCHOOL_CHARACTERS_MAX} characters")
    for name in ("title", "township", "contact"):
        text = getattr(facts, name) or ""
        if len(text) > SHORT_TEXT_CHARACTERS_MAX or not text.isprintable():
            raise UsageError(
                f"{name}: at most {SHORT_TEXT_CHARACTERS_MAX} characters, in one line",
            )
    if (facts.latitude is None) != (facts.longitude is None):
        raise UsageError("latitude, longitude: both or none")
    if not (-90 <= (facts.latitude or 0) <= 90 and -180 <= (facts.longitude or 0) <= 180):
        raise UsageError("latitude is -90 to 90, longitude -180 to 180 degrees")


def view(row: SchoolRow, nodes: int) -> School:
    """Return a school as it is shown."""
    return School(
        row.school,
        row.district,
        row.title,
        row.added_at,
        nodes,
        row.township,
        row.contact,
        row.calendar,
        None if row.latitude_e6 is None else row.latitude_e6 / _E6,
        None if row.longitude_e6 is None else row.longitude_e6 / _E6,
    )


def _columns(facts: Facts) -> dict[str, Any]:
    said = {
        field.name: value
        for field in fields(facts)
        if (value := getattr(facts, field.name)) is not None
    }
    if facts.latitude is not None and facts.longitude is not None:
        said["latitude_e6"] = round(said.pop("latitude") * _E6)
        said["longitude_e6"] = round(said.pop("longitude") * _E6)
    return said
