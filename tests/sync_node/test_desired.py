"""What the hub wants of a node takes the place of node.toml, but for what people did at the box."""

from typing import Any

import msgspec
import pytest
from hypothesis import given

from content_packs.desired_state import Budget, DesiredPin, DesiredState, Window
from sync_node import desired
from sync_node.choices import Choices, Pin
from sync_node.config import Config, SourceConfig, WindowConfig, rules_of
from sync_node.windows import Spent, permit
from tests.support.protocol import NOON, desired_states

HUB = SourceConfig(
    hub="https://hub.example/", ca="ca.pem", megabytes_per_month=50,
    windows=(WindowConfig("20:00", "22:00"),),
)  # fmt: skip
STICK = SourceConfig(folder="/media/stick")
OURS = Config(1, (HUB, STICK), ("local",), rollout_number=7, packs=("a",), renditions=("audio",))


def wanting(**said: Any) -> Config:
    found = DesiredState(number=1, issued_at=NOON, node="qamdo-1", **said)
    return desired.in_effect(OURS, found)


def test_without_one_node_toml_counts() -> None:
    assert desired.in_effect(OURS, None) is OURS


def test_what_it_doesnt_name_is_node_tomls() -> None:
    assert wanting() == OURS


def test_what_it_names_takes_the_place() -> None:
    found = wanting(
        channels=("county",), packs=("b", "c"), renditions=("480p",), time_zone="+08:00"
    )
    assert (found.channels, found.packs, found.renditions) == (("county",), ("b", "c"), ("480p",))
    assert found.time_zone == "+08:00"
    assert (found.rollout_number, found.sources) == (7, OURS.sources)


def test_an_empty_list_means_none() -> None:
    found = wanting(channels=(), packs=(), renditions=(), windows=())
    assert (found.channels, found.packs, found.renditions) == ((), (), ())
    assert found.sources[0].windows == ()


def test_windows_and_budget_are_those_of_hubs_alone() -> None:
    found = wanting(
        windows=(Window(opens="01:00", closes="05:00", kbit_per_second=64),),
        budget=Budget(metered=True, classes=("text", "video"), megabytes_per_month=300),
    )
    hub, stick = found.sources
    assert (hub.hub, hub.ca, hub.metered, hub.megabytes_per_month) == (
        HUB.hub, "ca.pem", True, 300,
    )  # fmt: skip
    assert hub.windows == (WindowConfig("01:00", "05:00", (), 64),)
    assert stick == STICK
    rules = rules_of(hub, found)
    assert rules.kinds == {"text", "video"}
    assert rules.bytes_per_month == 300_000_000


def test_a_window_for_what_the_link_doesnt_carry_opens_for_the_rest() -> None:
    found = wanting(windows=(Window(classes=("text", "video")),), budget=Budget(classes=("text",)))
    rules = rules_of(found.sources[0], found)
    assert rules.windows[0].kinds == {"text"}


@pytest.mark.parametrize(
    "said",
    [
        {"windows": (Window(opens="20:00", classes=("video",)),), "budget": Budget(metered=True)},
        {"windows": (Window(classes=("audio",)),), "budget": Budget(classes=("text", "other"))},
    ],
)
def test_windows_that_open_for_nothing_open_for_what_the_link_carries(said: dict[str, Any]) -> None:
    """Else it would be shut for good, and nothing could take that back."""
    found = wanting(**said)
    rules = rules_of(found.sources[0], found)
    assert rules.windows[0].kinds == rules.kinds != frozenset()
    asked = set(found.sources[0].windows)
    assert {(each.opens, each.closes) for each in asked} == {
        (each.opens, each.closes) for each in said["windows"]
    }


def test_a_budget_doesnt_shut_the_windows_of_node_toml() -> None:
    ours = msgspec.structs.replace(HUB, windows=(WindowConfig("20:00", "22:00", ("video",)),))
    config = msgspec.structs.replace(OURS, sources=(ours,))
    wanted = DesiredState(number=1, issued_at=NOON, node="a", budget=Budget(classes=("text",)))
    after = desired.in_effect(config, wanted)
    assert rules_of(after.sources[0], after).windows[0].kinds == {"text"}


def test_a_time_zone_that_the_box_doesnt_know_is_told_and_passed_over() -> None:
    found = DesiredState(number=3, issued_at=NOON, node="qamdo-1", time_zone="Mars/Olympus")
    assert desired.in_effect(OURS, found).time_zone == OURS.time_zone
    assert "Mars/Olympus" in desired.zone_trouble(found)
    assert desired.zone_trouble(None) == ""


@pytest.mark.parametrize("pins", [None, ()])
def test_pins_of_people_stay(pins: tuple[DesiredPin, ...] | None) -> None:
    mine = Choices(pins=(Pin("mine"),))
    found = DesiredState(number=1, issued_at=NOON, node="qamdo-1", pins=pins)
    assert desired.pins_in_effect(mine, found) == mine
    assert desired.pins_in_effect(mine, None) == mine


def test_the_hubs_pins_come_beside_them() -> None:
    mine = Choices(pins=(Pin("mine"),))
    pins = (DesiredPin(pack="theirs", lesson="two"), DesiredPin(pack="mine"))
    found = DesiredState(number=1, issued_at=NOON, node="qamdo-1", pins=pins)
    after = desired.pins_in_effect(mine, found)
    assert after.pins == (Pin("mine"), Pin("theirs", "two"))


@given(desired_states)
def test_any_desired_state_can_be_gone_by(found: DesiredState) -> None:
    after = desired.in_effect(OURS, found)
    assert [each.place for each in after.sources] == [each.place for each in OURS.sources]
    rules = rules_of(after.sources[0], after)
    permit(rules, NOON, Spent(NOON.date()))
    shut = [not each.kinds for each in rules.windows]
    assert not shut or not all(shut)
