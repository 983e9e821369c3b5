"""The API for staff: who asks is known by a token, and each refusal says no more than it may."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.app import create_app
from hub.fleet import audit
from hub.hub import Hub
from hub.people.rights import Role
from hub.people.tables import ApiTokenRow, PersonRow
from hub.school_requests.tables import RequestRow
from tests.hub.console.site import TOWNSHIP, add_people, api_token
from tests.hub.console.wishes import AT, add_wish

pytestmark = pytest.mark.both_databases


@pytest.fixture
def web(hub: Hub) -> FlaskClient:
    add_people(hub)
    add_wish(hub, "near", TOWNSHIP)
    add_wish(hub, "far", "elsewhere")
    return create_app(hub).test_client()


Ask = Callable[..., TestResponse]


@pytest.fixture
def ask(hub: Hub, web: FlaskClient) -> Ask:
    def asked(role: Role, path: str, method: str = "GET", **more: object) -> TestResponse:
        headers = {"Authorization": f"Bearer {api_token(hub, role)}"}
        return web.open(f"/api/v1{path}", method=method, headers=headers, **more)

    return asked


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Bearer nonsense", "Bearer satchel_x", "Basic YTpi"]
)
def test_without_a_token_that_counts_there_is_one_answer(
    web: FlaskClient, authorization: str
) -> None:
    answer = web.get("/api/v1/summary", headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="satchel"'
    assert answer.json is not None
    assert answer.json["detail"] == "no token that counts came with the request"


def test_a_token_that_was_revoked_or_whose_person_is_gone_counts_no_more(
    hub: Hub, web: FlaskClient
) -> None:
    token = api_token(hub, "administrator")
    headers = {"Authorization": f"Bearer {token}"}
    assert web.get("/api/v1/summary", headers=headers).status_code == 200
    with hub.database.writing():
        PersonRow.update(disabled_at=AT).where(PersonRow.login == "administrator").execute()
    assert web.get("/api/v1/summary", headers=headers).status_code == 401
    with hub.database.writing():
        PersonRow.update(disabled_at="").execute()
        ApiTokenRow.update(revoked_at=AT).execute()
    assert web.get("/api/v1/summary", headers=headers).status_code == 401


def test_a_token_may_no_more_than_it_was_made_for(hub: Hub, web: FlaskClient) -> None:
    headers = {"Authorization": f"Bearer {api_token(hub, 'administrator')}"}
    with hub.database.writing():
        ApiTokenRow.update(scopes=["see-requests"]).execute()
    assert web.get("/api/v1/requests", headers=headers).status_code == 200
    assert web.get("/api/v1/hub", headers=headers).status_code == 403


def test_a_session_counts_for_nothing_here(web: FlaskClient) -> None:
    web.set_cookie("session", "whatever", path="/")
    assert web.get("/api/v1/summary").status_code == 401


def test_who_has_not_the_right_is_told_which(ask: Ask) -> None:
    answer = ask("publisher", "/requests")
    assert answer.status_code == 403
    assert answer.json is not None
    assert answer.json["code"] == "forbidden"
    assert "see-requests" in answer.json["detail"]


def test_an_operator_sees_the_requests_of_its_townships_alone(ask: Ask) -> None:
    for role, schools in (("administrator", {"near", "far"}), ("operator", {"near"})):
        found = ask(role, "/requests").json
        assert found is not None
        assert {each["school"] for each in found["items"]} == schools
        summary = ask(role, "/summary").json
        assert summary is not None
        counts = {need["kind"]: need["count"] for need in summary["needs"]}
        assert counts["wishes"] == len(schools)


def test_what_is_not_ones_own_is_answered_as_what_is_not_there(ask: Ask, hub: Hub) -> None:
    with hub.database.transaction():
        far = RequestRow.get(RequestRow.school == "far").number
    body = {"text": "soon"}
    others = ask("operator", f"/requests/{far}/answer", "POST", json=body)
    nobodys = ask("operator", "/requests/987654/answer", "POST", json=body)
    assert others.status_code == nobodys.status_code == 404
    assert others.text.replace(str(far), "") == nobodys.text.replace("987654", "")


def test_pages_of_a_list_hold_each_once(ask: Ask, hub: Hub) -> None:
    for number in range(5):
        add_wish(hub, f"more-{number}", TOWNSHIP)
    seen, after = [], ""
    for _ in range(9):
        found = ask("administrator", f"/requests?limit=3&after={after or 0}").json
        assert found is not None
        seen += [each["number"] for each in found["items"]]
        after = found["next"]
        if not after:
            break
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("nonsense=1", "nonsense"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("school=a&school=b", "school"),
        ("school=%00", "school"),
        ("after=1e9999", "after"),
        ("after=99999999999999999999", "after"),
        ("after=-1", "after"),
    ],
)
def test_a_query_that_is_not_one_is_refused_by_name(ask: Ask, query: str, said: str) -> None:
    answer = ask("administrator", f"/requests?{query}")
    assert answer.status_code == 400
    assert answer.json is not None
    assert said in answer.json["detail"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"text": 3}', 400),
        (b'{"nonsense": true}', 400),
        (b'{"text": "\\u0000"}', 400),
        (b'{"text": "\xff"}', 400),
        (b"[" * 10_000, 400),
        (b'{"text": "' + b"x" * 300 + b'"}', 400),
        (b'{"text": "' + b"x" * 70_000 + b'"}', 413),
    ],
)
def test_a_body_that_is_not_one_is_refused(ask: Ask, hub: Hub, body: bytes, status: int) -> None:
    with hub.database.transaction():
        number = RequestRow.get(RequestRow.school == "near").number
    place = f"/requests/{number}/answer"
    answer = ask("administrator", place, "POST", data=body, content_type="application/json")
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    with hub.database.transaction():
        assert RequestRow.get_by_id(number).answer == ""


def test_a_body_has_to_be_said_to_be_json(ask: Ask) -> None:
    answer = ask("administrator", "/requests/1/answer", "POST", data=b"{}", content_type="a/b")
    assert answer.status_code == 415


def test_another_method_is_405_and_says_which_would_do(ask: Ask) -> None:
    answer = ask("administrator", "/requests", "DELETE")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert ask("administrator", "/requests/1/answer").status_code == 405
    assert ask("administrator", "/no-such-thing").status_code == 404


def test_an_answer_is_written_down_with_who_gave_it(ask: Ask, hub: Hub) -> None:
    with hub.database.transaction():
        number = RequestRow.get(RequestRow.school == "near").number
    answer = ask("operator", f"/requests/{number}/answer", "POST", json={"text": "in spring"})
    assert answer.status_code == 200
    assert answer.json is not None
    assert (answer.json["answer"], answer.json["answer_text"]) == ("answered", "in spring")
    (line,) = audit.entries(hub, event="request-answered", most=2)
    assert (line.actor, line.node) == ("operator", "near-1")
