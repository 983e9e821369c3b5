"""`hub rollouts`: see hub/CLI.md."""

from typing import TYPE_CHECKING

import click

from content_packs.command_line import json_option
from hub.options import hub_option, passphrase_option, print_built

if TYPE_CHECKING:
    from hub.hub import Hub
    from hub.rollouts.keeping import Rollout

_LISTED = 50
_SCHOOLS = 500


@click.group()
def rollouts() -> None:
    """Bring a version to a few schools first. Where it does well, it goes on by itself."""


@rollouts.command("plan")
@hub_option
@click.argument("pack")
@click.option("--version", type=int, required=True, help="The version to bring out.")
@click.option("--channel", required=True, help="The channel to offer it on.")
@click.option(
    "--stage", "stages", multiple=True, required=True,
    help="In order: 5%, schools:NAME,NAME, saved:NAME (of hub filters) or a filter; with ' wait' "
    "at its end a person lets the next begin.",
)  # fmt: skip
@click.option(
    "--success-pct", type=click.IntRange(1, 100), default=90, show_default=True,
    help="So many percent of the schools in contact opened it: well done.",
)  # fmt: skip
@click.option(
    "--min-contacted", type=click.IntRange(1), default=1, show_default=True,
    help="So many schools at least have to be in contact.",
)  # fmt: skip
@click.option(
    "--soak-hours", type=click.IntRange(0), default=24, show_default=True,
    help="It has to go well for so long.",
)  # fmt: skip
@click.option(
    "--fail-pct", type=click.IntRange(0, 100), default=5, show_default=True,
    help="More than so many percent of the schools in contact failed: it ends.",
)  # fmt: skip
@click.option(
    "--fail-min-n", type=click.IntRange(1), default=2, show_default=True,
    help="But not before so many failed.",
)  # fmt: skip
@click.option(
    "--max-days", type=click.IntRange(1), default=14, show_default=True,
    help="A stage waits so many school days for schools that are silent.",
)  # fmt: skip
@click.option(
    "--abort", type=click.Choice(["keep", "revert"]), default="keep", show_default=True,
    help="If it ends badly, schools keep the version or go back.",
)  # fmt: skip
@click.option("--activate-at", default="", help="When lessons switch, RFC 3339.")
@click.option("--needed-by", default="", help="When schools need it, RFC 3339.")
@click.option("--second-person", is_flag=True, help="Somebody else has to approve it.")
@click.option("--note", default="", help="What others should know.")
@click.option("--dry-run", is_flag=True, help="Only say what it would cost.")
@json_option
def plan(hub: "Hub", dry_run: bool, as_json: bool, **given: str) -> None:
    """Plan a rollout of PACK, and say what it costs. Nothing goes out before it is approved."""
    from hub.fleet import saved
    from hub.people.actor import of_this_machine
    from hub.rollouts import forms, planning, reading

    kept = saved.by_name(hub, of_this_machine())
    wanted = forms.read(reading.of_options(given, kept))
    if dry_run:
        price = planning.price(hub, of_this_machine(), wanted)
        if as_json:
            print_built(price)
        else:
            click.echo(reading.price(hub, price))
        return
    _say(hub, planning.plan(hub, of_this_machine(), wanted), as_json=as_json)


@rollouts.command("list")
@hub_option
@json_option
def list_rollouts(hub: "Hub", as_json: bool) -> None:
    """List rollouts, the newest first."""
    from hub.people.actor import of_this_machine
    from hub.rollouts import reading
    from hub.rollouts.listing import listed

    found = listed(hub, of_this_machine(), limit=_LISTED)
    if as_json:
        print_built({"rollouts": found.items})
        return
    for one in found.items:
        click.echo(reading.line(one))
    if not found.items:
        click.echo("There is no rollout. Plan one: hub rollouts plan")


@rollouts.command("show")
@hub_option
@click.argument("rollout")
@json_option
def show(hub: "Hub", rollout: str, as_json: bool) -> None:
    """Show a rollout, its stages, and its journal in words."""
    from hub.people.actor import of_this_machine
    from hub.rollouts import reading
    from hub.rollouts.api import answer

    found = answer(hub, of_this_machine(), rollout)
    if as_json:
        print_built(found)
        return
    for line in reading.all_of(hub, found):
        click.echo(line)


@rollouts.command("schools")
@hub_option
@click.argument("rollout")
@click.option("--stage", type=int, default=0, help="From 1; all.")
@click.option("--outcome", default="", help="opened, waiting, working, failed, unreached; all.")
@click.option("--after", default="", help="Go on after this box.")
@click.option("--csv", "as_csv", is_flag=True, help="All of them, as a CSV file.")
@json_option
def list_schools(  # noqa: PLR0913, PLR0917  # each is an option of the command
    hub: "Hub", rollout: str, stage: int, outcome: str, after: str, as_csv: bool, as_json: bool
) -> None:
    """List what became of a rollout in each school."""
    from hub.people.actor import of_this_machine
    from hub.rollouts import sayings, sheet
    from hub.rollouts.listing import schools

    actor = of_this_machine()
    if as_csv:
        for lines in sheet.lines(hub, actor, rollout, stage=stage, outcome=outcome):
            click.echo(lines, nl=False)
        return
    found = schools(
        hub,
        actor,
        rollout,
        stage=stage,
        outcome=outcome,
        after=after,
        limit=_SCHOOLS,
    )
    if as_json:
        print_built(found)
        return
    for one in found.items:
        why = f": {sayings.trouble(one.reason)}" if one.reason else ""
        click.echo(f"{one.school}  {one.node}  stage {one.stage}  {one.outcome}{why}")
    if found.next:
        click.echo(f"More: --after {found.next}")
    if not found.items:
        click.echo("There is no such school in it.")


@rollouts.command("approve")
@hub_option
@passphrase_option
@click.argument("rollout")
@json_option
def approve(hub: "Hub", rollout: str, as_json: bool) -> None:
    """Let a planned rollout begin with its first stage."""
    from hub.people.actor import of_this_machine
    from hub.rollouts import deciding

    _say(hub, deciding.approve(hub, of_this_machine(), rollout), as_json=as_json)


@rollouts.command("pause")
@hub_option
@click.argument("rollout")
@click.option("--why", default="", help="For the journal.")
@json_option
def pause(hub: "Hub", rollout: str, why: str, as_json: bool) -> None:
    """Let a rollout reach no more schools for now. Who was reached goes on."""
    from hub.people.actor import of_this_machine
    from hub.rollouts import deciding

    _say(hub, deciding.pause(hub, of_this_machine(), rollout, why=why), as_json=as_json)


@rollouts.command("resume")
@hub_option
@passphrase_option
@click.argument("rollout")
@click.option("--why", default="", help="For the journal.")
@json_option
def resume(hub: "Hub", rollout: str, why: str, as_json: bool) -> None:
    """Let a rollout go on. It was paused, or ended with schools keeping what they have."""
    from hub.people.actor import of_this_machine
    from hub.rollouts import deciding

    _say(hub, deciding.resume(hub, of_this_machine(), rollout, why=why), as_json=as_json)


@rollouts.command("abort")
@hub_option
@passphrase_option
@click.argument("rollout")
@click.option("--keep/--revert", "keep", default=None, help="Whether schools keep it; as planned.")
@click.option("--why", default="", help="For the journal.")
@json_option
def abort(hub: "Hub", rollout: str, keep: bool | None, why: str, as_json: bool) -> None:
    """End a rollout."""
    from hub.people.actor import of_this_machine
    from hub.rollouts import deciding

    revert = None if keep is None else not keep
    found = deciding.abort(hub, of_this_machine(), rollout, revert=revert, why=why)
    _say(hub, found, as_json=as_json)


def _say(hub: "Hub", found: "Rollout", *, as_json: bool) -> None:
    """Say where a rollout stands now."""
    from hub.people.actor import of_this_machine
    from hub.rollouts import reading
    from hub.rollouts.listing import show

    view, _stages = show(hub, of_this_machine(), found.rollout)
    if as_json:
        print_built(view)
        return
    for line in reading.standing(hub, view):
        click.echo(line)


COMMANDS: tuple[click.Command, ...] = (rollouts,)
