"""`hub schools`, `hub filters`, `hub calendars`: see hub/CLI.md."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from content_packs.command_line import json_option, print_json
from hub.fleet.limits import LISTED, LISTED_MAX
from hub.options import hub_option, print_built

if TYPE_CHECKING:
    from hub.hub import Hub

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def schools() -> None:
    """Add schools, list them by how they stand, look at one."""


@schools.command("add")
@hub_option
@click.argument("school")
@click.option("--district", default="", help="The district that it belongs to; a new one's.")
@click.option("--title", help="What people call it.")
@click.option("--township", help="The township that it lies in.")
@click.option("--contact", help="Whom to call.")
@click.option("--calendar", help="The school calendar that it goes by.")
@click.option("--latitude", type=float, help="In degrees.")
@click.option("--longitude", type=float, help="In degrees.")
@json_option
def add_school(  # noqa: PLR0913, PLR0917 - each is an option of the command
    hub: "Hub",
    school: str,
    district: str,
    title: str | None,
    township: str | None,
    contact: str | None,
    calendar: str | None,
    latitude: float | None,
    longitude: float | None,
    as_json: bool,
) -> None:
    """Add SCHOOL, or say more of one that is there. A name such as qamdo-7."""
    from hub.fleet import schools as of
    from hub.people.actor import of_this_machine

    facts = of.Facts(title, township, contact, calendar, latitude, longitude)
    actor = of_this_machine()
    changed = of.describe(hub, actor, school, district=district, facts=facts)
    found = of.show(hub, actor, school)
    if as_json:
        print_json({"school": school, "changed": changed})
        return
    click.echo(
        f"{school} is a school of the district {found.district}" + (" now." if changed else ".")
    )
    click.echo(f"Next: hub enrol-codes {school}")


@schools.command("list")
@hub_option
@click.option("--query", default="", help="A filter, such as: township:north behind>0 overdue")
@click.option("--sort", default="need", show_default=True, help="A column; - before it: down.")
@click.option("--after", default="", help="Go on where an earlier page ended.")
@click.option(
    "--limit", type=click.IntRange(1, LISTED_MAX), default=LISTED, show_default=True,
    help="No more than so many.",
)  # fmt: skip
@click.option("--csv", "as_csv", is_flag=True, help="All of them, as a CSV file.")
@json_option
def list_schools(  # noqa: PLR0913, PLR0917 - each is an option of the command
    hub: "Hub", query: str, sort: str, after: str, limit: int, as_csv: bool, as_json: bool
) -> None:
    """List schools and their boxes: who needs somebody most comes first."""
    from hub.fleet import bringing_up, listing, sheet_of_schools, state_sayings
    from hub.people.actor import of_this_machine

    actor = of_this_machine()
    bringing_up.bring_up(hub)
    if as_csv:
        for lines in sheet_of_schools.lines(hub, actor, query, sort):
            click.echo(lines, nl=False)
        return
    found = listing.find(hub, actor, query, sort=sort, after=after, limit=limit)
    if as_json:
        print_built({"schools": found.items, "next": found.next, "total": found.total})
        return
    state_sayings.say_list(found)


@schools.command("counts")
@hub_option
@json_option
def counts(hub: "Hub", as_json: bool) -> None:
    """Say how many boxes and schools need somebody, and why."""
    from hub.fleet import bringing_up, listing
    from hub.people.actor import of_this_machine

    bringing_up.bring_up(hub)
    found = listing.counts(hub, of_this_machine())
    if as_json:
        print_built(found)
        return
    for name, count in vars(found).items():
        click.echo(f"{count:7,}  {name.replace('_', ' ')}")


@schools.command("show")
@hub_option
@click.argument("school")
@json_option
def show_school(hub: "Hub", school: str, as_json: bool) -> None:
    """Show how SCHOOL stands: its boxes, what comes, its last days."""
    from hub.fleet import bringing_up, school_view, state_sayings
    from hub.people.actor import of_this_machine

    bringing_up.bring_up(hub)
    found = school_view.show(hub, of_this_machine(), school)
    if as_json:
        print_built(found)
        return
    state_sayings.say_school(found)


@schools.command("import")
@hub_option
@click.argument("file", type=_FILE)
@click.option("--district", default="", help="Of schools whose line doesn't say it.")
@json_option
def import_schools(hub: "Hub", file: Path, district: str, as_json: bool) -> None:
    """Add and change schools as the CSV file FILE says. All of it, or nothing."""
    from hub.fleet import school_files
    from hub.people.actor import of_this_machine

    text = school_files.read_text(file).encode()
    done = school_files.take(hub, of_this_machine(), text, district=district)
    if as_json:
        print_built(done)
        return
    click.echo(f"{done.added} added, {done.changed} changed, {done.unchanged} as they were.")


@click.group()
def filters() -> None:
    """Save filters of the list of schools under names."""


@filters.command("list")
@hub_option
@json_option
def list_filters(hub: "Hub", as_json: bool) -> None:
    """List the filters that were saved from this machine."""
    from hub.fleet import saved
    from hub.people.actor import of_this_machine

    found = saved.list_saved(hub, of_this_machine())
    if as_json:
        print_built({"filters": found})
        return
    for one in found:
        click.echo(f"{one.name}: {one.query}")
    if not found:
        click.echo("None is saved: hub filters save NAME QUERY")


@filters.command("save")
@hub_option
@click.argument("name")
@click.argument("query")
@json_option
def save_filter(hub: "Hub", name: str, query: str, as_json: bool) -> None:
    """Save the filter QUERY as NAME, in place of an earlier one."""
    from hub.fleet import saved
    from hub.people.actor import of_this_machine

    done = saved.save(hub, of_this_machine(), name, query)
    if as_json:
        print_built(done)
        return
    click.echo(f"{done.name}: {done.query}")


@filters.command("remove")
@hub_option
@click.argument("name")
@json_option
def remove_filter(hub: "Hub", name: str, as_json: bool) -> None:
    """Remove the filter NAME."""
    from hub.fleet import saved
    from hub.people.actor import of_this_machine

    saved.remove(hub, of_this_machine(), name)
    if as_json:
        print_json({"removed": name})
        return
    click.echo(f"{name} is removed.")


@click.group()
def calendars() -> None:
    """School calendars: when nobody waits for a school."""


@calendars.command("list")
@hub_option
@json_option
def list_calendars(hub: "Hub", as_json: bool) -> None:
    """List the calendars, and how many schools go by each."""
    from hub.fleet import calendars as of
    from hub.people.actor import of_this_machine

    found = of.list_calendars(hub, of_this_machine())
    if as_json:
        print_built({"calendars": found})
        return
    for one in found:
        days = " ".join(one.weekdays)
        click.echo(f"{one.calendar}  {days}  {len(one.closures)} holidays  {one.schools} schools")
    if not found:
        click.echo("None: every day counts as a school day. hub calendars set default")


@calendars.command("show")
@hub_option
@click.argument("calendar")
@json_option
def show_calendar(hub: "Hub", calendar: str, as_json: bool) -> None:
    """Show the days and holidays of CALENDAR. `hub calendars set` reads them so."""
    from hub.fleet import calendars as of
    from hub.people.actor import of_this_machine

    found = of.show(hub, of_this_machine(), calendar)
    if as_json:
        print_built(found)
        return
    click.echo(f"{found.calendar}: {' '.join(found.weekdays)}")
    for one in found.closures:
        click.echo(f"{one.first} {one.last} {one.title}".rstrip())


@calendars.command("set")
@hub_option
@click.argument("calendar")
@click.option("--days", default="mon tue wed thu fri", show_default=True, help="Open on these.")
@click.option("--holidays", type=_FILE, help="A file of lines: first day, last day, name.")
@click.option("--title", default="", help="What people call it.")
@json_option
def set_calendar(  # noqa: PLR0913, PLR0917 - each is an option of the command
    hub: "Hub", calendar: str, days: str, holidays: Path | None, title: str, as_json: bool
) -> None:
    """Make CALENDAR, or say anew what it is. `default` is for schools that name none."""
    from hub.fleet import bringing_up, school_files
    from hub.fleet import calendars as of
    from hub.people.actor import of_this_machine

    text = school_files.read_text(holidays) if holidays else ""
    actor = of_this_machine()
    closures = of.read_closures(text)
    of.set_calendar(hub, actor, calendar, title=title, weekdays=days.split(), closures=closures)
    bringing_up.bring_up(hub)
    if as_json:
        print_built(of.show(hub, actor, calendar))
        return
    click.echo(f"{calendar}: {days}, {len(closures)} holidays. Who is overdue follows it now.")


@calendars.command("remove")
@hub_option
@click.argument("calendar")
@json_option
def remove_calendar(hub: "Hub", calendar: str, as_json: bool) -> None:
    """Remove CALENDAR, if no school goes by it."""
    from hub.fleet import calendars as of
    from hub.people.actor import of_this_machine

    of.remove(hub, of_this_machine(), calendar)
    if as_json:
        print_json({"removed": calendar})
        return
    click.echo(f"{calendar} is removed.")


COMMANDS: tuple[click.Command, ...] = (schools, filters, calendars)
