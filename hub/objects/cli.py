"""`hub move-objects`: see hub/CLI.md."""

from typing import TYPE_CHECKING

import click

from content_packs.command_line import json_option, megabytes
from hub.options import hub_option, print_built, warn

if TYPE_CHECKING:
    from hub.hub import Hub


@click.command("move-objects")
@hub_option
@click.argument("address")
@click.option("--endpoint", default="", help="The S3 server's address; Amazon's, if none is given.")
@json_option
def move_objects(hub: "Hub", address: str, endpoint: str, as_json: bool) -> None:
    """Move the content to ADDRESS. That is s3://BUCKET/PREFIX, or folder for the way back."""
    from hub import progress
    from hub.objects.moving import move
    from hub.people.actor import of_this_machine

    with progress.shown() as show:
        moved = move(hub, of_this_machine(), address, endpoint, show)
    if as_json:
        print_built(moved)
        return
    click.echo(
        f"The content is at {moved.objects} now: {moved.files} files, {megabytes(moved.size)}; "
        f"{moved.copied} were copied."
    )
    click.echo("What was before is still there: remove it once all is well.")
    warn(moved.warnings)


COMMANDS = (move_objects,)
