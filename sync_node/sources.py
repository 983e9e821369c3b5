"""The node's sources together: whom to ask for what, and who is out for the rest of a tick.

What is offered is asked of hubs first, since only they say what is of now; folders are asked where
no hub answers, then peers. Content is asked of folders first, since their bytes cost nothing. Peers
have files by digest, no bundles: `neighbours.py` asks them before any link is.

A link may be barred for some kinds of content, or for all, by its windows, by its budget, or by a
pause: then its source isn't asked, and is asked again as soon as it may be.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Protocol, TypeVar

from content_packs.errors import InvalidContent, Missing, SatchelError, SourceUnavailable
from sync_node import courier_disks, tls
from sync_node.config import Config
from sync_node.courier_disks import CourierDisk
from sync_node.errors import NotNow
from sync_node.folder_source import FolderSource
from sync_node.held_folder import HeldFolder
from sync_node.hub_source import HubSource
from sync_node.link import UNKNOWN, LinkObservation
from sync_node.plan_model import Kind
from sync_node.retrying_source import RetryingSource
from sync_node.source import Meter, Source, Traffic

_Found = TypeVar("_Found")
_METADATA: frozenset[Kind] = frozenset()
_NEVER = datetime.max.replace(tzinfo=UTC)


class Gate(Meter, Protocol):
    """A meter that knows what its link may carry. See `meter.SourceMeter`."""

    def refusal(self, kinds: frozenset[Kind]) -> NotNow | None:
        """Return why these kinds may not cross now, None where they may; no kinds: metadata."""
        ...

    def carry(self, kinds: frozenset[Kind]) -> None:
        """Note what crosses from now on."""
        ...

    def bytes_left(self) -> int | None:
        """Return how much content a budget has left, None without one."""
        ...

    def budget_refusal(self) -> NotNow:
        """Return that more than that may not cross, and when more may."""
        ...


def from_config(  # noqa: PLR0913  # what is outside comes in as parameters
    config: Config,
    folder: Path,
    *,
    meters: Mapping[str, Gate] | None = None,
    observed: Mapping[str, LinkObservation] | None = None,
    disks: Iterable[CourierDisk] = (),
    peers: Iterable[Source] = (),
    sleep: Callable[[float], None] = time.sleep,
    random_share: Callable[[], float] = random.random,
) -> "Sources":
    """Return the sources that node.toml names, hubs with retries, and `peers`.

    By the name of a source, which is its address: `meters` are told every byte that crosses its
    link, `observed` is what `Sources.observed` returned when it was last used. `folder`: where
    certificates lie that it names. `disks`: couriers' disks that are there now. Raises
    `UsageError` for a certificate that can't be used.
    """
    found: list[Source] = []
    hubs: list[HubSource] = []
    for each in config.sources:
        if each.hub:
            hub = HubSource(
                each.hub,
                meter=(meters or {}).get(each.hub),
                observed=(observed or {}).get(each.hub, UNKNOWN),
                authorities=tls.authorities(each.ca, folder),
            )
            hubs.append(hub)
            found.append(RetryingSource(hub, sleep=sleep, random=random_share))
        elif each.folder:
            disk = courier_disks.recognised(Path(each.folder))
            found += _of_disk(disk) if disk else [FolderSource(Path(each.folder))]
    for disk in disks:
        found += _of_disk(disk)
    return Sources([*found, *peers], meters or {}, hubs)


def _of_disk(disk: CourierDisk) -> list[Source]:
    """Return what a courier's disk is a source of: a repository, and what a node held."""
    found: list[Source] = []
    if disk.repository:
        found.append(FolderSource(disk.repository))
    if disk.held:
        found.append(HeldFolder(disk.held))
    return found


class Sources:
    """Several sources, in the order of node.toml."""

    def __init__(
        self,
        sources: Sequence[Source],
        gates: Mapping[str, Gate] | None = None,
        hubs: Sequence[HubSource] = (),
    ) -> None:
        self._sources = list(sources)
        self._hubs = list(hubs)
        self._gates = dict(gates or {})
        self._carried = _METADATA
        self._down: dict[str, SourceUnavailable] = {}
        self._barred: NotNow | None = None
        self._before: dict[str, tuple[Traffic, int]] = {}

    def begin_tick(self) -> None:
        """Give every source another chance."""
        self._down.clear()
        self._barred = None
        self._before = {source.name: _use_of(source) for source in self._sources}

    def for_offers(self) -> Iterator[Source]:
        """Yield those that aren't out, hubs first."""
        return self._up(sorted(self._sources, key=lambda each: (not each.live, each.by_digest)))

    def hubs(self) -> Iterator[HubSource]:
        """Yield the hubs to talk to: those that aren't out, and that metadata may cross to."""
        return (hub for hub in self._hubs if self._is_up(hub))

    def for_content(self) -> Iterator[Source]:
        """Yield those that aren't out and may carry what is being carried, folders first."""
        return self._up(sorted(self._with_content(), key=lambda source: source.live))

    def for_files(self) -> Iterator[Source]:
        """Yield those that have files by digest, and aren't out: peers."""
        return self._up([source for source in self._sources if source.by_digest])

    def _with_content(self) -> list[Source]:
        """Return those that have bundles and deltas; all, where there are only peers.

        So that one peer's source can be handed to what fetches from sources.
        """
        found = [source for source in self._sources if not source.by_digest]
        return found or self._sources

    def permitting(self, kind: Kind) -> frozenset[str]:
        """Return the names of the sources, out or not, whose links may carry content of a kind."""
        return frozenset(
            source.name
            for source in self._with_content()
            if not source.by_digest and self._may_carry(source, frozenset({kind}))
        )

    def within_budget(self, kind: Kind, sizes: Iterable[int]) -> int:
        """Return how many of the first of so many bytes each no link's budget stands against.

        What is asked for is on its way at once: a transfer that is ended costs it all the same.
        """
        sizes = list(sizes)
        gates = [self._gates.get(name) for name in self.permitting(kind)]
        left = [gate.bytes_left() if gate else None for gate in gates]
        known = [each for each in left if each is not None]
        if len(known) < len(left):
            return len(sizes)
        most = max(known, default=0)
        count = sum(1 for total in accumulate(sizes) if total <= most)
        if count < len(sizes):
            for gate in gates:
                if gate:
                    self._note_barred(gate.budget_refusal())
        return count

    @contextmanager
    def carrying(self, kinds: Iterable[Kind]) -> Iterator[None]:
        """Ask only sources that may carry all these kinds, for the length of the block.

        A transfer ends when one of them may no longer cross its link.
        """
        self._carry(frozenset(kinds))
        try:
            yield
        finally:
            self._carry(_METADATA)

    def _carry(self, kinds: frozenset[Kind]) -> None:
        self._carried = kinds
        for gate in self._gates.values():
            gate.carry(kinds)

    def _up(self, sources: list[Source]) -> Iterator[Source]:
        return (source for source in sources if self._is_up(source))

    def _is_up(self, source: Source) -> bool:
        return source.name not in self._down and self._may_carry(source, self._carried)

    def _may_carry(self, source: Source, kinds: frozenset[Kind]) -> bool:
        gate = self._gates.get(source.name)
        refusal = gate.refusal(kinds) if gate else None
        if refusal:
            self._note_barred(refusal)
        return refusal is None

    def _note_barred(self, refusal: NotNow) -> None:
        """Remember the refusal that is over first."""
        if self._barred is None or (refusal.until or _NEVER) < (self._barred.until or _NEVER):
            self._barred = refusal

    def put_out(self, source: Source, error: SourceUnavailable) -> None:
        """Ask `source` nothing more in this tick; one that is barred is asked when it may be."""
        if isinstance(error, NotNow):
            self._note_barred(error)
        if not isinstance(error, NotNow) or source.name not in self._gates:
            self._down[source.name] = error

    def failure_of(self, name: str) -> SourceUnavailable | None:
        """Return what put a source out in this tick, None where nothing did."""
        return self._down.get(name)

    @property
    def all_out(self) -> bool:
        """Whether none is left to ask for what is being carried."""
        return not any(self._is_up(source) for source in self._sources)

    @property
    def cut(self) -> SourceUnavailable | None:
        """What put a source out, preferably a hub, or else barred it; None where all answered.

        A peer that is out is no cut, unless there are only peers: what it has comes by a link, too.
        """
        by_name = {source.name: source for source in self._with_content()}
        counted = [item for item in self._down.items() if item[0] in by_name]
        downs = sorted(counted, key=lambda item: not by_name[item[0]].live)
        return downs[0][1] if downs else self._barred

    def first_good(
        self, ask: Callable[[Source], _Found], among: Iterable[Source] | None = None
    ) -> _Found:
        """Return what `ask` makes of the first source with which it works: of those for content.

        Raises the last source's error: `Missing`, `InvalidContent`, `SourceUnavailable`.
        """
        last: SatchelError = self.cut or SourceUnavailable("no source")
        for source in self.for_content() if among is None else among:
            try:
                return ask(source)
            except SourceUnavailable as error:
                self.put_out(source, error)
                last = error
            except (Missing, InvalidContent) as error:
                last = error
        raise last

    def traffic(self) -> Traffic:
        """Return what crossed all links since the start."""
        total = Traffic()
        for source in self._sources:
            total.add(source.traffic)
        return total

    def used(self) -> dict[str, tuple[Traffic, int]]:
        """Return what crossed each link in this tick, by source, and how often it was cut."""
        found = {}
        for source in self._sources:
            before, cuts_before = self._before.get(source.name, (Traffic(), 0))
            traffic, cuts = _use_of(source)
            if traffic != before or cuts != cuts_before:
                found[source.name] = (traffic.since(before), cuts - cuts_before)
        return found

    def observed(self) -> dict[str, LinkObservation]:
        """Return what was observed of each link, by the name of its source.

        Peers have no links. Whoever is on the network names them: they are remembered nowhere.
        """
        seen = [each for each in self._sources if not each.by_digest]
        return {each.name: each.observation for each in seen if each.observation}

    def close(self) -> None:
        """Let go of connections."""
        for source in self._sources:
            source.close()


def _use_of(source: Source) -> tuple[Traffic, int]:
    return replace(source.traffic), source.observation.cuts if source.observation else 0
