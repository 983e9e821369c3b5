"""Odd requests of an administrator's program gone mad, made from the hub's own description.

Each operation is asked in all the ways that its schema allows, and some that it doesn't. None ends
in a fault of ours, and each answer is as the description says.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hub.app import create_app
from hub.hub import open_hub
from hub.initialising import initialise
from hub.rooms import all_operations
from tests.hub.clients import START, MovableClock
from tests.hub.console.site import add_people, api_token

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
NAMES = [operation.name for operation in all_operations()]
of_two_speeds = pytest.mark.parametrize(
    "examples", [4, pytest.param(200, marks=pytest.mark.long)], ids=["some", "many"]
)


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[object, str]]:
    root: Path = tmp_path_factory.mktemp("mad") / "hub"
    initialise(root, "main", MovableClock(START))
    hub = open_hub(root, MovableClock(START))
    add_people(hub)
    token = api_token(hub, "administrator")
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", create_app(hub))
    found = {
        each.ok().definition.raw["operationId"]: each.ok()
        for each in schema.get_all_operations()
        if "operationId" in each.ok().definition.raw
    }

    def of(name: str) -> tuple[object, str]:
        return found[name], token

    return of


@of_two_speeds
@pytest.mark.parametrize("name", NAMES)
def test_a_program_gone_mad_breaks_nothing(
    call: Callable[[str], tuple[schemathesis.APIOperation, str]], name: str, examples: int
) -> None:
    operation, token = call(name)

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def check(case: schemathesis.Case) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        case.validate_response(answer, checks=CHECKS)

    check()


def test_the_description_tells_of_every_operation(
    call: Callable[[str], tuple[schemathesis.APIOperation, str]],
) -> None:
    for operation in all_operations():
        found, _ = call(operation.name)
        assert found.path == f"/api/v1{operation.path}"
        assert found.method == operation.method.lower()
