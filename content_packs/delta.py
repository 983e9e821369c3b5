"""The delta: one version out of another, in one file read from front to back.

```
MAGIC | u32le bytes of the recipe, of the template, of its head, of its tail |
recipe | template | groups
```
The recipe says which new files are made from which old ones, and how; the template is the new
manifest but for what a reader works out itself; its head and tail are the old manifest's. A delta
isn't signed: what it makes is checked against the signed manifest, and what it says wrongly costs
bytes, never a wrong byte. FORMAT.md, section 7. `delta_applying.py` makes files by it,
`delta_making.py` makes it.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from content_packs import compression
from content_packs import delta_recipe as recipes
from content_packs.delta_copies import Copies, from_columns
from content_packs.delta_recipe import Group, LargeFile, LiteralGroup, Recipe
from content_packs.delta_template import bytes_max, renamed
from content_packs.errors import InvalidContent
from content_packs.layout import STORED, ZSTD
from content_packs.limits import (
    CHUNK_BYTES_MAX,
    DELTA_DERIVED_BYTES_MAX,
    DELTA_DERIVED_PREFIX_BYTES_MAX,
    DELTA_DERIVED_STORED_BYTES_MAX,
    DELTA_FIRST_BYTES,
    DELTA_GROUP_BYTES_MAX,
    DELTA_GROUP_STORED_BYTES_MAX,
    DELTA_OLD_FILES_MAX,
    DELTA_PREFIX_BYTES_MIN,
    DELTA_PREFIX_SHARE_MAX,
    DELTA_RECIPE_BYTES_MAX,
    FILES_MAX,
    MANIFEST_STORED_BYTES_MAX,
)
from content_packs.manifest import File, Manifest

__all__ = [
    "FIRST_BYTES", "MAGIC", "START_BYTES", "Group", "Head", "Large", "LargeFile", "LiteralGroup",
    "Recipe", "SmallFile", "SmallGroup", "Span", "head_size", "prefixes_max",
    "start", "unpack_head",
]  # fmt: skip

MAGIC = b"satchel-delta\x00\x01\n"
FIRST_BYTES = DELTA_FIRST_BYTES
_SIZES = struct.Struct("<IIII")
START_BYTES = len(MAGIC) + _SIZES.size  # before the recipe
_LITTLE_BYTES, _LEVEL_OF_LITTLE = 1_024, 3  # of a template: no care gains anything


class Span(NamedTuple):
    """Bytes of the delta file."""

    offset: int
    stored: int


@dataclass(frozen=True, slots=True)
class SmallFile:
    """A file of a group: its number in the new manifest, its size, what it is made from."""

    number: int
    size: int
    old: File | None


@dataclass(frozen=True, slots=True)
class SmallGroup:
    """A group as a reader works with it. `prefix` are the old files, each once, in order."""

    span: Span
    coding: int
    files: tuple[SmallFile, ...]

    @property
    def prefix(self) -> tuple[File, ...]:
        """The old files that are needed, each once, in order of first use."""
        return tuple({each.old.path: each.old for each in self.files if each.old}.values())

    @property
    def prefix_size(self) -> int:
        """The bytes of `prefix`, before any edit."""
        return sum(each.size for each in self.prefix)

    @property
    def size(self) -> int:
        """The new bytes."""
        return sum(each.size for each in self.files)


@dataclass(frozen=True, slots=True)
class Large:
    """A large file as a reader works with it. `starts`: of each group within the literals."""

    number: int
    old: tuple[File, ...]
    copies: Copies
    groups: tuple[LiteralGroup, ...]
    spans: tuple[Span, ...]
    starts: tuple[int, ...]

    @property
    def size(self) -> int:
        """The new file's bytes."""
        return self.copies.size


@dataclass(frozen=True)
class Head:
    """What stands before the groups, understood. `size` is that of the whole delta, in bytes."""

    what: str
    recipe: Recipe
    template: bytes
    groups: tuple[SmallGroup, ...]
    large: tuple[Large, ...]
    size: int

    @property
    def edits(self) -> tuple[tuple[bytes, bytes], ...]:
        """What is replaced, in order, in each old file of a group."""
        return tuple((old.encode(), new.encode()) for old, new in self.recipe.edits)

    @property
    def group_spans(self) -> tuple[Span, ...]:
        """Where each group of small files lies."""
        return tuple(group.span for group in self.groups)

    @property
    def literal_spans(self) -> tuple[tuple[Span, ...], ...]:
        """For each large file, where each group of its literals lies."""
        return tuple(large.spans for large in self.large)

    @property
    def derived(self) -> tuple[SmallGroup, ...]:
        """The groups that have to be made before the manifest is known."""
        return self.groups[: self.recipe.derived]


def start(recipe: Recipe, template: bytes, prefix: bytes, *, level: int) -> bytes:
    """Return what stands before the groups. `prefix` is what the template was made to be like.

    `level` is zstd's. Raises `Refused` where there is more to say than a reader takes.
    """
    first = recipes.pack(recipe, level=level)
    head, tail = _same_ends(template, prefix)
    middle = template[head : len(template) - tail]
    care = level if len(middle) > _LITTLE_BYTES else _LEVEL_OF_LITTLE
    frame = compression.compress(middle, level=care, prefix=prefix)
    return MAGIC + _SIZES.pack(len(first), len(frame), head, tail) + first + frame


def _same_ends(one: bytes, other: bytes) -> tuple[int, int]:
    """Return how many bytes are the same at the start, and of the rest at the end."""
    head = _same_start(one, other)
    return head, _same_start(one[head:][::-1], other[head:][::-1])


def _same_start(one: bytes, other: bytes) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def head_size(first: bytes, *, what: str = "delta") -> int:
    """Return how many bytes the head has, told from a delta's first `START_BYTES`.

    Raises `InvalidContent`.
    """
    sizes = _sizes(first, what)
    return START_BYTES + sizes.recipe + sizes.template


def _sizes(first: bytes, what: str) -> "_Sizes":
    if len(first) < START_BYTES or first[: len(MAGIC)] != MAGIC:
        raise InvalidContent(f"{what}: starts with {first[:16]!r}, expected {MAGIC!r}")
    sizes = _Sizes(*_SIZES.unpack_from(first, len(MAGIC)))
    if sizes.recipe > DELTA_RECIPE_BYTES_MAX or sizes.template > MANIFEST_STORED_BYTES_MAX:
        raise InvalidContent(
            f"{what}: {sizes.recipe} bytes of recipe, {sizes.template} of template"
        )
    return sizes


class _Sizes(NamedTuple):
    recipe: int
    template: int
    head: int
    tail: int


def unpack_head(head: bytes, old: Manifest, old_bytes: bytes, *, what: str = "delta") -> Head:
    """Return what a delta from `old`, whose canonical bytes are `old_bytes`, starts with.

    `head` has at least `head_size` bytes. Raises `InvalidContent`; what can only be known with the
    new manifest is checked when that is derived.
    """
    sizes = _sizes(head, what)
    size = START_BYTES + sizes.recipe + sizes.template
    if len(head) < size:
        raise InvalidContent(f"{what}: {len(head)} bytes, its head has {size}")
    middle = START_BYTES + sizes.recipe
    recipe = recipes.unpack(head[START_BYTES:middle], what=f"{what}: recipe")
    groups = _read_groups(recipe, old, size, what=what)
    offset = sum(group.span.stored for group in groups) + size
    large = _read_large(recipe, old, offset, what=what)
    _check_distinct(groups, large, what=what)
    _check_prefixes(groups, large, what=what)
    prefix = renamed(old_bytes, recipe.renames, what)
    most = bytes_max(len(old_bytes))
    template = _template(head[middle:size], prefix, sizes, most, what=f"{what}: template")
    end = offset + sum(span.stored for each in large for span in each.spans)
    return Head(what, recipe, template, groups, large, end)


def _template(frame: bytes, prefix: bytes, sizes: _Sizes, most: int, *, what: str) -> bytes:
    if sizes.head + sizes.tail > len(prefix):
        raise InvalidContent(
            f"{what}: {sizes.head} and {sizes.tail} bytes of the old manifest's {len(prefix)}"
        )
    room = most - sizes.head - sizes.tail
    middle = compression.decompress(frame, bytes_max=room, prefix=prefix, what=what)
    return prefix[: sizes.head] + middle + prefix[len(prefix) - sizes.tail :]


def _read_groups(
    recipe: Recipe, old: Manifest, offset: int, *, what: str
) -> tuple[SmallGroup, ...]:
    found = []
    new_number = old_number = 0
    for number, group in enumerate(recipe.groups):
        here = f"{what}: group {number}"
        files = []
        if not len(group.new) == len(group.old) == len(group.growth) >= 1:
            counts = f"{len(group.new)} new, {len(group.old)} old, {len(group.growth)} sizes"
            raise InvalidContent(f"{here}: numbers of files: {counts}")
        for new_step, old_step, growth in zip(group.new, group.old, group.growth, strict=True):
            new_number += new_step
            old_number += new_step + (old_step or 0)
            before = None if old_step is None else _file(old, old_number, what=here)
            size = growth + (before.size if before else 0)
            if not (0 <= new_number < FILES_MAX and 0 <= size <= CHUNK_BYTES_MAX):
                raise InvalidContent(f"{here}: file {new_number} of {size} bytes")
            files.append(SmallFile(new_number, size, before))
        made = SmallGroup(Span(offset, group.stored), group.coding, tuple(files))
        _check_group(group.stored, group.coding, made.size, made.prefix_size, what=here)
        found.append(made)
        offset += group.stored
    if not 0 <= recipe.derived <= len(found):
        raise InvalidContent(f"{what}: {recipe.derived} derived groups of {len(found)}")
    derived = found[: recipe.derived]
    made_bytes, stored = sum(g.size for g in derived), sum(g.span.stored for g in derived)
    _at_most(made_bytes, DELTA_DERIVED_BYTES_MAX, what=f"{what}: derived bytes")
    _at_most(stored, DELTA_DERIVED_STORED_BYTES_MAX, what=f"{what}: stored derived bytes")
    prefix = sum(g.prefix_size for g in derived)
    _at_most(prefix, DELTA_DERIVED_PREFIX_BYTES_MAX, what=f"{what}: prefixes of derived bytes")
    return tuple(found)


def _read_large(recipe: Recipe, old: Manifest, offset: int, *, what: str) -> tuple[Large, ...]:
    found = []
    for number, large in enumerate(recipe.large):
        here = f"{what}: large file {number}"
        if not (0 <= large.new < FILES_MAX and len(set(large.old)) == len(large.old) >= 1):
            raise InvalidContent(f"{here}: file {large.new}, made from {len(large.old)}")
        _at_most(len(large.old), DELTA_OLD_FILES_MAX, what=f"{here}: old files")
        files = tuple(_file(old, each, what=here) for each in large.old)
        sizes = [file.size for file in files]
        taken = from_columns(large.literal, large.step, large.length, sum(sizes), here)
        copies = Copies(taken, sizes, sum(group.size for group in large.groups))
        if sum(large.literal) > copies.literal_size:
            raise InvalidContent(f"{here}: {copies.literal_size} bytes of literals are too few")
        spans, starts = [], []
        start_ = 0
        for group in large.groups:
            _check_group(group.stored, group.coding, group.size, group.prefix_length, what=here)
            if not 0 <= group.prefix_start <= copies.unused_size - group.prefix_length:
                raise InvalidContent(f"{here}: a prefix that isn't there")
            spans.append(Span(offset, group.stored))
            starts.append(start_)
            offset += group.stored
            start_ += group.size
        found.append(Large(large.new, files, copies, large.groups, tuple(spans), tuple(starts)))
    return tuple(found)


def _file(manifest: Manifest, number: int, *, what: str) -> File:
    if not 0 <= number < len(manifest.files):
        raise InvalidContent(f"{what}: old file {number}, there are {len(manifest.files)}")
    return manifest.files[number]


def _check_group(stored: int, coding: int, size: int, prefix: int, *, what: str) -> None:
    if not (size >= 1 and prefix >= 0 and size + prefix <= DELTA_GROUP_BYTES_MAX):
        raise InvalidContent(
            f"{what}: {size} bytes with a prefix of {prefix}, "
            f"at most {DELTA_GROUP_BYTES_MAX} are allowed together"
        )
    if not 1 <= stored <= DELTA_GROUP_STORED_BYTES_MAX:
        raise InvalidContent(f"{what}: {stored} bytes stored")
    if coding not in {STORED, ZSTD} or (coding == STORED and stored != size):
        raise InvalidContent(f"{what}: coding {coding}, {size} bytes in {stored}")


def _check_distinct(groups: Iterable[SmallGroup], large: Iterable[Large], *, what: str) -> None:
    numbers = [file.number for group in groups for file in group.files]
    numbers += [each.number for each in large]
    if len(set(numbers)) != len(numbers):
        raise InvalidContent(f"{what}: a file is made twice")


def prefixes_max(made: int) -> int:
    """Return how many bytes of prefixes groups that make `made` bytes may have, all together.

    A group of one byte may have 4 MiB of it, and weighs twenty: nobody has vouched for that.
    """
    return DELTA_PREFIX_BYTES_MIN + DELTA_PREFIX_SHARE_MAX * made


def _check_prefixes(groups: Iterable[SmallGroup], large: Iterable[Large], *, what: str) -> None:
    of_all = [(group.size, group.prefix_size) for group in groups]
    of_all += [(group.size, group.prefix_length) for each in large for group in each.groups]
    most = prefixes_max(sum(made for made, _ in of_all))
    _at_most(sum(prefix for _, prefix in of_all), most, what=f"{what}: bytes of prefixes")


def _at_most(found: int, most: int, *, what: str) -> None:
    if found > most:
        raise InvalidContent(f"{what}: {found}, at most {most} are allowed")
