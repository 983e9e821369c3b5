"""`hub move-database`, `hub backup`, `hub restore`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from content_packs.command_line import json_option, megabytes
from hub.backup.limits import KEEP_DEFAULT, KEEP_MAX
from hub.options import data_option, hub_option, passphrase_file, print_built, warn

if TYPE_CHECKING:
    from hub.hub import Hub


@click.command("move-database")
@hub_option
@click.argument("address")
@json_option
def move_database(hub: "Hub", address: str, as_json: bool) -> None:
    """Move the database to ADDRESS.

    That is postgresql://USER@HOST/NAME, or sqlite for the way back.
    """
    from hub.moving import move
    from hub.people.actor import of_this_machine

    moved = move(hub, of_this_machine(), address)
    if as_json:
        print_built(moved)
        return
    click.echo(f"The database is at {moved.database} now: {sum(moved.rows.values())} rows.")
    if moved.kept is not None:
        click.echo(f"What it was is in {moved.kept}: remove it once all is well.")
    warn(moved.warnings)


@click.command()
@hub_option
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--keep",
    type=click.IntRange(1, KEEP_MAX),
    default=KEEP_DEFAULT,
    show_default=True,
    help="How many backups stay in FOLDER.",
)
@click.option("--afresh", is_flag=True, help="Copy everything again, in place of what rotted.")
@json_option
def backup(hub: "Hub", folder: Path, keep: int, afresh: bool, as_json: bool) -> None:
    """Copy all that this hub needs to be made anew into FOLDER. Name one on another disk."""
    from hub import progress
    from hub.backup.taking import take
    from hub.people.actor import of_this_machine

    with progress.shown() as show:
        taken = take(hub, of_this_machine(), folder, keep=keep, afresh=afresh, show=show)
    if as_json:
        print_built(taken)
        return
    click.echo(
        f"{taken.name}: files {taken.files}, {megabytes(taken.size)}, "
        f"{megabytes(taken.new_bytes)} of them new in {taken.folder}."
    )
    if taken.removed:
        click.echo(f"Removed earlier ones: {len(taken.removed)}.")
    warn(taken.warnings)


@click.command()
@data_option
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--at", "name", default="", help="The backup whose name begins so; the newest.")
@click.option("--verify", "only_verify", is_flag=True, help="Try it, and restore nothing.")
@click.option("--list", "only_list", is_flag=True, help="List the backups in FOLDER.")
@click.option("--database", default="", help="As in hub.toml, instead of where it was.")
@json_option
def restore(  # noqa: PLR0913, PLR0917 - each is an option of the command
    data: Path,
    folder: Path,
    name: str,
    only_verify: bool,
    only_list: bool,
    database: str,
    as_json: bool,
) -> None:
    """Make the hub anew from the backups in FOLDER. The data directory has to be empty."""
    from hub import progress
    from hub.backup import sayings
    from hub.backup.folder import BackupFolder
    from hub.backup.restoring import restore as run
    from hub.backup.verifying import verify
    from hub.clock import system_clock
    from hub.people.actor import of_this_machine

    if only_list:
        sayings.say_list(BackupFolder(folder), as_json=as_json)
        return
    named = passphrase_file()
    with progress.shown() as show:
        if only_verify:
            verified = verify(folder, name, passphrase_file=named, show=show)
        else:
            restored = run(
                of_this_machine(), folder, data, system_clock,
                name=name, database=database, passphrase_file=named, show=show,
            )  # fmt: skip
    if only_verify:
        sayings.say_verified(verified, as_json=as_json)
    else:
        sayings.say_restored(restored, as_json=as_json)


COMMANDS = (move_database, backup, restore)
