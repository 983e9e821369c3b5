"""`hub publish`, `release`, `withdraw`, `packs`, `deltas`, `channels`: see hub/CLI.md."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from content_packs.command_line import collect_less, json_option, megabytes, print_json
from hub.options import data_option, hub_option, opened, print_built

if TYPE_CHECKING:
    from hub.deltas import Delta, Wanted
    from hub.hub import Hub


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


@click.command()
@hub_option
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--release", "channel", metavar="CHANNEL", help="Release it on CHANNEL, too.")
@json_option
def publish(hub: "Hub", path: Path, channel: str | None, as_json: bool) -> None:
    """Publish PATH, a cpack or a pack folder, as a new version."""
    collect_less()
    from content_packs.faults import FaultyFolder
    from hub import deltas, progress, releasing, sayings
    from hub.channels import expect_channel
    from hub.edition import read_edition
    from hub.packs import deeds
    from hub.people.actor import of_this_machine

    if channel is not None:
        expect_channel(read_edition(hub.data.metadata), channel)
    try:
        with progress.shown() as show:
            published = deeds.publish(hub, of_this_machine(), path, show)
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
        released = deeds.release(
            hub, of_this_machine(), version.pack, version.version, channel, releasing.Terms()
        )
    if as_json:
        print_built({"published": published, "deltas": made, "released": released})
        return
    for delta in made:
        click.echo(sayings.words_of_delta(delta))
    if released is not None:
        sayings.say_released(released)


@click.command()
@hub_option
@click.argument("pack")
@click.option("--version", type=click.IntRange(1), required=True, help="The version to offer.")
@click.option("--channel", required=True, help="The channel to offer it on.")
@click.option("--rollout", type=int, default=100, show_default=True, help="Percentage of nodes.")
@click.option("--activate-at", default="", help="Lessons switch at this time, not before.")
@click.option("--needed-by", default="", help="Nodes fetch this first if the time is near.")
@json_option
def release(  # noqa: PLR0913, PLR0917 - each is an option of the command
    hub: "Hub",
    pack: str,
    version: int,
    channel: str,
    rollout: int,
    activate_at: str,
    needed_by: str,
    as_json: bool,
) -> None:
    """Offer a version of PACK on a channel. It takes the place of the one that is offered now."""
    from hub import deltas, releasing, sayings
    from hub.packs import deeds
    from hub.people.actor import of_this_machine

    terms = releasing.terms(rollout, activate_at, needed_by)
    _make_deltas_if_possible(hub, deltas.from_offered(hub, channel, pack, version))
    released = deeds.release(hub, of_this_machine(), pack, version, channel, terms)
    if as_json:
        print_built(released)
        return
    sayings.say_released(released)


@click.command()
@hub_option
@click.argument("pack")
@click.option("--version", type=click.IntRange(1), required=True, help="The version to take away.")
@click.option("--channel", help="Only from this channel; otherwise from all, and for good.")
@click.option(
    "--fall-back-to", type=click.IntRange(1), help="Offer this earlier version in its place."
)
@json_option
def withdraw(  # noqa: PLR0913, PLR0917 - each is an option of the command
    hub: "Hub",
    pack: str,
    version: int,
    channel: str | None,
    fall_back_to: int | None,
    as_json: bool,
) -> None:
    """Stop offering a version of PACK."""
    from hub import sayings
    from hub.packs import deeds
    from hub.people.actor import of_this_machine

    withdrawn = deeds.withdraw(
        hub, of_this_machine(), pack, version, channel=channel, fall_back_to=fall_back_to
    )
    if as_json:
        print_built(withdrawn)
        return
    sayings.say_withdrawn(withdrawn)


@click.group(invoke_without_command=True)
@data_option
@json_option
@click.pass_context
def packs(context: click.Context, data: Path, as_json: bool) -> None:
    """List the packs, their versions, and where each is offered."""
    if context.invoked_subcommand is not None:
        return
    from hub.packs import listing, sayings
    from hub.people.actor import of_this_machine

    found = listing.packs(opened(data), of_this_machine())
    if as_json:
        print_built({"packs": found})
        return
    for view in found:
        click.echo(f"{view.pack}  (publisher {view.publisher})")
        for version in view.versions:
            click.echo(
                f"  {version.version}  {megabytes(version.size)}, "
                f"{megabytes(version.new_bytes)} new  {version.published_at}  "
                f"{sayings.state_of(view, version)}"
            )
    if not found:
        click.echo("Nothing is published yet: hub publish FILE.cpack")


@packs.command("show")
@hub_option
@click.argument("pack")
@json_option
def show_pack(hub: "Hub", pack: str, as_json: bool) -> None:
    """Tell all that is known of PACK: versions, deltas, releases."""
    from hub.packs import listing, sayings
    from hub.people.actor import of_this_machine

    found = listing.story(hub, of_this_machine(), pack)
    if as_json:
        print_built(found)
        return
    sayings.say_story(found)


@packs.command("lessons")
@hub_option
@click.argument("pack")
@click.argument("version", type=click.IntRange(1))
@click.argument("lesson", required=False)
@json_option
def lessons(hub: "Hub", pack: str, version: int, lesson: str | None, as_json: bool) -> None:
    """List the lessons of a version of PACK; of LESSON, its items."""
    from hub.packs import contents, sayings
    from hub.people.actor import of_this_machine

    held = contents.held(hub, of_this_machine(), pack, version)
    found = contents.outline(held)
    if lesson is not None:
        found = contents.only(found, held.lesson(lesson).id)
    if as_json:
        print_built(found)
        return
    sayings.say_outline(found)


@packs.command("differences")
@hub_option
@click.argument("pack")
@click.argument("older", type=click.IntRange(1))
@click.argument("newer", type=click.IntRange(1))
@json_option
def differences(hub: "Hub", pack: str, older: int, newer: int, as_json: bool) -> None:
    """Say what changed from OLDER to NEWER, and what it costs."""
    from hub.differences import between
    from hub.packs import sayings
    from hub.people.actor import of_this_machine

    found = between(hub, of_this_machine(), pack, older, newer)
    if as_json:
        print_built(found)
        return
    sayings.say_changes(found)


@click.command()
@hub_option
@click.argument("pack", required=False)
@click.option("--list", "only_list", is_flag=True, help="Make none, only show.")
@json_option
def deltas(hub: "Hub", pack: str | None, only_list: bool, as_json: bool) -> None:
    """Make the deltas that PACK lacks, or all packs do; show all."""
    from hub import deltas as of_hub
    from hub import sayings

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
        click.echo("None is needed: no pack has two versions that schools may have.")


@click.group(invoke_without_command=True)
@data_option
@json_option
@click.pass_context
def channels(context: click.Context, data: Path, as_json: bool) -> None:
    """List the channels and what they offer."""
    if context.invoked_subcommand is not None:
        return
    from hub.packs import listing
    from hub.people.actor import of_this_machine
    from hub.rollouts.sayings import on_channel

    found = listing.channels(opened(data), of_this_machine())
    if as_json:
        print_built({"channels": found})
        return
    for view in found:
        click.echo(f"{view.channel}  (signed until {view.expires})")
        for offer in view.offers:
            click.echo(f"  {offer.pack} {offer.version}  rollout {offer.rollout}%")
        for one in view.staged:
            whom = "all" if one.to_all else "some"
            click.echo(f"  {one.pack} {one.version}  to {whom} schools: {on_channel(one)}")


@channels.command("add")
@hub_option
@click.argument("name")
@json_option
def add_channel(hub: "Hub", name: str, as_json: bool) -> None:
    """Add the channel NAME, with a key of its own."""
    from hub.packs.deeds import add_channel as run
    from hub.people.actor import of_this_machine

    added = run(hub, of_this_machine(), name)
    if as_json:
        print_json({"channel": name, "added": added})
        return
    click.echo(f"{name} is a channel now." if added else f"{name} is a channel already.")


@click.command()
@hub_option
@click.option("--dry-run", is_flag=True, help="Take nothing away, only say what would go.")
@json_option
def retention(hub: "Hub", dry_run: bool, as_json: bool) -> None:
    """Take the content of versions away that nothing needs now."""
    from hub import retaining
    from hub.packs import sayings
    from hub.people.actor import of_this_machine

    does = retaining.plan if dry_run else retaining.run
    found = does(hub, of_this_machine())
    if as_json:
        print_built({"done": not dry_run, "plan": found})
        return
    sayings.say_retention(found, done=not dry_run)


COMMANDS: tuple[click.Command, ...] = (
    publish,
    release,
    withdraw,
    packs,
    deltas,
    channels,
    retention,
)
