"""`hub records`: see hub/CLI.md."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from content_packs.command_line import json_option, plain
from hub.options import hub_option, print_built

if TYPE_CHECKING:
    from hub.hub import Hub

_SCHOOLS_AT_ONCE = 500


@click.group()
def records() -> None:
    """See how many records schools sent, and take them out."""


@records.command("list")
@hub_option
@json_option
def list_records(hub: "Hub", as_json: bool) -> None:
    """List the schools whose pupils' records are here, with counts."""
    from hub.people.actor import of_this_machine
    from hub.records.reading import SchoolRecords, by_school

    after, found = "", list[SchoolRecords]()
    while True:
        page = by_school(hub, of_this_machine(), after=after, most=_SCHOOLS_AT_ONCE)
        found += page.schools
        after = page.next
        if not after:
            break
    if as_json:
        print_built({"schools": found})
        return
    for each in found:
        days = f"{each.first_at[:10]} to {each.last_at[:10]}"
        click.echo(plain(f"{each.school}  {each.records:,} records  {days}  came {each.taken_at}"))
    if not found:
        click.echo("No school has sent any records yet.")


@records.command("export")
@hub_option
@click.option("--school", default="", help="Only of this school.")
@click.option("--out", type=click.Path(path_type=Path), help="Into this file, which is new.")
@json_option
def export_records(hub: "Hub", school: str, out: Path | None, as_json: bool) -> None:
    """Write records as JSON lines, in the order in which they came. To a file, or to the output."""
    from hub.people.actor import of_this_machine
    from hub.records.exporting import export_to, lines

    actor = of_this_machine()
    if out is None:
        for line in lines(hub, actor, school=school):
            click.echo(line, nl=False)
        return
    count = export_to(hub, actor, out, school=school)
    if as_json:
        print_built({"records": count, "file": out})
    else:
        click.echo(f"{count:,} records: {out}")


@records.command()
@hub_option
@click.option(
    "--before", required=True, metavar="DAY", help="From before this day, such as 2026-09-01."
)
@click.option("--use", is_flag=True, help="Counts of use, too: of whole months.")
@click.option("--school", default="", help="Only of this school.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@json_option
def forget(  # noqa: PLR0913, PLR0917 - each is an option of the command
    hub: "Hub", before: str, use: bool, school: str, dry_run: bool, as_json: bool
) -> None:
    """Forget pupils' records from before a day, for good. What comes again isn't kept."""
    from datetime import date

    from hub.clock import read_day
    from hub.forgetting import service
    from hub.people.actor import of_this_machine

    actor, day = of_this_machine(), date.fromisoformat(read_day(before, "--before"))
    what = service.wanted(hub, actor, day, use=use, school=school)
    found = service.look(hub, actor, what) if dry_run else service.forget(hub, actor, what)
    if as_json:
        print_built({"done": not dry_run, **vars(found)})
        return
    went = "would go" if dry_run else "are gone, also from what comes again"
    click.echo(f"{found.records:,} records of {found.schools} schools, from before {day}, {went}.")
    if use:
        click.echo(f"{found.use_rows:,} counts of use, from before {found.use_before}, {went}.")
    if not dry_run:
        click.echo("Backups that were taken before have them still, until they are pruned.")


COMMANDS: tuple[click.Command, ...] = (records,)
