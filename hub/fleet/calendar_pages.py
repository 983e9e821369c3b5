"""Pages of school calendars."""

from flask import Response

from content_packs.errors import Missing
from hub.console.ground import Console
from hub.console.language import _
from hub.fleet import calendars, words
from hub.fleet.calendars import Calendar
from hub.people.actor import Actor
from hub.people.rights import Right

_SCHOOL_DAYS = calendars.DAYS[:5]


def add(console: Console) -> None:
    """Add the pages."""
    _add_pages(console)
    _add_forms(console)


def _add_pages(console: Console) -> None:
    @console.get("/calendar", right=Right.SEE_FLEET)
    def calendar_list(actor: Actor) -> Response:
        return console.page(
            "fleet/calendars.html",
            title=_("School calendar"),
            section="calendar",
            found=calendars.list_calendars(console.hub, actor),
            default=calendars.DEFAULT,
            weekdays=words.weekdays(),
            may_change=actor.may(Right.OPERATE),
        )

    @console.get("/calendar/<calendar>", right=Right.SEE_FLEET)
    def calendar_page(actor: Actor, calendar: str) -> Response:
        try:
            found = calendars.show(console.hub, actor, calendar)
        except Missing:
            if calendar != calendars.DEFAULT:
                raise
            found = Calendar(calendar, "", _SCHOOL_DAYS, (), "", 0)
        return console.page(
            "fleet/calendar.html",
            title=found.title or found.calendar,
            section="calendar",
            back=("/console/calendar", _("School calendar")),
            found=found,
            weekdays=words.weekdays(),
            may_change=actor.may(Right.OPERATE),
        )


def _add_forms(console: Console) -> None:
    @console.post("/calendar", right=Right.OPERATE)
    def set_calendar(actor: Actor) -> Response:
        form = console.form
        name = form.get("calendar", "").strip()
        calendars.set_calendar(
            console.hub,
            actor,
            name,
            title=form.get("title", "").strip(),
            weekdays=form.getlist("weekday"),
            closures=calendars.read_closures(form.get("closures", "")),
        )
        said = _("The calendar is set. Who is overdue follows it now.")
        return console.see_other(f"/console/calendar/{name}", said=said)

    @console.post("/calendar/<calendar>/remove", right=Right.OPERATE)
    def remove(actor: Actor, calendar: str) -> Response:
        calendars.remove(console.hub, actor, calendar)
        return console.see_other("/console/calendar", said=_("The calendar is removed."))
