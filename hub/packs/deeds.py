"""What a person does with packs: release, withdraw, add a channel; each written into the audit log.

Who did it goes along to where it is done: the line comes with the deed, or, after a cut between the
two, with the next command (`signed_deeds`).
"""

from pathlib import Path

from hub import channels, deltas, publishing, releasing
from hub.channels import check_channel_name
from hub.hub import Hub
from hub.jobs import service as jobs
from hub.jobs.model import OF_HUB
from hub.limits import DELTAS_PRIORITY
from hub.packs.listing import view_of
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.publishing import Progress, Published
from hub.releasing import Released, Terms, Withdrawn


def publish(
    hub: Hub,
    actor: Actor,
    path: Path,
    progress: Progress = lambda _doing, _done, _total: None,
) -> Published:
    """Publish the cpack or pack folder at `path`. Raises `Refused`, as `publishing.publish`."""
    actor.expect(Right.PUBLISH)
    return publishing.publish(hub, path, progress, actor=actor)


def release(  # noqa: PLR0913, PLR0917 - a release is all of these
    hub: Hub, actor: Actor, pack: str, version: int, channel: str, on: Terms
) -> Released:
    """Offer a version on a channel at once. Raises `Refused` and as `releasing.release`.

    The delta from what the channel offers is made in the background, if it isn't there.
    """
    actor.expect(Right.RELEASE)
    view_of(hub, actor, pack)
    if deltas.missing(hub, deltas.from_offered(hub, channel, pack, version)):
        jobs.start(hub, OF_HUB, "deltas", {}, once="deltas", priority=DELTAS_PRIORITY)
    return releasing.release(hub, pack, version, channel, on, actor=actor.login)


def withdraw(  # noqa: PLR0913 - a withdrawal is all of these
    hub: Hub,
    actor: Actor,
    pack: str,
    version: int,
    *,
    channel: str | None = None,
    fall_back_to: int | None = None,
) -> Withdrawn:
    """Stop offering a version. Raises `Refused` and as `releasing.withdraw`."""
    actor.expect(Right.RELEASE)
    view_of(hub, actor, pack)
    return releasing.withdraw(
        hub, pack, version, channel=channel, fall_back_to=fall_back_to, actor=actor.login
    )


def add_channel(hub: Hub, actor: Actor, channel: str) -> bool:
    """Add a channel; return False if it was there. Raises `Refused`, as `channels.add_channel`."""
    actor.expect(Right.RELEASE)
    return channels.add_channel(hub, check_channel_name(channel), actor=actor.login)
