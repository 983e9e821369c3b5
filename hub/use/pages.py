"""Pages of what is used, and of the records that it is made of."""

from datetime import date

from flask import Response

from hub.console import sending
from hub.console.ground import Console
from hub.console.language import _, interface_language
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.records import exporting, reading
from hub.use import sheet, showing
from hub.use.limits import DEEDS_ROUNDED_TO, FEW_PUPILS, RECORDED_SCHOOLS_SHOWN


def add(console: Console) -> None:
    """Add the pages."""
    _add_use(console)
    _add_sheets(console)
    _add_records(console)


def _add_use(console: Console) -> None:
    @console.get("/use", right=Right.SEE_REQUESTS)
    def use(actor: Actor) -> Response:
        month, township = _asked(console)
        found = showing.use(console.hub, actor, month=month, township=township)
        return console.page(
            "use/use.html",
            title=_("What is used"),
            section="use",
            found=found,
            points=_points(found),
            name=_name,
            few=FEW_PUPILS,
            step=DEEDS_ROUNDED_TO,
            may_export=actor.may(Right.OPERATE),
            sheet="/console/use.csv",
        )

    @console.get("/use/packs/<pack>", right=Right.SEE_REQUESTS)
    def use_of_pack(actor: Actor, pack: str) -> Response:
        month, township = _asked(console)
        found = showing.use_of_pack(console.hub, actor, pack, month=month, township=township)
        return console.page(
            "use/pack.html",
            title=_name(found.title, pack),
            section="use",
            back=("/console/use", _("What is used")),
            found=found,
            name=_name,
            few=FEW_PUPILS,
            step=DEEDS_ROUNDED_TO,
            sheet=f"/console/use/packs/{pack}/use.csv",
        )


def _add_sheets(console: Console) -> None:
    @console.get("/use.csv", right=Right.SEE_REQUESTS)
    def use_sheet(actor: Actor) -> Response:
        month, township = _asked(console)
        found = showing.use(console.hub, actor, month=month, township=township)
        return sending.table(sheet.of_all(found, _name), f"use-{found.month or 'none'}.csv")

    @console.get("/use/packs/<pack>/use.csv", right=Right.SEE_REQUESTS)
    def sheet_of_pack(actor: Actor, pack: str) -> Response:
        month, township = _asked(console)
        found = showing.use_of_pack(console.hub, actor, pack, month=month, township=township)
        name = f"use-{found.pack}-{found.month or 'none'}.csv"
        return sending.table(sheet.of_pack(found, _name), name)


def _add_records(console: Console) -> None:
    @console.get("/use/records", right=Right.OPERATE)
    def records(actor: Actor) -> Response:
        after = console.query.get("after", "")
        found = reading.by_school(console.hub, actor, after=after, most=RECORDED_SCHOOLS_SHOWN)
        return console.page(
            "use/records.html",
            title=_("Records"),
            section="use",
            back=("/console/use", _("What is used")),
            found=found,
        )

    @console.get("/use/records/<school>", right=Right.OPERATE)
    def records_of_school(actor: Actor, school: str) -> Response:
        lines = exporting.lines(console.hub, actor, school=school)
        return sending.json_lines(lines, f"{school}.jsonl")


def _asked(console: Console) -> tuple[str, str]:
    return console.query.get("month", "").strip(), console.query.get("township", "").strip()


def _points(found: showing.Use) -> list[tuple[str, int | None]]:
    """Return the month's days for a chart, up to the last one on which anybody learned."""
    if not found.days:
        return []
    pupils = {each.day: each.pupils for each in found.days}
    last = date.fromisoformat(found.days[-1].day)
    days = [last.replace(day=number) for number in range(1, last.day + 1)]
    return [(f"{day.month}-{day.day}", pupils.get(day.isoformat(), 0)) for day in days]


def _name(title: dict[str, str], otherwise: str) -> str:
    """Return a title in the language of this page, or else in another one that it has."""
    language = interface_language()
    own = next((title[tag] for tag in title if tag.partition("-")[0] == language), "")
    return own or next(iter(title.values()), otherwise)
