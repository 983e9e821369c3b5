"""Which versions a node should take, by what the edition in force offers, and what that costs.

A node follows the channels that its desired state names; where that leaves it to the node, those
that its report names. What it decides by itself isn't guessed: a pack that its report didn't name
although it was offered before counts as one that it doesn't want.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import peewee

from content_packs import staging
from content_packs.messages import to_second
from content_packs.offers import Offer
from content_packs.reports import PackReadiness, Report
from hub.edition import Edition
from hub.fleet.states import Target
from hub.models import DeltaRow, ReleaseRow, VersionRow


@dataclass(frozen=True)
class Offers:
    """What an edition offers by channel: to all its nodes, and by rollouts to some of them."""

    number: int
    to_all: Mapping[str, Sequence[Offer]]
    staged: Mapping[str, Sequence[Offer]]
    released: dict[tuple[str, str, int], datetime] = field(default_factory=dict, compare=False)
    """When each was released, as far as somebody has asked: that doesn't change."""

    @classmethod
    def of(cls, edition: Edition) -> "Offers":
        """Return what an edition offers. Raises `InvalidContent`."""
        return cls(
            edition.snapshot.version,
            {name: edition.offers_on(name) for name in edition.channels},
            {name: edition.staged_on(name) for name in edition.channels},
        )


class Offered:
    """What an edition offers, with what the database adds to it; for one transaction."""

    def __init__(self, edition: Edition | Offers) -> None:
        offers = Offers.of(edition) if isinstance(edition, Edition) else edition
        self.number = offers.number
        self._offers = offers.to_all
        self._staged = offers.staged
        self._released = offers.released
        self._costs: dict[tuple[str, int | None, int], int] = {}

    def for_node(
        self, node: str, report: Report | None, settings: Mapping[str, Any]
    ) -> tuple[Target, ...]:
        """Return what a node should take, by its newest report and its desired state."""
        said = {pack.pack: pack for pack in report.packs} if report else {}
        named = settings.get("packs")
        is_told = named is not None or settings.get("channels") is not None
        found: dict[str, Target] = {}
        for channel in self._followed(report, settings):
            for offer in self._reaching(channel, node):
                if named is not None and offer.pack not in named:
                    continue
                known = said.get(offer.pack)
                if self._is_for(offer, channel, known, report, is_told):
                    better = found.get(offer.pack)
                    if better is None or better.version < offer.version:
                        found[offer.pack] = self._target(offer, channel, known)
        return tuple(found.values())

    def cost(self, pack: str, held: int | None, version: int, size: int) -> int:
        """Return what a version costs who holds another one whole, in bytes, at the most."""
        key = (pack, held, version)
        if key not in self._costs:
            self._costs[key] = _cost(pack, held, version, size)
        return self._costs[key]

    def offers_on(self, channels: Iterable[str]) -> dict[str, Offer]:
        """Return the newest version of each pack that these channels offer to every node."""
        found: dict[str, Offer] = {}
        for channel in channels:
            for offer in self._offers.get(channel, ()):
                known = found.get(offer.pack)
                if offer.rollout == 100 and (known is None or known.version < offer.version):
                    found[offer.pack] = offer
        return found

    def _reaching(self, channel: str, node: str) -> list[Offer]:
        """Return what a channel offers to a node: rollouts that have reached it count."""
        staged = self._staged.get(channel, ())
        reached = [one for one in staged if one.staged and staging.reaches(one.staged, node)]
        return [*self._offers.get(channel, ()), *reached]

    def _followed(self, report: Report | None, settings: Mapping[str, Any]) -> list[str]:
        named = settings.get("channels")
        if named is not None:
            return [str(channel) for channel in named]
        said = {pack.channel for pack in report.packs} if report else set()
        if not said and len(self._offers) == 1:
            return list(self._offers)
        return sorted(said)

    def _is_for(
        self,
        offer: Offer,
        channel: str,
        known: PackReadiness | None,
        report: Report | None,
        is_told: bool,
    ) -> bool:
        if known is not None and known.retired:
            return False
        if offer.rollout < 100:  # its share is the node's to know: it counts once it says so
            return known is not None and known.version == offer.version
        if known is not None or is_told or report is None:
            return True
        released = self._when(offer, channel)
        return released is None or released >= report.at

    def _target(self, offer: Offer, channel: str, known: PackReadiness | None) -> Target:
        if known is not None and known.version is not None and known.version >= offer.version:
            return Target(offer.pack, channel, offer.version, None, 0, offer.needed_by)
        held = known.verified_version if known else None
        if held is None and known is not None and known.bytes_to_come == 0:
            held = known.version
        size = self.cost(offer.pack, held, offer.version, offer.size)
        when = self._when(offer, channel)
        return Target(offer.pack, channel, offer.version, when, size, offer.needed_by)

    def _when(self, offer: Offer, channel: str) -> datetime | None:
        """Return when an offer was released; None for one that the history doesn't name."""
        key = (channel, offer.pack, offer.version)
        if key not in self._released:
            of_it = (
                (ReleaseRow.channel == channel)
                & (ReleaseRow.pack == offer.pack)
                & (ReleaseRow.version == offer.version)
            )
            row = ReleaseRow.select().where(of_it).order_by(ReleaseRow.id.desc()).first()
            if row is None:
                return None  # the history follows the edition: it will
            self._released[key] = moment(row.released_at)
        return self._released[key]


def moment(text: str) -> datetime:
    """Return the time that a row says."""
    return to_second(datetime.fromisoformat(text).astimezone(UTC))


def _cost(pack: str, held: int | None, version: int, size: int) -> int:
    if held is None:
        return size
    of_pack = VersionRow.pack == pack
    between = of_pack & (VersionRow.version > held) & (VersionRow.version <= version)
    blocks = VersionRow.select(peewee.fn.SUM(VersionRow.new_bytes)).where(between).scalar()
    delta = DeltaRow.get_or_none(
        (DeltaRow.pack == pack) & (DeltaRow.older == held) & (DeltaRow.newer == version)
    )
    if delta is not None:
        return min(int(delta.fetched), size)
    return min(int(blocks or 0), size)
