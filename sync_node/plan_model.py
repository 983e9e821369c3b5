"""What a plan is made of: steps in the order in which they are fetched, each saying why.

A step brings files of one kind to one lesson; its units are what crosses the link for it. A unit is
the least that is fetched at a time: a block of a bundle, or a group of a delta. `planner.py` makes
plans, `fetcher` and `installing` carry them out, `forecast` says when what comes.
"""

from typing import Any, Literal, TypeAlias

from content_packs.values import Value

Kind: TypeAlias = Literal["text", "other", "audio", "video"]
KINDS: tuple[Kind, ...] = ("text", "other", "audio", "video")  # in the order of usefulness


class Unit(Value, frozen=True):
    """The least that is fetched: `stored` bytes from `offset` on of what lies at `path`.

    `key` says what they are; it is the caller's own.
    """

    path: str
    offset: int
    stored: int
    key: Any = None

    @property
    def end(self) -> int:
        """The byte after its last."""
        return self.offset + self.stored


class BlockKey(Value, frozen=True):
    """A block of a version's layout; with `by_delta`, of the blocks that the delta names."""

    pack: str
    number: int
    by_delta: bool = False


class GroupKey(Value, frozen=True):
    """A group of small files of a delta."""

    pack: str
    number: int


class LiteralKey(Value, frozen=True):
    """A group of literals of a large file, the one with number `large` of a delta."""

    pack: str
    large: int
    number: int


UnitKey: TypeAlias = BlockKey | GroupKey | LiteralKey


class PlannedStep(Value, frozen=True):
    """Files of one kind that one lesson lacks, and what is fetched for them.

    `lesson` is empty for files that no lesson names. `finer`: the lesson can be opened without
    them; `rendition` says which then, empty where that has no name. `files` are the digests of the
    files that this step brings first. `size` counts the bytes that cross the link for it, without
    heads of requests: those of `units`, which no earlier step has; it can be 0, since lessons share
    blocks. `round_trips` are the requests that it adds, were they made one after the other. `room`
    are the bytes that it takes on the disk. `opens`: with this step all that the lesson needs to be
    opened is here. `needed_by` is the offer's, an RFC 3339 time or empty. `why` says in words why
    this comes at this place, and how.
    """

    pack: str
    version: int
    lesson: str
    kind: Kind
    rendition: str
    finer: bool
    files: tuple[str, ...]
    units: tuple[Unit, ...]
    size: int
    round_trips: int
    room: int
    opens: bool
    needed_by: str
    why: str


class UnknownPack(Value, frozen=True):
    """A version that can't be planned yet, since a document of it isn't here.

    `documents_size` are the bytes of what is to be fetched first, at most; `size` is at most what
    its files take.
    """

    pack: str
    version: int
    documents_size: int
    size: int
    needed_by: str
    why: str


class Plan(Value, frozen=True):
    """All that is to come, of all packs together, the most useful first."""

    steps: tuple[PlannedStep, ...] = ()
    unknown: tuple[UnknownPack, ...] = ()

    @property
    def size(self) -> int:
        """The bytes that cross the link for all steps, without heads of requests."""
        return sum(step.size for step in self.steps)

    @property
    def round_trips(self) -> int:
        """The requests for all steps, were they made one after the other."""
        return sum(step.round_trips for step in self.steps)

    @property
    def room(self) -> int:
        """The bytes that all steps take on the disk."""
        return sum(step.room for step in self.steps)
