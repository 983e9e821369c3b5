"""`hub move-database`, `hub backup`, `hub restore`."""

from pathlib import Path

import click

from content_packs.command_line import json_option
from hub.options import data_option, passphrase_file, print_built


@click.command("move-database")
@data_option
@click.argument("address")
@json_option
def move_database(data: Path, address: str, as_json: bool) -> None:
    """Move the database to ADDRESS: postgresql://USER@HOST/NAME, or sqlite for the way back."""
    from hub.clock import system_clock
    from hub.hub import open_hub
    from hub.moving import move

    moved = move(open_hub(data, system_clock, passphrase_file=passphrase_file()), address)
    if as_json:
        print_built(moved)
        return
    click.echo(f"The database is at {moved.database} now: {sum(moved.rows.values())} rows.")
    if moved.kept is not None:
        click.echo(f"What it was is in {moved.kept}: remove it once all is well.")


COMMANDS = (move_database,)
