"""`hub summary`: see hub/CLI.md."""

from typing import TYPE_CHECKING

import click

from content_packs.command_line import json_option
from hub.options import hub_option, print_built

if TYPE_CHECKING:
    from hub.hub import Hub


@click.command()
@hub_option
@json_option
def summary(hub: "Hub", as_json: bool) -> None:
    """Say what needs somebody now, as the console's home does."""
    from hub.people.actor import of_this_machine
    from hub.summary import summary as run

    found = run(hub, of_this_machine())
    if as_json:
        print_built({"needs": [need.said() for need in found.needs]})
        return
    for need in found.needs:
        click.echo(f"{need.count:>6}  {need.words}")
        if need.detail:
            click.echo(f"        {need.detail}")
    if found.is_quiet:
        click.echo("All is quiet: nothing waits for anybody.")


COMMANDS: tuple[click.Command, ...] = (summary,)
