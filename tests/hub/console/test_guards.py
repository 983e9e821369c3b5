"""What every page of the console keeps: who may, whose form it is, which headers, which cookies."""

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.app import create_app
from hub.console.guards import place_below
from hub.hub import Hub
from hub.people.rights import RIGHTS, ROLES, Role
from hub.school_requests.tables import RequestRow
from tests.hub.console.site import TOWNSHIP, ConsoleSite, add_people
from tests.hub.console.wishes import add_wish

OURS = {"Origin": "http://localhost"}


@pytest.fixture
def site(hub: Hub) -> ConsoleSite:
    add_people(hub)
    add_wish(hub, "near", TOWNSHIP)
    add_wish(hub, "far", "elsewhere")
    return ConsoleSite(hub, "http://localhost")


@pytest.fixture
def web(site: ConsoleSite) -> FlaskClient:
    return create_app(site.hub).test_client()


def sign_in(web: FlaskClient, site: ConsoleSite, role: Role) -> None:
    web.set_cookie("session", site.session(role), path="/console/")


def csrf_of(page: TestResponse) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found
    return found[1]


def number_of(site: ConsoleSite, school: str) -> int:
    with site.hub.database.transaction():
        return int(RequestRow.get(RequestRow.school == school).number)


def answer_of(site: ConsoleSite, school: str) -> str:
    with site.hub.database.transaction():
        return str(RequestRow.get(RequestRow.school == school).answer)


def test_who_is_not_signed_in_is_sent_to_sign_in_and_comes_back(web: FlaskClient) -> None:
    answer = web.get("/console/requests?school=near&all=1")
    assert answer.status_code == 303
    wanted = "/console/sign-in?next=/console/requests%3Fschool%3Dnear%26all%3D1"
    assert answer.headers["Location"] == wanted


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(web: FlaskClient) -> None:
    answer = web.get("/console/requests", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/console/sign-in")


def test_a_form_without_a_session_changes_nothing(web: FlaskClient, site: ConsoleSite) -> None:
    place = f"/console/requests/{number_of(site, 'near')}/answer"
    assert web.post(place, data={"verdict": "answered"}, headers=OURS).status_code == 401
    assert answer_of(site, "near") == ""


@pytest.mark.parametrize(
    ("headers", "with_token", "status"),
    [
        (OURS, True, 303),
        ({"Referer": "http://localhost/console/requests"}, True, 303),
        ({"Sec-Fetch-Site": "same-origin"}, True, 303),
        (OURS, False, 403),
        ({}, True, 403),
        ({"Origin": "http://evil.example"}, True, 403),
        ({"Origin": "null"}, True, 403),
        ({"Origin": "http://localhost:81"}, True, 403),
        ({"Origin": "http://localhost.evil.example"}, True, 403),
        ({"Sec-Fetch-Site": "cross-site", **OURS}, True, 403),
        ({"Sec-Fetch-Site": "same-site", **OURS}, True, 403),
        ({"Origin": "http://[evil"}, True, 403),
    ],
)
def test_a_form_is_taken_from_our_own_pages_with_the_token_alone(
    web: FlaskClient, site: ConsoleSite, headers: dict[str, str], with_token: bool, status: int
) -> None:
    sign_in(web, site, "administrator")
    token = csrf_of(web.get("/console/requests"))
    place = f"/console/requests/{number_of(site, 'near')}/answer"
    fields = {"verdict": "answered", "text": "soon", "csrf": token if with_token else "another"}
    assert web.post(place, data=fields, headers=headers).status_code == status
    assert answer_of(site, "near") == ("answered" if status == 303 else "")


def test_the_token_of_another_session_is_worth_nothing(web: FlaskClient, site: ConsoleSite) -> None:
    sign_in(web, site, "auditor")
    of_another = csrf_of(web.get("/console/"))
    sign_in(web, site, "administrator")
    place = f"/console/requests/{number_of(site, 'near')}/answer"
    answer = web.post(place, data={"verdict": "answered", "csrf": of_another}, headers=OURS)
    assert answer.status_code == 403


def test_each_role_opens_the_pages_of_its_rights_and_no_others(
    web: FlaskClient, site: ConsoleSite
) -> None:
    rules = create_app(site.hub).extensions["console"].rules
    plain = [rule for rule in rules if rule.method == "GET" and "<" not in rule.rule]
    assert len(plain) > 4
    for role in ROLES:
        sign_in(web, site, role)
        for rule in plain:
            if rule.is_open:
                continue
            may = rule.right is None or rule.right in RIGHTS[role]
            status = web.get(rule.rule).status_code
            assert (status == 403) == (not may), f"{role} {rule.rule}: {status}"


def test_what_is_not_ones_own_is_a_page_as_of_what_is_not_there(
    web: FlaskClient, site: ConsoleSite
) -> None:
    sign_in(web, site, "operator")
    fields = {"verdict": "answered", "csrf": csrf_of(web.get("/console/requests"))}
    theirs = f"/console/requests/{number_of(site, 'far')}/answer"
    others = web.post(theirs, data=fields, headers=OURS)
    nobodys = web.post("/console/requests/987654/answer", data=fields, headers=OURS)
    assert others.status_code == nobodys.status_code == 404
    assert others.text.replace(theirs, "") == nobodys.text.replace(
        "/console/requests/987654/answer", ""
    )
    assert answer_of(site, "far") == ""
    assert "far" not in web.get("/console/requests").text


def test_each_page_carries_what_keeps_others_out(web: FlaskClient, site: ConsoleSite) -> None:
    sign_in(web, site, "administrator")
    for place in ("/console/", "/console/requests", "/console/nothing-here"):
        headers = web.get(place).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Cookie" in headers["Vary"]


def test_no_page_has_a_script_or_a_style_inside(web: FlaskClient, site: ConsoleSite) -> None:
    sign_in(web, site, "administrator")
    for place in ("/console/", "/console/requests", "/console/this-hub"):
        page = web.get(place).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page)


def test_words_are_said_once_and_only_ours(web: FlaskClient, site: ConsoleSite) -> None:
    sign_in(web, site, "administrator")
    token = csrf_of(web.get("/console/requests"))
    place = f"/console/requests/{number_of(site, 'near')}/answer"
    web.post(place, data={"verdict": "answered", "csrf": token}, headers=OURS)
    assert 'role="status"' in web.get("/console/requests").text
    assert 'role="status"' not in web.get("/console/requests").text
    web.set_cookie("said", "0" * 32 + ".call%20this%20number", path="/console/")
    assert "call this number" not in web.get("/console/requests").text


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_cookies_are_for_no_script_and_no_other_site(
    web: FlaskClient, site: ConsoleSite, scheme: str
) -> None:
    del site
    base = f"{scheme}://localhost"
    page = web.get("/console/nothing-here", base_url=base)
    cookies = page.headers.getlist("Set-Cookie")
    assert cookies, "a form is on each page: the language's switch"
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/console/" in cookie
        assert ("Secure" in cookie and cookie.startswith("__Secure-")) == (scheme == "https")


def test_the_language_is_the_browsers_until_another_is_chosen(
    web: FlaskClient, site: ConsoleSite
) -> None:
    sign_in(web, site, "administrator")
    chinese = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}
    page = web.get("/console/", headers=chinese)
    assert '<html lang="zh-Hans">' in page.text
    fields = {"language": "en", "next": "/console/requests", "csrf": csrf_of(page)}
    answer = web.post("/console/language", data=fields, headers=OURS)
    assert answer.headers["Location"] == "/console/requests"
    assert '<html lang="en">' in web.get("/console/", headers=chinese).text
    fields["language"] = "xx\r\nX: y"
    assert web.post("/console/language", data=fields, headers=OURS).status_code == 303
    assert '<html lang="en">' in web.get("/console/", headers=chinese).text


@pytest.mark.parametrize(
    "place",
    [
        "http://evil.example/console/", "//evil.example/console/", "/console//evil.example",
        "/console/\\evil.example", "/consoles/", "javascript:alert(1)", "/console/\r\nX: y", "",
        "/console/" + "a" * 600, "/", "/api/v1/summary",
    ],
)  # fmt: skip
def test_no_link_leads_from_our_sign_in_to_somebody_elses(place: str) -> None:
    assert place_below(place) == "/console/"


def test_a_place_of_the_console_is_gone_on_to() -> None:
    assert place_below("/console/schools?query=a%20b") == "/console/schools?query=a%20b"
