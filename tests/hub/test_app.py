"""The hub over HTTP: ranges, tags, caching, and nothing but the repository."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from hub.app import create_app
from hub.config import change
from hub.hub import Hub, open_hub
from hub.releasing import Terms, release, withdraw

DOCUMENT = Path(__file__).parents[2] / "hub" / "API.md"


@pytest.fixture
def web(filled: Hub) -> FlaskClient:
    return create_app(filled).test_client()


@pytest.fixture
def bundle(filled: Hub) -> Path:
    return max((filled.data.repository / "bundles").iterdir(), key=lambda path: path.stat().st_size)


def test_every_file_of_the_repository_is_served_as_it_is(filled: Hub, web: FlaskClient) -> None:
    files = [path for path in filled.data.repository.rglob("*") if path.is_file()]
    assert len(files) > 8
    for path in files:
        place = path.relative_to(filled.data.repository).as_posix()
        answer = web.get(f"/{place}")
        assert answer.status_code == 200
        assert answer.data == path.read_bytes()
        assert answer.headers["Content-Length"] == str(path.stat().st_size)
        assert set(answer.headers.keys()) == {
            "Accept-Ranges", "Cache-Control", "Content-Length", "ETag",
        }, "a school pays for each header"  # fmt: skip


def test_the_head_of_a_range_is_small(web: FlaskClient, bundle: Path) -> None:
    answer = web.get(f"/bundles/{bundle.name}", headers={"Range": "bytes=100-199"})
    assert answer.status_code == 206
    assert set(answer.headers.keys()) == {
        "Cache-Control", "Content-Length", "Content-Range", "ETag",
    }  # fmt: skip
    assert sum(len(f"{name}: {value}") for name, value in answer.headers.items()) < 130


def test_a_node_that_polls_and_fetches_needs_no_database(filled: Hub, web: FlaskClient) -> None:
    filled.data.database.write_bytes(b"nothing that could be read or written" * 100)
    first = web.get("/metadata/timestamp.json")
    again = web.get("/metadata/timestamp.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    for path in filled.data.repository.rglob("*.*"):
        place = path.relative_to(filled.data.repository).as_posix()
        assert web.get(f"/{place}").status_code == 200


def test_everything_but_the_timestamp_is_cached_for_ever(filled: Hub, web: FlaskClient) -> None:
    for path in filled.data.repository.rglob("*.*"):
        place = path.relative_to(filled.data.repository).as_posix()
        caching = web.get(f"/{place}").headers["Cache-Control"]
        if place == "metadata/timestamp.json":
            assert caching == "no-cache"
        else:
            assert caching == "max-age=31536000"


def test_a_poll_that_finds_nothing_new_is_small(web: FlaskClient) -> None:
    first = web.get("/metadata/timestamp.json")
    again = web.get("/metadata/timestamp.json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    assert set(again.headers.keys()) == {"ETag", "Cache-Control"}
    assert sum(len(f"{name}: {value}\r\n") for name, value in again.headers) < 60


def test_a_poll_after_a_release_gets_the_new_timestamp(filled: Hub, web: FlaskClient) -> None:
    tag = web.get("/metadata/timestamp.json").headers["ETag"]
    release(filled, "demo", 2, "main", Terms())
    answer = web.get("/metadata/timestamp.json", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert answer.headers["ETag"] != tag


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [("bytes=0-0", 0, 0), ("bytes=100-199", 100, 199), ("bytes=-10", -10, -1)],
)
def test_a_range_of_a_bundle(
    web: FlaskClient, bundle: Path, wanted: str, first: int, last: int
) -> None:
    data = bundle.read_bytes()
    first, last = first % len(data), last % len(data)
    answer = web.get(f"/bundles/{bundle.name}", headers={"Range": wanted})
    assert answer.status_code == 206
    assert answer.data == data[first : last + 1]
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(data)}"
    assert answer.headers["Content-Length"] == str(last + 1 - first)


def test_a_range_of_metadata(filled: Hub, web: FlaskClient) -> None:
    data = (filled.data.metadata / "1.root.json").read_bytes()
    answer = web.get("/metadata/1.root.json", headers={"Range": "bytes=10-"})
    assert (answer.status_code, answer.data) == (206, data[10:])


def test_a_range_past_the_end(web: FlaskClient, bundle: Path) -> None:
    size = bundle.stat().st_size
    answer = web.get(f"/bundles/{bundle.name}", headers={"Range": f"bytes={size}-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{size}"
    assert answer.data == b""


def test_a_range_of_another_state_gets_the_whole_file(web: FlaskClient, bundle: Path) -> None:
    place = f"/bundles/{bundle.name}"
    tag = web.head(place).headers["ETag"]
    same = web.get(place, headers={"Range": "bytes=5-9", "If-Range": tag})
    other = web.get(place, headers={"Range": "bytes=5-9", "If-Range": '"another"'})
    assert (same.status_code, len(same.data)) == (206, 5)
    assert (other.status_code, other.data) == (200, bundle.read_bytes())


def test_head_says_what_get_would(web: FlaskClient, bundle: Path) -> None:
    for place in (f"/bundles/{bundle.name}", "/metadata/timestamp.json"):
        get, head = web.get(place), web.head(place)
        assert head.status_code == 200
        assert head.data == b""
        assert dict(head.headers) == dict(get.headers)


@pytest.mark.parametrize(
    "path",
    [
        "/hub.toml",
        "/hub.db",
        "/keys/root-1.pem",
        "/metadata/../../keys/root-1.pem",
        "/metadata/..%2f..%2fkeys%2froot-1.pem",
        "/metadata/",
        "/metadata//timestamp.json",
        "/metadata/1.root.json/",
        "/metadata/2.root.json",
        "/metadata/1.c-main.json.part",
        "/manifests/demo/",
        "/bundles/" + "0" * 64 + ".bundle",
        "/bundles/" + "0" * 64 + ".bundle%0a",
        "/incoming/upload.cpack",
        "/static/../hub.toml",
        "//etc/passwd",
    ],
)
def test_nothing_else_is_served(web: FlaskClient, path: str) -> None:
    answer = web.get(path)
    assert answer.status_code == 404
    assert answer.data in {b"not here\n", b"not found\n"}
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed_over_http(filled: Hub, web: FlaskClient, method: str) -> None:
    before = (filled.data.metadata / "timestamp.json").read_bytes()
    answer = web.open("/metadata/timestamp.json", method=method, data=b"x")
    assert answer.status_code == 405
    assert answer.headers["Allow"]
    assert (filled.data.metadata / "timestamp.json").read_bytes() == before


def test_the_home_page_says_what_is_offered(web: FlaskClient) -> None:
    page = web.get("/")
    assert page.status_code == 200
    for said in ("Satchel hub", "Demo", "satchel", "main", "demo 1"):
        assert said in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "http://" not in page.text.replace("http://localhost/", "")


def test_the_home_page_speaks_chinese(web: FlaskClient) -> None:
    page = web.get("/", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"})
    assert '<html lang="zh">' in page.text
    assert "课程包" in page.text
    assert page.headers["Vary"] == "Accept-Language"


def test_the_home_page_keeps_what_is_not_released_to_itself(filled: Hub, web: FlaskClient) -> None:
    withdraw(filled, "demo", 1)
    assert "Demo" not in web.get("/").text


def test_the_home_page_of_an_empty_hub(hub: Hub) -> None:
    page = create_app(hub).test_client().get("/")
    assert "Nothing is offered yet." in page.text


def test_a_title_is_text_and_no_markup(hub: Hub) -> None:
    change(hub.data.config, title="<script>alert(1)</script>")
    page = create_app(open_hub(hub.data.root, hub.clock)).test_client().get("/")
    assert "<script>" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


def test_a_damaged_repository_is_said_without_places_on_the_disk(
    filled: Hub, web: FlaskClient
) -> None:
    (filled.data.metadata / "timestamp.json").write_bytes(b"{}")
    page = web.get("/")
    assert page.status_code == 503
    assert page.text == "the hub can't answer: damaged\n"


def test_health(web: FlaskClient) -> None:
    answer = web.get("/healthz")
    assert (answer.status_code, answer.data) == (200, b"ok\n")


def test_every_route_stands_in_its_document(hub: Hub) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for rule in create_app(hub).url_map.iter_rules():
        plain = rule.rule.replace("<path:", "<")
        spelt = [f"`{method} {plain}`" for method in rule.methods or ()] + [f"`{plain}`"]
        assert any(each in text for each in spelt), f"API.md doesn't know {plain}"
