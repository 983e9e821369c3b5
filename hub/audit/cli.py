"""`hub audit`: see hub/CLI.md."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from content_packs.command_line import json_option
from hub.fleet.limits import AUDIT_KEPT_MAX, AUDIT_LINES_SHOWN
from hub.options import data_option, hub_option, opened, print_built

if TYPE_CHECKING:
    from hub.audit.checking import Checked
    from hub.audit.listing import Wanted
    from hub.fleet.audit import Entry
    from hub.hub import Hub

_EXIT_CHANGED = 6  # that of `Untrusted`


@click.group(invoke_without_command=True)
@data_option
@click.option("--node", default="", help="Only of this node.")
@click.option("--event", default="", help="Only this event.")
@click.option("--actor", default="", help="Only what this person did, by login.")
@click.option("--since", default="", metavar="DAY", help="From this day on, in UTC: 2026-03-31.")
@click.option("--until", default="", metavar="DAY", help="Up to this day, in UTC.")
@click.option("--refusals", is_flag=True, help="Only who was turned away.")
@click.option(
    "--most", type=click.IntRange(1, AUDIT_KEPT_MAX), default=AUDIT_LINES_SHOWN, show_default=True,
    help="No more than so many lines.",
)  # fmt: skip
@click.option("--csv", "as_csv", is_flag=True, help="All of them, as CSV for a spreadsheet.")
@json_option
@click.pass_context
def audit(  # noqa: PLR0913, PLR0917 - each is an option of the command
    context: click.Context,
    data: Path,
    node: str,
    event: str,
    actor: str,
    since: str,
    until: str,
    refusals: bool,
    most: int,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Show who did what, who was refused, and why. The newest first."""
    if context.invoked_subcommand is not None:
        return
    from hub.audit.listing import Wanted

    wanted = Wanted(actor, event, node, since, until, True if refusals else None)
    _say(opened(data), wanted, most, as_csv=as_csv, as_json=as_json)


def _say(hub: "Hub", wanted: "Wanted", most: int, *, as_csv: bool, as_json: bool) -> None:
    from hub.audit import listing
    from hub.people.actor import of_this_machine

    if as_csv:
        for lines in listing.csv(hub, of_this_machine(), wanted):
            sys.stdout.buffer.write(lines)
        return
    found = listing.page(hub, of_this_machine(), wanted, most=most).entries
    if as_json:
        print_built({"entries": found})
        return
    for entry in found:
        click.echo(_line(entry))
    if not found:
        click.echo("The log has no such line.")


def _line(entry: "Entry") -> str:
    whom = "  ".join(filter(None, (entry.actor, entry.node or entry.keyid[:16])))
    return "  ".join(filter(None, (entry.at, entry.event, whom, entry.origin, entry.reason)))


@audit.command()
@hub_option
@click.option(
    "--checkpoint", "files", type=click.Path(path_type=Path, dir_okay=False), multiple=True,
    help="One that was kept elsewhere; may be given several times.",
)  # fmt: skip
@json_option
def verify(hub: "Hub", files: tuple[Path, ...], as_json: bool) -> None:
    """Say whether the log is as it was written. Looks at each line and checkpoint."""
    from content_packs.key_files import read_bounded
    from hub.audit import checking, checkpoints
    from hub.people.actor import of_this_machine

    kept = [checkpoints.read(read_bounded(file)) for file in files]
    found = checking.check(hub, of_this_machine(), kept)
    if as_json:
        print_built({"holds": found.holds, **vars(found)})
    else:
        _say_checked(found)
    if not found.holds:
        sys.exit(_EXIT_CHANGED)


@audit.command()
@hub_option
def checkpoint(hub: "Hub") -> None:
    """Sign where the log is now, and print that. Keep it elsewhere."""
    from hub.audit import checkpoints

    print_built(checkpoints.make(hub))


def _say_checked(found: "Checked") -> None:
    from content_packs.diff import count_of

    for trouble in found.troubles:
        click.echo(f"changed: {trouble}", err=True)
    for one in found.chains:
        before = f", {one.before} from before there was a chain" if one.before else ""
        click.echo(f"{one.chain}: lines {one.first} to {one.last}{before}")
    newest = f"; the newest that the hub's key signed: {found.checkpoint}"
    click.echo(f"{count_of(found.checkpoints, 'checkpoint')}{newest if found.checkpoint else ''}")
    if found.holds:
        click.echo("The log is as it was written.")


COMMANDS: tuple[click.Command, ...] = (audit,)
