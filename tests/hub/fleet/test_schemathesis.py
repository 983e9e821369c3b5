"""Thousands of odd requests, made from the hub's own description: none ends in a fault of ours.

The hub runs as a process, behind its own server. Requests are sent unsigned, as a stranger does,
and signed, as a node does that went mad.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from content_packs.limits import SEALED_CONTENT_BYTES_MAX
from content_packs.request_signing import Request, sign
from hub.app import create_app
from hub.clock import system_clock
from hub.fleet import audit
from hub.hub import Hub, open_hub
from hub.renewing import renew
from tests.hub.fleet.boxes import JSON, Box, enrolled
from tests.hub.test_server import serving

SECONDS = 20
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
OPERATIONS = ["/api/v1/claims", "/api/v1/check-ins", "/api/v1/batches", "/api/v1/credential"]
of_two_speeds = pytest.mark.parametrize(
    "examples", [10, pytest.param(500, marks=pytest.mark.long)], ids=["some", "many"]
)


@pytest.fixture
def node(new_hub: Path, hub: Hub) -> tuple[Hub, Box]:
    del new_hub
    hub = open_hub(hub.data.root, system_clock)
    renew(hub)
    return hub, enrolled(hub, create_app(hub).test_client())


@pytest.fixture
def address(node: tuple[Hub, Box]) -> Iterator[str]:
    with serving(node[0]) as (_, address):
        yield address.rstrip("/")


def operation_of(address: str, path: str) -> schemathesis.APIOperation:
    schema = schemathesis.openapi.from_url(
        f"{address}/api/v1/openapi.json", wait_for_schema=SECONDS
    )
    (found,) = [each.ok() for each in schema.get_all_operations() if each.ok().path == path]
    return found


def some(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@of_two_speeds
@pytest.mark.parametrize("path", OPERATIONS)
def test_strangers_break_nothing(address: str, path: str, examples: int) -> None:
    operation = operation_of(address, path)

    @some(examples)
    @given(case=operation.as_strategy())
    def check(case: schemathesis.Case) -> None:
        answer = case.call(timeout=SECONDS)
        case.validate_response(answer, checks=CHECKS)
        assert answer.status_code in {400, 401, 403, 413, 429}

    check()


@of_two_speeds
@pytest.mark.parametrize("path", OPERATIONS[1:3])
def test_a_node_gone_mad_breaks_nothing(
    node: tuple[Hub, Box], address: str, path: str, examples: int
) -> None:
    operation, box = operation_of(address, path), node[1]

    @some(examples)
    @given(case=operation.as_strategy())
    def check(case: schemathesis.Case) -> None:
        body = requests.Request("POST", address, json=case.body).prepare().body or b""
        body = body if isinstance(body, bytes) else body.encode()
        asked = Request("POST", "http", address.removeprefix("http://"), path, body=body)
        fields = sign(asked, box.key, sequence=next(box.sequences), created=0)
        answer = requests.post(
            f"{address}{path}",
            data=body,
            headers={**fields, "Content-Type": JSON},
            timeout=SECONDS,
        )
        assert answer.status_code in {200, 400, 401, 409}, answer.text
        case.validate_response(answer, checks=CHECKS)

    check()


def test_the_server_hands_on_what_was_signed(node: tuple[Hub, Box], address: str) -> None:
    hub, box = node
    for path, query in (
        ("/api/v1/credential", ""),
        ("/api/v1/credential", "a=1&b=%20%C3%A4"),
        ("/api/v1/credential", "a=1?b"),
    ):
        asked = Request("GET", "http", address.removeprefix("http://"), path, query=query)
        fields = sign(asked, box.key, sequence=next(box.sequences), created=0)
        place = f"{address}{path}?{query}" if query else f"{address}{path}"
        answer = requests.get(place, headers=fields, timeout=SECONDS)
        assert answer.status_code == 200, audit.entries(hub, most=1)
        other = requests.get(f"{address}{path}?other=1", headers=fields, timeout=SECONDS)
        assert other.status_code == 401


def test_large_batches_come_whole(node: tuple[Hub, Box], address: str) -> None:
    hub, box = node
    document = box.batch(hub, content=b"x" * SEALED_CONTENT_BYTES_MAX, kind="records")
    assert len(document) > 200_000
    path = "/api/v1/batches"
    asked = Request("POST", "http", address.removeprefix("http://"), path, body=document)
    fields = sign(asked, box.key, sequence=next(box.sequences), created=0)
    headers = {**fields, "Content-Type": JSON}
    answer = requests.post(f"{address}{path}", data=document, headers=headers, timeout=SECONDS)
    assert answer.status_code == 200, answer.text


def test_a_body_past_all_bounds_is_not_read(address: str) -> None:
    answer = requests.post(
        f"{address}/api/v1/claims",
        data=b"x" * 600_000,
        headers={"Content-Type": JSON},
        timeout=SECONDS,
    )
    assert answer.status_code == 413
