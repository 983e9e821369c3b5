"""What a hub may ask of a node, and what it may not say."""

import json
from typing import get_args

import pytest

from content_packs import messages
from content_packs.canonical_json import encode as canonical
from content_packs.desired_state import ContentClass, DesiredState, RenditionName, Window
from content_packs.errors import InvalidContent
from content_packs.names import RENDITIONS
from tests.support.protocol import NOON

ASKED = {"format": 1, "issued_at": "2026-11-21T12:00:00Z", "node": "qamdo-7", "number": 3}


def read(**fields: object) -> DesiredState:
    value = {name: field for name, field in (ASKED | fields).items() if field is not ...}
    return messages.decode(canonical(value), DesiredState, bytes_max=100_000, what="test")


def test_what_it_does_not_say_is_the_nodes_own() -> None:
    desired = read()
    assert desired.channels is None
    assert desired.budget is None
    assert desired.pins is None
    assert read(channels=[]).channels == ()


def test_it_says_windows_as_people_write_them() -> None:
    desired = read(windows=[{"classes": ["video"], "from": "22:00", "to": "06:00"}])
    assert desired.windows == (Window(opens="22:00", closes="06:00", classes=("video",)),)
    data = messages.encode(desired, bytes_max=100_000, what="test")
    assert json.loads(data)["windows"] == [{"classes": ["video"], "from": "22:00", "to": "06:00"}]


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"number": 0}, "$.number"),
        ({"number": ...}, "number"),
        ({"node": ...}, "expected one of the two"),
        ({"group": "pilot"}, "expected one of the two"),
        ({"channels": ["Main"]}, "$.channels"),
        ({"channels": ["main", "main"]}, "channels: one stands twice"),
        ({"channels": [f"c{n}" for n in range(33)]}, "$.channels"),
        ({"packs": [f"p{n}" for n in range(1_001)]}, "$.packs"),
        ({"renditions": ["4k"]}, "$.renditions"),
        ({"windows": [{"from": "25:00"}]}, "$.windows"),
        ({"windows": [{"from": "7:00"}]}, "$.windows"),
        ({"windows": [{"to": "12:00\n"}]}, "$.windows"),
        ({"windows": [{}] * 25}, "$.windows"),
        ({"budget": {"megabytes_per_day": -1}}, "$.budget.megabytes_per_day"),
        ({"budget": {"kbit_per_second": 10_000_001}}, "$.budget.kbit_per_second"),
        ({"budget": {"classes": ["films"]}}, "$.budget.classes"),
        ({"pins": [{"pack": "../etc"}]}, "$.pins"),
        ({"pins": [{"pack": "a"}, {"pack": "a"}]}, "pins: one stands twice"),
        ({"time_zone": "Asia/../../etc passwd"}, "$.time_zone"),
    ],
)
def test_what_it_may_not_say_is_refused_by_its_field(fields: dict[str, object], part: str) -> None:
    with pytest.raises(InvalidContent) as refusal:
        read(**fields)
    assert part in refusal.value.message


def test_it_is_for_one_node_or_for_those_of_a_group() -> None:
    mine = DesiredState(number=1, issued_at=NOON, node="qamdo-7")
    ours = DesiredState(number=1, issued_at=NOON, group="pilot")
    assert mine.is_for("qamdo-7", ())
    assert not mine.is_for("qamdo-8", ("qamdo-7",))
    assert ours.is_for("qamdo-8", ("pilot",))
    assert not ours.is_for("pilot", ())


def test_renditions_and_classes_are_those_of_the_house() -> None:
    assert get_args(RenditionName) == RENDITIONS
    assert set(get_args(ContentClass)) == {"text", "other", "audio", "video"}
