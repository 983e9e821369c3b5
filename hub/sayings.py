"""What the commands say, in words. It loads none of what does the work."""

from typing import TYPE_CHECKING

import click

from content_packs.command_line import megabytes

if TYPE_CHECKING:
    from hub.deltas import Delta
    from hub.publishing import Published
    from hub.releasing import Released, Withdrawn


def words_of_delta(delta: "Delta") -> str:
    """Return what a delta brings as a line for a person."""
    name = f"delta {delta.pack} {delta.older} to {delta.newer}"
    if not delta.stored:
        return f"{name}: not worth it, the blocks of {megabytes(delta.without)} serve as well"
    return (
        f"{name}: {megabytes(delta.stored)}; an update takes {megabytes(delta.fetched)} "
        f"in place of {megabytes(delta.without)}"
    )


def say_published(published: "Published", *, hint: bool) -> None:
    """Print what was published; `hint`: and how to release it."""
    version = published.version
    name = f"{version.pack} {version.version}"
    if published.already:
        click.echo(f"{name} is published already, with the same content; nothing was done.")
    else:
        click.echo(f"{name} is published: {megabytes(version.size)} of lessons.")
        click.echo(f"New in the repository: {megabytes(version.new_bytes)}.")
    click.echo(f"manifest {version.manifest}")
    if published.signed_by:
        click.echo(f"signed by the key {published.signed_by[:16]}")
    if hint:
        click.echo(
            "Nodes don't see it before it is released: "
            f"hub release {version.pack} --version {version.version} --channel NAME"
        )


def say_released(released: "Released") -> None:
    """Print what a channel offers now."""
    offer = released.offer
    name = f"{offer.pack} {offer.version}"
    if released.already:
        click.echo(f"{released.channel} offers {name} just so already; nothing was done.")
        return
    instead = f" in place of {released.replaced}" if released.replaced else ""
    click.echo(f"{released.channel} offers {name}{instead}.")
    if offer.rollout < 100:
        click.echo(f"  to {offer.rollout}% of its nodes")
    if offer.activate_at:
        click.echo(f"  lessons switch at {offer.activate_at}")
    if offer.needed_by:
        click.echo(f"  needed by {offer.needed_by}")


def say_withdrawn(withdrawn: "Withdrawn") -> None:
    """Print what is no longer offered, and what is instead."""
    name = f"{withdrawn.pack} {withdrawn.version}"
    if withdrawn.channels:
        click.echo(f"{', '.join(withdrawn.channels)}: {name} is no longer offered.")
    if withdrawn.staged:
        click.echo(
            f"{', '.join(withdrawn.staged)}: no rollout offers {name} any more; schools that have "
            "it go back to what all schools have there."
        )
    if not withdrawn.channels and not withdrawn.staged:
        click.echo(f"{name} was not on offer.")
    if withdrawn.channels and withdrawn.fallen_back_to:
        click.echo(
            f"{withdrawn.pack} {withdrawn.fallen_back_to} is offered instead; "
            "nodes go back to it at their next sync."
        )
    elif withdrawn.channels:
        click.echo(
            f"At their next sync nodes stop showing {withdrawn.pack}, "
            "unless another channel that they follow offers it."
        )
    if withdrawn.for_good:
        click.echo(
            f"{name} can't be released any more. It stays in the repository until nothing needs it."
        )
    for channel, earlier in withdrawn.could_fall_back_to.items():
        click.echo(
            f"To offer the version before it again: "
            f"hub release {withdrawn.pack} --version {earlier} --channel {channel}"
        )
