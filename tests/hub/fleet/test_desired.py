"""Which desired state a node gets, and that its number never goes back."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from content_packs import protocol
from content_packs.desired_state import DesiredPin, DesiredState, Window
from content_packs.errors import Missing, UsageError
from hub.edition import read_edition
from hub.fleet import check_ins, desired, nodes
from hub.fleet.limits import DESIRED_KEPT_MAX
from hub.hub import Hub
from tests.hub.clients import MovableClock
from tests.hub.fleet.boxes import Box, enrolled


def heard_by(hub: Hub, web: FlaskClient, box: Box, held: int = 0) -> DesiredState | None:
    """Return the desired state that a node gets, as it opens it."""
    answer = protocol.read_check_in_answer(box.check_in(web, desired_state=held).data)
    if answer.desired_state is None:
        return None
    service = read_edition(hub.data.metadata).hub_keys.service_keys()
    assert answer.credential is not None
    credential = protocol.open_credential(
        answer.credential.document, service, key=box.key.public_key()
    )
    return protocol.open_desired_state(
        answer.desired_state.document, service, credential=credential
    )


def test_a_file_says_all_that_there_is_to_say(hub: Hub, web: FlaskClient, tmp_path: Path) -> None:
    box = enrolled(hub, web)
    file = tmp_path / "desired.toml"
    file.write_text(
        """
channels = ["main"]
packs = []
renditions = ["240p", "audio"]
time_zone = "Asia/Shanghai"
[[windows]]
from = "22:00"
to = "06:00"
classes = ["video"]
[budget]
megabytes_per_month = 300
[[pins]]
pack = "demo"
"""
    )
    desired.set_for(hub, desired.read_settings(file), node=box.node)
    state = heard_by(hub, web, box)
    assert state is not None
    assert (state.channels, state.packs, state.renditions) == (("main",), (), ("240p", "audio"))
    assert state.windows == (Window(opens="22:00", closes="06:00", classes=("video",)),)
    assert state.budget is not None
    assert state.budget.megabytes_per_month == 300
    assert state.pins == (DesiredPin(pack="demo"),)
    shown = desired.of(hub, node=box.node)
    assert shown is not None
    assert shown.settings["windows"] == [{"from": "22:00", "to": "06:00", "classes": ["video"]}]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('chanels = ["main"]', "the key 'chanels' is unknown"),
        ("number = 7", "the key 'number' is unknown"),
        ('channels = ["Main"]', "channels"),
        ('channels = ["a", "a"]', "one stands twice"),
        ('channels = "main"', "channels"),
        ('renditions = ["8k"]', "renditions"),
        ('[[windows]]\nfrom = "25:00"', "windows"),
        ("[budget]\nmegabytes_per_day = -1", "megabytes_per_day"),
        ("channels = [", "not TOML"),
        ('windows = [{from = "01:00", classs = ["text"]}]', "windows: the key 'classs' is unknown"),
        ("budget = {megabytes = 1}", "budget: the key 'megabytes' is unknown"),
        ('pins = [{pack = "a", node = "b"}]', "pins: the key 'node' is unknown"),
        ("channels = " + "[" * 5_000, "nested too deep"),
        ("channels = " + "9" * 5_000, "not TOML"),
        ("channels = 0000-01-01", "not TOML"),
        ("made = 2026-01-01", "the key 'made' is unknown"),
    ],
)
def test_a_slip_is_refused_in_words(
    hub: Hub, web: FlaskClient, tmp_path: Path, text: str, says: str
) -> None:
    box, file = enrolled(hub, web), tmp_path / "desired.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=says):
        desired.set_for(hub, desired.read_settings(file), node=box.node)
    assert heard_by(hub, web, box) is None


def test_it_is_for_a_node_that_is_there_or_a_group(hub: Hub) -> None:
    with pytest.raises(Missing):
        desired.set_for(hub, {}, node="qamdo-7")
    for whom in ({}, {"node": "a", "group": "b"}, {"group": "Not a name"}):
        with pytest.raises(UsageError):
            desired.set_for(hub, {}, **whom)


def test_a_nodes_own_goes_before_its_groups(
    hub: Hub, web: FlaskClient, clock: MovableClock
) -> None:
    box = enrolled(hub, web)
    assert nodes.set_groups(hub, box.node, ["pilot"]) == ("pilot",)
    of_group = desired.set_for(hub, {"channels": ["pilot"]}, group="pilot")
    desired.set_for(hub, {"channels": ["others"]}, group="others")
    first = heard_by(hub, web, box)
    assert first is not None
    assert (first.group, first.number) == ("pilot", of_group.number)
    desired.set_for(hub, {"channels": ["own"]}, node=box.node)
    own = heard_by(hub, web, box, first.number)
    assert own is not None
    assert own.channels == ("own",)
    clock.go_on(days=1)
    desired.set_for(hub, {"channels": ["pilot-2"]}, group="pilot")
    assert heard_by(hub, web, box, own.number) is None
    # Taken away: the group's applies again, whatever number the node holds.
    gone = desired.set_for(hub, {}, node=box.node)
    again = heard_by(hub, web, box, gone.number)
    assert again is not None
    assert (again.group, again.channels) == ("pilot", ("pilot-2",))
    assert again.number > gone.number
    assert heard_by(hub, web, box, again.number) is None


def test_a_node_that_changes_groups_gets_the_other_groups(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    desired.set_for(hub, {"channels": ["early"]}, group="early")
    desired.set_for(hub, {"channels": ["late"]}, group="late")
    nodes.set_groups(hub, box.node, ["late"])
    late = heard_by(hub, web, box)
    assert late is not None
    nodes.set_groups(hub, box.node, ["early"])
    early = heard_by(hub, web, box, late.number)
    assert early is not None
    assert early.channels == ("early",)
    assert early.number > late.number


def test_a_number_that_a_node_made_up_changes_nothing(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    desired.set_for(hub, {"channels": ["main"]}, node=box.node)
    assert heard_by(hub, web, box, 2**53 - 1) is None
    heard = heard_by(hub, web, box)
    assert heard is not None
    assert heard.number < 2**40


def test_numbers_rise_even_where_the_clock_does_not(hub: Hub, clock: MovableClock) -> None:
    first = desired.set_for(hub, {}, group="pilot")
    clock.go_on(days=-400)
    second = desired.set_for(hub, {}, group="pilot")
    assert second.number == first.number + 1


def test_earlier_ones_are_forgotten_in_time(hub: Hub) -> None:
    for _ in range(DESIRED_KEPT_MAX + 5):
        last = desired.set_for(hub, {}, group="pilot")
    other = desired.set_for(hub, {}, group="others")
    with hub.database.transaction():
        kept = [row.number for row in desired.DesiredRow.select().where(
            desired.DesiredRow.group == "pilot"
        )]  # fmt: skip
    assert (len(kept), max(kept)) == (DESIRED_KEPT_MAX, last.number)
    assert desired.of(hub, group="others") == other


def test_a_stick_carries_all_of_it(hub: Hub, web: FlaskClient, clock: MovableClock) -> None:
    box = enrolled(hub, web)
    desired.set_for(hub, {"channels": ["main"]}, node=box.node)
    found = check_ins.documents_for(hub, box.node)
    assert set(found) == {"credential.json", "desired-state.json", "receipt.json", "time.json"}
    assert check_ins.documents_for(hub, box.keyid) == found
    service = read_edition(hub.data.metadata).hub_keys.service_keys()
    credential = protocol.open_credential(
        found["credential.json"], service, key=box.key.public_key()
    )
    assert (
        protocol.open_receipt(found["receipt.json"], service, credential=credential).sequence == 0
    )
    time = protocol.open_time(found["time.json"], service, node=box.node, nonce="")
    assert (time.time, time.nonce) == (clock.now, "")
    nodes.revoke(hub, box.node)
    assert check_ins.documents_for(hub, box.node) == {}
    assert check_ins.documents_for(hub, "nobody") == {}
