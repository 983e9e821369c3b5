"""What rollouts offer on channels: to some schools so far, beside what all others have."""

from dataclasses import dataclass

from content_packs.limits import STAGED_SHARE_MAX
from content_packs.offers import Offer
from hub.edition import Edition
from hub.hub import Hub
from hub.rollouts import keeping
from hub.rollouts.keeping import Rollout
from hub.rollouts.model import State
from hub.rollouts.tables import RolloutRow


@dataclass(frozen=True)
class StagedOffer:
    """A version that a channel offers to some schools, and how far its rollout is.

    `rollout` is empty where nothing is kept of it; `stage` counts from 1 `of_stages`. `to_all`: it
    has come to the stage that reaches all of them.
    """

    channel: str
    pack: str
    version: int
    rollout: str
    state: State
    stage: int
    of_stages: int
    to_all: bool


def staged(hub: Hub, edition: Edition) -> tuple[StagedOffer, ...]:
    """Return what an edition offers to some schools, by channel. Raises `StorageFailed`."""
    offers = [(name, offer) for name in edition.channels for offer in edition.staged_on(name)]
    if not offers:
        return ()
    with hub.database.transaction():
        return tuple(
            _offer(name, offer, _newest(name, offer.pack, offer.version)) for name, offer in offers
        )


def _newest(channel: str, pack: str, version: int) -> Rollout | None:
    row = RolloutRow
    of_it = (row.channel == channel) & (row.pack == pack) & (row.version == version)
    found = row.select().where(of_it & (row.state != "planned")).order_by(row.planned_at.desc())
    newest = found.first()
    return None if newest is None else keeping.of_row(newest)


def _offer(channel: str, offer: Offer, found: Rollout | None) -> StagedOffer:
    to_all = offer.staged is not None and offer.staged.share == STAGED_SHARE_MAX
    if found is None:
        return StagedOffer(channel, offer.pack, offer.version, "", "aborted", 1, 1, to_all)
    progress = found.progress
    return StagedOffer(
        channel=channel,
        pack=offer.pack,
        version=offer.version,
        rollout=found.rollout,
        state=progress.state,
        stage=progress.stage + 1,
        of_stages=len(found.plan.stages),
        to_all=to_all,
    )
