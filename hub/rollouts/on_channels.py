"""What rollouts offer on channels: to some schools so far, beside what all others have."""

from dataclasses import dataclass

from hub.edition import Edition
from hub.hub import Hub
from hub.rollouts import keeping
from hub.rollouts.keeping import Rollout
from hub.rollouts.model import State
from hub.rollouts.tables import RolloutRow


@dataclass(frozen=True)
class StagedOffer:
    """A version that a channel offers to some schools, and how far its rollout is.

    `rollout` is empty where nothing is kept of it; `stage` counts from 1 `of_stages`.
    """

    channel: str
    pack: str
    version: int
    rollout: str
    state: State
    stage: int
    of_stages: int


def staged(hub: Hub, edition: Edition) -> tuple[StagedOffer, ...]:
    """Return what an edition offers to some schools, by channel. Raises `StorageFailed`."""
    offers = [(name, offer) for name in edition.channels for offer in edition.staged_on(name)]
    if not offers:
        return ()
    with hub.database.transaction():
        return tuple(
            _offer(name, offer.pack, offer.version, _newest(name, offer.pack, offer.version))
            for name, offer in offers
        )


def _newest(channel: str, pack: str, version: int) -> Rollout | None:
    row = RolloutRow
    of_it = (row.channel == channel) & (row.pack == pack) & (row.version == version)
    found = row.select().where(of_it & (row.state != "planned")).order_by(row.planned_at.desc())
    newest = found.first()
    return None if newest is None else keeping.of_row(newest)


def _offer(channel: str, pack: str, version: int, found: Rollout | None) -> StagedOffer:
    if found is None:
        return StagedOffer(channel, pack, version, "", "aborted", 1, 1)
    progress, stages = found.progress, found.plan.stages
    return StagedOffer(
        channel, pack, version, found.rollout, progress.state, progress.stage + 1, len(stages)
    )
