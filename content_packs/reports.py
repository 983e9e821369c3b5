"""Reports: what a node says about itself. Small, bounded, and without a word about any pupil.

A report is cut to its bounds by `fitted`, which says how much it left out: a node with much trouble
still reports. See PROTOCOL.md, section 9.
"""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from content_packs import canonical_json, messages
from content_packs.limits import (
    REPORT_BYTES_MAX,
    REPORT_FAILED_MAX,
    REPORT_PACKS_MAX,
    REPORT_TEXT_CHARACTERS_MAX,
    REPORT_TROUBLES_MAX,
    REPORTS_IN_BATCH_MAX,
    SEALED_CONTENT_BYTES_MAX,
)
from content_packs.messages import (
    Count,
    Message,
    Moment,
    Name,
    NameOrEmpty,
    Part,
    Sentence,
    ShortText,
    Version,
)

DiskTrouble: TypeAlias = Literal["", "full", "read-only", "failing", "unreadable"]
Sure: TypeAlias = Literal["exact", "at-least", "unknown"]
ClockIs: TypeAlias = Literal["right", "behind", "ahead", "unproven"]
SlotsDoing: TypeAlias = Literal["idle", "writing", "starting", "trying"]

_CUT = "…"


class PackReadiness(Part, frozen=True, kw_only=True):
    """How much of a pack can be opened now.

    `version`: that which the node works towards, absent while nothing is offered to it.
    `lessons_ready` are at that version, `lessons_older` at an older one. `bytes_to_come`: absent
    while the manifest isn't there. `held_version`: a person put the pack back to it, or a teacher
    keeps it there. Older nodes leave out what follows.

    `bytes_wanted`: what `version` weighs, as far as this node wants it; what it has of that is
    `bytes_wanted - bytes_to_come`. `verified_version`: the newest version of which every file is
    here and hashed that a lesson needs to be opened; `opened`: how many lessons are open at it.
    `used`: how many lessons of `version` somebody in the school has opened at it. `rolled_back`:
    the version that a person rolled back from.
    """

    pack: Name
    channel: Name
    version: Version | None = None
    lessons_ready: Count = 0
    lessons_total: Count | None = None
    lessons_older: Count = 0
    bytes_to_come: Count | None = None
    held_version: Version | None = None
    retired: bool = False
    bytes_wanted: Count | None = None
    verified_version: Version | None = None
    opened: Count = 0
    used: Count = 0
    rolled_back: Version | None = None


class Disk(Part, frozen=True, kw_only=True):
    """The disk with the store, in bytes; `store_files` in number."""

    total: Count
    free: Count
    store_files: Count = 0
    trouble: DiskTrouble = ""


class Clock(Part, frozen=True, kw_only=True):
    """What time the node believes it is: `trusted` is proven; `system` says the box, if it can."""

    trusted: Moment
    sure: Sure
    clock_is: ClockIs = "unproven"
    system: Moment | None = None


class Ticks(Part, frozen=True, kw_only=True):
    """What the engine did since `since`: ticks, their seconds, bytes over links, cuts.

    `failed` of the ticks came to nothing. `last_contact`: when a hub was last heard.
    """

    since: Moment
    ticks: Count = 0
    failed: Count = 0
    seconds: Count = 0
    bytes_in: Count = 0
    bytes_out: Count = 0
    cuts: Count = 0
    last_ended_at: Moment | None = None
    last_outcome: ShortText = ""
    last_contact: Moment | None = None


class Trouble(Part, frozen=True, kw_only=True):
    """Something that is wrong: an error's code, in words, and since when where that is known."""

    code: Name
    text: Sentence = ""
    since: Moment | None = None


class Versions(Part, frozen=True, kw_only=True):
    """What the node runs on."""

    satchel: ShortText
    system: ShortText = ""
    model: ShortText = ""


class RecordsWaiting(Part, frozen=True, kw_only=True):
    """Records that no receipt covers: what would be lost with the card.

    `oldest_at`: when the oldest of them was stored. `sealed`: how many are in batches already.
    """

    count: Count = 0
    oldest_at: Moment | None = None
    sealed: Count = 0


class WifiStations(Part, frozen=True, kw_only=True):
    """How many phones are on the school's Wi-Fi now, and how many of them are heard badly.

    `weakest_dbm`: the worst signal. `limit`: how many the radio takes, where that is known.
    """

    count: Count = 0
    weak: Count = 0
    weakest_dbm: Annotated[int, Meta(ge=-200, le=50)] | None = None
    limit: Count | None = None


class Power(Part, frozen=True, kw_only=True):
    """Power cuts since the time `since`, and in all; `last_at`: when the newest was found.

    `undervoltage`: the box says that its supply is too weak; absent where it can't tell.
    """

    since: Moment
    cuts: Count = 0
    cuts_in_all: Count = 0
    last_at: Moment | None = None
    undervoltage: bool | None = None


class HubLink(Part, frozen=True, kw_only=True):
    """The link to the hub, as measured since the time `since`.

    `bytes_per_second`: what it gave while something was fetched, 0 while unknown.
    `minutes_per_day`: how long it was seen to work, on average. `duty_percent`: the share of the
    time in which it worked while more was to come, 0 to 100. `next_contact`: when the node will ask
    the hub next, by its windows and budgets.
    """

    since: Moment
    bytes_per_second: Count = 0
    minutes_per_day: Annotated[int, Meta(ge=0, le=1_440)] = 0
    duty_percent: Annotated[int, Meta(ge=0, le=100)] | None = None
    next_contact: Moment | None = None


class Coming(Part, frozen=True, kw_only=True):
    """What the node expects: `bytes` are to come over links, `lessons` to open, all by `done_at`.

    `waits_for`: why nothing comes now, a name; empty where something does. `goes_on`: when it will.
    """

    bytes: Count = 0
    lessons: Count = 0
    done_at: Moment | None = None
    waits_for: NameOrEmpty = ""
    goes_on: Moment | None = None


class CourierVisit(Part, frozen=True, kw_only=True):
    """The newest courier's disk: when it came, and what became of it, a name."""

    at: Moment
    state: Name
    bytes_in: Count = 0
    batches: Count = 0


class SystemSlots(Part, frozen=True, kw_only=True):
    """A box with two systems: which slot runs, at which version, for which machine.

    `satchel`: the version of Satchel in it. `doing`: what root is at; `ready`: the version in the
    other slot that can be started, 0 for none. `failed`: versions that were started and didn't
    serve, the newest last: they aren't tried again. `trouble`: why one couldn't be written.
    """

    arch: Name
    slot: Literal["a", "b"]
    version: Version
    satchel: ShortText = ""
    doing: SlotsDoing = "idle"
    ready: Count = 0
    failed: Annotated[tuple[Version, ...], Meta(max_length=REPORT_FAILED_MAX)] = ()
    trouble: Sentence = ""


class Report(Message, frozen=True, kw_only=True):
    """What a node says about itself, as of `at`, its likeliest time.

    `stale_since`: when the signatures lapsed of what it knows to be offered. `desired_state`: the
    number of the one that it goes by, 0 for none. `batches`: its newest batch, `receipt`: the
    newest one that a receipt covers. What follows after those an older node leaves out, and
    nodes of before issue 6 know none of it.
    """

    at: Moment
    versions: Versions
    disk: Disk
    clock: Clock
    ticks: Ticks
    packs: Annotated[tuple[PackReadiness, ...], Meta(max_length=REPORT_PACKS_MAX)] = ()
    packs_left_out: Count = 0
    troubles: Annotated[tuple[Trouble, ...], Meta(max_length=REPORT_TROUBLES_MAX)] = ()
    troubles_left_out: Count = 0
    channels_absent: Annotated[tuple[Name, ...], Meta(max_length=REPORT_TROUBLES_MAX)] = ()
    stale_since: Moment | None = None
    paused: bool = False
    desired_state: Count = 0
    batches: Count = 0
    receipt: Count = 0
    records: RecordsWaiting | None = None
    stations: WifiStations | None = None
    power: Power | None = None
    link: HubLink | None = None
    coming: Coming | None = None
    courier: CourierVisit | None = None
    slots: SystemSlots | None = None


class Reports(Message, frozen=True, kw_only=True):
    """The content of a batch of the kind `reports`, oldest first."""

    reports: Annotated[tuple[Report, ...], Meta(min_length=1, max_length=REPORTS_IN_BATCH_MAX)]


def fitted(report: Report) -> Report:
    """Return `report` with no more packs and troubles than it may have, and within its bytes.

    What comes last is left out, and counted: put first what matters most.
    """
    report = _with(report, REPORT_PACKS_MAX, REPORT_TROUBLES_MAX)
    while len(canonical_json.encode_struct(report)) > REPORT_BYTES_MAX and report.packs:
        report = _with(report, len(report.packs) // 2, len(report.troubles))
    return report


def shortened(text: str, characters_max: int = REPORT_TEXT_CHARACTERS_MAX) -> str:
    """Return `text` in one line without control characters, cut to so many characters."""
    line = " ".join(text.split())
    line = "".join(character for character in line if character.isprintable())
    return line if len(line) <= characters_max else line[: characters_max - 1] + _CUT


def encode(report: Report) -> bytes:
    """Return a report's canonical bytes. Raises `InvalidContent` past its bounds."""
    return messages.encode(report, bytes_max=REPORT_BYTES_MAX, what="report")


def decode(data: bytes) -> Report:
    """Return the report in `data`. Raises `InvalidContent`."""
    return messages.decode(data, Report, bytes_max=REPORT_BYTES_MAX, what="report")


def encode_batch(reports: tuple[Report, ...]) -> bytes:
    """Return the content of a batch. Raises `InvalidContent` for none, too many, or too large."""
    return messages.encode(
        Reports(reports=reports), bytes_max=SEALED_CONTENT_BYTES_MAX, what="batch of reports"
    )


def decode_batch(content: bytes) -> tuple[Report, ...]:
    """Return the reports in a batch's content. Raises `InvalidContent`."""
    return messages.decode(
        content, Reports, bytes_max=SEALED_CONTENT_BYTES_MAX, what="batch of reports"
    ).reports


def _with(report: Report, packs: int, troubles: int) -> Report:
    return msgspec.structs.replace(
        report,
        packs=report.packs[:packs],
        packs_left_out=report.packs_left_out + max(len(report.packs) - packs, 0),
        troubles=report.troubles[:troubles],
        troubles_left_out=report.troubles_left_out + max(len(report.troubles) - troubles, 0),
    )
