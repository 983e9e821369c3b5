"""What there is of packs, for those who may see them: all, or those of their publisher.

A pack of another publisher is `Missing`, alike to one that doesn't exist.
"""

from dataclasses import dataclass
from typing import Literal

from content_packs.errors import Missing
from hub import deltas, overview
from hub.deltas import Delta
from hub.edition import read_edition
from hub.hub import Hub
from hub.models import ReleaseRow
from hub.overview import ChannelView, PackView
from hub.packs.limits import RELEASES_SHOWN_MAX
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.rollouts import on_channels
from hub.rollouts.model import State
from hub.rollouts.on_channels import StagedOffer
from hub.rollouts.tables import RolloutRow
from hub.versions import Version


@dataclass(frozen=True)
class Released:
    """That a version was released on a channel: when, and by whom; empty where that wasn't kept.

    By a rollout: `rollout` is its name, and `state` how it is now; it was released when it was
    approved, by `approved_by`, and planned by `actor`. All three are empty for a release to all.
    """

    channel: str
    version: int
    released_at: str
    actor: str
    rollout: str = ""
    state: State | Literal[""] = ""
    reverted: bool = False
    approved_by: str = ""


@dataclass(frozen=True)
class Channel(ChannelView):
    """A channel, with what it offers to all its schools, and what to some so far."""

    staged: tuple[StagedOffer, ...]


@dataclass(frozen=True)
class PackStory:
    """A pack with all that is known of it; versions, releases and deltas the newest first.

    `offered`: what channels offer to all their schools; `staged`: what rollouts offer.
    """

    pack: str
    publisher: str
    title: dict[str, str]
    versions: tuple[Version, ...]
    offered: dict[str, int]
    staged: tuple[StagedOffer, ...]
    releases: tuple[Released, ...]
    deltas: tuple[Delta, ...]
    deltas_missing: int

    def version(self, number: int) -> Version:
        """Return one of its versions. Raises `Missing`."""
        found = next((each for each in self.versions if each.version == number), None)
        if found is None:
            raise Missing(f"{self.pack} has no version {number}", hint="See: hub packs")
        return found

    def channels_of(self, version: int) -> tuple[str, ...]:
        """Return the channels that offer a version to all their schools."""
        return tuple(name for name, offered in self.offered.items() if offered == version)

    def staged_of(self, version: int) -> tuple[StagedOffer, ...]:
        """Return how a version is on offer to some schools."""
        return tuple(one for one in self.staged if one.version == version)


def packs(hub: Hub, actor: Actor) -> tuple[PackView, ...]:
    """Return the packs that are `actor`'s to see, by name.

    Raises `Refused`, `Damaged`, `StorageFailed`.
    """
    actor.expect(Right.SEE_PACKS)
    found = overview.packs(hub, read_edition(hub.data.metadata))
    return tuple(view for view in found if actor.sees_pack_of(view.publisher))


def view_of(hub: Hub, actor: Actor, pack: str) -> PackView:
    """Return one pack. Raises `Missing`, and as `packs`."""
    found = next((view for view in packs(hub, actor) if view.pack == pack), None)
    if found is None:
        raise Missing(f"there is no pack {pack[:64]!r} here", hint="See those there are: hub packs")
    return found


def story(hub: Hub, actor: Actor, pack: str) -> PackStory:
    """Return a pack with its releases and deltas. Raises as `view_of`."""
    view = view_of(hub, actor, pack)
    wanted = deltas.wanted(hub, pack)
    known = deltas.known(hub, wanted)
    return PackStory(
        pack=pack,
        publisher=view.publisher,
        title=view.shown.title,
        versions=view.versions,
        offered=view.offered,
        staged=view.staged,
        releases=_releases(hub, pack),
        deltas=tuple(sorted(known, key=lambda one: (-one.newer, -one.older))),
        deltas_missing=len(wanted) - len(known),
    )


def _releases(hub: Hub, pack: str) -> tuple[Released, ...]:
    to_all = ReleaseRow.select().where(ReleaseRow.pack == pack).order_by(ReleaseRow.id.desc())
    row = RolloutRow
    approved = (row.pack == pack) & (row.approved_at != "")
    to_some = row.select().where(approved).order_by(row.approved_at.desc(), row.rollout)
    with hub.database.transaction():
        found = [_by_rollout(one) for one in to_some.limit(RELEASES_SHOWN_MAX)]
        found += [
            Released(one.channel, one.version, one.released_at, one.actor)
            for one in to_all.limit(RELEASES_SHOWN_MAX)
        ]
    newest_first = sorted(found, key=lambda one: one.released_at, reverse=True)
    return tuple(newest_first[:RELEASES_SHOWN_MAX])


def _by_rollout(row: RolloutRow) -> Released:
    return Released(
        channel=row.channel,
        version=row.version,
        released_at=row.approved_at,
        actor=row.planned_by,
        rollout=row.rollout,
        state=row.state,
        reverted=bool(row.reverted),
        approved_by=row.approved_by,
    )


def channels(hub: Hub, actor: Actor) -> tuple[Channel, ...]:
    """Return the channels, with what they offer of packs that are `actor`'s to see.

    Raises `Refused`, `Damaged`, `StorageFailed`.
    """
    edition = read_edition(hub.data.metadata)
    own = {view.pack for view in packs(hub, actor)}
    staged = [one for one in on_channels.staged(hub, edition) if one.pack in own]
    return tuple(
        Channel(
            view.channel,
            tuple(offer for offer in view.offers if offer.pack in own),
            view.expires,
            tuple(one for one in staged if one.channel == view.channel),
        )
        for view in overview.channels(edition)
    )
