"""Staged offers: which nodes take a version while its rollout hasn't reached all of them. Pure.

A rollout shuffles the nodes by its own seed: a node's place comes from `sha256(seed, space, node)`.
Of its 64 hexadecimal digits the first 16 are the place in the order, the next 8 the mark by which a
list names the node. So every node decides alone, by signed words, and so does the hub; nobody has
to be told, and a list says no name. The rules stand in TRUST.md, section 2.
"""

from collections.abc import Iterable
from itertools import pairwise

import msgspec

from content_packs.digests import digest_of
from content_packs.errors import InvalidContent
from content_packs.limits import (
    STAGED_MARK_HEX_DIGITS,
    STAGED_NODES_MAX,
    STAGED_SEED_HEX_DIGITS,
    STAGED_SHARE_MAX,
)

_PLACE_HEX_DIGITS = 16
_PLACES: int = 16**_PLACE_HEX_DIGITS
_HEX = frozenset("0123456789abcdef")


class Staged(msgspec.Struct, frozen=True, forbid_unknown_fields=False, omit_defaults=True):
    """How far a rollout has come: the part of all nodes that it has reached, and some by name.

    `share` counts ten-thousandths. `marks` are the marks of single nodes in rising order, one after
    the other without anything in between.
    """

    seed: str
    share: int = 0
    marks: str = ""


def place_of(seed: str, node: str) -> int:
    """Return a node's place among all nodes, in ten-thousandths from 0 on."""
    return int(_drawn(seed, node)[:_PLACE_HEX_DIGITS], 16) * STAGED_SHARE_MAX // _PLACES


def mark_of(seed: str, node: str) -> str:
    """Return the mark by which a list names a node."""
    return _drawn(seed, node)[_PLACE_HEX_DIGITS : _PLACE_HEX_DIGITS + STAGED_MARK_HEX_DIGITS]


def marks_of(seed: str, nodes: Iterable[str]) -> str:
    """Return a list of nodes as an offer carries it."""
    return "".join(sorted({mark_of(seed, node) for node in nodes}))


def reaches(staged: Staged, node: str) -> bool:
    """Say whether a rollout has reached a node. It reaches none that isn't enrolled."""
    if not node:
        return False
    if place_of(staged.seed, node) < staged.share:
        return True
    wanted, width = mark_of(staged.seed, node), STAGED_MARK_HEX_DIGITS
    return any(
        staged.marks.startswith(wanted, start) for start in range(0, len(staged.marks), width)
    )


def check(staged: Staged, *, what: str) -> None:
    """Raise `InvalidContent` unless this can stand in an offer."""
    if len(staged.seed) != STAGED_SEED_HEX_DIGITS or not _HEX.issuperset(staged.seed):
        raise InvalidContent(
            f"{what}: staged: seed is {staged.seed[:80]!r}, expected {STAGED_SEED_HEX_DIGITS} "
            "lower-case hexadecimal digits"
        )
    if not 0 <= staged.share <= STAGED_SHARE_MAX:
        raise InvalidContent(
            f"{what}: staged: share is {staged.share}, expected 0 to {STAGED_SHARE_MAX}"
        )
    _check_marks(staged.marks, what)


def _check_marks(marks: str, what: str) -> None:
    width = STAGED_MARK_HEX_DIGITS
    if len(marks) > STAGED_NODES_MAX * width:
        raise InvalidContent(f"{what}: staged: more than {STAGED_NODES_MAX} marks")
    if len(marks) % width or not _HEX.issuperset(marks):
        raise InvalidContent(
            f"{what}: staged: marks are not groups of {width} lower-case hexadecimal digits"
        )
    each = [marks[start : start + width] for start in range(0, len(marks), width)]
    if any(first >= second for first, second in pairwise(each)):
        raise InvalidContent(f"{what}: staged: marks are not in rising order, each once")


def _drawn(seed: str, node: str) -> str:
    return digest_of(f"{seed} {node}".encode())
