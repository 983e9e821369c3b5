"""The door over HTTP: cookies, forms of others, forged fields, what a browser keeps."""

import html
import io
import logging
import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.app import create_app
from hub.fleet import audit
from hub.hub import Hub
from hub.monitoring import logs
from hub.people import directory, tokens
from hub.people.actor import of_this_machine
from hub.people.limits import TRIES_OF_LOGIN
from tests.hub.people.signing import password_of

ADMIN = of_this_machine()
ORIGIN = "https://hub.example"
SAME = {"Sec-Fetch-Site": "same-origin"}


class Visitor:
    """A browser that keeps its cookies and sends forms as its pages have them."""

    def __init__(self, client: FlaskClient, base: str = ORIGIN) -> None:
        self.client, self.base = client, base

    def get(self, place: str) -> TestResponse:
        return self.client.get(place, base_url=self.base)

    def csrf(self, place: str) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.get(place).text)
        assert found
        return found[1]

    def post(
        self, place: str, fields: dict[str, object], *, page: str = "", headers: object = SAME
    ) -> TestResponse:
        data = {"csrf": self.csrf(page or "/console/account"), **fields}
        return self.client.post(place, data=data, base_url=self.base, headers=headers)

    def sign_in(self, login: str, **fields: object) -> TestResponse:
        given = {"login": login, "password": password_of(login), **fields}
        return self.post("/console/sign-in", given, page="/console/sign-in")

    def cookie(self, name: str) -> str:
        found = self.client.get_cookie(name, domain=urlsplit(self.base).netloc, path="/console/")
        return found.value if found else ""


@pytest.fixture
def visitor(staffed: Hub) -> Visitor:
    return Visitor(create_app(staffed).test_client())


@pytest.fixture
def other(staffed: Hub) -> Visitor:
    return Visitor(create_app(staffed).test_client())


def words(response: TestResponse) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", response.text))


def test_who_signs_in_comes_to_where_they_wanted(visitor: Visitor) -> None:
    asked = visitor.get("/console/audit?actor=otto")
    assert (asked.status_code, asked.location) == (
        303, "/console/sign-in?next=/console/audit%3Factor%3Dotto",
    )  # fmt: skip
    assert 'name="next" value="/console/audit?actor=otto"' in visitor.get(asked.location).text
    answer = visitor.sign_in("ada", next="/console/audit?actor=otto")
    assert (answer.status_code, answer.location) == (303, "/console/audit?actor=otto")
    assert visitor.get(answer.location).status_code == 200


@pytest.mark.parametrize(
    "place",
    ["https://evil.example/", "//evil.example", "/console/../api", "/\\evil", "/elsewhere", "x"],
)
def test_the_door_leads_to_nobody_elses_place(visitor: Visitor, place: str) -> None:
    answer = visitor.sign_in("ada", next=place)
    assert answer.location.startswith("/console/")
    assert "evil" not in answer.location


def _set_cookies(response: TestResponse) -> dict[str, dict[str, str]]:
    found = {}
    for line in response.headers.getlist("Set-Cookie"):
        for name, morsel in SimpleCookie(line).items():
            found[name] = {key: value for key, value in morsel.items() if value}
    return found


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_cookies_are_for_no_script_no_other_site_and_no_plain_wire(
    visitor: Visitor, scheme: str
) -> None:
    visitor.base = f"{scheme}://hub.example"
    found = _set_cookies(visitor.get("/console/sign-in")) | _set_cookies(visitor.sign_in("ada"))
    safe = "__Secure-" if scheme == "https" else ""
    assert {f"{safe}{name}" for name in ("session", "door", "device")} <= set(found)
    for name, flags in found.items():
        assert flags["httponly"], name
        assert flags["samesite"] == "Lax", name
        assert flags["path"] == "/console/", name
        assert flags.get("secure", False) is (scheme == "https"), name
        assert "domain" not in flags, name
    assert "max-age" not in found[f"{safe}session"]  # while the browser is open
    assert int(found[f"{safe}device"]["max-age"]) > 300 * 86_400


def test_session_fixation_a_planted_cookie_is_replaced(visitor: Visitor) -> None:
    name = "__Secure-session"
    visitor.client.set_cookie(
        name, "planted-by-somebody", domain="hub.example", path="/console/", secure=True
    )
    visitor.sign_in("ada")
    assert visitor.cookie(name) not in {"", "planted-by-somebody"}


def test_a_signed_in_cookie_planted_before_is_ended(visitor: Visitor, other: Visitor) -> None:
    other.sign_in("otto")
    planted = other.cookie("__Secure-session")
    visitor.client.set_cookie(
        "__Secure-session", planted, domain="hub.example", path="/console/", secure=True
    )
    answer = visitor.post("/console/sign-in", {"login": "ada", "password": password_of("ada")})
    assert answer.status_code == 303
    assert "ada" in visitor.get("/console/account").text
    assert other.get("/console/account").status_code == 303


FOREIGN = {
    "another site": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    "a page beside ours": {"Sec-Fetch-Site": "same-site", "Origin": "https://a.hub.example"},
    "an old browser, another site": {"Origin": "https://evil.example"},
    "a frame without an origin": {"Origin": "null"},
    "nothing said": {},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_csrf_a_form_of_another_page_does_nothing(
    visitor: Visitor, headers: dict[str, str], staffed: Hub
) -> None:
    visitor.sign_in("ada")
    answer = visitor.post("/console/people/otto/disable", {}, headers=headers)
    assert answer.status_code == 403
    assert not directory.person(staffed, ADMIN, "otto").disabled_at


@pytest.mark.parametrize("csrf", ["", "x", "é", "none"])
def test_csrf_a_form_without_its_token_does_nothing(
    visitor: Visitor, csrf: str, staffed: Hub
) -> None:
    visitor.sign_in("ada")
    answer = visitor.post("/console/people/otto/disable", {"csrf": csrf})
    assert answer.status_code == 403
    assert not directory.person(staffed, ADMIN, "otto").disabled_at


def test_csrf_the_token_of_another_session_does_nothing(
    visitor: Visitor, other: Visitor, staffed: Hub
) -> None:
    visitor.sign_in("ada")
    other.sign_in("otto")
    others = other.csrf("/console/account")
    answer = visitor.post("/console/people/otto/disable", {"csrf": others})
    assert answer.status_code == 403
    assert not directory.person(staffed, ADMIN, "otto").disabled_at


def test_csrf_nobody_is_signed_in_by_another_site(visitor: Visitor) -> None:
    visitor.get("/console/sign-in")
    for headers in FOREIGN.values():
        given = {"login": "otto", "password": password_of("otto")}
        answer = visitor.post("/console/sign-in", given, page="/console/sign-in", headers=headers)
        assert answer.status_code == 403
    assert not visitor.cookie("__Secure-session")


def test_a_wrong_password_says_nothing_else(visitor: Visitor) -> None:
    told = set()
    for login in ("ada", "nobody"):
        answer = visitor.sign_in(login, password="not the one")
        assert answer.status_code == 401
        told.add(words(answer).replace(login, "").split("Login")[0])
        assert f'value="{login}"' in answer.text
    assert len(told) == 1
    assert "The login, the password or the code is wrong." in told.pop()
    assert not visitor.cookie("__Secure-session")


def test_brute_force_is_told_how_long_to_wait(visitor: Visitor) -> None:
    for _ in range(TRIES_OF_LOGIN):
        assert visitor.sign_in("ada", password="not the one").status_code == 401
    answer = visitor.sign_in("ada")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert "Wait" in words(answer)


def test_what_was_typed_is_only_shown_as_text(visitor: Visitor) -> None:
    answer = visitor.sign_in('"><script>alert(1)</script>', password="x")
    assert "<script>alert" not in answer.text


def test_a_link_sets_a_password_and_leads_to_the_door(visitor: Visitor, staffed: Hub) -> None:
    link = directory.reset(staffed, ADMIN, "tina", second_step=False, randomness=bytes)
    page = visitor.get(link.place)
    assert (page.status_code, "tina" in page.text) == (200, True)
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["Cache-Control"] == "no-store"
    new = {"password": "seven green ponds", "again": "seven green ponds"}
    for wrong in ({**new, "again": "other"}, {"password": "short", "again": "short"}):
        assert visitor.post(link.place, wrong, page=link.place).status_code == 400
    answer = visitor.post(link.place, new, page=link.place)
    assert answer.location == "/console/sign-in?ready=1"
    assert visitor.get(link.place).status_code == 409
    assert visitor.sign_in("tina", password="seven green ponds").status_code == 303


def test_a_guessed_link_tells_nothing(visitor: Visitor) -> None:
    for token in ("x", "A" * 43, "a" * 5_000):
        assert visitor.get(f"/console/welcome/{token}").status_code == 409
    assert visitor.get("/console/welcome/%00").status_code == 400


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the hub logs meanwhile."""
    ours = logging.getLogger("hub")
    before = (ours.handlers[:], ours.level, ours.propagate)
    stream = io.StringIO()
    logs.set_up("json", stream=stream)
    yield stream
    ours.handlers[:], ours.level, ours.propagate = before


@pytest.mark.hub_db
def test_no_secret_stands_in_the_log(visitor: Visitor, staffed: Hub, log: io.StringIO) -> None:
    link = directory.reset(staffed, ADMIN, "tina", second_step=False, randomness=bytes)
    visitor.sign_in("otto", code="a code of mine")
    visitor.post("/console/account/sessions", {})
    kept = visitor.cookie("__Secure-session")
    staffed.database.close()
    staffed.data.database.write_bytes(b"no database" * 1_000)
    assert visitor.get(link.place).status_code == 503
    said = log.getvalue()
    assert "/console/account/sessions" in said
    assert "/console/welcome/<token>" in said
    for secret in (link.place.rpartition("/")[2], password_of("otto"), kept, "a code of mine"):
        assert secret not in said


def test_signing_out_drops_the_cookie_and_the_session(visitor: Visitor) -> None:
    visitor.sign_in("ada")
    kept = visitor.cookie("__Secure-session")
    assert visitor.post("/console/sign-out", {}).location == "/console/sign-in?left=1"
    assert not visitor.cookie("__Secure-session")
    visitor.client.set_cookie(
        "__Secure-session", kept, domain="hub.example", path="/console/", secure=True
    )
    assert visitor.get("/console/account").status_code == 303


@pytest.mark.parametrize("login", ["otto", "peng", "tina", "auda"])
def test_privilege_by_forged_fields_and_addresses_is_refused(
    visitor: Visitor, login: str, staffed: Hub
) -> None:
    visitor.sign_in(login)
    me = {"role": "administrator", "login": login, "townships": "", "publisher": ""}
    for place in (
        "/console/people", f"/console/people/{login}", "/console/people/ada/disable",
        "/console/people/ada/reset", "/console/people/ada/enable",
    ):  # fmt: skip
        assert visitor.post(place, me).status_code == 403, place
        assert visitor.get(place.removesuffix("/disable")).status_code in {403, 404, 405}
    assert directory.person(staffed, ADMIN, login).role != "administrator"
    made = visitor.post(
        "/console/tokens",
        {"name": "x", "days": "9", "login": "ada", "scope": ["manage-people"], "role": "x"},
    )
    assert made.status_code == 409
    assert tokens.tokens(staffed, ADMIN) == []


def test_fields_that_a_role_hasnt_are_left_out(visitor: Visitor, staffed: Hub) -> None:
    visitor.sign_in("ada")
    forged = {
        "role": "teacher", "townships": "North, River", "township": "South", "publisher": "satchel",
        "name": "", "totp": "", "password": "x", "disabled_at": "x", "person": "x",
    }  # fmt: skip
    assert visitor.post("/console/people/tina", forged).status_code == 303
    found = directory.person(staffed, ADMIN, "tina")
    assert (found.role, found.townships, found.publisher) == ("teacher", (), "")
    assert found.ready
    assert not found.disabled_at


def test_an_administrator_adds_changes_and_disables(visitor: Visitor, staffed: Hub) -> None:
    visitor.sign_in("ada")
    new = {
        "login": "li.ming",
        "name": "李明",
        "role": "operator",
        "townships": "North，South\nEast",
    }
    answer = visitor.post("/console/people", new)
    link = re.search(r"https://hub\.example(/console/welcome/[\w-]+)", answer.text)
    assert link
    assert visitor.get(link[1]).status_code == 200
    found = directory.person(staffed, ADMIN, "li.ming")
    assert found.townships == ("East", "North", "South")
    assert "李明" in visitor.get("/console/people?q=li.").text
    assert "李明" not in visitor.get("/console/people?role=auditor").text
    visitor.post("/console/people/li.ming", {"role": "publisher", "publisher": "river-press"})
    assert directory.person(staffed, ADMIN, "li.ming").publisher == "river-press"
    visitor.post("/console/people/li.ming/disable", {})
    assert directory.person(staffed, ADMIN, "li.ming").disabled_at
    visitor.post("/console/people/li.ming/enable", {})
    assert not directory.person(staffed, ADMIN, "li.ming").disabled_at
    deeds = {entry.event: entry.actor for entry in audit.entries(staffed, most=5)}
    assert deeds["person-added"] == deeds["person-disabled"] == "ada"


def test_a_token_is_shown_once_and_revoked_by_its_owner(visitor: Visitor, staffed: Hub) -> None:
    visitor.sign_in("otto")
    made = visitor.post("/console/tokens", {"name": "map", "days": "30", "scope": "see-fleet"})
    secret = re.search(r"satchel_[\w-]{43}", made.text)
    assert secret
    assert tokens.find(staffed, secret[0])
    assert secret[0] not in visitor.get("/console/tokens").text
    token = tokens.tokens(staffed, ADMIN, "otto")[0].id
    visitor.post(f"/console/tokens/{token}/revoke", {})
    assert tokens.find(staffed, secret[0]) is None


@pytest.mark.parametrize("days", ["", "0", "-1", "9999999", "x", "١"])
def test_days_that_are_none_are_refused(visitor: Visitor, days: str) -> None:
    visitor.sign_in("otto")
    assert visitor.post("/console/tokens", {"name": "map", "days": days}).status_code == 400


def test_nobody_revokes_anothers_token_by_its_id(visitor: Visitor, staffed: Hub) -> None:
    made = tokens.make(
        staffed, ADMIN, "ada", name="x", scopes=(), days=9, randomness=lambda count: b"7" * count
    )
    visitor.sign_in("otto")
    answers = [
        visitor.post(f"/console/tokens/{token}/revoke", {})
        for token in (made.token.id, "37373737-3737-4737-b737-373737373738")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert len({words(answer) for answer in answers}) == 1
    assert tokens.find(staffed, made.secret)


def test_the_audit_log_is_shown_filtered_and_given_as_a_table(visitor: Visitor) -> None:
    visitor.sign_in("auda")
    page = visitor.get("/console/audit?event=signed-in")
    assert "auda" in page.text
    assert "person added" not in re.sub(r"<select.*?</select>", "", page.text, flags=re.DOTALL)
    table = visitor.get("/console/audit/csv?event=signed-in")
    assert table.headers["Content-Disposition"].startswith('attachment; filename="audit-')
    assert table.data.decode("utf-8-sig").count("\r\n") == 2
    assert "as it was written" in visitor.get("/console/audit/check").text
    for odd in ("?event=gossip", "?since=yesterday"):
        assert visitor.get(f"/console/audit{odd}").status_code == 400
    assert visitor.get("/console/audit?after=%FF").status_code == 200
