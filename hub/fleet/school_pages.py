"""Pages of schools: the list, one school, filters that people save, schools from a file."""

from urllib.parse import urlencode

from flask import Response

from content_packs.errors import UsageError
from hub.cards import listing as cards
from hub.cards import words as words_of_cards
from hub.cards.limits import CARDS_OF_SCHOOL_SHOWN
from hub.console import sending
from hub.console.ground import Console
from hub.console.language import _
from hub.fleet import (
    bringing_up,
    calendars,
    listing,
    query,
    saved,
    school_files,
    school_view,
    schools,
    sheet_of_schools,
    words,
)
from hub.fleet.limits import (
    SCHOOLS_FILE_BYTES_MAX,
    SCHOOLS_SENT_BYTES_MAX,
    SCHOOLS_SHOWN,
    STATES_AT_ONCE,
)
from hub.fleet.schools import Facts
from hub.people.actor import Actor
from hub.people.rights import Right


def add(console: Console) -> None:
    """Add the pages."""
    _add_list(console)
    _add_filters(console)
    _add_files(console)
    _add_school(console)


def _add_list(console: Console) -> None:
    @console.get("/schools", right=Right.SEE_FLEET)
    def school_list(actor: Actor) -> Response:
        asked, sort = console.query.get("q", ""), console.query.get("sort", listing.NEED)
        wrong = ""
        bringing_up.bring_up(console.hub, most=STATES_AT_ONCE)
        try:
            found = listing.find(
                console.hub, actor, asked, sort=sort,
                after=console.query.get("after", ""), limit=SCHOOLS_SHOWN,
            )  # fmt: skip
        except UsageError as error:
            wrong = f"{error.message}. {error.hint}".rstrip(" .")
            found = listing.Page((), "", 0)
        return console.page(
            "fleet/schools.html",
            title=_("Schools"),
            section="schools",
            status=400 if wrong else 200,
            asked=asked,
            sort=sort,
            wrong=wrong,
            found=found,
            counts=listing.counts(console.hub, actor),
            waiting=bringing_up.waiting(console.hub),
            saved=saved.list_saved(console.hub, actor),
            townships=listing.townships(console.hub, actor),
            fields=(query.TEXTS, tuple(query.MEASURES), query.FLAGS),
            may_change=actor.may(Right.CHANGE_FLEET),
            may_add=schools.may_add(actor),
            link=_link,
            **words.for_templates(),
        )

    @console.get("/schools.csv", right=Right.SEE_FLEET)
    def school_sheet(actor: Actor) -> Response:
        asked, sort = console.query.get("q", ""), console.query.get("sort", "school")
        body = sheet_of_schools.lines(console.hub, actor, asked, sort)
        return sending.table(body, "schools.csv")


def _add_filters(console: Console) -> None:
    @console.post("/filters", right=Right.SEE_FLEET)
    def save_filter(actor: Actor) -> Response:
        form = console.form
        kept = saved.save(console.hub, actor, form.get("name", ""), form.get("q", ""))
        said = _("The filter is saved as %(name)s.", name=kept.name)
        return console.see_other(_link(kept.query), said=said)

    @console.post("/filters/remove", right=Right.SEE_FLEET)
    def remove_filter(actor: Actor) -> Response:
        name = console.form.get("name", "")
        saved.remove(console.hub, actor, name)
        return console.see_other("/console/schools", said=_("The filter is removed."))


def _add_files(console: Console) -> None:
    @console.get("/schools/import", right=Right.CHANGE_FLEET)
    def import_page(_actor: Actor) -> Response:
        return console.page(
            "fleet/import.html",
            title=_("Schools from a file"),
            section="schools",
            back=("/console/schools", _("All schools")),
            columns=school_files.COLUMNS,
            bytes_max=SCHOOLS_SENT_BYTES_MAX,
        )

    @console.post("/schools/import", right=Right.CHANGE_FLEET)
    def import_schools(actor: Actor) -> Response:
        file = console.files.get("file")
        data = file.stream.read(SCHOOLS_FILE_BYTES_MAX + 1) if file else b""
        district = console.form.get("district", "").strip()
        done = school_files.take(console.hub, actor, data, district=district)
        said = _(
            "%(added)s schools added, %(changed)s changed, %(same)s as they were.",
            added=done.added,
            changed=done.changed,
            same=done.unchanged,
        )
        return console.see_other("/console/schools?sort=school", said=said)


def _add_school(console: Console) -> None:
    @console.get("/schools/<school>", right=Right.SEE_FLEET)
    def school_page(actor: Actor, school: str) -> Response:
        found = school_view.show(console.hub, actor, school)
        return console.page(
            "fleet/school.html",
            title=found.school.title or found.school.school,
            section="schools",
            back=("/console/schools", _("All schools")),
            found=found,
            calendars=calendars.list_calendars(console.hub, actor),
            may_change=actor.may(Right.CHANGE_FLEET),
            may_set=actor.may(Right.SET_DESIRED),
            cards=cards.find(console.hub, actor, school=school, limit=CARDS_OF_SCHOOL_SHOWN),
            **words.for_templates(),
            **words_of_cards.for_templates(),
        )

    @console.post("/schools", right=Right.CHANGE_FLEET)
    def add_school(actor: Actor) -> Response:
        school = console.form.get("school", "").strip()
        return _described(console, actor, school, console.form.get("district", "").strip())

    @console.post("/schools/<school>", right=Right.CHANGE_FLEET)
    def change_school(actor: Actor, school: str) -> Response:
        return _described(console, actor, school, "")


def _described(console: Console, actor: Actor, school: str, district: str) -> Response:
    form = console.form
    facts = Facts(
        title=form.get("title", "").strip(),
        township=form.get("township", "").strip(),
        contact=form.get("contact", "").strip(),
        calendar=form.get("calendar", ""),
        latitude=_degrees(form.get("latitude", "")),
        longitude=_degrees(form.get("longitude", "")),
    )
    schools.describe(console.hub, actor, school, district=district, facts=facts)
    return console.see_other(f"/console/schools/{school}", said=_("The school is written down."))


def _degrees(text: str) -> float | None:
    try:
        return float(text) if text.strip() else None
    except ValueError as error:
        raise UsageError(f"{text[:40]!r} is no number of degrees") from error


def _link(asked: str, sort: str = listing.NEED, after: str = "", place: str = "schools") -> str:
    """Return the address of a list."""
    said = {"q": asked, "sort": "" if sort == listing.NEED else sort, "after": after}
    fields = urlencode({name: value for name, value in said.items() if value})
    return f"/console/{place}" + (f"?{fields}" if fields else "")
