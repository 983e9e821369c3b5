"""Odd requests of an administrator's program gone mad, made from the hub's own description.

Each operation is asked in all the ways that its schema allows, and some that it doesn't, of a hub
that has things in it, by their names. None ends in a fault of ours, and each answer is as the
description says.
"""

import re
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hub.api import openapi_beside
from hub.api.operations import Operation
from hub.app import create_app
from hub.fleet import calendars
from hub.fleet.tables import SchoolRow
from hub.hub import Hub, open_hub
from hub.people.actor import Actor
from hub.people.tables import ApiTokenRow
from hub.records.tables import RecordBatchRow, RecordRow
from hub.rollouts import planning
from hub.rollouts.model import Group, Plan, Stage
from hub.rooms import all_operations
from hub.uploads import tus
from tests.hub.attacks.world import KEEPER, Side, add_publisher, add_township, filled
from tests.hub.clients import START, MovableClock
from tests.hub.console.site import PUBLISHER, TOWNSHIP, add_people, api_token
from tests.support.hub_databases import HubDatabases

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
NAMES = [operation.name for operation in all_operations()]
BESIDE = [
    f"{method.upper()} {path}"
    for path, item in openapi_beside.paths().items()
    for method in item
    if method != "parameters"
]
REAL_OF_FIVE = 4  # so often a request names what is there, where it names anything
NOTHING_THERE = {"getVisitStick"}  # this hub wrote no stick
of_two_speeds = pytest.mark.parametrize(
    "examples", [4, pytest.param(200, marks=pytest.mark.long)], ids=["some", "many"]
)


@schemathesis.serializer(tus.PIECE)
def piece(_context: object, value: object) -> bytes:
    """Send any bytes as a piece of an upload."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@dataclass
class Filled:
    """A hub, its operations by id or as `GET /path`, a token, and what its things are called."""

    hub: Hub
    token: str
    known: dict[str, list[str]]
    operations: dict[str, schemathesis.APIOperation] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture(scope="module")
def mad(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases
) -> Filled:
    """The hub that the requests change."""
    return _filled_hub(prepared, tmp_path_factory, lasting_databases)


@pytest.fixture
def unchanged(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases
) -> Filled:
    """A hub as that one was at first."""
    return _filled_hub(prepared, tmp_path_factory, lasting_databases)


def _filled_hub(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases
) -> Filled:
    root = lasting_databases.copy_hub(prepared, tmp_path_factory.mktemp("mad") / "hub")
    hub = open_hub(root, MovableClock(START))
    add_people(hub)
    side = Side()
    operator = Actor("operator", "operator", "console", townships=frozenset({TOWNSHIP}))
    add_township(hub, side, "near", TOWNSHIP, operator)
    add_publisher(hub, side, Actor("publisher", "publisher", "console", publisher=PUBLISHER))
    side.add("rollout", _rollout(hub))
    with hub.database.writing():  # its records are rows alone, and can't be exported
        RecordRow.delete().execute()
        RecordBatchRow.delete().execute()
    calendars.set_calendar(hub, KEEPER, "default", weekdays=calendars.DAYS[:5])
    api_token(hub, "operator")
    with hub.database.transaction():
        side.add("token", ApiTokenRow.select().get().token)
    known = {
        **side.names, "pack": ["demo"], "version": ["1", "2"], "lesson": ["one"],
        "calendar": ["default"], "group": ["pilot"], "login": ["operator", "publisher"],
    }  # fmt: skip
    found = Filled(hub, api_token(hub, "administrator"), known)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", create_app(hub))
    for each in schema.get_all_operations():
        operation = each.ok()
        name = operation.definition.raw.get("operationId")
        found.operations[name or f"{operation.method.upper()} {operation.path}"] = operation
    return found


def _rollout(hub: Hub) -> str:
    with hub.database.transaction():
        schools = tuple(row.school for row in SchoolRow.select().order_by(SchoolRow.school))
    stages = (Stage(Group("schools", schools=schools[:1])), Stage(Group(percent=100)))
    return planning.plan(hub, KEEPER, Plan("demo", 2, "main", stages)).rollout


@pytest.mark.sampled(4)
@of_two_speeds
@pytest.mark.parametrize("name", [*NAMES, *BESIDE])
def test_a_program_gone_mad_breaks_nothing(mad: Filled, name: str, examples: int) -> None:
    operation = mad.operations[name]
    parts = {part: mad.known[part] for part in _parts(operation.path) if part in mad.known}
    real = st.fixed_dictionaries({part: st.sampled_from(names) for part, names in parts.items()})

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), names=real, choice=st.integers(1, 5))
    def check(case: schemathesis.Case, names: dict[str, str], choice: int) -> None:
        if choice <= REAL_OF_FIVE and names:
            case.path_parameters = {**case.path_parameters, **names}
        answer = case.call(headers=mad.headers)
        case.validate_response(answer, checks=CHECKS)

    check()


def _parts(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


def test_the_names_are_those_of_things_that_are_there(unchanged: Filled) -> None:
    """Else the requests above would all end at "there is no such thing"."""
    web = create_app(unchanged.hub).test_client()
    looked = 0
    for operation in all_operations():
        parts = _parts(operation.path)
        if operation.method != "GET" or not parts or operation.name in NOTHING_THERE:
            continue
        statuses = {
            web.get(f"/api/v1{place}", headers=unchanged.headers).status_code
            for place in _places(operation, unchanged.known)
        }
        assert statuses - {404}, operation.name
        looked += 1
    assert looked >= 15


def _places(operation: Operation, known: dict[str, list[str]]) -> list[str]:
    parts = _parts(operation.path)
    return [
        filled(operation.path, dict(zip(parts, names, strict=True)))
        for names in product(*(known[part] for part in parts))
    ]


def test_the_description_tells_of_every_operation(mad: Filled) -> None:
    for operation in all_operations():
        found = mad.operations[operation.name]
        assert found.path == f"/api/v1{operation.path}"
        assert found.method == operation.method.lower()


def test_the_description_tells_of_uploads_where_they_are(mad: Filled) -> None:
    rules = {str(rule.rule).replace("<", "{").replace(">", "}") for rule in _rules(mad.hub)}
    assert {name.partition(" ")[2] for name in BESIDE} <= rules


def _rules(hub: Hub) -> list[object]:
    return list(create_app(hub).url_map.iter_rules())
