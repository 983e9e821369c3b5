"""What time the box believes it is, by what, and how sure: words for people, JSON for scripts."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync_node.time_sayings import Stale, length_in_words, stale, stale_in_words, time_in_words
from tests.support.clocks import School

HUB = "http://hub/"


def words(school: School) -> str:
    return time_in_words(school.reading())


def test_the_hubs_answer(tmp_path: Path) -> None:
    school = School(tmp_path)
    school.do("answer", "on 3")
    assert words(school) == (
        "2026-06-01T03:00:00Z, by the hub's signed answer (http://hub/) 3 h ago"
    )


def test_a_signature_and_a_clock_that_cant_be_right(tmp_path: Path) -> None:
    school = School(tmp_path)
    school.do("edition 1", "hub", "on 100", "clock 1970")
    assert words(school) == (
        f"2026-06-05T04:00:00Z or later: a signed list of what is offered ({school.hub.name}) says "
        "2026-06-01T00:00:00Z, and this box was on for 4 days since; this box's own clock says "
        "1970-01-01T00:00:00Z, and isn't believed"
    )


def test_a_clock_that_nothing_confirms(tmp_path: Path) -> None:
    school = School(tmp_path)
    school.do("edition 1", "hub", "off 9")
    assert words(school).startswith(
        "2026-06-10T00:00:00Z by this box's own clock; it is at least 2026-06-01T00:00:00Z: "
    )


def test_only_the_day_it_was_made(tmp_path: Path) -> None:
    school = School(tmp_path)
    school.do("clock 1970")
    assert words(school).startswith(
        "2026-01-01T00:00:00Z or later: the day this software was made says 2026-01-01T00:00:00Z"
    )


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0 s"), (119, "119 s"), (600, "10 min"), (7_200, "2 h"), (172_800, "2 days")],
)
def test_lengths(seconds: float, expected: str) -> None:
    assert length_in_words(seconds) == expected


def test_stale_since_and_what_says_so(tmp_path: Path) -> None:
    school = School(tmp_path)
    expires = datetime(2026, 7, 1, tzinfo=UTC)
    school.do("edition 1", "hub")
    assert stale(expires, school.reading()) == Stale()
    assert stale(None, school.reading()) == Stale()
    school.do("off 29", "on 24")
    found = stale(expires, school.reading())
    assert found == Stale("2026-07-01T00:00:00Z", "clock")
    assert stale_in_words(found) == (
        "what is known to be offered is stale since 2026-07-01T00:00:00Z, if this box's own clock "
        "is right: nothing is taken away; bring a newer stick, or let the box reach its hub"
    )
    school.do("answer")
    found = stale(expires, school.reading())
    assert found == Stale("2026-07-01T00:00:00Z", "proof")
    assert "if this box's own clock" not in stale_in_words(found)


def test_scripts_get_all_of_the_evidence(tmp_path: Path) -> None:
    school = School(tmp_path)
    school.do("edition 1", "hub", "on 2", "answer", "clock 2040", "on 1")
    found = json.loads(json.dumps(school.status().as_json()))
    time = found["time"]
    assert {key: time[key] for key in time if key != "evidence"} == {
        "now": "2026-06-01T03:00:00Z",
        "trusted": "2026-06-01T03:00:00Z",
        "sure": "exact",
        "within_seconds": 2,
        "by": "hub-time",
        "source": HUB,
        "seconds_on_since": 3600,
        "clock": "2040-01-01T01:00:00Z",
        "clock_is": "ahead",
    }
    by_kind = {each["kind"]: each for each in time["evidence"]}
    assert by_kind.keys() == {"build-date", "timestamp", "hub-time"}
    timestamp = by_kind["timestamp"]
    assert timestamp["time"] == timestamp["clock"] == "2026-06-01T00:00:00Z"
    assert timestamp["version"] == school.repository.versions["timestamp"]
    assert timestamp["key"] == school.repository.keys["timestamp"].public_key.keyid
    assert (by_kind["hub-time"]["boot"], by_kind["hub-time"]["uptime"]) == ("first", 7200)
    assert (found["stale_since"], found["stale_by"]) == ("", "")
