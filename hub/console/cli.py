"""`hub summary`: see hub/CLI.md."""

from pathlib import Path

import click

from content_packs.command_line import json_option
from hub.options import data_option, passphrase_file, print_built


@click.command()
@data_option
@json_option
def summary(data: Path, as_json: bool) -> None:
    """Say what needs somebody now, as the console's first page does."""
    from hub.clock import system_clock
    from hub.hub import open_hub
    from hub.people.actor import of_this_machine
    from hub.summary import summary as run

    hub = open_hub(data, system_clock, passphrase_file=passphrase_file())
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
