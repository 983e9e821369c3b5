"""A county as its officer finds it: schools with their names, boxes in every state, things asked.

All of it came about as it does: packs are published and released, boxes are heard of night after
night and report, and the hub judges them. Seeded; `grow` goes from three weeks ago to the clock's
time. What the console shows of it is what an officer would see.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from content_packs.messages import to_second
from content_packs.reports import (
    Disk,
    DiskTrouble,
    HubLink,
    PackReadiness,
    Power,
    RecordsWaiting,
    Report,
    WifiStations,
)
from hub.clock import in_words
from hub.edition import read_edition
from hub.fleet import desired, reports
from hub.fleet.standing import Judge
from hub.fleet.state_tables import NodeDayRow
from hub.fleet.tables import NodeKeyRow, NodeRow, SchoolRow
from hub.hub import Hub
from hub.people.actor import Actor
from hub.publishing import publish
from hub.releasing import Terms, release
from hub.school_requests.tables import RequestRow
from tests.hub.clients import MovableClock
from tests.support.protocol import a_report

OFFICER = Actor("administrator", "administrator", "console")
TOWNSHIPS = (
    "如美镇",
    "宗西乡",
    "东坝乡",
    "纳西民族乡",
    "措瓦乡",
    "曲孜卡乡",
    "Upper Valley",
    "Lakeside",
)
LONGEST = "西藏自治区昌都市芒康县如美镇达海龙村中心小学（含学前班及寄宿部）"
WEEKS_DAYS = 21
_LOT = 400
_GB = 10**9
Kind: TypeAlias = Literal["no-box", "unheard", "overdue", "failed", "behind", "well"]
_KINDS: tuple[Kind, ...] = ("no-box", "unheard", "overdue", "failed", "behind", "well")
_SHARES = (12, 8, 18, 14, 110, 638)
_WISHES = (
    "五年级语文下册，最好有朗读音频",
    "Stories in Tibetan for the first two grades",
    "四年级数学第三单元的练习题不够，能不能多一些？孩子们做完了还想做。",
    "A film about how rivers begin",
)


@dataclass(frozen=True)
class _Box:
    node: str
    school: str
    kind: Kind
    heard_at: datetime
    weekly: bool
    chance: random.Random = field(compare=False)


@contextmanager
def _judging(hub: Hub) -> Iterator[Judge]:
    with hub.database.writing():
        yield Judge(hub, read_edition(hub.data.metadata))


def title_of(number: int) -> str:
    """What a school is called."""
    if number == 7:
        return LONGEST
    if number % 6 == 5:
        return f"Upper Mekong Primary School No. {number}"
    kinds = ("中心小学", "完全小学", "小学教学点", "九年一贯制学校")
    places = ("达海龙", "日通", "乌然", "扎西", "旺堆", "卡均", "邦达", "措瓦", "拉乌")
    return (
        f"{places[number % len(places)]}村第{number // len(places) + 1}{kinds[number % len(kinds)]}"
    )


def grow(
    hub: Hub, clock: MovableClock, packs: Sequence[Sequence[Path]], *, schools: int = 800,
    seed: int = 1,
) -> None:  # fmt: skip
    """Fill a new hub with `schools`, and `packs`: for each its versions, the first released.

    The clock, at three weeks ago when this is called, stands at today afterwards.
    """
    chance = random.Random(seed)
    begins = clock.now
    names = [publish(hub, versions[0]).version.pack for versions in packs]
    for name in names:
        release(hub, name, 1, "main", Terms())
    ends = begins + timedelta(days=WEEKS_DAYS)
    boxes = [_box(chance, number, ends) for number in range(schools)]
    _add(hub, boxes)
    _nights(hub, boxes, ends)
    desired.set_for(hub, {"channels": ["main"]}, group="pilot")
    heard = [box for box in boxes if box.kind not in {"no-box", "unheard"}]
    by_hour = groupby(sorted(heard, key=attrgetter("heard_at")), attrgetter("heard_at"))
    for clock.now, together in by_hour:
        with _judging(hub) as judge:
            for box in together:
                reports.keep(hub, box.node, [_said(box, names)], "check-in")
                judge.heard(NodeRow.get_by_id(box.node), "check-in")
    clock.now = ends
    for versions in packs:
        for version in versions[1:]:
            publish(hub, version)
    with _judging(hub) as judge:
        for box in boxes:
            if box.kind in {"no-box", "unheard"}:
                judge.judge_school(box.school)
    _ask(hub, boxes)


def _box(chance: random.Random, number: int, ends: datetime) -> _Box:
    kind = chance.choices(_KINDS, _SHARES)[0]
    ago = timedelta(hours=chance.randrange(1, 22))
    if kind == "overdue":
        ago += timedelta(days=chance.randrange(6, 16))
    school = f"school-{number:03}"
    weekly = kind == "well" and chance.random() < 0.06
    return _Box(f"{school}-1", school, kind, ends - ago, weekly, chance)


def _add(hub: Hub, boxes: Sequence[_Box]) -> None:
    now = in_words(hub.clock())
    with hub.database.writing():
        for first in range(0, len(boxes), _LOT):
            lot = boxes[first : first + _LOT]
            SchoolRow.insert_many([_school(box, now) for box in lot]).execute()
            with_box = [box for box in lot if box.kind != "no-box"]
            groups = {box.node: ["pilot"] if box.school[-1] == "3" else [] for box in with_box}
            NodeRow.insert_many(
                [{"node": box.node, "school": box.school, "added_at": now,
                  "groups": groups[box.node]} for box in with_box]
            ).execute()  # fmt: skip
            NodeKeyRow.insert_many([_key(box, now) for box in with_box]).execute()


def _school(box: _Box, now: str) -> dict[str, object]:
    number = int(box.school.rpartition("-")[2])
    return {
        "school": box.school, "district": "芒康县", "title": title_of(number), "added_at": now,
        "township": TOWNSHIPS[number * 7 % len(TOWNSHIPS)], "contact": "扎西老师 139 0000 0000",
        "latitude_e6": 29_600_000 + box.chance.randrange(400_000),
        "longitude_e6": 98_400_000 + box.chance.randrange(500_000),
    }  # fmt: skip


def _key(box: _Box, now: str) -> dict[str, object]:
    return {
        "keyid": f"{int(box.school.rpartition('-')[2]):064x}", "node": box.node, "public": "",
        "state": "valid", "code": "", "nonce": "", "model": "Raspberry Pi 4", "serial_number": "",
        "software": "0.1.0", "origin": "", "claimed_at": now,
    }  # fmt: skip


def _nights(hub: Hub, boxes: Sequence[_Box], ends: datetime) -> None:
    """Let each box have been there for two hours of each night, a few on one day a week only."""
    rows = []
    for box in boxes:
        if box.kind in {"no-box", "unheard"}:
            continue
        for back in range(1, WEEKS_DAYS):
            day = (ends - timedelta(days=back)).date()
            late = day > box.heard_at.date()
            if late or (box.weekly and day.weekday() != box.heard_at.weekday()):
                continue
            hour = 14 + box.chance.randrange(4)
            rows.append({
                "node": box.node, "day": day.isoformat(), "hours": 0b11 << hour, "contacts": 8,
                "bytes_in": box.chance.randrange(10**6, 90 * 10**6), "goodput": 9_000,
                "minutes_up": 118, "behind": max(0, back * 11 - 40) * 10**6,
                "disk_free": 9 * _GB + back * 10**8, "lessons_total": 8,
                "lessons_ready": max(0, 8 - back // 3), "records": box.chance.randrange(300),
            })  # fmt: skip
    with hub.database.writing():
        for first in range(0, len(rows), _LOT):
            NodeDayRow.insert_many(rows[first : first + _LOT]).execute()


def _said(box: _Box, packs: Sequence[str]) -> Report:
    chance, trouble = box.chance, "full" if box.kind == "failed" else ""
    waiting = chance.randrange(20, 900) if chance.random() < 0.2 else 0
    oldest = box.heard_at - timedelta(days=chance.choice((1, 2, 30)))
    told = tuple(holds(pack, 1, to_come=_to_come(box)) for pack in packs)
    return report_at(
        box.heard_at, told, trouble=trouble,  # type: ignore[arg-type]
        records=RecordsWaiting(count=waiting, oldest_at=to_second(oldest) if waiting else None),
        stations=chance.randrange(45), weak_power=chance.random() < 0.04,
    )  # fmt: skip


def _to_come(box: _Box) -> int:
    return box.chance.randrange(10**6, 90 * 10**6) if box.kind in {"behind", "failed"} else 0


def holds(pack: str, version: int, *, to_come: int = 0) -> PackReadiness:
    """What a box says that works towards a version, of which so many bytes are to come."""
    done = not to_come
    return PackReadiness(
        pack=pack, channel="main", version=version, lessons_ready=4 if done else 1,
        lessons_total=4, bytes_to_come=to_come, bytes_wanted=96_000_000,
        verified_version=version if done else version - 1 or None, opened=4 if done else 1,
        used=3 if done else 0,
    )  # fmt: skip


def report_at(
    at: datetime,
    packs: tuple[PackReadiness, ...],
    *,
    trouble: DiskTrouble = "",
    records: RecordsWaiting | None = None,
    stations: int = 12,
    weak_power: bool = False,
) -> Report:
    """What a box says of itself at a time."""
    return msgspec.structs.replace(
        a_report(),
        at=to_second(at), packs=packs, troubles=(), records=records,
        disk=Disk(total=32 * _GB, free=(0 if trouble else 9) * _GB, trouble=trouble),
        stations=WifiStations(count=stations),
        power=Power(since=to_second(at - timedelta(days=9)), cuts=3 * weak_power,
                    undervoltage=weak_power),
        link=HubLink(since=to_second(at - timedelta(hours=1)), bytes_per_second=9_000,
                     minutes_per_day=118),
    )  # fmt: skip


def say(hub: Hub, nodes: Sequence[str], pack: PackReadiness, *, trouble: DiskTrouble = "") -> None:
    """Let boxes check in now, and report the same of a pack."""
    with _judging(hub) as judge:
        said = report_at(hub.clock(), (pack,), trouble=trouble)
        for node in nodes:
            reports.keep(hub, node, [said], "check-in")
            judge.heard(NodeRow.get_by_id(node), "check-in")


def _ask(hub: Hub, boxes: Sequence[_Box]) -> None:
    """Let some schools wish for something, or offer what they made."""
    now = in_words(hub.clock() - timedelta(hours=5))
    asked = {
        "state": "open", "asked_at": now, "taken_at": now,
        "pack": "", "lesson": "", "kind": "", "media_type": "", "size": 0, "seconds": 0,
    }  # fmt: skip
    offer = {
        "kind": "video", "media_type": "video/mp4", "size": 41_000_000, "digest": "ab" * 32,
        "seconds": 125,
    }  # fmt: skip
    rows = [
        {**asked, "school": box.school, "node": box.node, "id": f"wish-{number}", "what": "wish",
         "text": _WISHES[number % len(_WISHES)], "digest": ""}
        for number, box in enumerate(boxes[20:180:13])
    ]  # fmt: skip
    rows += [
        {**asked, **offer, "school": box.school, "node": box.node, "id": f"offer-{number}",
         "what": "offer", "text": "我们学校合唱团唱的歌"}
        for number, box in enumerate(boxes[30:60:17])
    ]  # fmt: skip
    with hub.database.writing():
        RequestRow.insert_many(rows).execute()
