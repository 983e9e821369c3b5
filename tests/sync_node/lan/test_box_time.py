"""The technician's page says what time the box believes it is, and since when news is overdue."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from sync_node import state
from sync_node.box_clock import BoxClock
from sync_node.database import using_database
from sync_node.lan.app import create_app
from sync_node.trusted_time import Said, Uptime
from tests.sync_node.lan.school import School

SIGNED = datetime(2026, 9, 1, 6, tzinfo=UTC)
CHINESE = {"Accept-Language": "zh-CN"}


def uptime() -> Uptime:
    return Uptime("this start", 5_000.0)


def hears(school: School, *, fresh: bool = False) -> None:
    """Leave in node.db what a sync at `SIGNED` would leave."""
    clock = BoxClock(lambda: SIGNED, None, read_uptime=uptime)
    clock.heard_timestamp(Said(SIGNED, "key", 7), source="http://hub/")
    if fresh:
        clock.heard_hub(Said(SIGNED), asked=uptime(), source="http://hub/")
    with using_database(school.data_dir):
        state.remember_time(clock.known)
        state.remember_applied("edition", expires=SIGNED + timedelta(days=30), absent=())


def page(school: School, clock: datetime, *, language: dict[str, str] | None = None) -> str:
    client: FlaskClient = create_app(
        school.data_dir, clock=lambda: clock, read_uptime=uptime
    ).test_client()
    return " ".join(client.get("/box", headers=language or {}).text.split())


@pytest.mark.parametrize(
    ("clock", "english", "chinese"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), "Or later: the newest signature is of 2026-09-01 06:00",
         "最新的签名时间是 2026-09-01 06:00"),
        (datetime(1970, 1, 1, tzinfo=UTC),
         "This box's own clock says 1970-01-01 00:00 UTC, and isn't believed.",
         "小盒子自己的时钟显示 1970-01-01 00:00 UTC，不予采信"),
        (SIGNED + timedelta(days=9), "By this box's own clock, which nothing signed confirms.",
         "依小盒子自己的时钟"),
    ],
)  # fmt: skip
def test_what_time_it_is_and_by_what(
    school: School, clock: datetime, english: str, chinese: str
) -> None:
    hears(school)
    assert english in page(school, clock)
    assert chinese in page(school, clock, language=CHINESE)
    assert "News is overdue" not in page(school, clock)


def test_signed_by_the_hub(school: School) -> None:
    hears(school, fresh=True)
    assert "2026-09-01 06:00 UTC<br>" in page(school, datetime(2040, 1, 1, tzinfo=UTC))
    assert "Signed by the hub." in page(school, SIGNED)
    assert "由中心签名确认。" in page(school, SIGNED, language=CHINESE)


def test_nothing_signed_yet(school: School) -> None:
    assert "nothing signed has come yet" in page(school, datetime(1970, 1, 1, tzinfo=UTC))
    assert "还没有收到可以说明时间的签名" in page(
        school, datetime(1970, 1, 1, tzinfo=UTC), language=CHINESE
    )


def test_news_is_overdue(school: School) -> None:
    hears(school)
    later = SIGNED + timedelta(days=31)
    found = page(school, later)
    assert "What is known to be offered is stale since 2026-10-01T06:00:00Z." in found
    assert "That is so if this box's own clock is right. Nothing is taken away." in found
    found = page(school, later, language=CHINESE)
    assert "已知的提供清单自 2026-10-01T06:00:00Z 起已过期。 前提是小盒子自己的时钟准确。" in found


def test_news_is_overdue_by_proof(school: School) -> None:
    hears(school)
    with using_database(school.data_dir):
        state.remember_applied("edition", expires=SIGNED, absent=())
    found = page(school, SIGNED)
    assert "stale since 2026-09-01T06:00:00Z. Nothing is taken away." in found
