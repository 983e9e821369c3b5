"""What is said of rollouts, in the reader's language: states, reasons, outcomes, the price."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from content_packs.command_line import megabytes
from hub.console.language import _, ngettext
from hub.rollouts.decide import Figures, Reason
from hub.rollouts.model import OPEN, Group
from hub.rollouts.on_channels import StagedOffer
from hub.rollouts.price import Price

_WEEK = timedelta(days=6)


def state(name: str, *, reverted: bool = False) -> str:
    """Return what a state is called."""
    if name == "aborted":
        return _("taken back") if reverted else _("aborted")
    return {
        "planned": _("waits for approval"),
        "running": _("runs"),
        "paused": _("paused"),
        "finished": _("finished"),
        "withdrawn": _("withdrawn"),
    }[name]


def on_channel(found: StagedOffer) -> str:
    """Return how far a version is that a channel offers to some schools so far."""
    if found.state not in OPEN:
        return _("ended early: schools that have it keep it")
    where = _("stage %(stage)s of %(stages)s", stage=found.stage, stages=found.of_stages)
    return where if found.state == "running" else f"{where}, {state(found.state)}"


def state_badge(name: str) -> str:
    """Return the kind of badge that a state is shown with."""
    kinds = {"planned": "is-warn", "running": "", "paused": "is-warn", "finished": "is-good"}
    return kinds.get(name, "is-bad")


def deed(name: str) -> str:
    """Return what a line of the journal says was done."""
    return {
        "plan": _("Planned"),
        "approve": _("Approved"),
        "soak": _("Goes well"),
        "next": _("On to the next stage"),
        "finish": _("Finished"),
        "pause": _("Paused"),
        "resume": _("Resumed"),
        "abort": _("Aborted"),
        "withdraw": _("Withdrawn"),
    }[name]


def outcome(kind: str) -> str:
    """Return what an outcome is called."""
    return {
        "opened": _("have it"),
        "waiting": _("verified, not opened yet"),
        "working": _("on the way"),
        "failed": _("failed"),
        "unreached": _("not reached yet"),
        "elsewhere": _("don't follow it"),
    }[kind]


def trouble(reason: str) -> str:
    """Return why a school failed: a code of ours in words, or what its box says."""
    known = {
        "rolled-back": _("somebody there put the pack back, or keeps another version"),
        "disk-full": _("its disk is full"),
        "disk-read-only": _("its disk can only be read"),
        "disk-failing": _("its disk is failing"),
        "disk-unreadable": _("its disk can't be read"),
    }
    return known.get(reason, reason.partition(": ")[2] or reason)


def group(found: Group, *, named: int = 0) -> str:
    """Return what a stage's group is called. `named`: how many schools a list has."""
    if found.kind == "percent":
        return _("%(percent)s%% of all schools") % {"percent": found.percent}
    if found.kind == "query":
        if not found.query:
            return _("schools that a filter finds")
        return _("schools found by: %(query)s") % {"query": found.query}
    return ngettext("%(num)s named school", "%(num)s named schools", named or len(found.schools))


def reason(found: Reason) -> str:
    """Return why a rollout does what it does, as a sentence or two."""
    if found.code.endswith("-by-hand"):
        return _by_hand(found.code.removesuffix("-by-hand"), str(found.figures.get("why", "")))
    say = _REASONS.get(found.code)
    return say(found.figures) if say else found.code


def _by_hand(code: str, why: str) -> str:
    said = {
        "paused": _("A person paused it: no more schools are reached."),
        "resumed": _("A person let it go on."),
        "kept": _("A person ended it. Schools that have the version keep it."),
        "reverted": _("A person took it back from every school."),
        "dropped": _("It was dropped before anything went out."),
    }[code]
    return f"{said} {why}" if why else said


def _begun(_figures: Figures) -> str:
    return _("Its first stage begins.")


def _planned(_figures: Figures) -> str:
    return _("Nothing goes out before it is approved.")


def _waiting(figures: Figures) -> str:
    parts = [_share(figures)]
    if more := int(figures.get("more_contacts", 0)):
        parts.append(
            ngettext(
                "%(num)s more school has to be in contact.",
                "%(num)s more schools have to be in contact.",
                more,
            )
        )
    elif more := int(figures.get("more_done", 0)):
        parts.append(
            ngettext("%(num)s more is needed to go on.", "%(num)s more are needed to go on.", more)
        )
    days = int(figures.get("days_left", 0))
    parts.append(
        ngettext(
            "It waits %(num)s more school day at the longest.",
            "It waits %(num)s more school days at the longest.",
            days,
        )
    )
    return " ".join(parts)


def _soaking(figures: Figures) -> str:
    hours = int(figures["hours"])
    still = ngettext(
        "If it stays so, it goes on in %(num)s hour.",
        "If it stays so, it goes on in %(num)s hours.",
        hours,
    )
    return f"{_share(figures)} {still}"


def _went_well(figures: Figures) -> str:
    return f"{_share(figures)} {_failures(figures)}"


def _time_is_up(figures: Figures) -> str:
    said = _("Its %(max_days)s school days are over. Schools that weren't reached hold nobody up.")
    return f"{said % figures} {_share(figures)} {_failures(figures)}"


def _nobody_reached(figures: Figures) -> str:
    said = _(
        "Its %(max_days)s school days are over, and none of its schools was in contact. It goes "
        "on; failures in later stages still stop it."
    )
    return said % figures


def _nobody(_figures: Figures) -> str:
    return _("No school is in this stage.")


def _too_few(figures: Figures) -> str:
    said = _(
        "Its %(max_days)s school days are over, and too few of its schools have it: fewer than "
        "%(success_pct)s%% of those that came to an end. A person has to decide."
    )
    return f"{said % figures} {_share(figures)} {_failures(figures)}"


def _failing(figures: Figures) -> str:
    said = _(
        "%(failed)s of %(contacted)s schools in contact failed, more than %(fail_pct)s%%: no more "
        "schools are reached."
    )
    return said % figures


def _list_too_long(_figures: Figures) -> str:
    return _("The next stage's list names more schools than can be signed.")


def _withdrawn(_figures: Figures) -> str:
    return _("Its version was withdrawn.")


_REASONS: Final[Mapping[str, Callable[[Figures], str]]] = {
    "planned": _planned,
    "begun": _begun,
    "waiting": _waiting,
    "soaking": _soaking,
    "went-well": _went_well,
    "time-is-up": _time_is_up,
    "nobody-reached": _nobody_reached,
    "nobody": _nobody,
    "too-few": _too_few,
    "failing": _failing,
    "list-too-long": _list_too_long,
    "withdrawn": _withdrawn,
}


def _share(figures: Figures) -> str:
    return _("%(done)s of %(contacted)s schools in contact have it.") % figures


def _failures(figures: Figures) -> str:
    failed = int(figures["failed"])
    return ngettext("%(num)s failed.", "%(num)s failed.", failed) if failed else _("None failed.")


def price(found: Price, now: datetime, zone: ZoneInfo) -> str:
    """Return what a rollout costs in one sentence; days are those of the hub's zone."""
    if not found.schools:
        return _("It reaches no school as things are, so nothing can be said of its price.")
    if found.already == found.schools:
        return _("Every school has it already: it costs nothing.")
    costs = _("%(typical)s per school, %(egress)s in all") % {
        "typical": megabytes(found.typical),
        "egress": megabytes(found.egress),
    }
    parts = [
        ngettext(
            "%(num)s school by %(day)s",
            "%(num)s schools by %(day)s",
            found.schools_by,
            day=_day(found.by, now, zone),
        )
    ]
    if found.later:
        parts.append(ngettext("%(num)s later", "%(num)s later", found.later))
    if found.sticks:
        parts.append(ngettext("%(num)s needs a stick", "%(num)s need a stick", found.sticks))
    return _("%(costs)s; %(parts)s.") % {"costs": costs, "parts": _(", ").join(parts)}


def unknown(found: Price) -> str:
    """Return what the price can't tell, empty for nothing."""
    if not found.unknown:
        return ""
    return ngettext(
        "Of %(num)s school nothing is known of its link yet.",
        "Of %(num)s schools nothing is known of their links yet.",
        found.unknown,
    )


def _day(time: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return a day's name where it is one of the next seven, else its date."""
    day, today = time.astimezone(zone).date(), now.astimezone(zone).date()
    if not timedelta(0) <= day - today <= _WEEK:
        return day.isoformat()
    if day == today:
        return _("today")
    return (
        _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"),
        _("Sunday"),
    )[day.weekday()]  # fmt: skip
