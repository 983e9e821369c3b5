"""`hub`: the command line. Every command, option and exit code stands in CLI.md.

Commands import what they need: `hub --help` stays quick.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from content_packs.command_line import Group, collect_less, json_option, megabytes, print_json
from hub.commands import COMMANDS as ROOMS_COMMANDS
from hub.options import (
    data_option,
    passphrase_file,
    passphrase_option,
    print_built,
)

if TYPE_CHECKING:
    from hub.deltas import Delta, Wanted
    from hub.hub import Hub


def _open(data: Path) -> "Hub":
    from hub.clock import system_clock
    from hub.hub import open_hub

    return open_hub(data, system_clock, passphrase_file=passphrase_file())


def _make_deltas(hub: "Hub", among: "list[Wanted]") -> "list[Delta]":
    """Make those of the deltas that are missing; what makes them is loaded only then."""
    from hub.deltas import missing

    if not missing(hub, among):
        return []
    from hub import delta_files, progress

    with progress.shown() as show:
        return delta_files.make(hub, among, show)


def _make_deltas_if_possible(hub: "Hub", among: "list[Wanted]") -> "list[Delta]":
    """Make them; where that fails (an earlier version is damaged, the disk is full), go on.

    Nodes fetch blocks where there is no delta: it keeps no version from the schools.
    """
    from content_packs.errors import SatchelError

    try:
        return _make_deltas(hub, among)
    except SatchelError as error:
        click.echo(f"warning: a delta can't be made: {error.message}", err=True)
        return []


_ABOUT_MADE = (
    ": this passphrase was made here, for want of another.\nIt keeps a backup of keys/ without it "
    "safe, not a stolen disk. Keep a copy of it elsewhere."
)


@click.group(cls=Group, extras="hub", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="satchel")
@passphrase_option
def main() -> None:
    """Publish packs, and release them on channels that nodes follow."""


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
    """Make a hub: data directory, keys, root of trust, first channel."""
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
        "\n\nNext: hub publish FILE.cpack, hub release, hub serve."
    )


@main.command()
@data_option
@click.option("--host", help="Listen on this address instead of the configured one.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), help="Listen on this port; 0 takes a free one."
)
def serve(data: Path, host: str | None, port: int | None) -> None:
    """Offer the repository over HTTP, and keep its signatures fresh, until told to end."""
    import logging
    from dataclasses import replace

    from hub.app import create_app
    from hub.background import Background
    from hub.in_service import in_service
    from hub.monitoring import logs
    from hub.renewing import Renewer
    from hub.serving import serve as run

    hub = _open(data)
    config = replace(
        hub.config,
        host=hub.config.host if host is None else host,
        port=hub.config.port if port is None else port,
    )
    logs.set_up(logs.form_of(hub.config.log))
    log = logging.getLogger("hub.serve")
    renewer = Renewer(hub, lambda error: log.warning("renewing: %s", error.message))
    background = Background(
        hub, lambda line: log.warning("%s", line), workers=hub.config.job_workers
    )
    for why in hub.keys.locked():
        log.warning("the hub can't sign with a key: %s", why)

    def listening(address: str) -> None:
        click.echo(f"hub: listening on {address}")

    with in_service(hub):
        renewer.start()
        background.start()
        try:
            run(create_app(hub), config, listening)
        finally:
            background.stop()
            renewer.stop()


@main.command()
@data_option
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--release", "channel", metavar="CHANNEL", help="Release it on CHANNEL, too.")
@json_option
def publish(data: Path, path: Path, channel: str | None, as_json: bool) -> None:
    """Publish PATH, a .cpack file or a pack folder, as a new version."""
    collect_less()
    from content_packs.faults import FaultyFolder
    from hub import deltas, progress, releasing, sayings
    from hub.channels import expect_channel
    from hub.edition import read_edition
    from hub.publishing import publish as run

    hub = _open(data)
    if channel is not None:
        expect_channel(read_edition(hub.data.metadata), channel)
    try:
        with progress.shown() as show:
            published = run(hub, path, show)
    except FaultyFolder as error:
        for fault in error.faults:
            click.echo(f"{fault.severity}: {fault}", err=True)
        raise
    version = published.version
    if not as_json:
        sayings.say_published(published, hint=channel is None)
    made = _make_deltas_if_possible(hub, deltas.needed_first(hub, version.pack, version.version))
    released = None
    if channel is not None:
        terms = releasing.Terms()
        released = releasing.release(hub, version.pack, version.version, channel, terms)
    if as_json:
        print_built({"published": published, "deltas": made, "released": released})
        return
    for delta in made:
        click.echo(sayings.words_of_delta(delta))
    if released is not None:
        sayings.say_released(released)


@main.command()
@data_option
@click.argument("pack")
@click.option("--version", type=click.IntRange(1), required=True, help="The version to offer.")
@click.option("--channel", required=True, help="The channel to offer it on.")
@click.option("--rollout", type=int, default=100, show_default=True, help="Percentage of nodes.")
@click.option("--activate-at", default="", help="Lessons switch at this time, not before.")
@click.option("--needed-by", default="", help="Nodes fetch this first if the time is near.")
@json_option
def release(  # noqa: PLR0913, PLR0917 - each is an option of the command
    data: Path,
    pack: str,
    version: int,
    channel: str,
    rollout: int,
    activate_at: str,
    needed_by: str,
    as_json: bool,
) -> None:
    """Offer a version of PACK on a channel, in place of the one it offers now."""
    from hub import deltas, releasing, sayings

    terms = releasing.terms(rollout, activate_at, needed_by)
    hub = _open(data)
    _make_deltas_if_possible(hub, deltas.from_offered(hub, channel, pack, version))
    released = releasing.release(hub, pack, version, channel, terms)
    if as_json:
        print_built(released)
        return
    sayings.say_released(released)


@main.command()
@data_option
@click.argument("pack")
@click.option("--version", type=click.IntRange(1), required=True, help="The version to take away.")
@click.option("--channel", help="Only from this channel; otherwise from all, and for good.")
@click.option(
    "--fall-back-to", type=click.IntRange(1), help="Offer this earlier version in its place."
)
@json_option
def withdraw(  # noqa: PLR0913, PLR0917 - each is an option of the command
    data: Path,
    pack: str,
    version: int,
    channel: str | None,
    fall_back_to: int | None,
    as_json: bool,
) -> None:
    """Stop offering a version of PACK."""
    from hub import sayings
    from hub.releasing import withdraw as run

    withdrawn = run(_open(data), pack, version, channel=channel, fall_back_to=fall_back_to)
    if as_json:
        print_built(withdrawn)
        return
    sayings.say_withdrawn(withdrawn)


@main.command()
@data_option
@json_option
def packs(data: Path, as_json: bool) -> None:
    """List the packs, their versions, and where each is offered."""
    from hub import overview
    from hub.edition import read_edition

    hub = _open(data)
    found = overview.packs(hub, read_edition(hub.data.metadata))
    if as_json:
        print_built({"packs": found})
        return
    for view in found:
        click.echo(f"{view.pack}  (publisher {view.publisher})")
        for version in view.versions:
            where = [name for name, offered in view.offered.items() if offered == version.version]
            state = f"offered on {', '.join(where)}" if where else "not offered"
            if version.withdrawn_at:
                state = f"withdrawn {version.withdrawn_at}"
            click.echo(
                f"  {version.version}  {megabytes(version.size)}, "
                f"{megabytes(version.new_bytes)} new  {version.published_at}  {state}"
            )
    if not found:
        click.echo("Nothing is published yet: hub publish FILE.cpack")


@main.command()
@data_option
@click.argument("pack", required=False)
@click.option("--list", "only_list", is_flag=True, help="Make none, only show.")
@json_option
def deltas(data: Path, pack: str | None, only_list: bool, as_json: bool) -> None:
    """Make the deltas that are missing, of PACK or of all packs; show all."""
    from hub import deltas as of_hub
    from hub import sayings

    hub = _open(data)
    wanted = of_hub.wanted(hub, pack)
    made = [] if only_list else _make_deltas(hub, wanted)
    found, missing = of_hub.known(hub, wanted), of_hub.missing(hub, wanted)
    if as_json:
        names = [(one.pack, one.older.version, one.newer.version) for one in missing]
        print_built({"deltas": found, "made": len(made), "missing": names})
        return
    for delta in found:
        click.echo(sayings.words_of_delta(delta))
    for one in missing:
        click.echo(f"delta {one.pack} {one.older.version} to {one.newer.version}: not made yet")
    if not wanted:
        click.echo("No pack has two versions yet.")


@main.group(invoke_without_command=True)
@data_option
@json_option
@click.pass_context
def channels(context: click.Context, data: Path, as_json: bool) -> None:
    """List the channels and what they offer."""
    context.obj = data
    if context.invoked_subcommand is not None:
        return
    from hub import overview
    from hub.edition import read_edition

    found = overview.channels(read_edition(_open(data).data.metadata))
    if as_json:
        print_built({"channels": found})
        return
    for view in found:
        click.echo(f"{view.channel}  (signed until {view.expires})")
        for offer in view.offers:
            click.echo(f"  {offer.pack} {offer.version}  rollout {offer.rollout}%")


@channels.command("add")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="As for the list.")
@click.argument("name")
@json_option
@click.pass_obj
def add_channel(of_group: Path, data: Path | None, name: str, as_json: bool) -> None:
    """Add the channel NAME, with a key of its own."""
    from hub.channels import add_channel as run

    added = run(_open(data or of_group), name)
    if as_json:
        print_json({"channel": name, "added": added})
        return
    click.echo(f"{name} is a channel now." if added else f"{name} is a channel already.")


@main.command()
@data_option
@click.option("--all", "everything", is_flag=True, help="Sign all roles, not only what is due.")
@json_option
def refresh(data: Path, everything: bool, as_json: bool) -> None:
    """Sign anew what nears its expiry. `hub serve` does this by itself."""
    from hub.renewing import renew

    roles = renew(_open(data), everything=everything)
    if as_json:
        print_json({"signed": roles})
        return
    click.echo(f"Signed anew: {', '.join(roles)}." if roles else "Nothing is due.")


@main.command()
@data_option
@json_option
def status(data: Path, as_json: bool) -> None:
    """Say what this hub holds and offers, until when its signatures hold, and what is wrong."""
    from hub.overview import overview

    found = overview(_open(data))
    if as_json:
        print_built(found)
        return
    versions = sum(len(pack.versions) for pack in found.packs)
    click.echo(
        f"{data}: packs {len(found.packs)}, versions {versions}, "
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
