"""Forms are taken from our own pages alone; a cookie opens no API, a token no console."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.rooms import all_operations
from tests.hub.attacks.bodies import BODIES, FIELDS
from tests.hub.attacks.strangers import NOTHING
from tests.hub.attacks.world import HERE, World, filled, parts_of, state_of

# Each way in which a form can be somebody else's: its headers, and whose token it holds.
FOREIGN = [
    (HERE, "none"),
    (HERE, "another's"),
    (HERE, "empty"),
    ({}, "own"),
    ({"Origin": "null"}, "own"),
    ({"Origin": "https://evil.example"}, "own"),
    ({"Origin": "http://localhost.evil.example"}, "own"),
    ({"Origin": "http://localhost:8080"}, "own"),
    ({"Referer": "http://evil.example/console/"}, "own"),
    ({"Sec-Fetch-Site": "cross-site", **HERE}, "own"),
    ({"Sec-Fetch-Site": "none", **HERE}, "own"),
    ({"Origin": "http://evil.example", "Referer": "http://localhost/console/"}, "own"),
]

AUDIT = {"audit_row", "audit_head_row"}


@pytest.fixture(autouse=True, scope="module")
def unchanged(world: World) -> Iterator[None]:
    """See that nothing that is tried here changes anything: not even a count of tries."""
    before = state_of(world.hub, AUDIT)
    yield
    assert state_of(world.hub, AUDIT) == before


def _there(world: World, path: str) -> str:
    names = {
        **NOTHING, "rollout": world.rollout, "pack": "demo", "version": "2", "lesson": "one",
        "group": "pilot", "calendar": "default", "route": "a-route", "login": "operator",
        "ticket": "a.1.b", "path": "index.html", "upload": world.mine.names["upload"][0],
    }  # fmt: skip
    names |= {kind: known[0] for kind, known in world.own.names.items()}
    return filled(path.replace("<path:", "<"), {part: names[part] for part in parts_of(path)})


@pytest.mark.parametrize(("headers", "token"), FOREIGN)
def test_no_form_is_taken_from_elsewhere(world: World, headers: dict[str, str], token: str) -> None:
    forms = [rule for rule in world.rules if rule.method == "POST"]
    assert len(forms) > 50
    signed_in = world.browser("administrator")
    for rule in forms:
        if rule.is_open:
            _refused_at_the_door(world, _there(world, rule.rule), headers, token)
        given = {
            "none": {}, "empty": {"csrf": ""}, "own": {"csrf": world.csrf("administrator")},
            "another's": {"csrf": world.csrf("auditor")},
        }[token]  # fmt: skip
        answer = signed_in.post(_there(world, rule.rule), data={**FIELDS, **given}, headers=headers)
        assert answer.status_code == 403, rule.rule


def _refused_at_the_door(world: World, place: str, headers: dict[str, str], token: str) -> None:
    """Send a form for which nobody has to be signed in, with the door's cookie."""
    web = world.app.test_client()
    web.set_cookie("door", "the-browsers-own", path="/console/")
    given = {"none": {}, "empty": {"csrf": ""}, "own": {"csrf": "the-browsers-own"}}
    fields = {**FIELDS, **given.get(token, {"csrf": "another"})}
    assert web.post(place, data=fields, headers=headers).status_code == 403, place
    bare = world.app.test_client().post(place, data={**FIELDS, "csrf": ""}, headers=headers)
    assert bare.status_code == 403, "a browser without the door's cookie has no token at all"


@pytest.mark.sampled(4)
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(("headers", "token"), FOREIGN)
def test_no_piece_of_an_upload_is_taken_from_elsewhere(
    world: World, headers: dict[str, str], token: str, method: str
) -> None:
    given = {
        "none": {}, "empty": {"X-CSRF-Token": ""},
        "own": {"X-CSRF-Token": world.csrf("publisher")},
        "another's": {"X-CSRF-Token": world.csrf("auditor")},
    }[token]  # fmt: skip
    upload = "" if method == "POST" else f"/{world.mine.names['upload'][0]}"
    tus = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Upload-Length": "9"}
    answer = world.browser("publisher").open(
        f"/console/uploads/files{upload}", method=method, headers={**tus, **headers, **given}
    )
    assert answer.status_code == 403


def _asked(web: FlaskClient, world: World, headers: dict[str, str]) -> Iterator[TestResponse]:
    for operation in all_operations():
        yield web.open(
            f"/api/v1{_there(world, operation.path)}",
            method=operation.method,
            headers=headers,
            json=BODIES.get(operation.name),
        )


def test_a_cookie_is_never_good_for_the_api(world: World) -> None:
    cookie = world.cookie("administrator")
    stranger = [answer.data for answer in _asked(world.app.test_client(), world, {})]
    web = world.app.test_client()
    web.set_cookie("session", cookie, path="/")
    web.set_cookie("token", world.token("administrator"), path="/")
    ways = [
        HERE,
        {"Cookie": f"session={cookie}"},
        {"Authorization": f"Bearer {cookie}"},
        {"Authorization": f"Basic {world.token('administrator')}"},
        {"Authorization": world.token("administrator")},
        {"X-CSRF-Token": world.csrf("administrator"), **HERE},
    ]
    for headers in ways:
        for number, answer in enumerate(_asked(web, world, headers)):
            assert answer.status_code == 401
            assert answer.data == stranger[number]


@pytest.mark.parametrize("path", ["claims", "check-ins", "batches", "credential"])
def test_a_token_is_not_a_boxs_key(world: World, path: str) -> None:
    method = "GET" if path == "credential" else "POST"
    headers = {"Authorization": f"Bearer {world.token('administrator')}"}
    answer = world.app.test_client().open(
        f"/api/v1/{path}", method=method, headers=headers, json=None if method == "GET" else {}
    )
    assert answer.status_code in {400, 401}


@pytest.mark.parametrize("way", ["header", "cookie", "field"])
def test_a_token_is_never_good_for_the_console(world: World, way: str) -> None:
    token = world.token("administrator")
    web = world.app.test_client()
    headers = {**HERE, "Authorization": f"Bearer {token}"} if way == "header" else dict(HERE)
    if way == "cookie":
        web.set_cookie("session", token, path="/console/")
    for rule in world.rules:
        if rule.is_open:
            continue
        place = _there(world, rule.rule)
        if rule.method == "GET":
            query = {"token": token, "session": token} if way == "field" else {}
            answer = web.get(place, headers=headers, query_string=query)
            assert answer.status_code == 303, rule.rule
            assert answer.headers["Location"].startswith("/console/sign-in?next=")
        else:
            fields = {**FIELDS, "csrf": token, "token": token, "session": token}
            answer = web.post(place, data=fields, headers=headers)
            assert answer.status_code in {401, 403}, rule.rule
