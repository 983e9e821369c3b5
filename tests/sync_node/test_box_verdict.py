"""What a technician is told to do: what matters first, and no false alarm."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from sync_node.asked_check import Checked
from sync_node.box_clock import BoxClock
from sync_node.box_reader import Counts, Memory
from sync_node.box_verdict import verdict
from sync_node.box_view import Asked, BoxView, SchoolState
from sync_node.catalogue_model import TickView
from sync_node.last_check_in import LastCheckIn
from sync_node.orders import Pause
from sync_node.outlook import Outlook
from sync_node.power_cuts import Cut, Power
from sync_node.progress_file import Progress, Running
from sync_node.standing import Standing
from sync_node.time_sayings import Stale
from sync_node.trusted_time import Reading, Uptime

NOW = datetime(2026, 9, 1, 6, tzinfo=UTC)
WELL = SchoolState("well", 100_000, 0)


def words(**ago: float) -> str:
    return f"{NOW - timedelta(**ago):%Y-%m-%dT%H:%M:%SZ}"


def reading(clock: datetime) -> Reading:
    return BoxClock(lambda: clock, None, read_uptime=lambda: Uptime("b", 9.0)).reading()


def tick(outcome: str = "nothing-new") -> TickView:
    return TickView(words(minutes=6), words(minutes=5), 4_000, 900, 1, outcome, "")


def outlook(waits_for: str) -> Outlook:
    return Outlook(words(minutes=5), 10, 1, 1, "", waits_for, "", False, (), (), ())


BOX = BoxView(
    packs=(),
    counts=Counts(2, 0, 40),
    ticks=(tick(),),
    disk_total=1_000,
    disk_free=500,
    time=reading(NOW),
    stale=Stale(),
    today=date(2026, 9, 1),
    memory=Memory(LastCheckIn(), (), "", {}, words(minutes=5)),
    hub=Standing("enrolled", node="n-1"),
    poll_seconds=900,
    idle_seconds=300,
)


def told(box: BoxView, school: SchoolState = WELL) -> list[str]:
    return [each.code for each in verdict(box, school).needs]


def cuts(number: int) -> Power:
    found = [Cut("power", words(days=day, hours=1), words(days=day)) for day in range(number)]
    return Power(boot="b", cuts=tuple(found), cuts_in_all=number)


def test_a_box_that_is_well_needs_nothing() -> None:
    assert told(BOX) == []
    assert told(BOX, SchoolState("none-yet")) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"disk_trouble": "full"}, "disk-full"),
        ({"disk_trouble": "read-only"}, "disk-read-only"),
        ({"disk_trouble": "failing"}, "disk-failing"),
        ({"disk_trouble": "unreadable"}, "disk-unreadable"),
        ({"ticks": ()}, "engine-never"),
        ({"idle_seconds": 20_000}, "engine-late"),
        ({"asked": Asked(sync=90)}, "engine-late"),
        ({"hub": Standing("enrolled", revoked=True)}, "revoked"),
        ({"hub": Standing("enrolled", refused=4)}, "refused"),
        ({"hub": Standing("enrolled", trouble="the key is damaged")}, "identity"),
        ({"hub": Standing("claimed", fingerprint="ab cd")}, "claimed"),
        ({"hub": Standing("refused")}, "code-refused"),
        ({"ticks": (tick("untrusted"),)}, "untrusted"),
        ({"ticks": (tick("invalid"),)}, "invalid"),
        ({"stale": Stale(words(days=3), "proof")}, "stale"),
        ({"outlook": outlook("never")}, "never"),
        ({"outlook": outlook("space")}, "space"),
        ({"power": cuts(3)}, "power-cuts"),
        ({"checked": Checked("failed", words(hours=1), trouble="no")}, "check-failed"),
    ],
)
def test_what_needs_a_person(changes: dict[str, object], code: str) -> None:
    found = verdict(replace(BOX, **changes), WELL)
    assert [each.code for each in found.to_do] == [code]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"pause": Pause()}, "paused"),
        ({"disk_free": 10}, "disk-low"),
        ({"power": cuts(1)}, "power-cut"),
        ({"hub": Standing()}, "not-enrolled"),
        ({"checked": Checked("mended", words(hours=2), words(hours=1), rotten=1)}, "mended"),
        ({"time": reading(datetime(1970, 1, 1, tzinfo=UTC))}, "clock"),
    ],
)
def test_what_is_only_to_be_known(changes: dict[str, object], code: str) -> None:
    found = verdict(replace(BOX, **changes), WELL)
    assert [each.code for each in found.notes] == [code]
    assert found.to_do == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"outlook": outlook("window"), "ticks": (tick("not-now"),)},
        {"outlook": outlook("budget")},
        {"ticks": (tick("cut"),)},  # heard five minutes ago: links are cut
        {"asked": Asked(sync=30)},
        {"asked": Asked(check=4_000, is_idle=False)},
        {"running": Running(1, 0.0, 0.0, Progress("p", 1, 0, 1, 0, 1)), "idle_seconds": 90_000},
        {"checking": (1, 2), "idle_seconds": 90_000},
        {"checked": Checked("mended", words(days=30), words(days=30))},
        {"poll_seconds": 86_400, "idle_seconds": 80_000},
        {"idle_seconds": -500},  # the clock was set
    ],
)
def test_no_false_alarm(changes: dict[str, object]) -> None:
    assert told(replace(BOX, **changes)) == []


def test_a_link_that_is_silent_for_days() -> None:
    memory = dataclasses.replace(BOX.memory, last_contact=words(days=9))
    found = verdict(replace(BOX, ticks=(tick("cut"),), memory=memory), WELL)
    assert [(each.code, each.number) for each in found.to_do] == [("no-contact", 9)]


def test_channels_that_the_hub_lacks_are_named() -> None:
    memory = dataclasses.replace(BOX.memory, absent_channels=("county-primary",))
    assert verdict(replace(BOX, memory=memory), WELL).to_do[0].words == "county-primary"


def test_the_schools_data() -> None:
    assert told(BOX, SchoolState("unreadable")) == ["school-unreadable"]
    assert told(BOX, SchoolState("well", 1, 9)) == ["backup-old"]
    assert told(BOX, SchoolState("well", 1, 0, (words(days=2),))) == ["salvaged"]
    assert told(BOX, SchoolState("well", 1, 0, (words(days=90),))) == []


def test_of_what_has_one_cause_the_cause_alone_is_told() -> None:
    box = replace(BOX, disk_trouble="read-only", outlook=outlook("space"), disk_free=10)
    assert told(box, SchoolState("unreadable")) == ["disk-read-only"]


def test_what_takes_service_from_pupils_stands_first() -> None:
    box = replace(BOX, disk_trouble="full", power=cuts(5), ticks=(tick("invalid"),), pause=Pause())
    assert told(box) == ["disk-full", "invalid", "power-cuts", "paused"]
