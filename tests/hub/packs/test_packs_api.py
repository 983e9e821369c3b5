"""Packs and uploads over the API: what a program of each role sees, does, and is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from hub.app import create_app
from hub.fleet import audit
from hub.hub import Hub
from hub.jobs.running import run_waiting
from hub.people.rights import Role
from hub.publishing import publish
from hub.uploads.limits import UPLOAD_PIECE_BYTES
from hub.versions import versions_of
from tests.hub.console.site import add_people, api_token
from tests.hub.uploads.tus_client import named
from tests.support.packs import make_demo

Ask = Callable[..., TestResponse]


@pytest.fixture
def ask(filled: Hub, tmp_path: Path) -> Ask:
    """Ask the API of a hub with `demo` of `satchel`, and `stolen` of `thief`."""
    make_demo(tmp_path / "stolen.cpack", pack="stolen", publisher="thief")
    publish(filled, tmp_path / "stolen.cpack")
    add_people(filled)
    client = create_app(filled).test_client()

    def ask(method: str, place: str, role: Role = "administrator", **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {api_token(filled, role)}", **more.pop("headers", {})}
        return client.open(f"/api/v1{place}", method=method, headers=headers, **more)

    return ask


def test_packs_come_in_pages(ask: Ask) -> None:
    first = ask("GET", "/packs?limit=1").get_json()
    assert [item["pack"] for item in first["items"]] == ["demo"]
    second = ask("GET", f"/packs?limit=1&after={first['next']}").get_json()
    assert [item["pack"] for item in second["items"]] == ["stolen"]
    assert second["next"] == ""


def test_a_publisher_sees_and_does_nothing_to_anothers_packs(ask: Ask) -> None:
    seen = ask("GET", "/packs", "publisher").get_json()["items"]
    assert [item["pack"] for item in seen] == ["demo"]
    for place in (
        "", "/versions/1", "/versions/1/lessons/one", "/differences?older=1&newer=2",
    ):  # fmt: skip
        foreign = ask("GET", f"/packs/stolen{place}", "publisher")
        nowhere = ask("GET", f"/packs/nowhere{place}", "publisher")
        assert foreign.status_code == nowhere.status_code == 404
        assert (
            foreign.get_json()["detail"].replace("stolen", "nowhere")
            == (nowhere.get_json()["detail"])
        )
    body = {"channel": "main"}
    assert ask("POST", "/packs/demo/versions/2/release", "publisher", json=body).status_code == 403
    offered = ask("GET", "/channels", "publisher").get_json()["items"][0]["offers"]
    assert {offer["pack"] for offer in offered} <= {"demo"}


@pytest.mark.parametrize("role", ["operator", "publisher", "teacher", "auditor"])
def test_only_an_administrator_releases_and_withdraws(ask: Ask, role: Role) -> None:
    for deed, body in (("release", {"channel": "main"}), ("withdraw", {})):
        answer = ask("POST", f"/packs/demo/versions/2/{deed}", role, json=body)
        assert answer.status_code == 403
    assert ask("POST", "/channels", role, json={"channel": "more"}).status_code == 403


def test_a_release_is_in_force_and_in_the_audit_log(ask: Ask, filled: Hub) -> None:
    answer = ask("POST", "/packs/demo/versions/2/release", json={"channel": "main"})
    assert answer.get_json()["offer"]["version"] == 2
    story = ask("GET", "/packs/demo").get_json()
    assert story["offered"] == {"main": 2}
    assert story["releases"][0]["actor"] == "administrator"
    noted, _of_the_first = audit.entries(filled, event="released", most=5)
    assert (noted.actor, noted.reason) == ("administrator", "demo 2 on main")
    body = {"channel": "main", "fall_back_to": 1}
    ask("POST", "/packs/demo/versions/2/withdraw", json=body)
    assert ask("GET", "/packs/demo").get_json()["offered"] == {"main": 1}


def test_a_lesson_says_where_its_files_are_shown(ask: Ask, filled: Hub) -> None:
    version = ask("GET", "/packs/demo/versions/1").get_json()
    lesson = version["lessons"][0]["lesson"]
    found = ask("GET", f"/packs/demo/versions/1/lessons/{lesson}").get_json()
    address = next(iter(found["files"].values()))
    shown = create_app(filled).test_client().get(address)  # without any cookie or token
    assert shown.status_code == 200
    assert "sandbox allow-scripts" in shown.headers["Content-Security-Policy"]
    assert "allow-same-origin" not in shown.headers["Content-Security-Policy"]
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    elsewhere = address.replace("demo.1", "stolen.1")
    assert create_app(filled).test_client().get(elsewhere).status_code == 404
    part = create_app(filled).test_client().get(address, headers={"Range": "bytes=2-5"})
    assert part.status_code == 206
    assert part.data == shown.data[2:6]


def test_differences_say_what_changed_and_what_it_costs(ask: Ask) -> None:
    found = ask("GET", "/packs/demo/differences?older=1&newer=2").get_json()
    assert found["difference"]["lessons"]["items_changed"]
    assert 0 < found["without"] < found["whole"]
    assert ask("GET", "/packs/demo/differences?older=2&newer=1").status_code == 400
    assert ask("GET", "/packs/demo/differences?older=1&newer=9").status_code == 404


def test_a_program_uploads_by_tus_and_it_is_published(
    ask: Ask, filled: Hub, tmp_path: Path
) -> None:
    make_demo(tmp_path / "new.cpack", pack="fresh", video_bytes=300_000)
    data = (tmp_path / "new.cpack").read_bytes()
    tus = {"Tus-Resumable": "1.0.0"}
    made = ask(
        "POST", "/uploads/files", "publisher",
        headers={**tus, "Upload-Length": str(len(data)), "Upload-Metadata": named("new.cpack")},
    )  # fmt: skip
    assert made.status_code == 201
    place = made.headers["Location"].removeprefix("/api/v1")
    assert ask("HEAD", place, "administrator", headers=tus).status_code == 200
    for at in range(0, len(data), UPLOAD_PIECE_BYTES):
        took = ask(
            "PATCH", place, "publisher", data=data[at : at + UPLOAD_PIECE_BYTES],
            headers={**tus, "Upload-Offset": str(at)},
            content_type="application/offset+octet-stream",
        )  # fmt: skip
        assert took.status_code == 204
    run_waiting(filled)
    assert [version.published_by for version in versions_of(filled, "fresh")] == ["publisher"]
    (upload,) = ask("GET", "/uploads", "publisher").get_json()["items"]
    assert upload["state"] == "published"
    assert ask("POST", f"/uploads/{upload['id']}/remove", "publisher").status_code == 204


def test_uploads_without_a_token_or_the_right_are_refused(ask: Ask, filled: Hub) -> None:
    client = create_app(filled).test_client()
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "5", "Upload-Metadata": named("a.cpack")}
    assert client.options("/api/v1/uploads/files").status_code == 204
    assert client.post("/api/v1/uploads/files", headers=headers).status_code == 401
    assert client.post("/console/uploads/files", headers=headers).status_code == 401
    assert ask("POST", "/uploads/files", "auditor", headers=headers).status_code == 403
    assert ask("POST", "/uploads/files", headers={"Upload-Length": "5"}).status_code == 412
    assert ask("PATCH", "/uploads/files/..", headers=headers).status_code == 404
    assert ask("PATCH", f"/uploads/files/{'0' * 32}", headers=headers).status_code == 415
