"""Pages and style sheets leave packed where the browser takes that, and are the same unpacked."""

import gzip

import pytest
from flask.testing import FlaskClient

from tests.sync_node.lan.lessons import LESSON

GZIP = {"Accept-Encoding": "gzip, deflate"}


@pytest.mark.parametrize("path", ["/", f"/packs/fractions/{LESSON}", "/nothing"])
def test_a_page_is_the_same_packed(client: FlaskClient, path: str) -> None:
    plain, packed = client.get(path), client.get(path, headers=GZIP)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    unpacked = gzip.decompress(packed.data)
    if path == "/":
        assert unpacked == plain.data
    assert len(packed.data) < len(unpacked) / 2
    assert packed.content_length == len(packed.data)
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["Vary"]


def test_who_refuses_it_doesnt_get_it(client: FlaskClient) -> None:
    answer = client.get("/", headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert "Content-Encoding" not in answer.headers


def test_files_of_packs_lie_as_they_are(client: FlaskClient) -> None:
    for path in (f"{LESSON}/slicer/index.html", f"{LESSON}/slicer/data.json"):
        answer = client.get(f"/content/fractions/1/{path}", headers=GZIP)
        assert "Content-Encoding" not in answer.headers
        part = client.get(f"/content/fractions/1/{path}", headers={**GZIP, "Range": "bytes=0-4"})
        assert part.data == answer.data[:5]


def test_a_style_sheet_is_packed_and_not_sent_twice(client: FlaskClient) -> None:
    page = client.get("/").text
    address = page.split('rel="stylesheet" href="', 1)[1].split('"', 1)[0]
    plain, packed = client.get(address), client.get(address, headers=GZIP)
    assert gzip.decompress(packed.data) == plain.data
    assert plain.headers["ETag"] != packed.headers["ETag"]
    seen = {"If-None-Match": packed.headers["ETag"]}
    assert client.get(address, headers={**GZIP, **seen}).status_code == 304
