"""Behind nginx a hub answers nodes as it does alone, and its content comes from nginx itself."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import waitress

from content_packs import repository
from content_packs.repository import TIMESTAMP
from hub.app import create_app
from hub.edition import file_name, read_edition
from hub.hub import Hub
from hub.releasing import Terms, release
from tests.support import nginx

pytestmark = pytest.mark.skipif(nginx.PROGRAM is None, reason="nginx isn't installed")


@dataclass
class Behind:
    """A hub, where it listens itself, and nginx before it."""

    hub: Hub
    alone: str
    front: str


@pytest.fixture
def behind(filled: Hub, tmp_path: Path) -> Iterator[Behind]:
    connections: dict[int, Any] = {}
    server = waitress.create_server(
        create_app(filled), map=connections, host="127.0.0.1", port=0, trusted_proxy="127.0.0.1",
        trusted_proxy_headers={"x-forwarded-for", "x-forwarded-proto"},
        clear_untrusted_proxy_headers=True,
    )  # fmt: skip
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for above in (tmp_path, filled.data.root, *tmp_path.parents):
        if str(above).startswith(str(tmp_path.parents[2])):
            above.chmod(0o755)  # nginx's worker is another user
    port = nginx.free_port()
    shipped = nginx.hub_configuration(
        port=port,
        hub_port=int(server.effective_port),
        repository=filled.data.repository,
        folder=tmp_path / "nginx",
    )
    with nginx.running(shipped, tmp_path / "nginx"):
        yield Behind(
            filled, f"http://127.0.0.1:{server.effective_port}", f"http://127.0.0.1:{port}"
        )
    server.trigger.pull_trigger(lambda: waitress.wasyncore.close_all(connections))
    thread.join(10)


def places(hub: Hub) -> list[str]:
    return [
        path.relative_to(hub.data.repository).as_posix()
        for path in sorted(hub.data.repository.rglob("*"))
        if path.is_file() and repository.is_place(path.relative_to(hub.data.repository).as_posix())
    ]


def test_each_place_has_the_same_bytes_and_is_kept_as_long(behind: Behind):
    found = places(behind.hub)
    assert {place.partition("/")[0] for place in found} >= {
        "metadata", "manifests", "layouts", "bundles",
    }  # fmt: skip
    for place in found:
        alone, front = (
            requests.get(f"{where}/{place}", timeout=10) for where in (behind.alone, behind.front)
        )
        assert (front.status_code, front.content) == (200, alone.content), place
        assert front.headers["Cache-Control"] == alone.headers["Cache-Control"], place
        assert "Content-Type" not in front.headers, place


def test_content_comes_from_nginx_while_the_hub_is_away(behind: Behind):
    (bundle, *_) = (place for place in places(behind.hub) if place.startswith("bundles/"))
    size = behind.hub.data.place(bundle).stat().st_size
    answer = requests.get(
        f"{behind.front}/{bundle}", headers={"Range": f"bytes={size - 7}-"}, timeout=10
    )
    assert (answer.status_code, len(answer.content)) == (206, 7)
    assert answer.headers["Content-Range"] == f"bytes {size - 7}-{size - 1}/{size}"
    assert "Server" in answer.headers, "the hub says no such thing"


def test_a_poll_that_finds_nothing_new_has_the_hub_s_own_tag(behind: Behind):
    first = requests.get(f"{behind.front}/{TIMESTAMP}", timeout=10)
    alone = requests.get(f"{behind.alone}/{TIMESTAMP}", timeout=10)
    assert first.headers["ETag"] == alone.headers["ETag"]
    again = requests.get(
        f"{behind.front}/{TIMESTAMP}", headers={"If-None-Match": first.headers["ETag"]}, timeout=10
    )
    assert (again.status_code, again.content) == (304, b"")


def test_a_release_is_seen_within_seconds(behind: Behind):
    before = requests.get(f"{behind.front}/{TIMESTAMP}", timeout=10).headers["ETag"]
    release(behind.hub, "demo", 2, "main", Terms())
    snapshot = read_edition(behind.hub.data.metadata).snapshot.version
    for _ in range(100):
        now = requests.get(
            f"{behind.front}/{TIMESTAMP}", headers={"If-None-Match": before}, timeout=10
        )
        if now.status_code == 200:
            break
        threading.Event().wait(0.1)
    place = f"{behind.front}/metadata/{file_name('snapshot', snapshot)}"
    assert now.headers["ETag"] != before
    assert requests.get(place, timeout=10).status_code == 200


@pytest.mark.parametrize(
    "place",
    [
        "metadata/root.json", "metadata/../../hub.toml", "metadata/..%2f..%2fhub.toml", "hub.toml",
        "bundles/x.bundle", "bundles/", "keys/targets.pem", "metadata//timestamp.json",
        ".git/config", "incoming/placing.json",
    ],
)  # fmt: skip
def test_nothing_but_places_is_given(behind: Behind, place: str):
    asked = requests.Request("GET", f"{behind.front}/").prepare()
    asked.url = f"{behind.front}/{place}"
    with requests.Session() as session:
        assert session.send(asked, timeout=10).status_code in {400, 404}


def test_the_console_and_the_api_are_the_hub_s(behind: Behind):
    assert requests.get(f"{behind.front}/healthz", timeout=10).text == "ok\n"
    assert requests.get(f"{behind.front}/console/sign-in", timeout=10).status_code == 200
    assert requests.get(f"{behind.front}/api/v1/schools", timeout=10).status_code == 401
