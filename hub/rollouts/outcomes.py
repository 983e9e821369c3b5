"""What became of a version in one school, as its own report says; and sums of that. Pure.

Success is what the node says of itself and nothing else: every file hashed, and lessons opened at
this version. Before `activate_at` lessons can't be opened: hashed is all that there can be.

- `opened`: every file is hashed, and lessons are opened at this version
- `waiting`: every file is hashed, lessons aren't opened yet
- `working`: the node was in contact, and isn't so far
- `failed`: it can't go on, or somebody put the pack back
- `unreached`: nothing was heard of it since it was its turn
- `elsewhere`: it was in contact, and doesn't follow the channel or the pack, or another channel
  brings it a newer version: it counts for nothing
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

from content_packs.reports import Report
from hub.fleet.states import PackStanding, Target, standings

Kind: TypeAlias = Literal["opened", "waiting", "working", "failed", "unreached", "elsewhere"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

_OPENED = frozenset({"active", "used"})
_EVERYDAY = frozenset({"source-unavailable", "busy", "not-now"})
_ROLLED_BACK = "rolled-back"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it. `reason`: of a failure, its code and, after a colon, words of the box.

    `have` of `wanted` bytes have come, where the node says so.
    """

    kind: Kind
    reason: str = ""
    have: int = 0
    wanted: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """How many schools have which outcome."""

    opened: int = 0
    waiting: int = 0
    working: int = 0
    failed: int = 0
    unreached: int = 0
    elsewhere: int = 0

    @property
    def targeted(self) -> int:
        """Schools that it is for; who doesn't follow the channel isn't one."""
        return self.contacted + self.unreached

    @property
    def contacted(self) -> int:
        """Schools that were in contact since it was their turn."""
        return self.opened + self.waiting + self.working + self.failed

    def done(self, *, opens_later: bool) -> int:
        """Return how many succeeded. `opens_later`: lessons can't be opened before a time."""
        return self.opened + (self.waiting if opens_later else 0)


UNREACHED: Final = Outcome("unreached")


def outcome(
    report: Report | None,
    target: Target,
    *,
    reported_at: datetime | None,
    heard_at: datetime | None,
    since: datetime,
) -> Outcome:
    """Return what became of `target` in a school whose newest report this is.

    `reported_at`: when the hub took that in; `heard_at`: when it heard of the node at all;
    `since`: when it was the school's turn.
    """
    if heard_at is None:
        return UNREACHED
    if report is None or reported_at is None:
        return UNREACHED if heard_at < since else Outcome("working")
    found = next(
        (one for one in standings(report, [target], heard_at) if _is_of(one, target)), None
    )
    if found is not None and found.version == target.version and found.stage in _OPENED:
        return Outcome("opened", have=found.wanted, wanted=found.wanted)
    if heard_at < since:
        return UNREACHED
    if reported_at < since:
        return Outcome("working")
    said = next((pack for pack in report.packs if pack.pack == target.pack), None)
    if found is None or (said is None and not report.packs_left_out):
        return Outcome("elsewhere")
    return _under_way(report, found, target)


def _is_of(found: PackStanding, target: Target) -> bool:
    return found.pack == target.pack


def _under_way(report: Report, found: PackStanding, target: Target) -> Outcome:
    if found.rolled_back:
        return Outcome("failed", _ROLLED_BACK)
    if found.version > target.version:
        return Outcome("elsewhere")  # another channel brings a newer one
    if found.stage == "verified":
        return Outcome("waiting", have=found.wanted, wanted=found.wanted)
    if reason := _failure(report):
        return Outcome("failed", reason, found.have, found.wanted)
    return Outcome("working", have=found.have, wanted=found.wanted)


def _failure(report: Report) -> str:
    if report.disk.trouble:
        return f"disk-{report.disk.trouble}"
    found = [one for one in report.troubles if one.code not in _EVERYDAY]
    return f"{found[0].code}: {found[0].text}" if found else ""


def tally(kinds: Iterable[Kind]) -> Tally:
    """Return how many there are of each kind."""
    count = dict.fromkeys(KINDS, 0)
    for kind in kinds:
        count[kind] += 1
    return Tally(**count)
