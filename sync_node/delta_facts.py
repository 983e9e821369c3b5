"""What a delta can make and what it takes, as the planner needs to know it. Nothing is decoded."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from content_packs.layout import Layout


@dataclass(frozen=True, slots=True)
class Group:
    """Small files that are made together. `makes` and `needs` are digests of new and old files."""

    number: int
    offset: int
    stored: int
    makes: tuple[str, ...]
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Literals:
    """A group of literals of a large file."""

    number: int
    offset: int
    stored: int


@dataclass(frozen=True, slots=True)
class Large:
    """A large file that is made of old files and literals.

    `literals_of_chunk` has, for each of the file's chunks in order, the numbers of the groups of
    literals that it takes: none where the old files have all of it.
    """

    number: int
    makes: str
    needs: tuple[str, ...]
    literals: Sequence[Literals]
    literals_of_chunk: Sequence[tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class DeltaFacts:
    """A delta at `path` from version `from_version`.

    The first `here` bytes of it are on the disk. `layout` has the blocks that the delta names, for
    content that is wholly new; it needn't have every chunk.
    """

    path: str
    from_version: int
    here: int
    groups: Sequence[Group] = ()
    large: Sequence[Large] = ()
    layout: Layout | None = field(default=None)
