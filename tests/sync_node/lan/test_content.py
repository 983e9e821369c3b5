"""How files of packs are served: by ranges, for ever, and in an origin of their own."""

import socket
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from tests.sync_node.lan.lessons import LESSON, plain_lesson
from tests.sync_node.lan.school import School, describe

CLIP = f"{LESSON}/halves.en.240p.mp4"
BASE = "/content/fractions/1/"


@pytest.fixture
def clip(school: School) -> bytes:
    file = school.manifests["fractions", 1].by_path[CLIP]
    return school.data_dir.store_path(file.digest).read_bytes()


def test_a_whole_file_comes_with_its_digest_as_entity_tag(
    client: FlaskClient, school: School, clip: bytes
) -> None:
    answer = client.get(BASE + CLIP)
    assert answer.status_code == 200
    assert answer.data == clip
    assert answer.content_type == "video/mp4"
    assert answer.headers["ETag"] == f'"{school.manifests["fractions", 1].by_path[CLIP].digest}"'
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [("bytes=0-99", 0, 99), ("bytes=1000-", 1000, None), ("bytes=-500", -500, None)],
)
def test_a_player_gets_the_part_it_seeks(
    client: FlaskClient, clip: bytes, wanted: str, first: int, last: int | None
) -> None:
    answer = client.get(BASE + CLIP, headers={"Range": wanted})
    expected = clip[first:] if last is None else clip[first : last + 1]
    assert answer.status_code == 206
    assert answer.data == expected
    at = first if first >= 0 else len(clip) + first
    assert answer.headers["Content-Range"] == f"bytes {at}-{at + len(expected) - 1}/{len(clip)}"


def test_a_range_past_the_end_is_refused(client: FlaskClient, clip: bytes) -> None:
    answer = client.get(BASE + CLIP, headers={"Range": f"bytes={len(clip)}-"})
    assert (answer.status_code, answer.data) == (416, b"")
    assert answer.headers["Content-Range"] == f"bytes */{len(clip)}"


def test_if_range_with_another_version_s_tag_gives_the_whole_file(
    client: FlaskClient, clip: bytes
) -> None:
    headers = {"Range": "bytes=0-9", "If-Range": f'"{"0" * 64}"'}
    assert client.get(BASE + CLIP, headers=headers).data == clip
    tag = client.get(BASE + CLIP).headers["ETag"]
    assert client.get(BASE + CLIP, headers={**headers, "If-Range": tag}).status_code == 206


def test_head_says_the_length_and_sends_nothing(client: FlaskClient, clip: bytes) -> None:
    answer = client.head(BASE + CLIP)
    assert (answer.status_code, answer.data) == (200, b"")
    assert int(answer.headers["Content-Length"]) == len(clip)


def test_what_the_browser_has_is_not_sent_again(client: FlaskClient) -> None:
    tag = client.get(BASE + CLIP).headers["ETag"]
    answer = client.get(BASE + CLIP, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.data) == (304, b"")


@pytest.mark.parametrize(
    "path", [CLIP, f"{LESSON}/slicer/index.html", f"{LESSON}/slicer/pie.svg", "cover.png"]
)
def test_every_file_is_in_an_origin_of_its_own(client: FlaskClient, path: str) -> None:
    headers = client.get(BASE + path).headers
    assert headers["Content-Security-Policy"].startswith("sandbox allow-scripts; default-src ")
    assert "allow-same-origin" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers
    assert "Set-Cookie" not in headers


def test_a_file_may_load_from_its_own_pack_only(client: FlaskClient) -> None:
    page = BASE + f"{LESSON}/slicer/index.html"
    policy = client.get(page, headers={"Host": "10.0.0.1:8080"}).headers["Content-Security-Policy"]
    assert "http://10.0.0.1:8080/content/fractions/" in policy
    odd = client.get(page, headers={"Host": "x;script-src *"})
    assert "*" not in odd.headers.get("Content-Security-Policy", "")


def test_a_pdf_opens_in_the_browser_s_own_viewer_or_is_saved(client: FlaskClient) -> None:
    path = f"{BASE}{LESSON}/worksheet.en.pdf"
    opened = client.get(path)
    assert opened.content_type == "application/pdf"
    assert opened.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" not in opened.headers["Content-Security-Policy"]
    assert "Content-Disposition" not in opened.headers
    saved = client.get(path + "?save")
    assert saved.headers["Content-Disposition"] == "attachment; filename*=UTF-8''worksheet.en.pdf"


@pytest.mark.parametrize(
    "media_type", ["application/xhtml+xml", "text/xml", "application/x-msdownload", "no type"]
)
def test_a_type_that_is_not_known_is_a_file_to_save(
    client: FlaskClient, school: School, media_type: str
) -> None:
    lesson, contents = plain_lesson("odd", "Odd", "怪")
    contents["odd.bin"] = (media_type, b"<script>1</script>")
    school.add(describe("odd", (lesson,)), contents)
    school.offer("odd", 1)
    answer = client.get("/content/odd/1/odd.bin")
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "path",
    [
        f"{LESSON}/halves.en.480p.mp4",
        "decimals/intro.en.html",
        "%2e%2e/%2e%2e/node.db",
        "..%2f..%2fnode.db",
        "nothing.png",
    ],
)
def test_what_is_not_ready_or_not_named_is_not_there(client: FlaskClient, path: str) -> None:
    answer = client.get(BASE + path)
    assert answer.status_code == 404
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_file_that_lost_its_end_is_not_served(
    client: FlaskClient, school: School, clip: bytes
) -> None:
    file = school.manifests["fractions", 1].by_path[CLIP]
    school.data_dir.store_path(file.digest).write_bytes(clip[:-1])
    assert client.get(BASE + CLIP).status_code == 404


def test_a_folder_means_its_index(client: FlaskClient) -> None:
    assert b"<h1>Slicer</h1>" in client.get(f"{BASE}{LESSON}/slicer/").data


def test_names_in_any_script_can_be_fetched_and_saved(client: FlaskClient, school: School) -> None:
    lesson, contents = plain_lesson("odd", "Odd", "怪")
    contents["图 100% #1.txt"] = ("text/plain", "好".encode())
    school.add(describe("odd", (lesson,)), contents)
    school.offer("odd", 1)
    answer = client.get("/content/odd/1/%E5%9B%BE%20100%25%20%231.txt?save")
    assert answer.text == "好"
    assert answer.content_type == "text/plain; charset=utf-8"
    assert "%E5%9B%BE%20100%25%20%231.txt" in answer.headers["Content-Disposition"]


def test_the_real_server_sends_exactly_the_range(address: str) -> None:
    """waitress reads the file in its own loop: what it sends must stop where the range does."""
    parts = urlsplit(address)
    request = (
        f"GET {BASE}{CLIP} HTTP/1.1\r\nHost: x\r\nRange: bytes=10-19\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as link:
        link.sendall(request.encode())
        answer = b"".join(iter(lambda: link.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"206" in head.splitlines()[0]
    assert len(body) == 10
