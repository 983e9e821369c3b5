"""What a delta says: its fields, and how they are stored. FORMAT.md, section 7.

What the numbers mean for a reader stands in `delta.py`.
"""

from collections.abc import Sequence

import msgspec

from content_packs import compression
from content_packs.errors import InvalidContent, Refused
from content_packs.layout import Block, BundleReference
from content_packs.limits import (
    DELTA_COPIES_MAX,
    DELTA_EDIT_BYTES_MAX,
    DELTA_EDITS_MAX,
    DELTA_RECIPE_BYTES_MAX,
    DELTA_RENAMES_MAX,
    PATH_BYTES_MAX,
)

FORMAT = 1
# What the recipe's frame has before it: a recipe's words, and numbers as they often stand in it.
PREFIX = (
    b'{"blocks":[[0,16,262144,262144,0,[1]]],"bundles":[["0","bytes"]],"derived":1,'
    b'"edits":[["a","b"]],"format":1,"groups":[[100,1,[1,1,1,1,1,1,1,1,1,1,1,1],'
    b"[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],[0,0,0,1,-1,2,-2]]],"
    b'"large":[[1,[1],[1,1],[0,0,0],[1,1],[[100,1,100,0,100]]]],"renames":[["a","b"]]}'
)


class Group(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Whole small files, one after another: columns of numbers, one for each file.

    `new` are steps in the new manifest's files; `old` is null, or a step in the old manifest's
    files, beside the new one's; `growth` is the new size less the old.
    """

    stored: int
    coding: int
    new: tuple[int, ...]
    old: tuple[int | None, ...]
    growth: tuple[int, ...]


class LiteralGroup(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """`size` bytes of a large file's literals, and the range of U that is their prefix."""

    stored: int
    coding: int
    size: int
    prefix_start: int
    prefix_length: int


class LargeFile(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The file `new`, of copies from the files `old` and of literals; a number for each copy."""

    new: int
    old: tuple[int, ...]
    literal: tuple[int, ...]
    step: tuple[int, ...]
    length: tuple[int, ...]
    groups: tuple[LiteralGroup, ...]


class Recipe(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What a delta says. Its fields stand in the order of canonical JSON."""

    blocks: tuple[Block, ...] = ()
    bundles: tuple[BundleReference, ...] = ()
    derived: int = 0
    edits: tuple[tuple[str, str], ...] = ()
    format: int
    groups: tuple[Group, ...] = ()
    large: tuple[LargeFile, ...] = ()
    renames: tuple[tuple[str, str], ...] = ()


def encode(recipe: Recipe) -> bytes:
    """Return the canonical bytes of a recipe."""
    return msgspec.json.encode(recipe)


def pack(recipe: Recipe, *, level: int) -> bytes:
    """Return the stored form of a recipe. `level` is zstd's.

    Raises `Refused` where there is more to say than a reader takes.
    """
    data = encode(recipe)
    if len(data) > DELTA_RECIPE_BYTES_MAX:
        raise Refused(
            f"a delta: its recipe has {len(data)} bytes, at most {DELTA_RECIPE_BYTES_MAX} are "
            "allowed",
            hint="Nodes fetch the new version's blocks instead.",
        )
    return compression.compress(data, level=level, prefix=PREFIX)


def unpack(frame: bytes, *, what: str) -> Recipe:
    """Return the recipe in its stored form; it may say what can't be. Raises `InvalidContent`."""
    data = compression.decompress(frame, bytes_max=DELTA_RECIPE_BYTES_MAX, prefix=PREFIX, what=what)
    try:
        recipe = msgspec.json.decode(data, type=Recipe)
        again = encode(recipe)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InvalidContent(f"{what}: {error}") from error
    if recipe.format != FORMAT:
        raise InvalidContent(
            f"{what}: format {recipe.format}, expected {FORMAT}",
            hint="It was made by a newer Satchel: update this one.",
        )
    if again != data:
        raise InvalidContent(f"{what}: not canonical JSON, or a default is spelt out")
    copies = sum(len(large.literal) for large in recipe.large)
    _at_most(copies, DELTA_COPIES_MAX, what=f"{what}: copies")
    _check_pairs(recipe.renames, DELTA_RENAMES_MAX, PATH_BYTES_MAX, what=f"{what}: renames")
    _check_pairs(recipe.edits, DELTA_EDITS_MAX, DELTA_EDIT_BYTES_MAX, what=f"{what}: edits")
    return recipe


def _check_pairs(pairs: Sequence[tuple[str, str]], most: int, bytes_max: int, *, what: str) -> None:
    _at_most(len(pairs), most, what=what)
    for pair in pairs:
        _at_most(max(len(text.encode()) for text in pair), bytes_max, what=f"{what}: bytes")
        if not pair[0]:
            raise InvalidContent(f"{what}: an empty text stands everywhere")


def _at_most(found: int, most: int, *, what: str) -> None:
    if found > most:
        raise InvalidContent(f"{what}: {found}, at most {most} are allowed")
