"""What a node says about itself: `status`, the ticks and the clock (PROTOCOL.md, section 9).

Nothing about any pupil is in it. What matters most stands first, since what is too much is cut.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from content_packs import messages, reports
from content_packs.errors import SatchelError
from content_packs.limits import REPORT_TROUBLES_MAX, SHORT_TEXT_CHARACTERS_MAX
from content_packs.reports import (
    Clock,
    Disk,
    PackReadiness,
    Report,
    Ticks,
    Trouble,
    Versions,
)
from sync_node import box_facts, records_waiting, school_reading, status, ticks
from sync_node.box_clock import BoxClock
from sync_node.config import Config
from sync_node.data_dir import DataDir
from sync_node.disk import disk_total
from sync_node.hardware import Hardware
from sync_node.held_documents import HeldDocuments
from sync_node.identity import Identity
from sync_node.limits import REPORT_DAYS
from sync_node.moments import as_moment, moment
from sync_node.status import PackStatus, Status
from sync_node.system import box_slots
from sync_node.ticks import Record, Tick
from sync_node.trusted_time import Reading


def report_of(  # noqa: PLR0913  # all by name; each is needed
    data_dir: DataDir,
    config: Config,
    who: Identity,
    *,
    clock: BoxClock,
    tick: Tick | None,
    hardware: Hardware,
    disk_free: Callable[[Path], int],
    newest: int,
) -> Report:
    """Return what a node says about itself now; `newest` is its newest batch. node.db is open.

    `tick` is the one at work, which isn't recorded yet. Raises `StorageFailed`.
    """
    documents = HeldDocuments(data_dir)
    desired, receipt = documents.desired_state(), documents.receipt(who)
    time = clock.reading()
    found = status.status(data_dir, config.channels, time=time, disk_free=disk_free)
    used = _used(data_dir)
    done = ticks.records(time.now - timedelta(days=REPORT_DAYS))
    return reports.fitted(
        Report(
            at=messages.to_second(time.now),
            versions=Versions(
                satchel=hardware.software, system=hardware.system, model=hardware.model
            ),
            disk=_disk(data_dir, found),
            clock=_clock(time),
            ticks=_ticks(time.now, done, tick, last_contact=moment(found.last_contact)),
            packs=tuple(_pack(each, used) for each in sorted(found.packs, key=_wholeness)),
            troubles=tuple(_trouble(each) for each in (tick.troubles if tick else ())),
            channels_absent=found.absent_channels[:REPORT_TROUBLES_MAX],
            stale_since=moment(found.stale_since),
            paused=found.paused,
            desired_state=desired.number if desired else 0,
            batches=newest,
            receipt=receipt.sequence if receipt else 0,
            records=records_waiting.waiting(data_dir, who, receipt),
            stations=box_facts.wifi(data_dir, time),
            power=box_facts.power(found, hardware),
            link=box_facts.hub_link(data_dir, config, done, time.now),
            coming=box_facts.coming(found),
            courier=box_facts.courier(found),
            slots=box_slots.report(data_dir),
        )
    )


def _disk(data_dir: DataDir, found: Status) -> Disk:
    return Disk(
        total=disk_total(data_dir.root),
        free=found.disk_free,
        store_files=found.store_files,
        trouble=messages_disk(found.disk_trouble),
    )


def _clock(time: Reading) -> Clock:
    return Clock(
        trusted=messages.to_second(time.trusted),
        sure=time.sure,
        clock_is=time.clock_is,
        system=as_moment(time.clock),
    )


def messages_disk(trouble: str) -> reports.DiskTrouble:
    """Return a disk's trouble as a report names it."""
    for known in ("full", "read-only", "failing", "unreadable"):
        if trouble == known:
            return known
    return ""


def _wholeness(pack: PackStatus) -> tuple[bool, bool, str]:
    """Return what packs are sorted by: what isn't whole comes first, what is hidden last."""
    whole = pack.lessons_total is not None and pack.lessons_ready == pack.lessons_total
    return (pack.retired, whole, pack.pack)


def _used(data_dir: DataDir) -> dict[tuple[str, int], int]:
    try:
        return school_reading.used_lessons(data_dir)
    except school_reading.SchoolUnread:
        return {}  # the site mends it; nobody is said to have used anything meanwhile


def _pack(found: PackStatus, used: dict[tuple[str, int], int]) -> PackReadiness:
    return PackReadiness(
        pack=found.pack,
        channel=found.channel or "none",
        version=found.version,
        lessons_ready=found.lessons_ready,
        lessons_total=found.lessons_total,
        lessons_older=found.lessons_older,
        bytes_to_come=found.bytes_to_come,
        held_version=found.held_version,
        retired=found.retired,
        bytes_wanted=found.bytes_wanted,
        verified_version=found.verified_version,
        opened=found.opened,
        used=used.get((found.pack, found.version or 0), 0),
        rolled_back=found.rolled_back_from,
    )


def _trouble(error: SatchelError) -> Trouble:
    return Trouble(code=error.code, text=reports.shortened(error.message))


def _ticks(
    now: datetime, found: Sequence[Record], tick: Tick | None, *, last_contact: datetime | None
) -> Ticks:
    """Sum up what the engine did in the last days, and in the tick at work."""
    bad = ("cut", "untrusted", "invalid", "storage")
    last = found[-1] if found else None
    started = moment(found[0].started_at) if found else None
    outcome = tick.outcome if tick else last.outcome if last else ""
    return Ticks(
        since=started or messages.to_second(tick.started_at if tick else now),
        ticks=sum(each.ticks for each in found) + bool(tick),
        failed=sum(each.ticks for each in found if each.outcome in bad)
        + bool(tick and tick.outcome in bad),
        seconds=sum(each.seconds for each in found),
        bytes_in=sum(each.bytes_in for each in found) + (tick.traffic.bytes_in if tick else 0),
        bytes_out=sum(each.bytes_out for each in found) + (tick.traffic.bytes_out if tick else 0),
        cuts=sum(each.cuts for each in found),
        last_ended_at=moment(last.ended_at) if last else None,
        last_outcome=reports.shortened(outcome, SHORT_TEXT_CHARACTERS_MAX),
        last_contact=last_contact,
    )
