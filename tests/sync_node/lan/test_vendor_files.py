"""What the site takes from npm, as it is served; and a site for which it wasn't made."""

import gzip
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sync_node.lan import vendor_files
from sync_node.lan.app import create_app
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.school import School

STAMP = "0123456789abcdef"
PLACE = f"/vendor/{STAMP[:12]}"
CODE = b"onmessage = 1;" * 50


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    """A site of these files alone."""
    folder = tmp_path / "vendor"
    (folder / "cmaps").mkdir(parents=True)
    (folder / ".made").write_text(STAMP)
    (folder / "pdf.worker.js").write_bytes(CODE)
    (folder / "pdf.worker.js.gz").write_bytes(gzip.compress(CODE, mtime=0))
    (folder / "cmaps" / "GBK-EUC-H.bcmap").write_bytes(b"table")
    (tmp_path / "secret").write_text("secret")
    app = Flask("vendor")
    vendor_files.set_up(app, folder)
    return app.test_client()


def _get(client: FlaskClient, place: str, **headers: str) -> TestResponse:
    """Ask, and read the answer to its end, as a server does: then the file is closed."""
    return client.get(place, headers=headers, buffered=True)


def test_a_script_comes_packed_where_the_browser_takes_that(client: FlaskClient) -> None:
    packed = _get(client, f"{PLACE}/pdf.worker.js", **{"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == CODE
    assert packed.content_length == len(packed.data)
    for plain in ("identity", "gzip;q=0"):
        answer = _get(client, f"{PLACE}/pdf.worker.js", **{"Accept-Encoding": plain})
        assert "Content-Encoding" not in answer.headers
        assert answer.data == CODE
        assert answer.headers["Vary"] == "Accept-Encoding"


def test_the_worker_can_ask_for_nothing(client: FlaskClient) -> None:
    policy = _get(client, f"{PLACE}/pdf.worker.js").headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"
    table = _get(client, f"{PLACE}/cmaps/GBK-EUC-H.bcmap")
    assert table.data == b"table"
    assert table.headers["Content-Security-Policy"] == "default-src 'none'"
    assert table.headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_new_is_seen_at_once_and_kept_for_long(client: FlaskClient) -> None:
    assert "immutable" in _get(client, f"{PLACE}/pdf.worker.js").headers["Cache-Control"]
    assert _get(client, "/vendor/old/pdf.worker.js").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["../secret", "%2e%2e/secret", ".made", "pdf.worker.js.gz", "cmaps", "none.js"]
)
def test_nothing_else_is_served(client: FlaskClient, path: str) -> None:
    assert _get(client, f"{PLACE}/{path}").status_code == 404


def test_without_it_a_document_is_opened_by_its_link(school: School, tmp_path: Path) -> None:
    app = create_app(school.data_dir)
    held = vendor_files.read_folder(tmp_path / "nothing")
    app.extensions["vendor_files"] = held
    app.jinja_env.globals["vendor_url"] = lambda _: ""
    page = app.test_client().get(f"/packs/fractions/{LESSON}/worksheet").text
    assert "worksheet.en.pdf" in page
    assert "reader" not in page
    assert "/vendor/" not in page
