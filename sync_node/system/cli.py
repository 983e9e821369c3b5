"""`sync-node system`: which system the box runs, and which comes next."""

from pathlib import Path

import click

from content_packs.command_line import json_option, print_json
from sync_node.options import data_option


@click.command()
@click.option("--start", is_flag=True, help="Start the system that is ready now, not at night.")
@data_option
@json_option
def system(*, start: bool, data: Path, as_json: bool) -> None:
    """Say which system the box itself runs, and how far a newer one is."""
    from sync_node.box_clock import uptime
    from sync_node.data_dir import DataDir
    from sync_node.node_reader import NodeReader
    from sync_node.system import starting, view

    data_dir = DataDir(data)
    data_dir.check_initialised()
    reader, boot = NodeReader(data_dir), uptime().boot
    asked = starting.start_now(data_dir, reader, boot) if start else 0
    found = starting.look(data_dir, reader, boot)
    if as_json:
        print_json({"asked_to_start": asked, "system": found.as_json() if found else None})
    elif found is None:
        click.echo("this box has no two systems: it wasn't started from a card of Satchel's")
    else:
        for line in view.in_words(found):
            click.echo(line)
        if asked:
            click.echo(f"system {asked} was asked to be started: the box goes off and comes back")
