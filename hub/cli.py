"""`hub`: the command line. Every command, option and exit code stands in CLI.md.

Commands import what they need: `hub --help` stays quick.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from content_packs.command_line import Group, json_option, megabytes, print_json
from hub.commands import COMMANDS as ROOMS_COMMANDS
from hub.options import (
    data_option,
    hub_option,
    open_hubs_by,
    passphrase_file,
    passphrase_option,
    print_built,
)

if TYPE_CHECKING:
    from hub.hub import Hub


def _open(data: Path) -> "Hub":
    from hub.clock import system_clock
    from hub.hub import open_hub

    return open_hub(data, system_clock, passphrase_file=passphrase_file())


_ABOUT_MADE = (
    ": this passphrase was made here, for want of another.\nIt keeps a backup of keys/ without it "
    "safe, not a stolen disk. Keep a copy of it elsewhere."
)


@click.group(cls=Group, extras="hub", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="satchel")
@passphrase_option
def main() -> None:
    """Publish packs, and release them on channels that nodes follow."""
    open_hubs_by(_open)


for of_room in ROOMS_COMMANDS:
    main.add_command(of_room)


@main.command()
@data_option
@click.option("--channel", default="main", show_default=True, help="Name of the first channel.")
@click.option(
    "--database",
    default="sqlite",
    show_default=True,
    envvar="SATCHEL_HUB_DATABASE",
    show_envvar=True,
    help="sqlite, or postgresql://USER@HOST/NAME: a database that is empty.",
)
@json_option
def init(data: Path, channel: str, database: str, as_json: bool) -> None:
    """Make a hub: data directory, keys, trust, first channel."""
    from hub.clock import system_clock
    from hub.initialising import initialise

    made = initialise(
        data, channel, system_clock, passphrase_file=passphrase_file(), database=database
    )
    if as_json:
        print_built(made)
        return
    click.echo(f"A new hub is in {made.data}, with the channel {made.channel}.")
    click.echo("\nMove these keys offline now, to three sticks kept in three places:")
    for path in made.offline_keys:
        click.echo(f"  {path}")
    click.echo(
        "Any two of them can replace every other key; the hub runs without them.\n"
        "The other keys stay here, encrypted with the passphrase "
        f"{f'in {made.passphrase_made}' if made.passphrase_made else 'you gave'}.\n"
        "Whoever has both can publish in your name"
        f"{_ABOUT_MADE if made.passphrase_made else '.'}\n"
        f"\nGive every node this root of trust (sync-node init --trust):\n  {made.trust_root}"
        "\n\nNext: hub people add LOGIN --role administrator, for the console; then\n"
        "hub publish FILE.cpack, hub release, hub serve."
    )


@main.command()
@hub_option
@click.option("--host", help="Listen on this address instead of the configured one.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), help="Listen on this port; 0 takes a free one."
)
def serve(hub: "Hub", host: str | None, port: int | None) -> None:
    """Offer the repository, keep its signatures fresh. Over HTTP, until told to end."""
    import logging
    from contextlib import nullcontext
    from dataclasses import replace

    from hub import sd_notify
    from hub.config import workers_of
    from hub.monitoring import logs
    from hub.monitoring.sharing import shared_figures

    config = replace(
        hub.config,
        host=hub.config.host if host is None else host,
        port=hub.config.port if port is None else port,
        workers=workers_of(hub.config),
    )
    logs.set_up(logs.form_of(hub.config.log))
    for why in hub.keys.locked():
        logging.getLogger("hub.serve").warning("the hub can't sign with a key: %s", why)
    with shared_figures(hub.data.root) if config.workers > 1 else nullcontext():
        from hub.serving import serve as run  # only now: it loads who looks for shared figures

        def listening(address: str) -> None:
            click.echo(f"hub: listening on {address}")
            sd_notify.ready()

        run(hub, config, listening)


@main.command()
@hub_option
@click.option("--all", "everything", is_flag=True, help="Sign all roles, not only what is due.")
@json_option
def refresh(hub: "Hub", everything: bool, as_json: bool) -> None:
    """Sign anew what nears its expiry. `hub serve` does this by itself."""
    from hub.renewing import renew

    roles = renew(hub, everything=everything)
    if as_json:
        print_json({"signed": roles})
        return
    click.echo(f"Signed anew: {', '.join(roles)}." if roles else "Nothing is due.")


@main.command()
@hub_option
@json_option
def status(hub: "Hub", as_json: bool) -> None:
    """Say what this hub holds and offers, and what is wrong. And until when its signatures hold."""
    from hub.overview import overview

    found = overview(hub)
    if as_json:
        print_built(found)
        return
    versions = sum(len(pack.versions) for pack in found.packs)
    click.echo(
        f"{hub.data.root}: packs {len(found.packs)}, versions {versions}, "
        f"channels {len(found.channels)}, repository {megabytes(found.repository_bytes)}"
    )
    for channel in found.channels:
        offered = ", ".join(f"{offer.pack} {offer.version}" for offer in channel.offers)
        click.echo(f"  {channel.channel}: {offered or 'nothing yet'}")
    click.echo("signatures:")
    for role in found.signatures:
        offline = "" if role.key_here else "  (key is offline)"
        click.echo(f"  {role.role} {role.version}: until {role.expires}{offline}")
    for warning in found.warnings:
        click.echo(f"warning: {warning}", err=True)


if __name__ == "__main__":
    main()
