"""What the site notes of which lessons are opened, and what a technician hears of the disk."""

from flask.testing import FlaskClient

from sync_node import openings
from sync_node.lan.app import create_app
from tests.sync_node.lan.school import School


def test_an_opened_lesson_is_noted_and_what_cant_be_opened_isnt(
    school: School, client: FlaskClient
) -> None:
    assert openings.read(school.data_dir) == []
    packs = client.get("/").text
    pack = packs.split('href="/packs/')[1].split('"')[0]
    lesson = client.get(f"/packs/{pack}").text.split(f'href="/packs/{pack}/')[1].split('"')[0]
    assert openings.read(school.data_dir) == [], "looking at the list is no opening"
    assert client.get(f"/packs/{pack}/no-such-lesson").status_code == 404
    assert openings.read(school.data_dir) == []
    assert client.get(f"/packs/{pack}/{lesson}").status_code == 200
    assert openings.read(school.data_dir) == [(pack, lesson)]


def test_the_technician_hears_of_a_disk_that_cant_be_written(
    school: School, client: FlaskClient
) -> None:
    school.data_dir.incoming.mkdir(exist_ok=True)
    assert 'role="alert"' not in client.get("/box").text
    assert not list(school.data_dir.incoming.iterdir()), "the look leaves nothing behind"
    school.data_dir.incoming.rmdir()
    page = create_app(school.data_dir).test_client().get("/box").text
    assert 'role="alert"' in page
    assert "reports errors" in page
