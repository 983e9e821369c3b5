"""The API as HTTP: what is refused, how, and that the description is true."""

import json
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient

from content_packs.limits import CHECK_IN_BYTES_MAX, DOCUMENT_BYTES_MAX
from hub.api.openapi import description
from hub.app import create_app
from hub.hub import Hub
from hub.rooms import all_operations
from tests.hub.fleet.boxes import JSON, enrolled

ROUTES = {
    "/api/v1/claims": "POST",
    "/api/v1/check-ins": "POST",
    "/api/v1/batches": "POST",
    "/api/v1/credential": "GET",
    "/api/v1/openapi.json": "GET",
}


def problem(answer: Any) -> dict[str, Any]:
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    found = json.loads(answer.data)
    assert set(found) == {"type", "title", "status", "detail", "code"}
    assert found["status"] == answer.status_code
    return dict(found)


@pytest.mark.parametrize(("route", "method"), ROUTES.items())
def test_another_method_is_said_not_to_do(web: FlaskClient, route: str, method: str) -> None:
    asked = web.open(route, method="OPTIONS")
    assert (asked.status_code, asked.data) == (200, b"")
    assert set(asked.headers["Allow"].split(", ")) - {"HEAD"} == {method, "OPTIONS"}
    wrong = {"GET", "POST", "PUT", "PATCH", "DELETE"} - {method}
    for other in sorted(wrong):
        answer = web.open(route, method=other)
        assert answer.status_code == 405, (route, other)
        assert method in answer.headers["Allow"]
        assert problem(answer)["code"] == "method-not-allowed"


@pytest.mark.parametrize(
    "route",
    [
        "/api/v1",
        "/api/v1/claims/",
        "/api/v1//claims",
        "/api/v2/claims",
        "/api/v1/x",
        "/api/../api/x",
    ],
)
def test_what_is_not_there_is_missing(web: FlaskClient, route: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = web.open(route, method=method)
        assert answer.status_code == 404, (route, method)
        assert problem(answer)["code"] == "missing"


def test_below_the_api_nothing_is_taken_for_a_file(web: FlaskClient) -> None:
    assert problem(web.get("/api/"))["code"] == "missing"


def test_methods_nobody_has_heard_of_are_problems_too(web: FlaskClient) -> None:
    for method in ("TRACE", "FROBNICATE"):
        assert problem(web.open("/api/v1/claims", method=method))["status"] == 405


@pytest.mark.parametrize("route", [route for route in ROUTES if ROUTES[route] == "POST"])
def test_a_body_has_to_be_json_and_bounded(web: FlaskClient, route: str) -> None:
    for wrong in (None, "text/plain", "application/jsonx", "multipart/form-data"):
        answer = web.post(route, data=b"{}", content_type=wrong)
        assert problem(answer)["code"] == "unsupported-media-type"
    most = CHECK_IN_BYTES_MAX if route.endswith("check-ins") else DOCUMENT_BYTES_MAX
    answer = web.post(route, data=b" " * (most + 1), content_type=JSON)
    assert problem(answer)["status"] == 413
    within = web.post(route, data=b" " * most, content_type="application/json; charset=utf-8")
    assert within.status_code in {400, 401}


def test_a_get_takes_no_body(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    answer = box.ask(web, "GET", "/api/v1/credential", b"{}")
    assert problem(answer)["code"] == "too-large"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"format":2}', b"\xff", b"[" * 5_000, b'{"a":1,"a":2}', b"1e999"],
)
def test_a_body_that_makes_no_sense_is_said_so(hub: Hub, web: FlaskClient, body: bytes) -> None:
    answer = web.post("/api/v1/claims", data=body, content_type=JSON)
    assert answer.status_code == 400
    assert problem(answer)["code"] == "invalid-content"
    box = enrolled(hub, web)
    answer = box.ask(web, "POST", "/api/v1/check-ins", body)
    assert (answer.status_code, problem(answer)["code"]) == (400, "invalid-content")
    answer = box.ask(web, "POST", "/api/v1/batches", body)
    assert (answer.status_code, problem(answer)["code"]) == (400, "invalid-content")


def test_trouble_of_the_hub_is_said_without_a_word_too_many(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    hub.keys.path("service").unlink()
    answer = box.check_in(web)
    assert answer.status_code == 503
    said = problem(answer)
    assert (said["code"], said["detail"]) == ("key-absent", "the hub can't answer now")
    assert answer.headers["Retry-After"] == "60"
    assert str(hub.data.root) not in answer.text


def test_the_description_has_every_route_and_no_other(hub: Hub, web: FlaskClient) -> None:
    answer = web.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.data == description(hub.config.title, all_operations())
    found = json.loads(answer.data)
    assert found["openapi"] == "3.1.0"
    for_staff = {(f"/api/v1{one.path}", one.method) for one in all_operations()}
    paths = found["paths"].items()
    methods = {"get", "post", "put", "patch", "delete", "head", "options"}
    said = {(path, method.upper()) for path, of in paths for method in of if method in methods}
    beside = {("/healthz", "GET"), ("/readyz", "GET"), ("/metrics", "GET")}
    of_nodes = {each for each in said - for_staff if not _is_of_uploads(each[0])} - beside
    assert of_nodes == set(ROUTES.items())
    assert beside <= said
    assert for_staff <= said
    served = {
        rule.rule.replace("<", "{").replace(">", "}")
        for rule in create_app(hub).url_map.iter_rules()
        if rule.rule.startswith("/api/v1")
    }
    of_staff = {path for path, _ in for_staff}
    assert {path for path in served - of_staff if not _is_of_uploads(path)} == set(ROUTES)
    assert of_staff <= served


def _is_of_uploads(path: str) -> bool:
    """Say whether a route speaks tus, a protocol of its own: see test_tus.py."""
    return path.startswith("/api/v1/uploads/files")


def test_everything_that_the_description_refers_to_is_in_it() -> None:
    found = json.loads(description("A hub"))

    def references(value: object) -> list[str]:
        if isinstance(value, dict):
            inner = [each for part in value.values() for each in references(part)]
            return [*inner, *([value["$ref"]] if isinstance(value.get("$ref"), str) else [])]
        return (
            [each for part in value for each in references(part)] if isinstance(value, list) else []
        )

    names = set(references(found))
    assert len(names) > 30
    for name in names:
        at: Any = found
        for step in name.removeprefix("#/").split("/"):
            at = at[step]


def test_the_description_and_the_reader_agree_on_the_fields() -> None:
    schemas = json.loads(description("A hub"))["components"]["schemas"]
    claim = schemas["Claim"]
    assert set(claim["properties"]) == {
        "format", "code", "key", "nonce", "model", "serial", "software",
    }  # fmt: skip
    assert set(claim["required"]) == {"format", "code", "key", "nonce"}
    assert schemas["Window"]["properties"].keys() >= {"from", "to"}
    assert schemas["document-claim"]["properties"]["payload"]["contentSchema"] == {
        "$ref": "#/components/schemas/Claim"
    }
    assert msgspec.json.decode(description("县")) == json.loads(description("县"))
