"""Trusted time: what signatures prove, and the hours that this box was on since. Pure.

1. The box counts the seconds for which it is on, over all its starts (`Known.on`).
2. A piece of evidence is a time that somebody signed, or the build date, and that count when it was
   verified: it proves that time, and from then on every second that the box is on.
3. **Trusted time** is the newest that any piece proves. It can't be later than the truth unless a
   signer erred, and the system clock has no part in it: a clock of 1970 or 2040 does no harm.
4. What the box was off isn't counted: trusted time is "it is this late at least". It is exact once
   the hub has answered a question of this very start of the box (a fresh time, with our nonce).
5. It goes back only where a signer takes back its own word: a newer timestamp, or one by a new key,
   that says it was signed earlier than an older one claims; a fresh time earlier than what the hub
   said before, to our nonce or in a document; targets that name the service key no more that said
   it. Then that word goes, and no other. So a hub whose clock was wrong for a day, or a thief who
   signed from 2040, bricks nothing (DECISIONS.md, 5).

Expiry and `activate_at` go by trusted time. Windows, budgets and pages want the likeliest time:
`likely` believes the system clock where it can be right.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from content_packs.repository import SIGNED_AT
from content_packs.values import Value
from sync_node.limits import (
    CLOCK_AHEAD_DAYS_MAX,
    CLOCK_DRIFT,
    CLOCK_SLACK_SECONDS,
    HUB_TIME_SECONDS_MAX,
    SIGNED_YEAR_MAX,
)

BUILD_DATE = datetime(2026, 1, 1, tzinfo=UTC)  # no box runs this before; raised with releases
CLOCK_AHEAD = timedelta(days=CLOCK_AHEAD_DAYS_MAX)
_LAST = datetime(SIGNED_YEAR_MAX, 12, 31, tzinfo=UTC)
_SLACK = timedelta(seconds=CLOCK_SLACK_SECONDS)

Kind: TypeAlias = Literal["build-date", "timestamp", "document", "hub-time"]
Sure: TypeAlias = Literal["exact", "at-least", "unknown"]
ClockIs: TypeAlias = Literal["right", "behind", "ahead", "unproven"]
_BY_SERVICE: frozenset[Kind] = frozenset({"document", "hub-time"})


class Uptime(Value, frozen=True):
    """For how many seconds this start of the box lasts; `boot` names it, empty where unknown."""

    boot: str
    seconds: float


Seconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1e10)]  # 300 years and more
Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A time that it certainly was when this was verified.

    `kind`: the build date; a repository's timestamp; another signed document; the hub's answer to
    our nonce. `source` says where it came from, `key` who signed it, `version` the timestamp's
    number. `on`: the seconds that the box had been on in all, `boot` and `uptime` in which of its
    starts and how long it lasted; `clock` what its system clock said. `round_trip`: seconds.
    """

    kind: Kind
    time: Moment
    on: Seconds
    boot: str = ""
    uptime: Seconds = 0.0
    clock: Moment | None = None
    source: str = ""
    key: str = ""
    version: int = 0
    round_trip: Seconds = 0.0


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the box knows of time: for how long it was on in all, as of an uptime, and evidence."""

    on: Seconds
    boot: str
    uptime: Seconds
    evidence: tuple[Evidence, ...] = ()


class Said(Value, frozen=True):
    """When a verified document says that it was signed, by which key, as which version."""

    time: datetime
    key: str = ""
    version: int = 0


class Reading(Value, frozen=True):
    """What time the box believes it is.

    `now` is the likeliest time, `trusted` what is proven, by the evidence `by`, `since` seconds of
    being on ago; `within`: how far off an exact one may be, in seconds. `clock` is what the system
    clock says, and `clock_is` what to think of it. `evidence`: all that counts.
    """

    now: datetime
    trusted: datetime
    sure: Sure
    by: Evidence
    since: float
    within: float | None
    clock: datetime
    clock_is: ClockIs
    evidence: tuple[Evidence, ...]

    @property
    def is_by_clock(self) -> bool:
        """Whether `now` is only what the system clock says."""
        return self.now > self.trusted


def is_sound(known: Known) -> bool:
    """Say whether all that is remembered lies within any box's life."""
    return all(each.time <= _LAST for each in known.evidence)


def begun(known: Known | None, uptime: Uptime) -> Known:
    """Return what is known at `uptime`; None: nothing but the build date."""
    known = carried(known, uptime) if known else Known(0.0, uptime.boot, uptime.seconds)
    built = Evidence("build-date", BUILD_DATE, known.on, uptime.boot, uptime.seconds)
    others = tuple(each for each in known.evidence if each.kind != built.kind)
    older = (each for each in known.evidence if each.kind == built.kind)
    return msgspec.structs.replace(known, evidence=(*others, _best((*older, built), known.on)))


def carried(known: Known, uptime: Uptime) -> Known:
    """Return what is known, with the seconds that the box was on until `uptime`."""
    if not known.boot or not uptime.boot:
        more = 0.0  # it may be another start or the same: only what is certain counts
    elif known.boot == uptime.boot:
        more = uptime.seconds - known.uptime
    else:
        more = uptime.seconds
    return msgspec.structs.replace(
        known, on=known.on + max(more, 0.0), boot=uptime.boot, uptime=uptime.seconds
    )


def proven(known: Known) -> datetime:
    """Return the trusted time, as of what is known."""
    return max((_proves(each, known.on) for each in known.evidence), default=BUILD_DATE)


def heard(known: Known, said: Evidence) -> Known:
    """Return what is known with one more piece of evidence, verified just now.

    One from beyond any box's life is a broken clock's, and counts for nothing.
    """
    if said.time > _LAST:
        return known
    standing = [each for each in known.evidence if not takes_back(said, each, known.on)]
    alike = [said, *(each for each in standing if each.kind == said.kind)]
    kept = {_best(alike, known.on)}
    if said.kind != "document":
        kept.add(said)  # the signer's newest word, which the next one is held against
    others = [each for each in standing if each.kind != said.kind]
    kept_in_order = [each for each in reversed(alike) if each in kept]  # the newest word last
    return msgspec.structs.replace(known, evidence=(*others, *kept_in_order))


def takes_back(said: Evidence, before: Evidence, on: float) -> bool:
    """Say whether a signer's newer word shows that what it said before can't have been right.

    Of two documents nobody knows which is newer; an answer to our nonce is newer than all before.
    """
    if said.kind == before.kind == "timestamp":
        newer = said.version > before.version or said.key != before.key
        return newer and said.time < before.time
    by_service = said.kind == "hub-time" and before.kind in _BY_SERVICE
    return by_service and said.time < _proves(before, on) - _SLACK


def counting(known: Known, keyids: Collection[str]) -> Known:
    """Return what is known but for what service keys said that aren't among those that count.

    None at all count where a hub names none: then nothing was taken back.
    """
    kept = tuple(
        each
        for each in known.evidence
        if not keyids or each.kind not in _BY_SERVICE or each.key in {"", *keyids}
    )
    return msgspec.structs.replace(known, evidence=kept)


def timestamp(said: Said, known: Known, *, source: str, clock: datetime) -> Evidence:
    """Return that a timestamp, verified just now, says when it was signed."""
    return Evidence(
        "timestamp", said.time, known.on, known.boot, known.uptime, clock, source, said.key,
        said.version,
    )  # fmt: skip


def document(said: Said, known: Known, *, source: str, clock: datetime) -> Evidence:
    """Return that another signed document, verified just now, says when it was made."""
    return Evidence(
        "document", said.time, known.on, known.boot, known.uptime, clock, source, said.key
    )


def hub_time(said: Said, known: Known, *, asked: Uptime, source: str, clock: datetime) -> Evidence:
    """Return that the hub, asked with a nonce at the uptime `asked`, signed what time it is.

    The caller has verified signature and nonce. An answer that took too long, or that came in
    another start of the box, is a document like others: it proves its time, and isn't exact.
    """
    took = known.uptime - asked.seconds
    if not known.boot or asked.boot != known.boot or not 0 <= took <= HUB_TIME_SECONDS_MAX:
        return document(said, known, source=source, clock=clock)
    return Evidence(
        "hub-time", said.time, known.on, known.boot, known.uptime, clock, source, said.key,
        round_trip=took,
    )  # fmt: skip


def likely(trusted: datetime, clock: datetime) -> datetime:
    """Return the likeliest time: the system clock's, unless it is behind what is proven.

    One that is years ahead of all that was ever signed is wrong, too.
    """
    return clock if trusted <= clock <= trusted + CLOCK_AHEAD else trusted


def reading(known: Known, clock: datetime) -> Reading:
    """Return what time it is, as of what is known, while the system clock says `clock`."""
    trusted = proven(known)
    fresh = [e for e in known.evidence if e.kind == "hub-time" and e.boot == known.boot != ""]
    exact = bool(fresh) and trusted - _proves(fresh[-1], known.on) <= _SLACK
    by = fresh[-1] if exact else _best(known.evidence, known.on)
    since = max(known.on - by.on, 0.0)
    within = by.round_trip + since * CLOCK_DRIFT + 1.0 if exact else None  # it is to the second
    sure: Sure = "exact" if exact else "unknown" if by.kind == "build-date" else "at-least"
    return Reading(
        trusted if exact else likely(trusted, clock),
        trusted,
        sure,
        by,
        since,
        within,
        clock,
        _judged(clock, trusted, within),
        known.evidence,
    )


def _judged(clock: datetime, trusted: datetime, within: float | None) -> ClockIs:
    off = clock - trusted
    if off < -_SLACK:
        return "behind"
    if within is None:
        return "ahead" if off > CLOCK_AHEAD else "unproven"
    return "right" if off <= _SLACK + timedelta(seconds=within) else "ahead"


def _proves(evidence: Evidence, on: float) -> datetime:
    return evidence.time + timedelta(seconds=max(on - evidence.on, 0.0))


def _best(pieces: list[Evidence] | tuple[Evidence, ...], on: float) -> Evidence:
    return max(pieces, key=lambda each: _proves(each, on))


def signed_time(fields: dict[str, Any]) -> datetime | None:
    """Return the signed time among a timestamp's further fields, None where it says none."""
    value = fields.get(SIGNED_AT)
    return parse(value) if isinstance(value, str) else None


def parse(text: str) -> datetime | None:
    """Return the time in an RFC 3339 text, None for anything else."""
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):  # within a day of the year 1 or 9999
        return None


def in_words(time: datetime) -> str:
    """Return a time as RFC 3339 in UTC, to the second."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
