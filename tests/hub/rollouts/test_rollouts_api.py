"""Rollouts over the API for staff: what the console does, a program can do, and no more."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.app import create_app
from hub.hub import Hub
from hub.people.rights import Role
from tests.hub.console.site import add_people, api_token
from tests.hub.rollouts.fleets import add_schools

PLAN: dict[str, Any] = {
    "pack": "demo", "version": 2, "channel": "main",
    "stages": [{"group": {"percent": 25}}, {"group": {"percent": 100}, "abort": "revert"}],
}  # fmt: skip


class Caller:
    """A program with a token of somebody's."""

    def __init__(self, web: FlaskClient, token: str) -> None:
        self._web = web
        self._fields = {"Authorization": f"Bearer {token}"}

    def get(self, place: str) -> TestResponse:
        return self._web.get(f"/api/v1{place}", headers=self._fields)

    def post(self, place: str, body: object = None) -> TestResponse:
        return self._web.post(f"/api/v1{place}", json=body, headers=self._fields)


@pytest.fixture
def callers(filled: Hub) -> dict[Role, Caller]:
    add_people(filled)
    add_schools(filled, range(12))
    web = create_app(filled).test_client()
    roles: tuple[Role, ...] = ("administrator", "operator", "publisher", "auditor")
    return {role: Caller(web, api_token(filled, role)) for role in roles}


def test_a_program_plans_approves_and_ends_a_rollout(callers: dict[Role, Caller]) -> None:
    ours = callers["administrator"]
    assert ours.post("/rollouts/price", PLAN).json["schools"] == 12
    assert ours.get("/rollouts").json == {"items": [], "next": ""}, "a price plans nothing"
    planned = ours.post("/rollouts", PLAN)
    assert planned.status_code in {200, 201}, planned.text
    place = f"/rollouts/{planned.json['rollout']['rollout']}"
    assert ours.post(f"{place}/approve").json["rollout"]["state"] == "running"
    schools = ours.get(f"{place}/schools?stage=1&outcome=unreached").json["items"]
    assert len(schools) == ours.get(place).json["stages"][0]["schools"] > 0
    assert ours.post(f"{place}/pause", {"why": "exams"}).json["rollout"]["state"] == "paused"
    assert ours.post(f"{place}/resume", {}).json["rollout"]["state"] == "running"
    ended = ours.post(f"{place}/abort", {"revert": None}).json
    assert (ended["rollout"]["state"], ended["rollout"]["reverted"]) == ("aborted", False)
    assert [line["deed"] for line in ended["journal"]][:2] == ["abort", "resume"]
    assert ours.post(f"{place}/abort", {"revert": True}).json["rollout"]["reverted"]
    assert ours.post(f"{place}/abort", {}).status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"stages": []},
        {"stages": [{"group": {"percent": 101}}]},
        {"stages": [{"group": {"percent": 5}, "succes_pct": 9}]},
        {"stages": [{"group": {"percent": 5}, "abort": "forget"}]},
        {"stages": [{"group": {"percent": 5}}] * 13},
        {"version": 0},
        {"surprise": True},
    ],
)
def test_a_plan_that_isnt_one_is_refused(
    callers: dict[Role, Caller], wrong: dict[str, Any]
) -> None:
    assert callers["administrator"].post("/rollouts", PLAN | wrong).status_code == 400


def test_others_see_what_is_theirs_and_decide_nothing(callers: dict[Role, Caller]) -> None:
    made = callers["administrator"].post("/rollouts", PLAN).json["rollout"]["rollout"]
    place = f"/rollouts/{made}"
    for role in ("operator", "publisher", "auditor"):
        assert callers[role].get(place).status_code == 200, role
        for deed in ("approve", "pause", "resume", "abort"):
            body = None if deed == "approve" else {}
            assert callers[role].post(f"{place}/{deed}", body).status_code == 403, (role, deed)
        assert callers[role].post("/rollouts", PLAN).status_code == 403
    assert callers["publisher"].get(f"{place}/schools").status_code == 403
    assert callers["operator"].get(f"{place}/schools").json["items"] == []
    assert callers["administrator"].get("/rollouts/demo-2-ffff").status_code == 404
