"""A publisher sees and changes its own packs, uploads, jobs and previews, and nobody else's."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.packs.tickets import ticket
from tests.hub.attacks.places import recorded
from tests.hub.attacks.strangers import NOTHING, answers, tries, without_names
from tests.hub.attacks.world import RIVAL_MARK, World, state_of

COUNTERS = {"audit_row", "audit_head_row", "try_row"}
PIECE = "application/offset+octet-stream"
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture(autouse=True, scope="module")
def unchanged(world: World) -> Iterator[None]:
    """See that nothing that is tried here changes anything."""
    before = state_of(world.hub, COUNTERS)
    yield
    assert state_of(world.hub, COUNTERS) == before


def test_all_is_as_if_the_other_publisher_were_not_there(world: World) -> None:
    before, after = world.answers["publisher before"], world.answers["publisher after"]
    assert len(before) > 200
    for place, answer in before.items():
        if place != "/console/account/second-step":
            assert after[place] == answer, place


def test_the_other_publisher_sees_what_is_its_own(world: World) -> None:
    seen = recorded(world, f"{RIVAL_MARK}-publisher", world.rival)
    for place in ("/packs", "/uploads", "/jobs", "/rollouts", "/console/packs", "/console/uploads"):
        assert RIVAL_MARK in seen[place], place


def test_what_is_anothers_is_answered_as_what_is_not_there(world: World) -> None:
    tried = list(tries(world, world.mine, world.rival))
    assert {part for one in tried for part in one.theirs} >= {"pack", "upload", "job", "rollout"}
    for one in tried:
        theirs, nothing = answers(world, "publisher", one)
        assert theirs == nothing, (one.what, one.theirs)
        assert theirs[:1] == "4", (one.what, theirs)


@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
@pytest.mark.parametrize("face", ["/api/v1/uploads/files", "/console/uploads/files"])
def test_no_byte_goes_to_anothers_upload(world: World, method: str, face: str) -> None:
    theirs, nothing = (
        _piece(world, "publisher", method, f"{face}/{upload}", upload)
        for upload in (world.rival.names["upload"][0], NOTHING["upload"])
    )
    assert theirs == nothing
    assert theirs.startswith("404")
    own = world.mine.names["upload"][0]
    assert _piece(world, "publisher", "HEAD", f"{face}/{own}", own).startswith("200")


def _piece(world: World, login: str, method: str, place: str, upload: str) -> str:
    headers = {**TUS, "Upload-Offset": "0", "Content-Type": PIECE}
    web = world.browser(login)
    if place.startswith("/api"):
        headers["Authorization"] = f"Bearer {world.token(login)}"
    else:
        headers |= {"X-CSRF-Token": world.csrf(login), "Origin": "http://localhost"}
    answer: TestResponse = web.open(place, method=method, headers=headers, data=b"x" * 10)
    return without_names(answer, {"upload": upload})


@pytest.mark.parametrize(
    "change",
    [
        lambda own: own.replace("demo.", f"{RIVAL_MARK}-pack.", 1),
        lambda own: own.replace(".1.", ".2.", 1),
        lambda own: own[:-1] + ("A" if own[-1] != "A" else "B"),
        lambda own: own.rpartition(".")[0] + ".",
        lambda own: own.rpartition(".")[0],
        lambda _own: f"{RIVAL_MARK}-pack.1.4102444800.",
        lambda own: own + "x" * 10_000,
    ],
)
def test_a_previews_address_is_good_for_its_version_alone(
    world: World, web: FlaskClient, change: object
) -> None:
    own = ticket(world.hub, "demo", 1)
    assert callable(change)
    changed, nothing = (
        web.get(f"/console/preview/{one}/lessons/one/lesson.json")
        for one in (change(own), "x.1.2.y")
    )
    assert changed.status_code == nothing.status_code == 404


@pytest.mark.parametrize(
    "path", ["../hub.db", "..%2fhub.db", "%2e%2e/hub.toml", "/etc/passwd", "lessons/../../hub.toml"]
)
def test_a_preview_shows_no_file_beside_its_version(
    world: World, web: FlaskClient, path: str
) -> None:
    assert web.get(f"/console/preview/{ticket(world.hub, 'demo', 1)}/{path}").status_code >= 400


@pytest.fixture
def web(world: World) -> FlaskClient:
    return world.app.test_client()
