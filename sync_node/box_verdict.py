"""What a technician has to do about a box, if anything: one word for each thing. Pure.

1. What needs a person comes first, what takes service from pupils before all else; then what is to
   be known and mends itself. Of two that have one cause only the cause is told.
2. Nothing is told as a fault that is as it was wished: a window that isn't open, a pause.
3. Nothing is claimed that wasn't seen: where the engine never ran, that is what is told.
"""

from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from content_packs.values import Value
from sync_node import trusted_time
from sync_node.box_view import BoxView, SchoolState
from sync_node.limits import (
    BACKUP_OLD_DAYS,
    DISK_LOW_SHARE,
    ENGINE_LATE_SECONDS,
    NO_CONTACT_DAYS,
    ORDER_LATE_SECONDS,
    POWER_CUTS_DAYS,
    POWER_CUTS_MANY,
    SALVAGED_TOLD_DAYS,
)

Weight: TypeAlias = Literal["act", "note"]
Code: TypeAlias = Literal[
    # for a person
    "disk-full", "disk-read-only", "disk-failing", "disk-unreadable", "school-unreadable",
    "engine-never", "engine-late", "revoked", "refused", "identity", "untrusted", "invalid",
    "no-contact", "stale", "never", "space", "absent-channels", "salvaged", "backup-old",
    "power-cuts", "check-failed", "claimed", "code-refused",
    # to be known
    "paused", "disk-low", "clock", "mended", "power-cut", "not-enrolled",
]  # fmt: skip


class Need(Value, frozen=True):
    """A thing: whether a person is needed for it, a word for it, a number or words in it."""

    weight: Weight
    code: Code
    number: int = 0
    words: str = ""


class Verdict(Value, frozen=True):
    """All that is to be told, what matters most first."""

    needs: tuple[Need, ...]

    @property
    def to_do(self) -> tuple[Need, ...]:
        """What a person is needed for."""
        return tuple(each for each in self.needs if each.weight == "act")

    @property
    def notes(self) -> tuple[Need, ...]:
        """What is to be known."""
        return tuple(each for each in self.needs if each.weight == "note")


def verdict(box: BoxView, school: SchoolState) -> Verdict:
    """Return what is to be told of a box."""
    found = [
        *_disk(box),
        *_school(box, school),
        *_engine(box),
        *_hub(box),
        *_coming(box),
        *_power(box),
        *_check(box),
        *_to_be_known(box),
    ]
    return Verdict(tuple(sorted(found, key=lambda each: each.weight != "act")))


def _disk(box: BoxView) -> list[Need]:
    match box.disk_trouble:
        case "full":
            return [Need("act", "disk-full")]
        case "read-only":
            return [Need("act", "disk-read-only")]
        case "unreadable":
            return [Need("act", "disk-unreadable")]
        case "":
            return []
    return [Need("act", "disk-failing")]


def _school(box: BoxView, school: SchoolState) -> list[Need]:
    if school.condition == "unreadable":
        return [] if box.disk_trouble else [Need("act", "school-unreadable")]
    found = []
    if school.salvaged and _is_within(school.salvaged[0], box.time.now, SALVAGED_TOLD_DAYS):
        found.append(Need("act", "salvaged", words=school.salvaged[0]))
    if school.backed_up_days is not None and school.backed_up_days > BACKUP_OLD_DAYS:
        found.append(Need("act", "backup-old", school.backed_up_days))
    return found


def _engine(box: BoxView) -> list[Need]:
    if box.running or box.checking:
        return []
    if not box.ticks:
        return [Need("act", "engine-never")]
    late = max(ENGINE_LATE_SECONDS, 2 * box.poll_seconds)
    waited = max(box.asked.sync or 0, box.asked.check or 0) if box.asked.is_idle else 0
    if waited > ORDER_LATE_SECONDS or (box.idle_seconds or 0) > late:
        return [Need("act", "engine-late", box.idle_seconds or 0)]
    return []


def _hub(box: BoxView) -> list[Need]:
    if box.hub.revoked:
        return [Need("act", "revoked")]
    found = []
    if box.hub.refused:
        found.append(Need("act", "refused", box.hub.refused))
    if box.hub.trouble:
        found.append(Need("act", "identity", words=box.hub.trouble))
    last = box.ticks[0].outcome if box.ticks else ""
    if last == "untrusted":
        found.append(Need("act", "untrusted"))
    if last == "invalid":
        found.append(Need("act", "invalid"))
    if box.memory.absent_channels:
        channels = ", ".join(box.memory.absent_channels)
        found.append(Need("act", "absent-channels", words=channels))
    if box.hub.enrolment == "claimed":
        found.append(Need("act", "claimed", words=box.hub.fingerprint))
    if box.hub.enrolment == "refused":
        found.append(Need("act", "code-refused"))
    return found


def _coming(box: BoxView) -> list[Need]:
    found = []
    last = box.ticks[0].outcome if box.ticks else ""
    if box.stale.since:
        found.append(Need("act", "stale", words=box.stale.since))
    elif last == "cut" and not _is_within(box.memory.last_contact, box.time.now, NO_CONTACT_DAYS):
        found.append(Need("act", "no-contact", _days_since(box.memory.last_contact, box.time.now)))
    waits = box.outlook.waits_for if box.outlook else ""
    if waits == "never":
        found.append(Need("act", "never"))
    if waits == "space" and not box.disk_trouble:
        found.append(Need("act", "space"))
    return found


def _power(box: BoxView) -> list[Need]:
    since = box.time.now - timedelta(days=POWER_CUTS_DAYS)
    cuts = len(box.power.power_cuts(since))
    if cuts >= POWER_CUTS_MANY:
        return [Need("act", "power-cuts", cuts)]
    return [Need("note", "power-cut", cuts)] if cuts else []


def _check(box: BoxView) -> list[Need]:
    if box.checking or box.checked is None:
        return []
    if box.checked.state == "failed":
        return [Need("act", "check-failed", words=box.checked.trouble)]
    if box.checked.state == "mended" and _is_within(box.checked.ended, box.time.now, 7):
        return [Need("note", "mended", box.checked.rotten)]
    return []


def _to_be_known(box: BoxView) -> list[Need]:
    found = []
    if box.pause:
        found.append(Need("note", "paused"))
    if not box.disk_trouble and box.disk_free < box.disk_total * DISK_LOW_SHARE:
        found.append(Need("note", "disk-low"))
    if box.time.clock_is in {"behind", "ahead"}:
        found.append(Need("note", "clock"))
    if box.hub.enrolment == "none" and box.ticks:
        found.append(Need("note", "not-enrolled"))
    return found


def _is_within(text: str, now: datetime, days: int) -> bool:
    moment = trusted_time.parse(text)
    return moment is not None and now - moment <= timedelta(days=days)


def _days_since(text: str, now: datetime) -> int:
    moment = trusted_time.parse(text)
    return max((now - moment).days, 0) if moment else 0
