"""What time the box believes it is, in words and as an object; since when an offer is stale."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec

from sync_node.trusted_time import Kind, Reading, in_words

StaleBy: TypeAlias = Literal["", "proof", "clock"]

_BY: dict[Kind, str] = {
    "build-date": "the day this software was made",
    "timestamp": "a signed list of what is offered",
    "document": "a signed document",
    "hub-time": "the hub's signed answer",
}
_MINUTES_FROM_SECONDS = 120
_HOURS_FROM_MINUTES = 120
_DAYS_FROM_HOURS = 48


@dataclass(frozen=True, slots=True)
class Stale:
    """Since when what is known to be offered is stale, RFC 3339; empty while its signatures hold.

    `by`: `proof` where trusted time says so, `clock` where only the box's own clock does.
    """

    since: str = ""
    by: StaleBy = ""


def stale(expires: datetime | None, time: Reading) -> Stale:
    """Return whether signatures that lapse at `expires` have lapsed, and what says so."""
    if expires is None or expires > max(time.trusted, time.now):
        return Stale()
    return Stale(in_words(expires), "proof" if expires <= time.trusted else "clock")


def stale_in_words(found: Stale) -> str:
    """Return it as a line for people."""
    words = f"what is known to be offered is stale since {found.since}"
    if found.by == "clock":
        words += ", if this box's own clock is right"
    return f"{words}: nothing is taken away; bring a newer stick, or let the box reach its hub"


def time_json(time: Reading) -> dict[str, Any]:
    """Return what time it is, by what, as an object."""
    return {
        "now": in_words(time.now),
        "trusted": in_words(time.trusted),
        "sure": time.sure,
        "within_seconds": None if time.within is None else round(time.within),
        "by": time.by.kind,
        "source": time.by.source,
        "seconds_on_since": round(time.since),
        "clock": in_words(time.clock),
        "clock_is": time.clock_is,
        "evidence": [
            {
                **msgspec.to_builtins(each),
                "time": in_words(each.time),
                "clock": in_words(each.clock) if each.clock else "",
            }
            for each in time.evidence
        ],
    }


def time_in_words(time: Reading) -> str:
    """Return it as a line for people."""
    by = _BY[time.by.kind] + (f" ({time.by.source})" if time.by.source else "")
    if time.sure == "exact":
        words = f"{in_words(time.now)}, by {by} {length_in_words(time.since)} ago"
    else:
        proof = f"{by} says {in_words(time.by.time)}, and this box was on for "
        proof += f"{length_in_words(time.since)} since"
        if time.is_by_clock:
            words = f"{in_words(time.now)} by this box's own clock; it is at least "
            words += f"{in_words(time.trusted)}: {proof}"
        else:
            words = f"{in_words(time.now)} or later: {proof}"
    if time.clock_is in {"behind", "ahead"}:
        words += f"; this box's own clock says {in_words(time.clock)}, and isn't believed"
    return words


def length_in_words(seconds: float) -> str:
    """Return a length of time, roughly."""
    if seconds < _MINUTES_FROM_SECONDS:
        return f"{seconds:.0f} s"
    if (minutes := seconds / 60) < _HOURS_FROM_MINUTES:
        return f"{minutes:.0f} min"
    if (hours := minutes / 60) < _DAYS_FROM_HOURS:
        return f"{hours:.0f} h"
    return f"{hours / 24:.0f} days"
