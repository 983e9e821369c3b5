"""What state a node is in: how far it has come with what it should hold, and what keeps it.

Pure. A pack's **stage** is the last of these that the node itself has said to have reached; the
hub never takes a step for it:

1. `targeted`: the hub offers a version that the node hasn't named in a report yet
2. `offered`: the node works towards it, and has nothing of it so far
3. `downloading`: some of it has come
4. `staged`: all bytes are here, not every file is hashed yet
5. `verified`: every file that a lesson needs is here and hashed
6. `active`: lessons can be opened at this version
7. `used`: somebody in the school has opened one

A node's stage is that of the pack that is least far. Beside it stand **marks**, which don't exclude
each other: unreached (nothing heard since the newest release that it should take), failed, by
courier, superseded (it was still fetching what was replaced), rolled back. Overdue isn't kept: it
becomes true as time goes by (`rhythm`).

A node of before issue 6 doesn't say what it hashed: of such a one a version counts once nothing is
to come and every lesson can be opened, which a node says of verified files only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

from content_packs.reports import PackReadiness, Report, Trouble

Stage: TypeAlias = Literal[
    "targeted", "offered", "downloading", "staged", "verified", "active", "used"
]
State: TypeAlias = Literal[
    "no-box", "waits", "revoked", "unheard", "failed", "nothing",
    "targeted", "offered", "downloading", "staged", "verified", "active", "used",
]  # fmt: skip
Key: TypeAlias = Literal["none", "pending", "valid", "revoked", "refused"]

STAGES: Final[tuple[Stage, ...]] = get_args(Stage)
STATES: Final[tuple[State, ...]] = get_args(State)

# A link that is cut, and a source that isn't there, are a node's everyday life.
_EVERYDAY = frozenset({"source-unavailable", "busy", "not-now"})
# Who needs a person first, as the list sorts by default.
_URGENCY: Final[Mapping[State, int]] = {
    "failed": 90, "waits": 80, "unheard": 50, "no-box": 40, "targeted": 30, "offered": 25,
    "downloading": 20, "staged": 15, "verified": 10, "nothing": 8, "active": 5, "used": 4,
    "revoked": 1,
}  # fmt: skip
URGENCY_OVERDUE: Final = 70
URGENCY_ALARM: Final = 85


@dataclass(frozen=True)
class Target:
    """A version that a node should take. `size`: what it costs the node, at the most, in bytes."""

    pack: str
    channel: str
    version: int
    released_at: datetime | None
    size: int
    needed_by: str = ""


@dataclass(frozen=True)
class PackStanding:
    """How far a node is with a pack.

    `version`: what it should hold; `held`: what it holds whole, None where that isn't known.
    `have` and `wanted` in bytes, 0 where the node hasn't said; `to_come` as well as is known.
    """

    pack: str
    channel: str
    version: int
    held: int | None
    stage: Stage
    have: int
    wanted: int
    to_come: int
    ready: int
    total: int
    unreached: bool = False
    superseded: bool = False
    rolled_back: bool = False


@dataclass(frozen=True)
class Standing:
    """A node's state, its packs, and its marks. `reason`: why it failed, as the node says it."""

    state: State
    urgency: int
    packs: tuple[PackStanding, ...] = ()
    behind: int = 0
    failed: str = ""
    reason: str = ""
    unreached: bool = False
    superseded: bool = False
    rolled_back: bool = False

    @property
    def packs_behind(self) -> int:
        """How many packs aren't held at the version that they should be."""
        return sum(pack.held != pack.version for pack in self.packs)

    @property
    def lessons(self) -> tuple[int, int]:
        """How many lessons can be opened as they should be, and of how many."""
        return sum(pack.ready for pack in self.packs), sum(pack.total for pack in self.packs)


def judge(
    key: Key,
    report: Report | None,
    targets: Sequence[Target],
    *,
    heard_at: datetime | None,
    alarm: bool = False,
) -> Standing:
    """Return where a node stands by its newest report, against what it should hold.

    `heard_at`: when the hub last heard of it.
    """
    if key != "valid":
        state: State = "waits" if key == "pending" else "revoked" if key == "revoked" else "no-box"
        return Standing(state, _URGENCY[state])
    packs = standings(report, targets, heard_at)
    failed, reason = _failure(report)
    state = _state(report, heard_at, packs, failed)
    return Standing(
        state,
        max(_URGENCY[state], URGENCY_ALARM if alarm else 0),
        packs,
        behind=sum(pack.to_come for pack in packs),
        failed=failed,
        reason=reason,
        unreached=any(pack.unreached for pack in packs),
        superseded=any(pack.superseded for pack in packs),
        rolled_back=any(pack.rolled_back for pack in packs),
    )


def standings(
    report: Report | None, targets: Sequence[Target], heard_at: datetime | None
) -> tuple[PackStanding, ...]:
    """Return how far a node is with each pack that it should hold, or works towards."""
    said = {pack.pack: pack for pack in report.packs} if report else {}
    found = [_standing(said.get(target.pack), target, heard_at) for target in targets]
    targeted = {target.pack for target in targets}
    found += [
        _at(pack, pack.version)
        for pack in said.values()
        if pack.version is not None and pack.pack not in targeted and not pack.retired
    ]
    return tuple(sorted(found, key=lambda pack: (STAGES.index(pack.stage), pack.pack)))


def _standing(
    said: PackReadiness | None, target: Target, heard_at: datetime | None
) -> PackStanding:
    if said is not None and said.version is not None and said.version >= target.version:
        return _at(said, said.version)
    unheard = heard_at is None
    since = target.released_at
    return PackStanding(
        target.pack,
        target.channel,
        target.version,
        held=_held(said),
        stage="targeted",
        have=0,
        wanted=0,
        to_come=target.size,
        ready=0,
        total=(said.lessons_total or 0) if said else 0,
        unreached=unheard or (since is not None and heard_at is not None and heard_at < since),
        superseded=said is not None and said.version is not None and _held(said) != said.version,
        rolled_back=_is_rolled_back(said),
    )


def _at(said: PackReadiness, version: int) -> PackStanding:
    """Return how far a node is with the version that it works towards."""
    to_come = said.bytes_to_come
    wanted = said.bytes_wanted or 0
    have = max(wanted - to_come, 0) if to_come is not None else 0
    return PackStanding(
        said.pack,
        said.channel,
        version,
        held=_held(said),
        stage=_stage(said, version, have),
        have=have,
        wanted=wanted,
        to_come=to_come or 0,
        ready=said.lessons_ready,
        total=said.lessons_total or 0,
        rolled_back=_is_rolled_back(said),
    )


def _stage(said: PackReadiness, version: int, have: int) -> Stage:
    if _is_verified(said, version):
        if said.used:
            return "used"
        return "active" if said.opened or said.lessons_ready else "verified"
    if said.bytes_to_come == 0:
        return "staged"
    return "downloading" if have or said.lessons_ready else "offered"


def _is_verified(said: PackReadiness, version: int) -> bool:
    if said.verified_version is not None:
        return said.verified_version >= version
    tells = said.bytes_wanted is not None  # a node that would say so
    whole = said.lessons_total is not None and said.lessons_ready == said.lessons_total
    return not tells and whole and said.bytes_to_come == 0


def _held(said: PackReadiness | None) -> int | None:
    """Return the version that a node holds whole, as far as it says so."""
    if said is None or said.retired or said.held_version is not None:
        return said.held_version if said else None
    if said.version is not None and _is_verified(said, said.version):
        return said.version
    return said.verified_version


def _is_rolled_back(said: PackReadiness | None) -> bool:
    return said is not None and (said.rolled_back is not None or said.held_version is not None)


def _failure(report: Report | None) -> tuple[str, str]:
    """Return the code of what keeps a node from working, and its words."""
    if report is None:
        return "", ""
    if report.disk.trouble:
        return f"disk-{report.disk.trouble}", ""
    found: list[Trouble] = [one for one in report.troubles if one.code not in _EVERYDAY]
    return (found[0].code, found[0].text) if found else ("", "")


def _state(
    report: Report | None,
    heard_at: datetime | None,
    packs: Sequence[PackStanding],
    failed: str,
) -> State:
    if heard_at is None:
        return "unheard"
    if failed:
        return "failed"
    if not packs:
        return "nothing" if report else "unheard"
    least = packs[0].stage
    if least == "active" and any(pack.stage == "used" for pack in packs):
        return "used"
    return least
