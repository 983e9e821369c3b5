"""What a technician reads: how far the enrolment is, what to do next, what the hub wants."""

import errno
import json
import socket
from dataclasses import replace
from typing import Any

import pytest

from content_packs.desired_state import Budget, DesiredPin, DesiredState, Window
from sync_node import exchange, standing
from sync_node.enrolling import Enrolled
from sync_node.enrolling_sayings import enrolled_json, lines_of
from sync_node.standing import Standing
from tests.support.protocol import NOON, a_credential

PRINT = "6MCG-FJ32-GGAP-M8NQ"
NIGHT = Window(opens="22:00", closes="06:00", classes=("video",), kbit_per_second=64)
PINS = (DesiredPin(pack="fractions"), DesiredPin(pack="optics", lesson="lenses"))


def wanting(**said: Any) -> DesiredState:
    whom = {"node": "qamdo-7"} if "group" not in said else {}
    return DesiredState(number=5, issued_at=NOON, **whom | said)


NODE = Standing(
    enrolment="enrolled", fingerprint=PRINT, node="qamdo-7", school="qamdo",
    school_title="Qamdo No. 7", district="east", last_check_in="2026-06-01T00:00:00Z",
)  # fmt: skip


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Enrolled("pending", PRINT), f"fingerprint {PRINT}"),
        (Enrolled("carried", PRINT, claim="satchel/up/x/claim.json"), "satchel/up/x/claim.json"),
        (Enrolled("asked", PRINT), "sync-node status"),
        (Enrolled("enrolled", PRINT, a_credential()), "this box is qamdo-7"),
        (Enrolled("enrolled", PRINT, a_credential(), before=True), "--again"),
    ],
)
def test_each_end_of_enrol_says_what_comes_next(found: Enrolled, said: str) -> None:
    text = "\n".join(lines_of(found))
    assert said in text
    assert "Next" in text or found.before
    assert enrolled_json(found)["fingerprint"] == PRINT


def test_a_box_that_nobody_enrols_says_nothing_of_it() -> None:
    assert standing.in_words(Standing()) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "qamdo-7 of qamdo (Qamdo No. 7), district east"),
        ({"last_check_in": ""}, "last check-in: never"),
        ({"enrolment": "claimed"}, PRINT),
        ({"revoked": True}, "REVOKED"),
        ({"refused": 3}, "the last 3 check-ins"),
        ({"batches_waiting": 2}, "2 batches wait"),
        ({"trouble": "the key rotted"}, "the key rotted"),
        ({"desired": wanting()}, "leaves all to this node"),
        ({"desired": wanting()}, "desired state 5, for this node"),
        ({"desired": wanting(node="", group="pilot")}, "for group pilot"),
        ({"desired": wanting(time_zone="+08:00")}, "time zone: +08:00"),
        ({"desired": wanting(channels=("main", "county"))}, "channels: main; county"),
        ({"desired": wanting(packs=())}, "of those channels: none"),
        ({"desired": wanting(renditions=("240p",))}, "beyond the lightest: 240p"),
        ({"desired": wanting(windows=())}, "open at any time"),
        ({"desired": wanting(windows=(NIGHT,))}, "22:00 to 06:00 for video at 64 kbit/s"),
        ({"desired": wanting(budget=Budget(metered=True))}, "may carry: text, metered"),
        ({"desired": wanting(budget=Budget(megabytes_per_day=9))}, "every class, 9 MB a day"),
        ({"desired": wanting(pins=PINS)}, "fractions; optics, lesson lenses"),
        ({"desired": wanting(packs=tuple(f"p-{n}" for n in range(30)))}, "p-11; and 18 more"),
    ],
)
def test_status_says_what_a_node_is_to_its_hub(changes: dict[str, object], said: str) -> None:
    assert said in "\n".join(standing.in_words(replace(NODE, **changes)))  # type: ignore[arg-type]


def test_scripts_get_what_the_hub_wants_as_it_said_it() -> None:
    found = json.loads(json.dumps(replace(NODE, desired=wanting(windows=(NIGHT,))).as_json()))
    assert found["desired"]["windows"][0]["from"] == "22:00"
    assert found["desired"]["number"] == 5
    assert json.loads(json.dumps(NODE.as_json()))["desired"] is None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (socket.gaierror(-2, "Name or service not known"), "there is no network here"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "no network that leads there"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "can't be reached"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), "the link was cut"),
    ],
)
def test_a_link_that_leads_nowhere_says_why(error: Exception, said: str) -> None:
    assert said in exchange.in_words(error)
