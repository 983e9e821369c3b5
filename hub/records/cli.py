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
    """List the schools whose pupils' records are here, and how many there are."""
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
    """Write records as JSON lines, in the order in which they came: to a file, or to the output."""
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


COMMANDS: tuple[click.Command, ...] = (records,)
