"""What a technician reads: how far the enrolment is, what to do next, what the hub wants."""

from dataclasses import replace

import pytest

from sync_node import standing
from sync_node.enrolling import Enrolled
from sync_node.enrolling_sayings import enrolled_json, lines_of
from sync_node.standing import Standing
from tests.support.protocol import a_credential

PRINT = "6MCG-FJ32-GGAP-M8NQ"
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
        ({"desired_state": 5, "desired": {"time_zone": "+08:00"}}, "desired state 5: time zone"),
        ({"desired_state": 5, "desired": {}}, "leaves all to this node"),
    ],
)
def test_status_says_what_a_node_is_to_its_hub(changes: dict[str, object], said: str) -> None:
    assert said in "\n".join(standing.in_words(replace(NODE, **changes)))  # type: ignore[arg-type]
