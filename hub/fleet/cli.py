"""`hub enrol-codes`, `hub nodes`, `hub desired`: see hub/CLI.md."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from content_packs.command_line import json_option, print_json
from hub.fleet.limits import CODE_DAYS
from hub.fleet.school_commands.cli import COMMANDS as OF_SCHOOLS
from hub.options import hub_option, print_built

if TYPE_CHECKING:
    from hub.hub import Hub

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("enrol-codes")
@hub_option
@click.argument("names", metavar="SCHOOL...", nargs=-1, required=True)
@click.option("--count", type=int, default=1, show_default=True, help="Codes for each school.")
@click.option("--days", type=int, default=CODE_DAYS, show_default=True, help="Good for so long.")
@click.option("--node", default="", help="One code, for a box that replaces this node.")
@click.option("--sheet", type=_FILE, help="Write them to this HTML file, to be printed.")
@click.option("--cancel", is_flag=True, help="Make none: let the unused ones be good no more.")
@json_option
def enrol_codes(  # noqa: PLR0913, PLR0917 - each is an option of the command
    hub: "Hub",
    names: tuple[str, ...],
    count: int,
    days: int,
    node: str,
    sheet: Path | None,
    cancel: bool,
    as_json: bool,
) -> None:
    """Make enrolment codes for schools: single use, shown once."""
    from content_packs.diff import count_of
    from content_packs.durable import check_writable
    from hub.fleet import deeds
    from hub.people.actor import of_this_machine

    if sheet is not None:
        check_writable(sheet.absolute().parent)  # codes that nobody can read are of no use
    if cancel:
        gone = {name: deeds.cancel_codes(hub, of_this_machine(), name) for name in names}
        if as_json:
            print_json({"cancelled": gone})
            return
        for name, number in gone.items():
            click.echo(f"{name}: {count_of(number, 'unused code')}, good no more.")
        return
    _make_codes(hub, names, (count, days), node, sheet, as_json=as_json)


def _make_codes(  # noqa: PLR0913  # what the command was given
    hub: "Hub",
    names: tuple[str, ...],
    count_and_days: tuple[int, int],
    node: str,
    sheet: Path | None,
    *,
    as_json: bool,
) -> None:
    from hub.fleet import deeds, sheets
    from hub.people.actor import of_this_machine

    count, days = count_and_days
    actor = of_this_machine()
    made = deeds.make_codes(hub, actor, names, count=count, days=days, node=node)
    if sheet is not None:
        sheets.write(sheet, made, title=hub.config.title)
    if as_json:
        print_built({"codes": [] if sheet else made, "sheet": str(sheet or ""), "made": len(made)})
        return
    if sheet is not None:
        click.echo(f"{sheet}: {len(made)} codes, to be printed on A4. Then remove the file:")
        click.echo("whoever has a code can try to enrol a box with it.")
        return
    for one in made:
        click.echo(f"{one.shown}  {one.node or one.school}  good until {one.expires_at}")
    click.echo("\nThe hub keeps no copy. Type one at the box:", err=True)
    click.echo("http://satchel.lan/box/enrol, or sync-node enrol CODE at its console", err=True)


@click.group()
def nodes() -> None:
    """List nodes; confirm, revoke and group them."""


@nodes.command("list")
@hub_option
@click.option("--school", default="", help="Only of this school.")
@click.option("--pending", is_flag=True, help="Only those that wait to be confirmed.")
@json_option
def list_nodes(hub: "Hub", school: str, pending: bool, as_json: bool) -> None:
    """List the nodes: school, state, when last heard of, alarms."""
    from hub.fleet import sayings
    from hub.fleet.nodes import list_nodes as run

    found = run(hub, school=school, pending=pending)
    if as_json:
        print_built({"nodes": found})
        return
    sayings.say_nodes(found)


@nodes.command("show")
@hub_option
@click.argument("node")
@json_option
def show_node(hub: "Hub", node: str, as_json: bool) -> None:
    """Show all that the hub knows of NODE. Its keys, its alarms, its newest report."""
    from hub.fleet import sayings
    from hub.fleet.nodes import show as run

    found, reports = run(hub, node)
    if as_json:
        print_built({"node": found, "reports": reports})
        return
    sayings.say_node(found, reports)


@nodes.command()
@hub_option
@click.argument("node")
@click.option("--fingerprint", default="", help="Only if the claim has this one, as the box shows.")
@json_option
def confirm(hub: "Hub", node: str, fingerprint: str, as_json: bool) -> None:
    """Let the box that claimed to be NODE be it. Compare the fingerprint first."""
    from hub.fleet.deeds import confirm as run
    from hub.people.actor import of_this_machine

    key = run(hub, of_this_machine(), node, fingerprint=fingerprint)
    if as_json:
        print_built({"node": node, "key": key})
        return
    click.echo(f"{node} is the box with the fingerprint {key.fingerprint}.")
    click.echo("It hears so within a minute, or from the next stick.")


@nodes.command()
@hub_option
@click.argument("node")
@click.option("--fingerprint", default="", help="Only if the claim has this one.")
@json_option
def deny(hub: "Hub", node: str, fingerprint: str, as_json: bool) -> None:
    """Turn the box away that claimed to be NODE. Its code is spent."""
    from hub.fleet.deeds import deny as run
    from hub.people.actor import of_this_machine

    key = run(hub, of_this_machine(), node, fingerprint=fingerprint)
    if as_json:
        print_built({"node": node, "key": key})
        return
    click.echo(f"{node}: the box with the fingerprint {key.fingerprint} was turned away.")


@nodes.command()
@hub_option
@click.argument("node")
@click.option("--reason", default="", help="For the audit log.")
@json_option
def revoke(hub: "Hub", node: str, reason: str, as_json: bool) -> None:
    """Let NODE count no more: stolen, lost, or replaced."""
    from hub.fleet.deeds import revoke as run
    from hub.people.actor import of_this_machine

    done = run(hub, of_this_machine(), node, reason=reason)
    if as_json:
        print_built(done)
        return
    click.echo(f"{node} is revoked since {done.revoked_at}: this hub refuses it from now on.")
    click.echo("Other nodes refuse it once they have synced or got a stick.")
    click.echo(f"A new box in its place: hub enrol-codes SCHOOL --node {node}")


@nodes.command()
@hub_option
@click.argument("node")
@click.argument("names", metavar="[GROUP]...", nargs=-1)
@json_option
def groups(hub: "Hub", node: str, names: tuple[str, ...], as_json: bool) -> None:
    """Let NODE be of these groups and no others. Of none, if none is named."""
    from hub.fleet.deeds import set_groups
    from hub.people.actor import of_this_machine

    found = set_groups(hub, of_this_machine(), node, names)
    if as_json:
        print_json({"node": node, "groups": list(found)})
        return
    click.echo(f"{node}: {', '.join(found) or 'of no group'}.")


@nodes.command()
@hub_option
@click.option("--list", "file", type=_FILE, required=True, help="A text file, one to a line.")
@json_option
def approve(hub: "Hub", file: Path, as_json: bool) -> None:
    """Welcome boxes before they come. By fingerprint or serial number; nobody need confirm then."""
    from hub.fleet.deeds import approve as run
    from hub.people.actor import of_this_machine

    new, known = run(hub, of_this_machine(), file)
    if as_json:
        print_json({"new": new, "known": known})
        return
    click.echo(f"{new} boxes are welcome now, {known} were before. Each needs a code all the same.")


@nodes.command("clear-alarm")
@hub_option
@click.argument("node")
@json_option
def clear_alarm(hub: "Hub", node: str, as_json: bool) -> None:
    """Note that somebody has looked into NODE's alarm."""
    from hub.fleet.deeds import clear_alarm as run
    from hub.people.actor import of_this_machine

    alarm = run(hub, of_this_machine(), node)
    if as_json:
        print_json({"node": node, "cleared": alarm})
        return
    click.echo(f"{node}: cleared: {alarm}" if alarm else f"{node} has no alarm.")


@nodes.command("rebuild-states")
@hub_option
@json_option
def rebuild_states(hub: "Hub", as_json: bool) -> None:
    """Judge anew how every node stands. From its reports and what was kept of its days."""
    from hub.fleet.bringing_up import rebuild
    from hub.people.actor import of_this_machine

    done = rebuild(hub, of_this_machine())
    if as_json:
        print_json({"rebuilt": done})
        return
    click.echo(f"{done} rows were made anew.")


@click.group()
def desired() -> None:
    """Say what nodes should follow and hold."""


@desired.command("set")
@hub_option
@click.argument("file", type=_FILE)
@click.option("--node", default="", help="For this node, whatever its groups.")
@click.option("--group", default="", help="For the nodes of this group.")
@json_option
def set_desired(hub: "Hub", file: Path, node: str, group: str, as_json: bool) -> None:
    """Sign what the TOML file FILE says, for a node or a group. An empty file takes it away."""
    from hub.fleet.desired import read_settings
    from hub.fleet.wanting import set_for
    from hub.people.actor import of_this_machine

    settings = read_settings(file)
    done = set_for(hub, of_this_machine(), settings, node=node, group=group)
    if as_json:
        print_json({"node": node, "group": group, "number": done.number})
        return
    whom = f"the group {group}" if group else node
    click.echo(f"{whom}: desired state {done.number}, from the next check-in or stick on.")


@desired.command("preview")
@hub_option
@click.argument("file", type=_FILE)
@click.option("--node", default="", help="For this node, whatever its groups.")
@click.option("--group", default="", help="For the nodes of this group.")
@json_option
def preview_desired(hub: "Hub", file: Path, node: str, group: str, as_json: bool) -> None:
    """Say what setting FILE would change, and cost at the most."""
    from hub.fleet import state_sayings, wanting
    from hub.fleet.desired import read_settings
    from hub.people.actor import of_this_machine

    settings = read_settings(file)
    found = wanting.preview(hub, of_this_machine(), settings, node=node, group=group)
    if as_json:
        print_built(found)
        return
    state_sayings.say_preview(found)


@desired.command("list")
@hub_option
@json_option
def list_desired(hub: "Hub", as_json: bool) -> None:
    """List the groups, and what is set for each."""
    from hub.fleet import state_sayings, wanting
    from hub.people.actor import of_this_machine

    found = wanting.groups(hub, of_this_machine())
    if as_json:
        print_built({"groups": found})
        return
    state_sayings.say_groups(found)


@desired.command("show")
@hub_option
@click.option("--node", default="", help="Of this node.")
@click.option("--group", default="", help="Of this group.")
@json_option
def show_desired(hub: "Hub", node: str, group: str, as_json: bool) -> None:
    """Show what was set for a node or a group itself."""
    from hub.fleet import sayings
    from hub.fleet.desired import of

    found = of(hub, node=node, group=group)
    if as_json:
        shown = found and {"number": found.number, "settings": found.settings}
        print_built({"node": node, "group": group, "desired_state": shown})
        return
    sayings.say_desired(found)


@click.command("open-batches")
@hub_option
@json_option
def open_batches(hub: "Hub", as_json: bool) -> None:
    """Open batches that couldn't be when they came. The seal key was locked or elsewhere."""
    from hub.fleet.batches import open_waiting

    opened, left = open_waiting(hub)
    if as_json:
        print_json({"opened": opened, "left": left})
        return
    click.echo(f"{opened} batches opened, {left} left.")


COMMANDS: tuple[click.Command, ...] = (
    *OF_SCHOOLS,
    enrol_codes,
    nodes,
    desired,
    open_batches,
)
