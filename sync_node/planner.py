"""What to fetch, and in which order. Pure: the state of the packs in, an ordered plan out.

1. Packs that are needed soonest come first. First all that opens lessons, pack by pack; then what
   no lesson names, pack by pack; then finer renditions, the lightest of all packs first
   (`usefulness.py` has the order within a pack).
2. What lies anywhere on this node isn't fetched: neither files nor chunks of them.
3. What is missing comes by the cheaper way. A group of a delta is taken where its bytes are no more
   than those of the blocks that it spares, and where the old files that it needs are held. Each
   request counts as `request_bytes` more.
4. A unit is fetched once, for the first step that needs it, and so is a chunk that several packs
   have. (It is planned twice where one pack's lesson needs what comes late for another.) Inside a
   step units come in the order in which they lie in their file, so that neighbours can be one
   request.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

from content_packs.layout import Layout
from content_packs.manifest import Chunk, File, Manifest
from content_packs.names import RENDITIONS
from content_packs.offers import Offer
from content_packs.repository import bundle_path
from sync_node import usefulness
from sync_node.delta_facts import DeltaFacts, Group, Large
from sync_node.limits import REQUEST_BYTES
from sync_node.plan_model import (
    BlockKey,
    GroupKey,
    LiteralKey,
    Plan,
    PlannedStep,
    Unit,
    UnitKey,
    UnknownPack,
)
from sync_node.usefulness import Wish


@dataclass(frozen=True)
class PackState:
    """A version that is wanted, and what there is of it.

    `held` are the digests of the files in the store, of whatever pack; `here` those of chunks that
    lie somewhere else on this node: inside other files, or in files that are being made. `layout`
    and `delta` are None where they aren't here; `wrong` are units that turned out to be bad, and
    digests of chunks that the delta doesn't make. `room_taken` are the bytes that files being made
    take already, by digest. `renditions`: those that are wanted beyond the lightest, None for all.
    """

    offer: Offer
    manifest: Manifest
    held: Container[str]
    here: Container[str] = frozenset()
    layout: Layout | None = None
    delta: DeltaFacts | None = None
    wrong: AbstractSet[UnitKey | str] = frozenset()
    room_taken: Mapping[str, int] = field(default_factory=dict)
    renditions: AbstractSet[str] | None = None


def plan(
    packs: Iterable[PackState],
    unknown: Iterable[UnknownPack] = (),
    *,
    request_bytes: int = REQUEST_BYTES,
) -> Plan:
    """Return all that is to come of `packs`, the most useful first."""
    first: list[PlannedStep] = []
    later: list[PlannedStep] = []
    blind = list(unknown)
    coming = _Coming(set(), set())
    for pack in packs:  # one after the other: a manifest takes memory
        ways = _Ways(pack, coming, request_bytes)
        if ways.complete:
            continue
        first += ways.steps(ways.required)
        later += ways.steps(usefulness.later(pack.manifest, pack.renditions))
        if ways.uncovered:
            blind.append(ways.lacks_layout())
    # Stable: within a pack the order stays.
    first.sort(key=lambda step: soonest(step.needed_by, step.pack))
    later.sort(key=lambda step: (_lateness(step), *soonest(step.needed_by, step.pack)))
    blind.sort(key=lambda found: soonest(found.needed_by, found.pack))
    return Plan((*first, *later), tuple(blind))


def soonest(needed_by: str, pack: str) -> tuple[str, str]:
    """Return what packs are sorted by; an empty `needed_by` comes after all times."""
    return (needed_by or "~", pack)


def _lateness(step: PlannedStep) -> int:
    return ("", *RENDITIONS).index(step.rendition) + 1 if step.finer else 0


class _Coming(NamedTuple):
    """Chunks that are planned for other packs: before lessons open, and after that.

    What comes late for one pack, a finer rendition say, isn't waited for where another pack's
    lesson needs it: that might never come, for want of room.
    """

    first: set[str]
    later: set[str]


class _Ways:
    """How each missing chunk of one pack comes: by which units, the cheapest."""

    def __init__(self, state: PackState, coming: _Coming, request_bytes: int) -> None:
        self.manifest = state.manifest
        self._state = state
        self._request_bytes = request_bytes
        unwanted = usefulness.unwanted(self.manifest, state.renditions)
        self._files = {
            file.digest: file
            for file in self.manifest.files
            if file.digest not in state.held and file.digest not in unwanted
        }
        self._missing: dict[str, Chunk] = {
            chunk.digest: chunk
            for file in self._files.values()
            for chunk in file.pieces
            if chunk.digest not in state.here and chunk.digest not in coming.first
        }
        self.required = usefulness.required(self.manifest) if self._files else []
        needed = self._chunks_of(self.required)
        for digest in coming.later & (self._missing.keys() - needed):
            del self._missing[digest]
        self._ways: dict[str, tuple[Unit, ...]] = {}
        self._blocks: dict[UnitKey, Unit] = {}  # those that are planned whatever else is
        self._planned: set[UnitKey] = set()
        self._files_planned: set[str] = set()
        self._end: tuple[str, int] = ("", 0)  # where the last planned unit ends
        self._blind_lessons: set[str] = set()
        self._place = {lesson.id: n for n, lesson in enumerate(self.manifest.lessons, start=1)}
        self._choose()
        coming.first.update(self._ways.keys() & needed)
        coming.later.update(self._ways.keys() - needed)

    @property
    def complete(self) -> bool:
        """Whether the store has all files of the version that are wanted."""
        return not self._files

    @property
    def uncovered(self) -> bool:
        """Whether a chunk is missing that no document that is here says how to get."""
        return self._state.layout is None and len(self._ways) < len(self._missing)

    def lacks_layout(self) -> UnknownPack:
        """Return that the rest of this pack can't be planned without its layout."""
        offer = self._state.offer
        size = sum(c.size for digest, c in self._missing.items() if digest not in self._ways)
        return UnknownPack(
            offer.pack, offer.version, offer.layout_stored, size, offer.needed_by,
            "what says where the rest of its content lies has to be fetched first",
        )  # fmt: skip

    def _chunks_of(self, wishes: Iterable[Wish]) -> set[str]:
        """Return the chunks of the files of `wishes` that the store lacks."""
        files = (file for wish in wishes for file in wish.files if file.digest in self._files)
        return {chunk.digest for file in files for chunk in file.pieces}

    def _choose(self) -> None:
        delta = self._state.delta
        usable_groups = [g for g in delta.groups if self._is_usable(g.needs)] if delta else []
        usable_large = [x for x in delta.large if self._is_usable(x.needs)] if delta else []
        coverable = {digest for group in usable_groups for digest in group.makes}
        for large in usable_large:
            coverable.update(chunk.digest for chunk in self._pieces_of(large.makes))
        for digest in self._missing.keys() - coverable:
            self._take_block(digest)
        if delta:
            for group in usable_groups:
                self._choose_group(delta, group)
            for large in usable_large:
                self._choose_large(delta, large)
        for digest in self._missing.keys() - self._ways.keys():
            self._take_block(digest)

    def _is_usable(self, needs: Iterable[str]) -> bool:
        return all(digest in self._state.held for digest in needs)

    def _pieces_of(self, digest: str) -> Sequence[Chunk]:
        file = self._files.get(digest)
        return file.pieces if file else ()

    def _take_block(self, digest: str) -> None:
        unit = self._block_of(digest)
        if unit:
            self._ways[digest] = (unit,)
            self._blocks[unit.key] = unit

    def _block_of(self, digest: str) -> Unit | None:
        """Return the block that has a chunk, None where none is known or it is bad."""
        state = self._state
        number = self.manifest.number_of_chunk[digest]
        named = state.delta.layout if state.delta else None
        for layout, by_delta in ((state.layout, False), (named, True)):
            block_number = layout.block_of_chunk.get(number) if layout else None
            if layout is None or block_number is None:
                continue
            key = BlockKey(self.manifest.pack, block_number, by_delta)
            if key in state.wrong:
                continue
            if key in self._blocks:
                return self._blocks[key]
            block = layout.blocks[block_number]
            path = bundle_path(layout.bundles[block.bundle].digest)
            return Unit(path, block.offset, block.stored, key)
        return None

    def _blocks_cost(self, digests: Iterable[str]) -> float:
        """Return what the blocks of these chunks cost beyond what is planned anyway."""
        fresh: dict[UnitKey, Unit] = {}
        for digest in digests:
            unit = self._block_of(digest)
            if unit is None:
                return float("inf")
            if unit.key not in self._blocks:
                fresh[unit.key] = unit
        return self._cost(fresh.values())

    def _cost(self, units: Iterable[Unit]) -> int:
        """Return what units cost: their bytes, and the requests that they are."""
        ordered = sorted(units, key=lambda unit: (unit.path, unit.offset))
        cost = sum(unit.stored for unit in ordered)
        end: tuple[str, int] = ("", 0)
        for unit in ordered:
            cost += self._request_bytes * ((unit.path, unit.offset) != end)
            end = (unit.path, unit.end)
        return cost

    def _choose_group(self, delta: DeltaFacts, group: Group) -> None:
        key = GroupKey(self.manifest.pack, group.number)
        wrong = self._state.wrong
        wanted = [d for d in group.makes if d in self._missing and d not in wrong]
        if not wanted or key in wrong:
            return
        unit = Unit(delta.path, group.offset, group.stored, key)
        self._take_cheaper(wanted, dict.fromkeys(wanted, _beyond(delta, [unit])))

    def _choose_large(self, delta: DeltaFacts, large: Large) -> None:
        pack = self.manifest.pack
        by_chunk: dict[str, tuple[Unit, ...]] = {}
        pieces = self._pieces_of(large.makes)
        for chunk, numbers in zip(pieces, large.literals_of_chunk, strict=bool(pieces)):
            if chunk.digest not in self._missing or chunk.digest in self._ways:
                continue
            found = [large.literals[number] for number in numbers]
            units = [
                Unit(delta.path, each.offset, each.stored, LiteralKey(pack, large.number, number))
                for number, each in zip(numbers, found, strict=True)
            ]
            if not self._state.wrong.isdisjoint([chunk.digest, *(unit.key for unit in units)]):
                continue
            by_chunk[chunk.digest] = _beyond(delta, units)
        self._take_cheaper(list(by_chunk), by_chunk)

    def _take_cheaper(self, wanted: list[str], by_delta: dict[str, tuple[Unit, ...]]) -> None:
        units = {unit.key: unit for found in by_delta.values() for unit in found}
        if self._cost(units.values()) <= self._blocks_cost(wanted):
            self._ways.update(by_delta)
        else:
            for digest in wanted:
                self._take_block(digest)

    def steps(self, wishes: Iterable[Wish]) -> list[PlannedStep]:
        """Return the steps for those `wishes` of which something is missing."""
        wishes = list(wishes)
        lacking = [[file for file in wish.files if file.digest in self._files] for wish in wishes]
        last = {wish.lesson: n for n, wish in enumerate(wishes) if lacking[n] and not wish.finer}
        return [
            self._step(wish, files, opens=bool(wish.lesson) and last.get(wish.lesson) == n)
            for n, (wish, files) in enumerate(zip(wishes, lacking, strict=True))
            if files
        ]

    def _step(self, wish: Wish, lacking: list[File], *, opens: bool) -> PlannedStep:
        offer = self._state.offer
        files = {f.digest: f for f in lacking if f.digest not in self._files_planned}
        self._files_planned |= files.keys()
        chunks = [chunk for file in files.values() for chunk in file.pieces]
        found = {unit.key: unit for chunk in chunks for unit in self._ways.get(chunk.digest, ())}
        units = [unit for key, unit in found.items() if key not in self._planned]
        units.sort(key=lambda unit: (unit.path, unit.offset))
        self._planned |= found.keys()
        blind = any(c.digest in self._missing and c.digest not in self._ways for c in chunks)
        if blind:
            self._blind_lessons.add(wish.lesson)
        taken = self._state.room_taken
        return PlannedStep(
            offer.pack, offer.version, wish.lesson, wish.kind, wish.rendition, wish.finer,
            tuple(files), tuple(units), sum(unit.stored for unit in units),
            self._requests(units),
            sum(max(file.size - taken.get(file.digest, 0), 0) for file in files.values()),
            opens and wish.lesson not in self._blind_lessons, offer.needed_by,
            "; ".join([self._place_in_words(wish), _way_in_words(units, self._state, blind=blind)]),
        )  # fmt: skip

    def _requests(self, units: Iterable[Unit]) -> int:
        """Return how many requests units add to those before them."""
        count = 0
        for unit in units:
            count += (unit.path, unit.offset) != self._end
            self._end = (unit.path, unit.end)
        return count

    def _place_in_words(self, wish: Wish) -> str:
        if not wish.lesson:
            return "no lesson waits for it"
        place = f"lesson {self._place[wish.lesson]} of {len(self._place)}"
        if wish.finer:
            return f"finer {wish.rendition or wish.kind} for {place}, which opens without it"
        soon = self._state.offer.needed_by
        return f"{place} opens with it" + (f", needed by {soon}" if soon else "")


def _beyond(delta: DeltaFacts, units: Iterable[Unit]) -> tuple[Unit, ...]:
    """Return the units that aren't within the first bytes of the delta, which are here."""
    return tuple(unit for unit in units if unit.end > delta.here)


def _way_in_words(units: Sequence[Unit], state: PackState, *, blind: bool) -> str:
    if blind:
        return "part of it can't be had yet"
    if not units:
        return "all of it is on this node, or comes with what is fetched before"
    changed = sum(unit.stored for unit in units if not isinstance(unit.key, BlockKey))
    whole = sum(unit.stored for unit in units) - changed
    ways = []
    if changed and state.delta:
        ways.append(f"{changed} bytes as what changed since version {state.delta.from_version}")
    if whole:
        ways.append(f"{whole} bytes as blocks")
    return " and ".join(ways)
