"""A box that is in contact and gets nowhere is called so, since when, and why that is known."""

import csv
import io
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient

from content_packs.reports import Disk, PackReadiness, Power, Report
from hub.fleet import listing, needs, sheet_of_schools, state_sayings
from hub.fleet.limits import STALLED_CONTACT_DAYS
from hub.fleet.listing import Listed
from hub.hub import Hub
from hub.people.actor import of_this_machine
from hub.publishing import publish
from hub.releasing import Terms, release
from tests.hub.clients import MovableClock
from tests.hub.fleet.boxes import Box, enrolled
from tests.support.protocol import a_report

pytestmark = pytest.mark.both_databases

ME = of_this_machine()
WANTED = 10_000_000
LEFT = 100_000  # 99 % is there


class Life:
    """A box, day after day."""

    def __init__(self, hub: Hub, web: FlaskClient, clock: MovableClock) -> None:
        self._hub, self._web, self._clock = hub, web, clock
        self._box: Box = enrolled(hub, web)

    def days(self, number: int, to_come: int = LEFT, **said: Any) -> Listed:
        """Let days go by with two contacts each; return how it is listed after them."""
        for _ in range(number):
            for hours in (23, 1):
                self._clock.go_on(hours=hours)
                report = self._report(to_come, **said)
                assert self._box.check_in(self._web, report=report).status_code == 200
        return self.row()

    def row(self) -> Listed:
        """Return how it is listed."""
        (found,) = listing.find(self._hub, ME).items
        assert (found,) == listing.of_school(self._hub, ME, found.school)
        assert listing.find(self._hub, ME, "stalled").total == bool(found.stalled_since)
        return found

    def _report(self, to_come: int, **said: Any) -> Report:
        pack = PackReadiness(
            pack="demo", channel="main", version=1, bytes_wanted=WANTED, bytes_to_come=to_come
        )
        return msgspec.structs.replace(
            a_report(), at=self._clock(), packs=(pack,), troubles=(), **{"paused": False, **said}
        )


@pytest.fixture
def life(hub: Hub, web: FlaskClient, clock: MovableClock, cpacks: dict[str, Path]) -> Life:
    publish(hub, cpacks["1"])
    release(hub, "demo", 1, "main", Terms())
    clock.go_on(hours=2)
    return Life(hub, web, clock)


def test_99_percent_for_days_is_stalled_since_the_first_of_them(
    life: Life, hub: Hub, clock: MovableClock
) -> None:
    life.days(3, to_come=WANTED)
    first = (clock.now).date()
    assert life.days(STALLED_CONTACT_DAYS - 1).stalled_since == ""
    found = life.days(1)
    assert found.stalled_since > first.isoformat()
    assert life.days(9).stalled_since == found.stalled_since
    assert listing.counts(hub, ME).stalled == 1
    (need,) = [one for one in needs.needs(listing.counts(hub, ME)) if one.kind == "boxes-stalled"]
    assert (need.count, need.place) == (1, "/console/schools?q=stalled%20-failed")
    assert life.days(1, to_come=LEFT - 1).stalled_since == ""
    assert life.days(1, to_come=0).stalled_since == ""


def test_days_of_silence_dont_count(life: Life, clock: MovableClock) -> None:
    life.days(STALLED_CONTACT_DAYS - 1)
    clock.go_on(days=30)
    assert life.row().stalled_since == ""
    assert life.days(1).stalled_since != ""


def test_who_was_paused_isnt_stalled(life: Life) -> None:
    assert life.days(STALLED_CONTACT_DAYS + 1, paused=True).stalled_since == ""
    assert life.days(1).stalled_since != ""


def test_a_release_begins_the_count_anew(life: Life, hub: Hub, cpacks: dict[str, Path]) -> None:
    assert life.days(STALLED_CONTACT_DAYS).stalled_since
    publish(hub, cpacks["2"])
    release(hub, "demo", 2, "main", Terms())
    listing_of_new = life.days(1, to_come=LEFT + 1)
    assert listing_of_new.stalled_since == ""


def test_where_the_box_says_why_home_names_it_once(life: Life, hub: Hub) -> None:
    full = Disk(total=32 * 10**9, free=0, trouble="full")
    found = life.days(STALLED_CONTACT_DAYS, disk=full)
    assert (found.trouble, bool(found.stalled_since)) == ("disk-full", True)
    assert (listing.counts(hub, ME).stalled, listing.counts(hub, ME).failed) == (0, 1)


def test_the_sheet_and_the_command_name_what_is_furthest_behind(
    life: Life, hub: Hub, clock: MovableClock, capsys: pytest.CaptureFixture[str]
) -> None:
    found = life.days(STALLED_CONTACT_DAYS, power=Power(since=clock(), cuts=3, undervoltage=True))
    text = b"".join(sheet_of_schools.lines(hub, ME)).decode("utf-8-sig")
    head, line = csv.reader(io.StringIO(text))
    said = dict(zip(head, line, strict=True))
    assert said["stalled_since"] == found.stalled_since
    assert (said["furthest_behind"], said["held"], said["should_be"]) == ("demo", "", "1")
    assert {"superseded", "rolled_back", "alarm", "claim", "paused"} <= said.keys()
    assert (said["disk_total"], said["undervoltage"]) == (str(found.disk_total), "1")
    state_sayings.say_list(listing.find(hub, ME))
    printed = capsys.readouterr().out
    assert f"stalled since {found.stalled_since}" in printed
    assert "demo - -> 1" in printed
