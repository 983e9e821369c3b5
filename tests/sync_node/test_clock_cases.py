"""Wrong clocks, old sticks, hubs that err or lie: what is active, and what is said.

Each case is a script (tests/support/clocks.py) that begins on 2026-06-01, true on all clocks. What
must hold in all: only what was signed and offered is active; what was active stays; every good
stick is taken; trusted time is never later than the truth, unless the hub itself said so.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync_node import state
from sync_node.engine import Engine
from sync_node.progress_file import Progress
from sync_node.sources import Sources
from sync_node.ticks import Outcome
from sync_node.time_sayings import StaleBy
from sync_node.trusted_time import BUILD_DATE, ClockIs, Sure
from tests.support.clocks import START, School
from tests.support.nodes import publish


@dataclass(frozen=True)
class Case:
    """A script and what is to come of it: `trusted` is in days after the first day."""

    name: str
    script: tuple[str, ...]
    active: int
    outcome: Outcome
    trusted: float
    sure: Sure = "at-least"
    clock_is: ClockIs = "unproven"
    stale: StaleBy = ""
    says: tuple[str, ...] = ()
    hub_erred: bool = False


FIRST = ("edition 1", "hub")
LONG_AGO = (BUILD_DATE - START) / timedelta(days=1)
TO_2040 = (datetime(2040, 1, 1, tzinfo=UTC) - START) / timedelta(days=1)
NOT_BELIEVED = "and isn't believed"

CASES = [
    # Good clocks
    Case("all is well", FIRST, 1, "updated", 0),
    Case("an update the next day", (*FIRST, "on 24", "edition 2", "hub"), 2, "updated", 1),
    Case("all is well and the hub answers", ("edition 1", "answer", "hub"), 1, "updated", 0,
         "exact", "right", says=("by the hub's signed answer",)),
    Case("never heard of anybody", ("stick nowhere",), 0, "cut", LONG_AGO, "unknown",
         says=("the day this software was made",)),
    Case("nobody there", (*FIRST, "on 5", "stick nowhere"), 1, "cut", 5 / 24),
    # Months without a link
    Case("24 months off, then a stick of today", (*FIRST, "off 730", "edition 2", "stick"), 2,
         "updated", 730),
    Case("24 months off, then the hub", (*FIRST, "off 730", "edition 2", "hub"), 2, "updated", 730),
    Case("24 months on without a link, then a stick of today",
         (*FIRST, "on 17520", "edition 2", "stick"), 2, "updated", 730),
    Case("24 months on without a link, nothing comes", (*FIRST, "on 17520", "stick nowhere"), 1,
         "cut", 730, stale="proof", says=("stale since 2026-07-01", "nothing is taken away")),
    Case("24 months off, then a stick of before",
         (*FIRST, "edition 2", "copy A", "off 730", "stick A"), 2, "updated", 0, stale="clock",
         says=("stale since 2026-07-01T00:00:00Z, if this box's own clock is right",)),
    Case("a stick that lapsed two years ago",
         ("edition 1", "copy A", "on 17520", "answer", "stick A"), 1, "updated", 730, "exact",
         "right", "proof", says=("stale since 2026-07-01",)),
    Case("a first stick, two years old, on a new box",
         ("edition 1", "copy A", "off 760", "stick A"), 1, "updated", 0, stale="clock"),
    Case("a stick older than what is here", ("edition 1", "copy A", "edition 2", "hub", "stick A"),
         2, "nothing-new", 0),
    Case("an old stick, then a new one",
         ("edition 1", "copy A", "off 400", "edition 2", "copy B", "stick A", "stick B"), 2,
         "updated", 400),
    Case("a new stick, then an old one",
         ("edition 1", "copy A", "off 400", "edition 2", "copy B", "stick B", "stick A"), 2,
         "nothing-new", 400),
    # The box's clock behind
    Case("clock 1970, the hub", ("clock 1970", *FIRST), 1, "updated", 0, clock_is="behind",
         says=("1970-01-01T00:00:00Z, " + NOT_BELIEVED,)),
    Case("clock 1970, a stick", ("clock 1970", "edition 1", "stick"), 1, "updated", 0,
         clock_is="behind"),
    Case("clock 1970 and nobody there", ("clock 1970", "stick nowhere"), 0, "cut", LONG_AGO,
         "unknown", "behind"),
    Case("clock 1970 after a sync", (*FIRST, "off 40", "clock 1970", "edition 2", "hub"), 2,
         "updated", 40, clock_is="behind"),
    Case("a day behind", (*FIRST, "on 1", "clock -1", "edition 2", "hub"), 2, "updated", 1 / 24,
         clock_is="behind"),
    Case("the battery is dead at every start",
         ("battery dead", *FIRST, "off 3", "on 8", "hub", "off 3", "on 8", "edition 2", "hub"), 2,
         "updated", 6 + 16 / 24, clock_is="behind"),
    Case("the battery is dead and the hub answers",
         ("battery dead", *FIRST, "off 3", "on 8", "answer", "hub"), 1, "nothing-new", 3 + 8 / 24,
         "exact", "behind"),
    Case("the battery is dead, 300 power cuts, a stick",
         ("battery dead", *FIRST, "cycles 300 20", "edition 2", "stick"), 2, "updated",
         150 + 100 / 24, clock_is="behind"),
    Case("the battery is dead, 300 power cuts, nothing comes",
         ("battery dead", *FIRST, "cycles 300 20", "stick nowhere"), 1, "cut", 100 / 24,
         clock_is="behind", says=("this box was on for 4 days since",)),
    # The box's clock ahead
    Case("clock 2040, the hub", ("clock 2040", *FIRST), 1, "updated", 0, clock_is="ahead",
         says=(NOT_BELIEVED,)),
    Case("clock 2040, a stick", ("clock 2040", "edition 1", "stick"), 1, "updated", 0,
         clock_is="ahead"),
    Case("clock 2040 after a sync, then the hub", (*FIRST, "clock 2040", "edition 2", "hub"), 2,
         "updated", 0, clock_is="ahead"),
    Case("clock 2040 for a while leaves nothing",
         (*FIRST, "clock 2040", "on 1", "hub", "clock true", "edition 2", "hub"), 2, "updated",
         1 / 24),
    Case("two years ahead, the hub", (*FIRST, "clock +730", "edition 2", "hub"), 2, "updated", 0,
         stale="clock"),
    Case("two years ahead, the same edition at the hub", (*FIRST, "clock +730", "hub"), 1,
         "nothing-new", 0, stale="clock", says=("if this box's own clock is right",)),
    Case("two years ahead and the hub answers", (*FIRST, "clock +730", "answer", "hub"), 1,
         "nothing-new", 0, "exact", "ahead"),
    # Clocks that jump
    Case("it jumps forth and back while it runs",
         (*FIRST, "clock 2040", "hub", "clock 1970", "edition 2", "hub", "clock +30", "hub",
          "clock -30", "edition 3", "hub", "clock true"), 3, "updated", 0),
    Case("it jumps between sticks",
         ("clock 2040", "edition 1", "stick", "clock 1970", "edition 2", "stick", "clock 2033",
          "edition 3", "stick", "clock true"), 3, "updated", 0),
    Case("it jumps a month on before what waits for its time",
         (*FIRST, "edition 2 at 10", "clock +30", "hub"), 1, "waiting", 0, stale="clock"),
    Case("clock 2040 before what waits for its time",
         (*FIRST, "edition 2 at 10", "clock 2040", "hub"), 1, "waiting", 0, clock_is="ahead"),
    # What waits for its time
    Case("its time comes while the box is on", (*FIRST, "edition 2 at 10", "hub", "on 240", "hub"),
         2, "updated", 10),
    Case("its time comes while the clock says 1970",
         ("clock 1970", *FIRST, "edition 2 at 10", "hub", "on 240", "hub"), 2, "updated", 10,
         clock_is="behind"),
    Case("its time is an hour away",
         (*FIRST, "edition 2 at 10", "hub", "on 239", "hub"), 1, "waiting", 239 / 24),
    Case("its time passed while the box was off, and nothing signed says so",
         (*FIRST, "edition 2 at 10", "stick", "off 20", "stick nowhere"), 1, "cut", 0),
    Case("its time passed while the box was off, and the hub says so",
         (*FIRST, "edition 2 at 10", "hub", "off 20", "answer", "hub"), 2, "updated", 20, "exact",
         "right"),
    Case("its time passed while the box was off, and a newer timestamp says so",
         (*FIRST, "edition 2 at 10", "stick", "off 20", "renew", "stick"), 2, "updated", 20),
    Case("what opened stays open when the clock goes back",
         (*FIRST, "edition 2 at 10", "hub", "on 240", "hub", "off 0", "clock 1970",
          "stick nowhere"), 2, "cut", 10, clock_is="behind"),
    # Freezing
    Case("frozen for 20 days", (*FIRST, "freeze", "edition 2", "on 480", "hub"), 1, "nothing-new",
         20),
    Case("frozen for 31 days of being on", (*FIRST, "freeze", "edition 2", "on 744", "hub"), 1,
         "untrusted", 31, stale="proof", says=("expired", "stale since 2026-07-01")),
    Case("frozen for 31 days, the clock 1970",
         ("clock 1970", *FIRST, "freeze", "edition 2", "on 744", "hub"), 1, "untrusted", 31,
         clock_is="behind", stale="proof", says=("expired",)),
    Case("frozen while the box was off, with a good clock: not proven, and said",
         (*FIRST, "freeze", "edition 2", "off 60", "hub"), 1, "nothing-new", 0, stale="clock",
         says=("if this box's own clock is right",)),
    Case("frozen while the box was off, without a clock",
         ("battery dead", *FIRST, "freeze", "edition 2", "off 60", "hub"), 1, "nothing-new", 0,
         clock_is="behind"),
    Case("frozen while the box was off, and the hub answers",
         ("battery dead", *FIRST, "freeze", "edition 2", "off 60", "answer", "hub"), 1, "untrusted",
         60, "exact", "behind", "proof", says=("expired",)),
    Case("frozen, then a stick",
         (*FIRST, "freeze", "on 744", "hub", "edition 2", "stick"), 2, "updated", 31),
    Case("frozen, then let through",
         (*FIRST, "freeze", "on 744", "hub", "edition 2", "thaw", "hub"),
         2, "updated", 31),
    Case("a new box at a frozen hub, without a clock",
         ("clock 1970", "edition 1", "freeze", "edition 2", "on 1", "hub"), 1, "updated", 0,
         clock_is="behind"),
    Case("a new box at a hub frozen 60 days ago, and the hub answers",
         ("edition 1", "freeze", "on 1440", "answer", "hub"), 0, "untrusted", 60, "exact", "right"),
    # Expiry
    Case("a second before it lapses", (*FIRST, "on 719.9998", "hub"), 1, "nothing-new", 30),
    Case("it lapses exactly now", (*FIRST, "on 720", "hub"), 1, "untrusted", 30, stale="proof"),
    Case("it lapses exactly now, on a stick", (*FIRST, "copy A", "on 720", "stick A"), 1,
         "nothing-new", 30, stale="proof"),
    Case("lapsed and renewed", (*FIRST, "on 744", "hub", "renew", "hub"), 1, "nothing-new", 31),
    # Hubs whose clock is wrong
    Case("signed an hour ahead, then right", ("hub clock +0.0417", *FIRST, "hub clock true",
         "edition 2", "hub"), 2, "updated", 0),
    Case("signed in 2040", ("hub clock 2040", *FIRST), 1, "updated", TO_2040, clock_is="behind",
         hub_erred=True),
    Case("signed in 2040, then right: a hub",
         ("hub clock 2040", *FIRST, "hub clock true", "edition 2", "hub"), 2, "updated", 0),
    Case("signed in 2040, then right: a stick",
         ("hub clock 2040", *FIRST, "hub clock true", "edition 2", "stick"), 2, "updated", 0),
    Case("signed in 2040, then with a new key",
         ("hub clock 2040", *FIRST, "hub clock true", "rotate", "edition 2", "hub"), 2, "updated",
         0),
    Case("signed in 2040 while the hub answers with the truth",
         ("hub clock 2040", *FIRST, "answer true"), 1, "updated", TO_2040, clock_is="behind",
         hub_erred=True),
    Case("signed in 1999: a hub", (*FIRST, "hub clock 1999", "edition 2", "hub"), 1, "untrusted",
         0, says=("expired",)),
    Case("signed before this software was made: a stick",
         ("hub clock 2025", "edition 1", "stick"), 1, "updated", LONG_AGO, "unknown",
         stale="proof"),
    Case("signed before this software was made: a hub",
         ("hub clock 2025", "edition 1", "hub"), 0, "untrusted", LONG_AGO, "unknown"),
    Case("the hub answers from 2040, then right",
         (*FIRST, "answer 2040", "answer", "edition 2", "hub"), 2, "updated", 0, "exact", "right"),
    Case("the hub answers with a time before what it signed",
         (*FIRST, "answer -20", "hub"), 1, "nothing-new", 0),
    # What a box forgets
    Case("a power cut after each hour on",
         (*FIRST, "cycles 24 60", "edition 2", "stick"), 2, "updated", 13),
    Case("node.db is lost", (*FIRST, "on 24", "lose node.db", "stick nowhere"), 1, "cut", 0),
    Case("node.db is lost, the clock 1970, frozen hub of before",
         ("edition 1", "freeze", "on 744", "renew", "thaw", "hub", "clock 1970", "lose node.db",
          "hub"), 1, "nothing-new", 31, clock_is="behind"),
    Case("node.db rots, an older stick comes",
         ("edition 1", "copy A", "on 744", "edition 2", "hub", "rot node.db", "stick A"), 2,
         "nothing-new", 31),
    Case("node.db is lost and the snapshot rots, nothing comes",
         ("edition 1", "on 744", "renew", "hub", "lose node.db", "rot snapshot", "stick nowhere"),
         1, "cut", 31),
    Case("the timestamp rots, and one that lapsed is played back",
         ("edition 1", "copy A", "on 744", "edition 2", "hub", "rot timestamp", "play back A",
          "hub"), 2, "untrusted", 31, says=("version",)),
    Case("the timestamp rots, and one that still holds is played back",
         ("edition 1", "copy A", "on 24", "edition 2", "hub", "rot timestamp", "play back A",
          "hub"), 2, "untrusted", 1, says=("version",)),
    Case("the timestamp rots, and an older stick comes",
         ("edition 1", "copy A", "on 24", "edition 2", "hub", "rot timestamp", "stick A"), 2,
         "nothing-new", 1),
    Case("the timestamp rots, and the hub is there",
         ("edition 1", "on 24", "edition 2", "hub", "rot timestamp", "hub"), 2, "nothing-new", 1),
    Case("node.db is lost, then a stick of today", (*FIRST, "lose node.db", "edition 2", "stick"),
         2, "updated", 0),
]  # fmt: skip


def test_the_table_is_long_and_each_name_is_used_once() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60


@pytest.mark.sampled(5)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_clock(case: Case, tmp_path: Path) -> None:
    school = School(tmp_path)
    school.do(*case.script)
    tick, found, said = school.tick, school.status(), school.words()
    assert tick
    assert school.node.lessons() == ({"one": case.active} if case.active else {})
    assert school.active == sorted(school.active), "what was active stays"
    assert tick.outcome == case.outcome, said
    time = found.time
    assert (time.trusted - START) / timedelta(days=1) == pytest.approx(case.trusted, abs=1e-3)
    assert (time.sure, time.clock_is) == (case.sure, case.clock_is), said
    assert found.stale_by == case.stale, said
    assert case.hub_erred or time.trusted <= school.truth + timedelta(seconds=1)
    for words in case.says:
        assert words in said


@contextmanager
def time_zone(name: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "XYZ-14"])
def test_time_zones_and_daylight_saving_change_nothing(zone: str, tmp_path: Path) -> None:
    with time_zone(zone):
        school = School(tmp_path, truth=datetime(2026, 10, 31, 23, 30, tzinfo=UTC))
        school.do(*FIRST, "on 7", "hub")
        assert school.reading().trusted == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
        school.do("edition 2", "stick")
    assert school.active[-1] == 2


def test_a_power_cut_in_a_long_tick_costs_a_quarter_of_an_hour(tmp_path: Path) -> None:
    school = School(tmp_path)
    node = school.node
    school.repository.offer("main", publish(school.repository, tmp_path, video_bytes=9_000_000))
    lost: list[timedelta] = []

    def block(_: Progress) -> None:
        saved = state.time_known()
        assert saved
        lost.append(timedelta(seconds=node.seconds - saved.uptime))
        school.on("0.2")

    with node.opened():
        Engine(
            node.data_dir, node.config, Sources([school.hub]), clock=node.clock(), progress=block
        ).tick()
    assert len(lost) > 10, "blocks of twelve minutes each"
    assert max(lost) <= timedelta(minutes=24)


def test_a_leap_second_is_no_time_but_what_it_signs_is_taken(tmp_path: Path) -> None:
    school = School(tmp_path)
    school.repository.signed_at = "2026-12-31T23:59:60Z"
    school.do(*FIRST)
    assert school.active == [1]
    assert school.reading().sure == "unknown"


def test_a_hub_that_doesnt_say_when_it_signed_is_believed(tmp_path: Path) -> None:
    school = School(tmp_path)
    school.repository.signed_at = ""
    school.do(*FIRST, "off 10", "edition 2", "stick")
    assert school.active == [1, 2]


def test_an_older_node_db_keeps_its_time(tmp_path: Path) -> None:
    """Before there was evidence there were a signed time and a floor."""
    from_before = '["2026-06-05T00:00:00Z", "first", 0]'
    school = School(tmp_path)
    school.do(*FIRST)
    school.write_state({"signed-time": "2026-06-03T00:00:00Z", "time-floor": from_before})
    school.do("on 24", "hub")
    assert school.reading().trusted == datetime(2026, 6, 6, tzinfo=UTC)
    assert school.state_keys() & {"time", "signed-time", "time-floor"} == {"time"}


@pytest.mark.parametrize(
    "rot", ["", "{}", "[1]", '{"on":1e300,"boot":"","uptime":0}', '{"on":-1,"boot":"","uptime":0}',
            '{"on":0,"boot":"","uptime":0,"evidence":[{"kind":"document","time":"9998-01-01T00:00:00Z","on":0}]}',
            '{"on":0,"boot":"","uptime":0,"evidence":[{"kind":"document","time":"2026-01-01T00:00:00","on":0}]}'],
)  # fmt: skip
def test_what_is_remembered_of_time_rots(rot: str, tmp_path: Path) -> None:
    school = School(tmp_path)
    school.do(*FIRST)
    school.write_state({"time": rot})
    school.do("hub")
    assert school.tick
    assert school.tick.outcome == "nothing-new"
    assert school.reading().trusted == START, "trust/ says when it was signed"
