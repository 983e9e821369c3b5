"""What writes are taken, from whom, and what a preference may hold."""

import pytest
from flask.testing import FlaskClient

from sync_node.lan.preferences import local_address

FORM = {"language": "zh", "next": "/packs/fractions"}


@pytest.mark.parametrize("path", ["/packs//fractions", "/peer//v1/held", "/static//x"])
def test_a_place_with_two_slashes_is_no_place(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers.get("Location")) == (404, None)


def _post(client: FlaskClient, headers: dict[str, str]) -> int:
    client.environ_base.pop("HTTP_ORIGIN", None)
    return client.post("/language", data=FORM, headers=headers).status_code


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
        {"Referer": "http://localhost/packs/fractions"},
        {"Origin": "http://10.42.0.1:8080", "Host": "10.42.0.1:8080"},
        {"Origin": "http://school.lan", "Host": "school.lan"},
    ],
)
def test_a_form_of_this_site_is_taken_under_any_name(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    assert _post(client, headers) == 303


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:8081"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://[broken"},
        {"Origin": "ftp://localhost"},
        {"Referer": "http://evil.example/localhost"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    ],
    ids=str,
)
def test_a_form_from_elsewhere_is_refused(client: FlaskClient, headers: dict[str, str]) -> None:
    assert _post(client, headers) == 403


def test_the_switch_keeps_the_language_and_goes_back(client: FlaskClient) -> None:
    answer = client.post("/language", data=FORM)
    assert answer.headers["Location"] == "/packs/fractions"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "分数" in client.get("/packs/fractions", headers={"Accept-Language": "en"}).text


@pytest.mark.parametrize("language", ["", "xx", "en\r\nX: y", "../zh"])
def test_only_a_language_of_the_site_is_kept(client: FlaskClient, language: str) -> None:
    answer = client.post("/language", data={"language": language})
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("place", ["/", "/packs/fractions?grade=4", "/packs/%E5%88%86"])
def test_a_place_of_this_site_is_gone_back_to(place: str) -> None:
    assert local_address(place) == place


@pytest.mark.parametrize(
    "place",
    [
        "", "http://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example",
        "/\t/evil.example", "javascript:alert(1)", "packs", "http://[", "/a\r\nSet-Cookie: x=1",
    ],
)  # fmt: skip
def test_no_other_place_is(place: str) -> None:
    assert local_address(place) == "/"


def test_too_large_a_form_is_refused_with_a_page(client: FlaskClient) -> None:
    answer = client.post("/language", data={"next": "x" * 300_000})
    assert answer.status_code == 413
    assert "too much" in answer.text


def test_a_method_that_a_page_has_not_is_refused_with_a_page(client: FlaskClient) -> None:
    answer = client.post("/")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert "Home" in answer.text
