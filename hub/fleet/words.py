"""What states, marks and reasons are called on pages, in the reader's language."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from content_packs.command_line import megabytes
from hub.console.language import _, ngettext
from hub.fleet.days import Day
from hub.fleet.listing import Listed
from hub.fleet.standing import NOT_WITHIN_A_YEAR
from hub.fleet.why_stick import why_stick

_TO = "\N{NO-BREAK SPACE}→\N{NO-BREAK SPACE}"  # what stands before and after stays on a line
_GOOD, _WARN, _BAD, _QUIET = "is-good", "is-warn", "is-bad", "is-quiet"


@dataclass(frozen=True)
class Badge:
    """A word in a coloured field."""

    words: str
    kind: str


def state(row: Listed) -> Badge:
    """Return what a row's state is called."""
    kinds = {
        "failed": _BAD, "waits": _WARN, "unheard": _WARN, "active": _GOOD, "used": _GOOD,
        "verified": _GOOD, "no-box": _QUIET, "revoked": _QUIET, "nothing": _QUIET,
    }  # fmt: skip
    return Badge(state_name(row.state), kinds.get(row.state, ""))


def state_name(name: str) -> str:
    """Return what a state or a stage is called."""
    return {
        "no-box": _("no box yet"),
        "waits": _("waits to be confirmed"),
        "revoked": _("revoked"),
        "unheard": _("not heard of yet"),
        "failed": _("something is wrong"),
        "nothing": _("nothing is meant for it"),
        "targeted": _("doesn't know of it yet"),
        "offered": _("has begun nothing yet"),
        "downloading": _("on its way"),
        "staged": _("all there, not checked"),
        "verified": _("checked"),
        "active": _("ready to open"),
        "used": _("in use"),
    }.get(name, name)


def marks(row: Listed) -> list[Badge]:
    """Return the marks of a row, those that need somebody first."""
    found = (
        (row.alarm, _("alarm"), _BAD),
        (row.claim and row.state != "waits", _("another box claims to be it"), _WARN),
        (row.overdue, _("overdue"), _BAD),
        (bool(row.stalled_since), _("stalled"), _WARN),
        (row.unreached and row.state != "unheard", _("unreached"), _WARN),
        (row.superseded, _("superseded"), _QUIET),
        (row.rolled_back, _("rolled back"), _WARN),
        (row.courier, _("by courier"), ""),
        (row.paused, _("paused"), _QUIET),
        (row.undervoltage, _("weak power supply"), _WARN),
    )
    return [Badge(words, kind) for holds, words, kind in found if holds]


def reason(row: Listed, title: Callable[[str], str] = str) -> str:
    """Return why a row is in its state, in a few words; empty where that says itself.

    `title`: what a pack is called, by its name.
    """
    if row.trouble.startswith("disk-"):
        return disk(row.trouble.removeprefix("disk-"))
    if row.trouble:
        return row.reason or row.trouble
    where = _progress(row, title)
    if not row.stalled_since:
        return where
    stalled = _("nothing has come since %(day)s, though it is in contact", day=row.stalled_since)
    return f"{where} · {stalled}" if where else stalled


def _progress(row: Listed, title: Callable[[str], str]) -> str:
    """Return how far the pack is that is least far, where the state doesn't say it."""
    least = row.packs[0] if row.packs else None
    if least is None or row.state in {"active", "used", "no-box", "revoked", "waits"}:
        return ""
    named = f"{title(least['pack'])} {least['version']}"
    if row.state == "downloading" and least["wanted"]:
        have, wanted = megabytes(least["have"]), megabytes(least["wanted"])
        return _("%(pack)s: %(have)s of %(wanted)s", pack=named, have=have, wanted=wanted)
    return named


def behind_words(row: Listed, title: Callable[[str], str] = str) -> str:
    """Return how many packs aren't as they should be, and how far the one furthest behind is.

    `title`: what a pack is called, by its name.
    """
    said = ngettext("%(num)s pack", "%(num)s packs", row.packs_behind)
    late = row.furthest_behind
    if late is None:
        return said
    held = "–" if late["held"] is None else late["held"]
    return f"{said} · {title(late['pack'])} {held}{_TO}{late['version']}"


def needs_stick(row: Listed) -> bool:
    """Return whether what is to come won't come over the link, as the filter `stick` has it."""
    return why_stick(row) != ""


def stick_reason(row: Listed) -> str:
    """Return why it won't; empty where it will, or nothing is to come."""
    return {
        "": "",
        "too-slow": _("its link is too slow"),
        "overdue": _("silent for too long"),
        "unheard": _("never heard of"),
    }[why_stick(row)]


def estimate(row: Listed) -> tuple[str, str]:
    """Return the days of the middle and the late estimate; empty where nothing can be said."""
    early = "" if row.done_p50 == NOT_WITHIN_A_YEAR else row.done_p50
    late = "" if row.done_p90 == NOT_WITHIN_A_YEAR else row.done_p90
    return early, late


def key_state(name: str) -> str:
    """Return what a key's state is called."""
    return {
        "pending": _("waits to be confirmed"),
        "valid": _("counts"),
        "revoked": _("revoked"),
        "refused": _("turned away"),
    }.get(name, name)


def heard_by(name: str) -> str:
    """Return by what the hub heard of a box."""
    return {
        "check-in": _("over the link"),
        "batch": _("over the link"),
        "stick": _("by a stick"),
    }.get(name, name)


def weekdays() -> Mapping[str, str]:
    """Return what the days of the week are called."""
    return {
        "mon": _("Monday"),
        "tue": _("Tuesday"),
        "wed": _("Wednesday"),
        "thu": _("Thursday"),
        "fri": _("Friday"),
        "sat": _("Saturday"),
        "sun": _("Sunday"),
    }


def points(found: Sequence[Day], field: str) -> list[tuple[str, int | None]]:
    """Return a chart's points of the days; on those without a contact nothing came."""
    if not found:
        return []
    known = {day.day: day for day in found}
    first, last = date.fromisoformat(found[0].day), date.fromisoformat(found[-1].day)
    counted = field in {"hours", "bytes_in"}
    drawn: list[tuple[str, int | None]] = []
    for number in range((last - first).days + 1):
        day = (first + timedelta(days=number)).isoformat()
        value = getattr(known[day], field) if day in known else 0 if counted else None
        drawn.append((day[len("2026-") :], value))
    return drawn


def for_templates() -> dict[str, Any]:
    """Return what templates of the fleet ask for by name."""
    return {
        "state_of": state,
        "state_name": state_name,
        "marks_of": marks,
        "reason_of": reason,
        "behind_words": behind_words,
        "needs_stick": needs_stick,
        "stick_reason": stick_reason,
        "estimate_of": estimate,
        "key_state": key_state,
        "heard_by": heard_by,
        "points": points,
    }


def disk(trouble: str) -> str:
    """Return what a disk's trouble is called."""
    return {
        "full": _("the disk is full"),
        "read-only": _("the disk can only be read"),
        "failing": _("the disk is failing"),
        "unreadable": _("the disk can't be read"),
    }.get(trouble, trouble)
