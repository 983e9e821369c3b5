"""What the API offers of schools: the list, one school, filters, calendars, schools from a file."""

from datetime import date
from typing import Annotated

import msgspec

from hub.api.operations import Given, Operation
from hub.api.paging import PAGE_DEFAULT, Limit
from hub.fleet import (
    calendars,
    listing,
    node_api,
    saved,
    school_files,
    school_view,
    schools,
)
from hub.fleet.calendars import Calendar
from hub.fleet.limits import SCHOOLS_SENT_BYTES_MAX
from hub.fleet.listing import Counts, Page
from hub.fleet.saved import SavedQuery
from hub.fleet.school_calendar import Closure
from hub.fleet.school_files import Imported
from hub.fleet.school_view import SchoolView
from hub.fleet.schools import Facts, School
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right


class SchoolsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """`query`: in the filter language; `sort`: a column, with `-` before it downwards."""

    query: str = ""
    sort: str = listing.NEED
    after: str = ""
    limit: Limit = PAGE_DEFAULT


class SchoolFacts(msgspec.Struct, forbid_unknown_fields=True):
    """What is known of a school; what is left out stays as it is. `district`: of a new one."""

    district: str = ""
    title: str | None = None
    township: str | None = None
    contact: str | None = None
    calendar: str | None = None
    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None


class SchoolsFile(msgspec.Struct, forbid_unknown_fields=True):
    """A CSV file as text; `district` where it doesn't say it."""

    csv: str
    district: str = ""


class FilterText(msgspec.Struct, forbid_unknown_fields=True):
    """A filter."""

    query: str


class Filters(msgspec.Struct):
    """The filters that somebody saved, by name."""

    items: tuple[SavedQuery, ...]


class Holiday(msgspec.Struct, forbid_unknown_fields=True):
    """Days on which schools are closed; `last` is the last of them."""

    first: date
    last: date
    title: str = ""


class CalendarSaid(msgspec.Struct, forbid_unknown_fields=True):
    """A calendar: the days of the week that are open, such as `mon`, and holidays."""

    weekdays: tuple[str, ...]
    title: str = ""
    closures: tuple[Holiday, ...] = ()


class Calendars(msgspec.Struct):
    """The calendars, by name."""

    items: tuple[Calendar, ...]


def _list(hub: Hub, actor: Actor, given: Given) -> Page:
    asked: SchoolsQuery = given.query
    return listing.find(
        hub, actor, asked.query, sort=asked.sort, after=asked.after, limit=asked.limit
    )


def _counts(hub: Hub, actor: Actor, _given: Given) -> Counts:
    return listing.counts(hub, actor)


def _show(hub: Hub, actor: Actor, given: Given) -> SchoolView:
    return school_view.show(hub, actor, given.path["school"])


def _describe(hub: Hub, actor: Actor, given: Given) -> School:
    said: SchoolFacts = given.body
    school = given.path["school"]
    facts = Facts(
        said.title, said.township, said.contact, said.calendar, said.latitude, said.longitude
    )
    schools.describe(hub, actor, school, district=said.district, facts=facts)
    return schools.show(hub, actor, school)


def _import(hub: Hub, actor: Actor, given: Given) -> Imported:
    said: SchoolsFile = given.body
    return school_files.take(hub, actor, said.csv.encode(), district=said.district)


def _filters(hub: Hub, actor: Actor, _given: Given) -> Filters:
    return Filters(saved.list_saved(hub, actor))


def _save(hub: Hub, actor: Actor, given: Given) -> SavedQuery:
    said: FilterText = given.body
    return saved.save(hub, actor, given.path["name"], said.query)


def _forget(hub: Hub, actor: Actor, given: Given) -> None:
    saved.remove(hub, actor, given.path["name"])


def _calendars(hub: Hub, actor: Actor, _given: Given) -> Calendars:
    return Calendars(tuple(calendars.list_calendars(hub, actor)))


def _calendar(hub: Hub, actor: Actor, given: Given) -> Calendar:
    return calendars.show(hub, actor, given.path["calendar"])


def _set_calendar(hub: Hub, actor: Actor, given: Given) -> Calendar:
    said: CalendarSaid = given.body
    name = given.path["calendar"]
    closures = [Closure(one.first, one.last, one.title) for one in said.closures]
    calendars.set_calendar(
        hub, actor, name, title=said.title, weekdays=said.weekdays, closures=closures
    )
    return calendars.show(hub, actor, name)


def _remove_calendar(hub: Hub, actor: Actor, given: Given) -> None:
    calendars.remove(hub, actor, given.path["calendar"])


_LIST = "/console/schools"
_CALENDAR = "/console/calendar/<calendar>"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listSchools", "GET", "/schools", Right.SEE_FLEET,
        "Schools and their boxes: how each stands, who needs somebody first", _list,
        screen=_LIST, command="schools list", query=SchoolsQuery, answer=Page,
    ),
    Operation(
        "countSchools", "GET", "/schools/counts", Right.SEE_FLEET,
        "How many boxes and schools need somebody, and why", _counts,
        screen=_LIST, command="schools counts", answer=Counts,
    ),
    Operation(
        "importSchools", "POST", "/schools/import", Right.CHANGE_FLEET,
        "Add and change schools as a CSV file says: all of it, or nothing", _import,
        screen="/console/schools/import", command="schools import",
        body=SchoolsFile, answer=Imported, body_bytes_max=SCHOOLS_SENT_BYTES_MAX,
    ),
    Operation(
        "showSchool", "GET", "/schools/{school}", Right.SEE_FLEET,
        "A school, its boxes and their past", _show,
        screen="/console/schools/<school>", command="schools show", answer=SchoolView,
    ),
    Operation(
        "describeSchool", "PUT", "/schools/{school}", Right.CHANGE_FLEET,
        "Add a school, or say more of one", _describe,
        screen="/console/schools/<school>", command="schools add",
        body=SchoolFacts, answer=School, problems=("409",),
    ),
    Operation(
        "listFilters", "GET", "/filters", Right.SEE_FLEET,
        "The filters that you saved", _filters,
        screen=_LIST, command="filters list", answer=Filters,
    ),
    Operation(
        "saveFilter", "PUT", "/filters/{name}", Right.SEE_FLEET,
        "Save a filter under a name", _save,
        screen="/console/filters", command="filters save",
        body=FilterText, answer=SavedQuery, problems=("409",),
    ),
    Operation(
        "removeFilter", "DELETE", "/filters/{name}", Right.SEE_FLEET,
        "Remove a filter that you saved", _forget,
        screen="/console/filters/remove", command="filters remove", status=204,
    ),
    Operation(
        "listCalendars", "GET", "/calendars", Right.SEE_FLEET,
        "School calendars", _calendars,
        screen="/console/calendar", command="calendars list", answer=Calendars,
    ),
    Operation(
        "showCalendar", "GET", "/calendars/{calendar}", Right.SEE_FLEET,
        "A school calendar", _calendar,
        screen=_CALENDAR, command="calendars show", answer=Calendar,
    ),
    Operation(
        "setCalendar", "PUT", "/calendars/{calendar}", Right.OPERATE,
        "Make a school calendar, or say anew what it is", _set_calendar,
        screen="/console/calendar", command="calendars set",
        body=CalendarSaid, answer=Calendar, problems=("409",),
    ),
    Operation(
        "removeCalendar", "DELETE", "/calendars/{calendar}", Right.OPERATE,
        "Remove a calendar that no school names", _remove_calendar,
        screen=f"{_CALENDAR}/remove", command="calendars remove", status=204, problems=("409",),
    ),
    *node_api.OPERATIONS,
)  # fmt: skip
