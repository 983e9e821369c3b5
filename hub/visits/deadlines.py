"""By which day what is on offer is needed."""

from zoneinfo import ZoneInfo

from hub.edition import read_edition
from hub.fleet.targets import moment
from hub.hub import Hub
from hub.rollouts import keeping
from hub.rollouts.model import OPEN
from hub.rollouts.tables import RolloutRow


def soonest(hub: Hub) -> str:
    """Return the next day by which an offer, or a rollout that goes on, is needed; or empty.

    A day of the hub's zone, such as 2026-12-24. Raises `Damaged`, `StorageFailed`.
    """
    edition = read_edition(hub.data.metadata)
    said = {
        offer.needed_by
        for channel in edition.channels
        for offer in (*edition.offers_on(channel), *edition.staged_on(channel))
    }
    with hub.database.transaction():
        rows = RolloutRow.select().where(RolloutRow.state << list(OPEN))
        said |= {keeping.of_row(row).plan.needed_by for row in rows}
    now = hub.clock()
    coming = [time for text in said if text and (time := moment(text)) >= now]
    return min(coming).astimezone(ZoneInfo(hub.config.zone)).date().isoformat() if coming else ""
