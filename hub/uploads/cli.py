"""`hub uploads` and `hub drop-folder`: see hub/CLI.md."""

from typing import TYPE_CHECKING

import click

from content_packs.command_line import json_option, megabytes, print_json
from hub.options import hub_option, print_built

if TYPE_CHECKING:
    from hub.hub import Hub

_LISTED = 200


@click.group()
def uploads() -> None:
    """See what people upload, and what became of it."""


@uploads.command("list")
@hub_option
@json_option
def list_uploads(hub: "Hub", as_json: bool) -> None:
    """List the newest uploads."""
    from hub.people.actor import of_this_machine
    from hub.uploads.receiving import list_uploads as run

    found = run(hub, of_this_machine(), limit=_LISTED)
    if as_json:
        print_built({"uploads": found})
        return
    for upload in found:
        came = f"{megabytes(upload.received)} of {megabytes(upload.size)}"
        click.echo(f"{upload.id}  {upload.name}  {upload.login}  {upload.state}, {came}")
        for line in upload.result.splitlines():
            click.echo(f"    {line}")
    if not found:
        click.echo("Nothing was uploaded of late.")


@uploads.command("publish")
@hub_option
@click.argument("upload")
@json_option
def publish(hub: "Hub", upload: str, as_json: bool) -> None:
    """Have the whole upload UPLOAD published. In the background, once more if that failed."""
    from hub.people.actor import of_this_machine
    from hub.uploads import handing_over, receiving

    actor = of_this_machine()
    found = receiving.find_even_expired(hub, actor, upload)
    done = handing_over.hand_over(hub, actor, found)
    if as_json:
        print_built(done)
        return
    click.echo(f"It waits for its turn: hub jobs show {done.job}")


@uploads.command("remove")
@hub_option
@click.argument("upload")
@json_option
def remove(hub: "Hub", upload: str, as_json: bool) -> None:
    """Forget the upload UPLOAD and its bytes. What was published of it stays."""
    from hub.people.actor import of_this_machine
    from hub.uploads.receiving import remove as run

    run(hub, of_this_machine(), upload)
    if as_json:
        print_json({"removed": upload})
        return
    click.echo("Removed.")


@click.group("drop-folder")
def drop_folder() -> None:
    """See the folder whose files are published by themselves. They are while `hub serve` runs."""


@drop_folder.command("list")
@hub_option
@json_option
def list_dropped(hub: "Hub", as_json: bool) -> None:
    """List what lies in it, and what became of it."""
    from hub.drop_entries import folder_of
    from hub.drop_folder import dropped
    from hub.people.actor import of_this_machine

    found = dropped(hub, of_this_machine())
    if as_json:
        print_built({"folder": str(folder_of(hub)), "dropped": found})
        return
    for one in found:
        click.echo(f"{one.publisher}/{one.name}  {one.state}  {one.at}")
        for line in one.words.splitlines():
            click.echo(f"    {line}")
    if not found:
        click.echo(f"Nothing lies in {folder_of(hub)}/<publisher>/.")


@drop_folder.command("add")
@hub_option
@click.argument("publisher")
@json_option
def add_publisher(hub: "Hub", publisher: str, as_json: bool) -> None:
    """Make the folder of PUBLISHER. Who may write to it publishes in that name."""
    from hub.drop_entries import add_publisher as run
    from hub.people.actor import of_this_machine

    folder = run(hub, of_this_machine(), publisher)
    if as_json:
        print_json({"folder": str(folder)})
        return
    click.echo(folder)


COMMANDS: tuple[click.Command, ...] = (uploads, drop_folder)
