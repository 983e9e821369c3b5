"""When root is asked for what: pure decisions, by the clock and without one."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from content_packs.offers import Offer
from sync_node.limits import SYSTEM_RETRY_SECONDS
from sync_node.system import box_slots, steps, taking
from sync_node.system.box_slots import BoxSlots
from sync_node.system.requests import Wanted
from sync_node.system.steps import Step

WHOLE = Wanted("system", 4, "0" * 64)
EAST = timezone(timedelta(hours=8))


def box(**changed: object) -> BoxSlots:
    plain: dict[str, object] = {
        "format": 1, "boot": "b", "arch": "arm64", "slot": "a", "version": 3, **changed
    }  # fmt: skip
    return BoxSlots(**plain)  # type: ignore[arg-type]


TROUBLE = box_slots.Trouble("refused", "no room")


@pytest.mark.parametrize(
    ("found", "whole", "quiet", "since", "expected"),
    [
        (box(), None, True, None, None),
        (box(), WHOLE, False, None, Step("write", WHOLE)),
        (box(ready=4), WHOLE, False, None, None),
        (box(ready=4), WHOLE, True, None, Step("start", WHOLE)),
        (box(ready=3), WHOLE, True, None, Step("write", WHOLE)),
        (box(version=4), WHOLE, True, None, None),
        (box(version=5), WHOLE, True, None, None),
        (box(failed=((4, "why"),)), WHOLE, True, None, None),
        (box(doing="writing"), WHOLE, True, None, None),
        (box(doing="trying"), WHOLE, True, None, None),
        (box(wanted=4, trouble=TROUBLE), WHOLE, True, 10.0, None),
        (
            box(wanted=4, trouble=TROUBLE), WHOLE, True, SYSTEM_RETRY_SECONDS + 1,
            Step("write", WHOLE),
        ),
        (box(wanted=3, trouble=TROUBLE), WHOLE, True, 10.0, Step("write", WHOLE)),
    ],
)  # fmt: skip
def test_one_step_follows_another(
    found: BoxSlots,
    whole: Wanted | None,
    quiet: bool,
    since: float | None,
    expected: Step | None,
) -> None:
    step = steps.next_step(found, whole, quiet=quiet, seconds_since_refused=since)
    assert step == expected


@pytest.mark.parametrize(
    ("now", "hours"), [("18:00", 3.0), ("17:00", 0.0), ("20:59", 0.0), ("21:00", 20.0)]
)
def test_quiet_hours_are_the_schools(now: str, hours: float) -> None:
    """From one to five in the morning, eight hours east of UTC."""
    at = datetime.fromisoformat(f"2026-06-01T{now}Z")
    begins = steps.next_quiet_hour(at, EAST)
    if now in {"17:00", "20:59", "18:00"}:
        assert begins == at
    else:
        assert begins - at == timedelta(hours=hours)
    assert begins.tzinfo is UTC


def offer(pack: str, version: int, system: str = "") -> Offer:
    return Offer(pack, version, "0" * 64, 1, "0" * 64, 1, 1, system=system)


def test_systems_come_by_their_channel_and_lessons_by_others() -> None:
    offered = {
        "system": (offer("sys", 2, "arm64"), offer("sys-pc", 2, "amd64"), offer("maths", 9)),
        "main": (offer("maths", 1), offer("evil", 7, "arm64"), offer("sys", 99)),
    }
    assert taking.permitted(offered, "arm64") == {
        "system": (offered["system"][0],), "main": (offered["main"][0],)
    }  # fmt: skip
    assert taking.permitted(offered, "") == {"system": (), "main": (offered["main"][0],)}
