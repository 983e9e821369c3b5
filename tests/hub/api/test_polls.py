"""A poll that finds nothing new is answered as the application would."""

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from content_packs.repository import TIMESTAMP
from hub.api.polls import PATH
from hub.app import create_app
from hub.hub import Hub
from hub.renewing import renew


@pytest.fixture
def web(filled: Hub) -> FlaskClient:
    return create_app(filled).test_client()


def tag(web: FlaskClient) -> str:
    return web.get(PATH).headers["ETag"]


def by_the_application(web: FlaskClient, method: str, held: str) -> TestResponse:
    """Ask so that only the application understands it: with white space that changes nothing."""
    return web.open(PATH, method=method, headers={"If-None-Match": f"{held} , {held}"})


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_news_is_said_as_the_application_says_it(web: FlaskClient, method: str) -> None:
    held = tag(web)
    quick = web.open(PATH, method=method, headers={"If-None-Match": held})
    slow = by_the_application(web, method, held)
    assert quick.status == slow.status == "304 NOT MODIFIED"
    assert dict(quick.headers) == dict(slow.headers)
    assert quick.data == slow.data == b""


def test_news_come_whole_at_once(filled: Hub, web: FlaskClient) -> None:
    held = tag(web)
    assert web.get(PATH, headers={"If-None-Match": held}).status_code == 304
    renew(filled, everything=True)
    answer = web.get(PATH, headers={"If-None-Match": held})
    assert answer.status_code == 200
    assert answer.data == filled.data.place(TIMESTAMP).read_bytes()
    assert answer.headers["ETag"] != held
    newer = web.get(PATH, headers={"If-None-Match": answer.headers["ETag"]})
    assert newer.status_code == 304


def test_what_is_no_such_question_goes_on(filled: Hub, web: FlaskClient) -> None:
    held = {"If-None-Match": tag(web)}
    assert web.post(PATH, headers=held).status_code == 405
    assert web.get("/metadata/1.root.json", headers=held).status_code == 200
    assert web.get(PATH).status_code == 200
    assert web.get(PATH, headers={"If-None-Match": '"another"'}).status_code == 200
    filled.data.place(TIMESTAMP).unlink()
    assert web.get(PATH, headers=held).status_code == 404
