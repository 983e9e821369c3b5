"""`hub keys` and `hub publishers`: every command, option and exit code stands in hub/CLI.md."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from content_packs.command_line import json_option
from hub.options import hub_option, passphrase_file, passphrase_option, print_built

if TYPE_CHECKING:
    from hub.hub import Hub

_FILE = click.Path(path_type=Path, dir_okay=False)


def _passphrase() -> bytes | None:
    """Return the passphrase in the file that was named, where no hub is."""
    from content_packs import key_files

    file = passphrase_file()
    return None if file is None else key_files.read_passphrase(file)


@click.group()
def keys() -> None:
    """List, make, rotate and revoke keys; sign where no hub is."""


@keys.command("list")
@hub_option
@json_option
def list_(hub: "Hub", as_json: bool) -> None:
    """List every key: its role, keyid, place and times."""
    from hub.keyring import sayings
    from hub.keyring.listing import list_keys

    found = list_keys(hub)
    if as_json:
        print_built({"keys": found})
        return
    sayings.say_keys(found)


@keys.command()
@hub_option
@passphrase_option
@json_option
def encrypt(hub: "Hub", as_json: bool) -> None:
    """Encrypt the keys here that aren't yet, but root's."""
    from hub.keyring.deeds import encrypt as run
    from hub.people.actor import of_this_machine

    found = run(hub, of_this_machine())
    if as_json:
        print_built(found)
        return
    if found.passphrase_made:
        click.echo(f"A passphrase was made: {found.passphrase_made}. Keep a copy elsewhere.")
    names = ", ".join(found.encrypted)
    click.echo(f"Encrypted: {names}." if names else "All keys are encrypted already.")


@keys.command("make-root")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@passphrase_option
@json_option
def make_root(folder: Path, as_json: bool) -> None:
    """Make three root keys in FOLDER. Do it on a machine that is offline."""
    from hub.keyring import making, sayings

    made = making.make_root(folder, _passphrase())
    if as_json:
        print_built({"keys": made})
        return
    sayings.say_made(
        made,
        following="Any two of them decide for every school. Put each .pem on a stick of its own, "
        "kept in three places; never on the hub.\nBring the three .pub to the hub, and name them "
        "with --public: hub keys export-unsigned root FILE",
    )


@keys.command("make-escrow")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@passphrase_option
@json_option
def make_escrow(folder: Path, as_json: bool) -> None:
    """Make the district's escrow key in FOLDER. Do it on a machine that is offline."""
    from hub.keyring import making, sayings

    made = making.make_escrow(folder, _passphrase())
    if as_json:
        print_built({"keys": [made]})
        return
    sayings.say_made(
        (made,),
        following="It opens every record that schools send from now on: keep escrow.pem offline, "
        "in two places.\nBring escrow.pub to the hub: hub keys rotate escrow --public escrow.pub",
    )


@keys.command("export-unsigned")
@hub_option
@passphrase_option
@click.argument("role", type=click.Choice(["root", "targets"]))
@click.argument("file", type=_FILE)
@click.option(
    "--public", type=_FILE, multiple=True, help="Root: a key to add. Targets: the escrow key."
)
@click.option("--drop", multiple=True, metavar="KEYID", help="A key to leave out.")
@json_option
def export_unsigned(  # noqa: PLR0913, PLR0917 - each is an option of the command
    hub: "Hub",
    role: str,
    file: Path,
    public: tuple[Path, ...],
    drop: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write the next root or targets to FILE, to be signed. That is done where their keys are."""
    from hub.keyring import offline, sayings
    from hub.keyring.drafts import changes_of
    from hub.keyring.rotating import export_unsigned as run

    run(hub, role, file, changes_of(role, public, drop))
    draft = offline.describe(offline.read_draft(file))
    if as_json:
        print_built({"file": file, "draft": draft})
        return
    sayings.say_draft(draft)
    click.echo(f"Next, where the keys are: hub keys sign {file.name} --key KEYFILE")


@keys.command()
@passphrase_option
@click.argument("file", type=_FILE)
@click.option("--key", "key_paths", type=_FILE, multiple=True, help="A private key to sign with.")
@json_option
def sign(file: Path, key_paths: tuple[Path, ...], as_json: bool) -> None:
    """Sign the draft in FILE; without --key only show it. Needs no hub."""
    from hub.keyring import offline, sayings

    if key_paths:
        draft = offline.sign_draft(file, key_paths, _passphrase())
    else:
        draft = offline.describe(offline.read_draft(file))
    if as_json:
        print_built({"file": file, "draft": draft})
        return
    sayings.say_draft(draft)


@keys.command()
@hub_option
@passphrase_option
@click.argument("file", type=_FILE)
@json_option
def install(hub: "Hub", file: Path, as_json: bool) -> None:
    """Verify the root or targets in FILE, put it in force."""
    from hub.keyring import sayings
    from hub.keyring.deeds import install as run
    from hub.people.actor import of_this_machine

    installed = run(hub, of_this_machine(), file)
    if as_json:
        print_built(installed)
        return
    sayings.say_installed(installed)


@keys.command()
@hub_option
@passphrase_option
@click.argument("role")
@click.option("--public", type=_FILE, help="The new key's public half: for escrow.")
@json_option
def rotate(hub: "Hub", role: str, public: Path | None, as_json: bool) -> None:
    """Give ROLE a new key.

    It is a channel, targets, snapshot, timestamp, status, service or another.
    """
    from hub.keyring import sayings
    from hub.keyring.deeds import rotate as run
    from hub.keyring.drafts import escrow_of
    from hub.people.actor import of_this_machine

    rotated = run(hub, of_this_machine(), role, escrow=escrow_of(public))
    if as_json:
        print_built(rotated)
        return
    sayings.say_rotated(rotated)


@keys.command()
@hub_option
@passphrase_option
@click.argument("role_or_keyid")
@click.option("--public", type=_FILE, help="The new key's public half: for escrow.")
@json_option
def revoke(hub: "Hub", role_or_keyid: str, public: Path | None, as_json: bool) -> None:
    """Let a key count no more, by its role or keyid."""
    from hub.keyring import sayings
    from hub.keyring.deeds import revoke as run
    from hub.keyring.drafts import escrow_of
    from hub.people.actor import of_this_machine

    rotated = run(hub, of_this_machine(), role_or_keyid, escrow=escrow_of(public))
    if as_json:
        print_built(rotated)
        return
    sayings.say_rotated(rotated)


@keys.command("export-trust")
@hub_option
@click.argument("file", type=_FILE)
@click.option("--check", is_flag=True, help="Write nothing; say whether FILE leads to this hub.")
@json_option
def export_trust(hub: "Hub", file: Path, check: bool, as_json: bool) -> None:
    """Write the root of trust in force to FILE, for new nodes."""
    from hub.keyring import sayings, trust_root

    run = trust_root.check_trust if check else trust_root.export_trust
    found = run(hub, file)
    if as_json:
        print_built(found)
        return
    sayings.say_trust(found, checked=check)


@click.group()
def publishers() -> None:
    """Say who may publish what."""


@publishers.command("add")
@hub_option
@click.argument("name")
@click.option("--key", "public", type=_FILE, required=True, help="The publisher's public key.")
@click.option("--packs", required=True, metavar="PATTERN", help="Packs it may sign: grade4-*")
@json_option
def add_publisher(hub: "Hub", name: str, public: Path, packs: str, as_json: bool) -> None:
    """Let the publisher NAME publish packs that its key signed."""
    from hub import publishers as services
    from hub.people.actor import of_this_machine

    by = of_this_machine().login
    key, changed = services.add(hub, name, public, packs, by=by)
    if as_json:
        print_built({"key": key, "changed": changed})
        return
    now = "may publish" if changed else "could already publish"
    click.echo(f"{name} {now} {packs}, signed by the key {key.keyid}.")
    click.echo(f"From now on nothing of the publisher {name} is taken without such a signature.")


@publishers.command("list")
@hub_option
@json_option
def list_publishers(hub: "Hub", as_json: bool) -> None:
    """List publishers, their keys, and what each may publish."""
    from hub import publishers as services

    found = services.list_keys(hub)
    if as_json:
        print_built({"publishers": found, "require_signatures": hub.config.require_signatures})
        return
    for key in found:
        state = f"removed {key.removed_at}" if key.removed_at else f"since {key.added_at}"
        click.echo(f"{key.publisher}  {key.packs}  {key.keyid[:16]}  {state}")
    others = "nobody" if hub.config.require_signatures else "whoever runs hub publish here"
    click.echo(f"For all other publishers answers {others}.")


@publishers.command("remove")
@hub_option
@click.argument("name")
@click.option("--key", "keyid", default="", metavar="KEYID", help="Only this key of NAME.")
@json_option
def remove_publisher(hub: "Hub", name: str, keyid: str, as_json: bool) -> None:
    """Take nothing any more that the keys of the publisher NAME signed."""
    from hub import publishers as services
    from hub.people.actor import of_this_machine

    removed = services.remove(hub, name, keyid, by=of_this_machine().login)
    if as_json:
        print_built({"removed": removed})
        return
    for key in removed:
        click.echo(f"{name}: the key {key.keyid[:16]} signs nothing any more.")
    if not removed:
        click.echo(f"{name}: removed before; nothing was done.")
    click.echo("What it published stays; see: hub withdraw")
