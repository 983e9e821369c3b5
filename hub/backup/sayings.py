"""What the commands of backups say."""

import click

from content_packs.command_line import megabytes, print_json
from hub.backup.folder import BackupFolder
from hub.backup.nightly import expect_sound
from hub.backup.restoring import Restored
from hub.backup.verifying import Verified
from hub.errors import Damaged
from hub.options import print_built, warn

_TROUBLES_SHOWN = 20


def say_list(folder: BackupFolder, *, as_json: bool) -> None:
    """Print the names of the backups in a folder. Raises `Missing`."""
    names = folder.names()
    if as_json:
        print_json({"backups": names})
        return
    for name in names:
        click.echo(name)
    if not names:
        click.echo("No backup is in it yet: hub backup FOLDER")


def say_verified(found: Verified, *, as_json: bool) -> None:
    """Print what a backup would restore. Raises `Damaged` where it wouldn't."""
    if as_json:
        print_built(found)
    else:
        for trouble in found.troubles[:_TROUBLES_SHOWN]:
            click.echo(f"damaged: {trouble}", err=True)
    expect_sound(found)
    if as_json:
        expect_log(found)
        return
    click.echo(
        f"{found.name} would restore «{found.title}» as it was at {found.taken_at}: "
        f"packs {found.packs}, versions {found.versions}, schools {found.schools}, "
        f"nodes {found.nodes}, people {found.people} "
        f"(files {found.files}, {megabytes(found.size)}, each as it was)."
    )
    for chain in found.audit.chains:
        click.echo(f"audit log, {chain.chain}: lines {chain.first} to {chain.last}")
    expect_log(found)
    if found.audit.checkpoint:
        click.echo(f"It is as it was written, and as it was signed on {found.audit.checkpoint}.")
    else:
        click.echo("It is as it was written; no checkpoint that the hub's key signed is in it.")
    if found.keys_open is None:
        click.echo(
            "warning: whether its keys can be opened wasn't tried: name --passphrase-file", err=True
        )


def expect_log(found: Verified) -> None:
    """Raise `Damaged` where the audit log in a backup isn't as it was written."""
    troubles = found.audit.troubles
    if troubles:
        raise Damaged(
            f"the audit log in {found.name} isn't as it was written: {len(troubles)} troubles, the "
            f"first: {troubles[0]}",
            hint="The hub can be made anew from it all the same. Find out who can write to hub.db; "
            "an earlier backup may have the log whole: hub restore --list FOLDER.",
        )


def say_restored(made: Restored, *, as_json: bool) -> None:
    """Print what was restored."""
    if as_json:
        print_built(made)
        return
    click.echo(
        f"The hub in {made.data} is as it was at {made.taken_at}: files {made.files}, "
        f"rows {sum(made.rows.values())}."
    )
    if made.signed:
        click.echo(f"Signed anew, so that nodes follow it: {', '.join(made.signed)}.")
    warn(made.warnings)
