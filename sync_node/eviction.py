"""What would go from a disk that is too small, and in which order. Pure.

Every file is held by claims: a lesson that is open needs it, or would show it in a finer rendition,
or a rollback would. A file goes when the last claim on it goes, and claims go in this order:

1. What no claim is on: left over from versions that nobody can open any more.
2. Retired packs, by name: no pupil sees them.
3. Finer renditions of the version before: a rollback does without.
4. What only a rollback would use, of the pack first whose lessons have run longest as they are: a
   bad version shows itself early, and a hub can take a version back, too. What pupils watch every
   day isn't given for what is most likely never used.
5. Finer renditions: of the lesson that was opened longest ago or never, of those the last in
   teaching order, of a lesson the largest. The lesson stays open with what is lighter.

For a lesson that is to open all of these may go, for a finer rendition only the first three.

Never: what an open lesson needs, what is needed of the version on offer, whatever is pinned.
Records aren't in the store and no part of this.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["active", "offered", "before"]
Why: TypeAlias = Literal[
    "nothing uses it", "retired", "finer, of the version before", "for a rollback", "finer"
]
_Rank: TypeAlias = tuple[int, tuple[int | str, ...]]

_RETIRED, _FINER_BEFORE, _BEFORE, _FINER, _NEVER = 1, 2, 3, 4, 5
_WORDS: dict[int, Why] = {
    _RETIRED: "retired",
    _FINER_BEFORE: "finer, of the version before",
    _BEFORE: "for a rollback",
    _FINER: "finer",
}
_LIGHT = frozenset[Why]({"nothing uses it", "retired", "finer, of the version before"})


@dataclass(frozen=True)
class Claim:
    """A lesson's claim on files; `lesson` is empty for what all lessons of a version share.

    `role`: the version is the one that the lesson is at, the one on offer, or the one that it would
    be rolled back to. `finer`: it is open without them; then `digests` is one file. `position`: the
    lesson's place in teaching order. `opened`: its place among lessons by when it was opened last,
    0 for never, greater is later. `since`: when its pack was activated last, RFC 3339.
    """

    pack: str
    lesson: str
    role: Role
    digests: tuple[str, ...]
    finer: bool = False
    retired: bool = False
    pinned: bool = False
    position: int = 0
    opened: int = 0
    since: str = ""
    path: str = ""


@dataclass(frozen=True)
class Going:
    """What goes together: files with their bytes on disk, and why they are the next to go."""

    why: Why
    pack: str
    lesson: str
    path: str
    digests: tuple[str, ...]
    size: int


def order_of_going(claims: Iterable[Claim], sizes: Mapping[str, int]) -> list[Going]:
    """Return what may go, the first to go first.

    `sizes` are the bytes that each file, or the part of it that has come, takes on the disk.
    """
    strongest: dict[str, _Rank] = {}
    claim_of: dict[_Rank, Claim] = {}
    for claim in claims:
        rank = _rank(claim, sizes)
        claim_of.setdefault(rank, claim)
        for digest in claim.digests:
            if digest in sizes and rank > strongest.get(digest, (0, ())):
                strongest[digest] = rank
    files: dict[_Rank, list[str]] = {}
    for digest, rank in strongest.items():
        files.setdefault(rank, []).append(digest)
    unclaimed = sorted(sizes.keys() - strongest.keys())
    going = [_going("nothing uses it", None, unclaimed, sizes)] if unclaimed else []
    return going + [
        _going(_WORDS[rank[0]], claim_of[rank], sorted(files[rank]), sizes)
        for rank in sorted(files)
        if rank[0] != _NEVER
    ]


def _rank(claim: Claim, sizes: Mapping[str, int]) -> _Rank:
    """Return how strong a claim is. Claims of one rank go together."""
    if claim.pinned:
        return _NEVER, ()
    if claim.retired:
        return _RETIRED, (claim.pack,)
    if claim.finer:
        (digest,) = claim.digests
        place = (claim.opened, -claim.position, -sizes.get(digest, 0))
        kind = _FINER_BEFORE if claim.role == "before" else _FINER
        return kind, (*place, claim.pack, claim.lesson, digest)
    return (_BEFORE, (claim.since, claim.pack)) if claim.role == "before" else (_NEVER, ())


def _going(
    why: Why, claim: Claim | None, digests: Sequence[str], sizes: Mapping[str, int]
) -> Going:
    size = sum(sizes[digest] for digest in digests)
    if claim is None:
        return Going(why, "", "", "", tuple(digests), size)
    finer = why in {"finer", "finer, of the version before"}
    lesson, path = (claim.lesson, claim.path) if finer else ("", "")
    return Going(why, claim.pack, lesson, path, tuple(digests), size)


def enough(order: Sequence[Going], wanted: int) -> list[Going]:
    """Return what has to go to free `wanted` bytes, in order; all of it where that isn't enough.

    A finer rendition without which it is enough, too, stays: then none of those that went fits into
    what is left over, and none is fetched again at once.
    """
    chosen: list[Going] = []
    freed = 0
    for going in order:
        if freed >= wanted:
            break
        chosen.append(going)
        freed += going.size
    for going in reversed(chosen):
        if going.why == "finer" and freed - going.size >= wanted:
            chosen.remove(going)
            freed -= going.size
    return chosen


def how_many_fit(
    sizes: Sequence[int], room: int, order: Sequence[Going]
) -> tuple[int, list[Going]]:
    """Return how many of the first steps, `sizes` bytes each, fit, and what has to go for them."""
    most = room + sum(going.size for going in order)
    sums = list(accumulate(sizes))
    count = next((n for n, total in enumerate(sums) if total > max(most, 0)), len(sums))
    needed = sums[count - 1] if count else 0
    return count, enough(order, needed - room) if needed else []


def lightly(order: Iterable[Going]) -> list[Going]:
    """Return what may go for a finer rendition: what no pupil and no rollback needs."""
    return [going for going in order if going.why in _LIGHT]
