"""`hub visits`: see hub/CLI.md."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from content_packs.command_line import json_option, megabytes
from hub.options import hub_option, print_built, warn

if TYPE_CHECKING:
    from hub.hub import Hub
    from hub.visits.planning import Visit

_by_option = click.option(
    "--by",
    default=None,
    help="Also who won't be done by this day; '': none.  [default: the soonest of needs]",
)
_query_option = click.option("--query", default="", help="Only these, as in hub schools list.")


@click.group()
def visits() -> None:
    """See which schools need a visit; plan ways, write sticks."""


@visits.command("needed")
@hub_option
@_by_option
@_query_option
@click.option("--rollout", default="", help="Only who needs a stick for it, as its price says.")
@click.option("--later", is_flag=True, help="Who gets that rollout later than most, instead.")
@json_option
def needed(  # noqa: PLR0913, PLR0917  # each is an option of the command
    hub: "Hub", by: str | None, query: str, rollout: str, later: bool, as_json: bool
) -> None:
    """List the schools that need a visit, on proposed ways."""
    from hub.people.actor import of_this_machine
    from hub.visits.candidates import Asked, find
    from hub.visits.ways import proposed

    looked = find(hub, of_this_machine(), Asked(by, query, rollout, later))
    found = looked.items
    whys = {one.stop.node: one.whys for one in found}
    ways = proposed(one.stop for one in found if not one.visit)
    if as_json:
        print_built({"ways": ways, "schools": found, "by": looked.by, "is_cut": looked.is_cut})
        return
    if looked.by:
        click.echo(f"Also who won't be done by {looked.by}:")
    for way in ways:
        click.echo(f"{way.name or 'no township'}: {len(way.stops)} stops, {way.kilometres:.0f} km")
        for stop in way.stops:
            click.echo(f"  {stop.node}  {', '.join(whys[stop.node])}  {stop.title}")
    if looked.is_cut:
        click.echo(f"warning: only the first {len(found)}; narrow it: --query", err=True)
    if not found:
        click.echo("No school needs a visit.")


@visits.command("plan")
@hub_option
@click.argument("nodes", metavar="NODE...", nargs=-1, required=True)
@click.option("--title", default="", help="What the visit is called.")
@click.option("--courier", default="", help="Who goes.")
@click.option("--in-order", is_flag=True, help="Keep this order.")
@click.option("--write", "writes", is_flag=True, help="Have its stick written and packed, too.")
@json_option
def plan(  # noqa: PLR0913, PLR0917  # each is an option of the command
    hub: "Hub",
    nodes: tuple[str, ...],
    title: str,
    courier: str,
    in_order: bool,
    writes: bool,
    as_json: bool,
) -> None:
    """Plan a visit to NODEs."""
    from hub.people.actor import of_this_machine
    from hub.visits.planning import plan as run
    from hub.visits.planning import show
    from hub.visits.sticks import start

    made = run(
        hub, of_this_machine(), nodes=nodes, title=title, courier=courier,
        in_order=in_order,
    )  # fmt: skip
    if writes:
        start(hub, of_this_machine(), made.visit)
    _say(show(hub, of_this_machine(), made.visit), as_json=as_json)


@visits.command("list")
@hub_option
@click.option("--ended", is_flag=True, help="Those that ended.")
@json_option
def list_visits(hub: "Hub", ended: bool, as_json: bool) -> None:
    """List visits that are open."""
    from hub.people.actor import of_this_machine
    from hub.visits.planning import listed

    found = listed(hub, of_this_machine(), ended=ended)
    if as_json:
        print_built({"visits": found})
        return
    for visit in found:
        click.echo(
            f"{visit.visit}  {visit.state}  {visit.back} of {len(visit.stops)} back  {visit.title}"
            + (f"  {visit.courier}" if visit.courier else "")
        )
    if not found:
        click.echo("There is none.")


@visits.command("show")
@hub_option
@click.argument("visit")
@json_option
def show(hub: "Hub", visit: str, as_json: bool) -> None:
    """Show the visit VISIT."""
    from hub.people.actor import of_this_machine
    from hub.visits.planning import show as run

    _say(run(hub, of_this_machine(), visit), as_json=as_json)


@visits.command("write")
@hub_option
@click.argument("visit")
@click.argument(
    "folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False)
)
@json_option
def write(hub: "Hub", visit: str, folder: Path, as_json: bool) -> None:
    """Write the stick of the visit VISIT at DIR, where it is mounted."""
    from hub import progress
    from hub.people.actor import of_this_machine
    from hub.visits.sticks import write_to

    with progress.shown() as shown:
        written = write_to(hub, of_this_machine(), visit, folder, shown)
    if as_json:
        print_built(written)
        return
    click.echo(
        f"{folder}: {written.files} files, {megabytes(written.size)}, for "
        f"{', '.join(written.nodes)}. It may be unmounted and pulled."
    )


@visits.command("pack")
@hub_option
@click.argument("visit")
@json_option
def pack(hub: "Hub", visit: str, as_json: bool) -> None:
    """Have the stick of the visit VISIT packed for a download. In the background."""
    from hub.people.actor import of_this_machine
    from hub.visits.sticks import start

    job = start(hub, of_this_machine(), visit)
    if as_json:
        print_built(job)
        return
    click.echo(f"It is being written. How far it is: hub jobs show {job.id}")


@visits.command("back")
@hub_option
@click.argument("visit")
@click.argument("node")
@click.option("--note", default="", help="What was found there.")
@json_option
def back(hub: "Hub", visit: str, node: str, note: str, as_json: bool) -> None:
    """Record that somebody was at NODE on the visit VISIT, and is back."""
    from hub.people.actor import of_this_machine
    from hub.visits.planning import note_back

    _say(note_back(hub, of_this_machine(), visit, node, note=note), as_json=as_json)


@visits.command("sticks")
@hub_option
@click.option("--visit", default="", help="Only those of this visit.")
@json_option
def sticks(hub: "Hub", visit: str, as_json: bool) -> None:
    """List sticks that came back through the browser. And what they brought."""
    from hub.people.actor import of_this_machine
    from hub.visits.returning import in_words, listed

    found = listed(hub, of_this_machine(), visit=visit)
    if as_json:
        print_built({"sticks": found})
        return
    for one in found:
        words = in_words(one.brought) if one.brought else one.problem.replace("\n", " ")
        click.echo(f"{one.id}  {one.changed_at}  {one.login}  {one.state}  {words}".rstrip())
    if not found:
        click.echo("None came back through the browser.")


@visits.command("take-in")
@hub_option
@click.argument(
    "packed", metavar="ZIP", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@json_option
@click.pass_context
def take_in(context: click.Context, hub: "Hub", packed: Path, as_json: bool) -> None:
    """Take in what boxes left on a stick, packed as ZIP. What was packed is its folder satchel.

    For the stick itself: hub courier read. Ends with 3 where something was refused.
    """
    from content_packs.errors import InvalidContent
    from hub.people.actor import of_this_machine
    from hub.visits.returning import in_words, take_zip

    with TemporaryDirectory() as folder:
        found = take_zip(hub, of_this_machine(), packed, Path(folder) / "stick")
    if as_json:
        print_built(found)
    else:
        click.echo(f"{packed}: {in_words(found)}.")
        for box in found.waiting:
            click.echo(f"{box}: waits to be confirmed: hub nodes confirm")
        warn(found.troubles)
    context.exit(InvalidContent.exit_code if found.troubles else 0)


@visits.command("cancel")
@hub_option
@click.argument("visit")
@json_option
def cancel(hub: "Hub", visit: str, as_json: bool) -> None:
    """Call the visit VISIT off."""
    from hub.people.actor import of_this_machine
    from hub.visits.planning import cancel as run

    _say(run(hub, of_this_machine(), visit), as_json=as_json)


def _say(visit: "Visit", *, as_json: bool) -> None:
    if as_json:
        print_built(visit)
        return
    click.echo(f"{visit.visit}: {visit.title}: {visit.state}, {visit.kilometres:.0f} km")
    for stop in visit.stops:
        when = f"  back {stop.returned_at} ({stop.returned_by})" if stop.is_back else ""
        click.echo(f"  {stop.stop.node}  {stop.why}{when}  {stop.note}".rstrip())


COMMANDS = (visits,)
