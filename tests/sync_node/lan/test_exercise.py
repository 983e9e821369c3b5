"""An exercise as a form: what it shows before, what it says after, what it makes of nonsense."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content_packs.source_names import EXERCISE_MEDIA_TYPE
from sync_node.lan.app import create_app
from tests.sync_node.lan.lessons import LESSON, plain_lesson
from tests.sync_node.lan.quiz import encoded, right_form
from tests.sync_node.lan.school import School, describe, furnished_school

PRACTICE = f"/packs/fractions/{LESSON}/practice"


def _renew(school: School, version: int, *names: str) -> None:
    """Publish and activate a version whose lesson has the exercise, and these files more."""
    found = school.manifests["fractions", 1]
    lesson = next(lesson for lesson in found.lessons if lesson.id == LESSON)
    contents = {}
    for file in found.files:
        place = school.data_dir.store_path(file.digest)
        data = place.read_bytes() if place.exists() else b"?" * file.size
        contents[file.path] = (file.media_type, data)
    contents |= {name: ("text/plain", name.encode()) for name in names}
    school.add(describe("fractions", (lesson,), version=version), contents)
    school.offer("fractions", version)
    school.activate("fractions", version, LESSON)


def test_nothing_tells_the_answers_before_they_are_given(client: FlaskClient) -> None:
    text = client.get(PRACTICE).text
    for told in ("Two quarters are one half", "That is one quarter", "denominator", "credit"):
        assert told not in text.replace("alttext", "")
    assert "checked" not in text
    assert "selected" not in text


@pytest.mark.parametrize("path", ["practice.en.exercise.json"])
def test_the_exercise_s_file_is_never_served(client: FlaskClient, path: str) -> None:
    assert client.get(f"/content/fractions/1/{LESSON}/{path}").status_code == 404


def test_a_file_that_is_an_exercise_by_its_type_is_not_served_either(
    client: FlaskClient, school: School
) -> None:
    lesson, contents = plain_lesson("odd", "Odd", "怪")
    contents["loose.json"] = (EXERCISE_MEDIA_TYPE, encoded())
    school.add(describe("odd", (lesson,)), contents)
    school.offer("odd", 1)
    assert client.get("/content/odd/1/loose.json").status_code == 404


def test_all_right_earns_all(client: FlaskClient) -> None:
    text = client.post(PRACTICE, data=right_form()).text
    assert 'class="big">7 of 7' in text
    assert text.count("Right!") == 7
    assert "Show the answer" not in text


def test_what_was_answered_stays_in_the_form_with_what_to_say(client: FlaskClient) -> None:
    form = right_form() | {"half": ["2"], "word": ['<b>"x"'], "names": ["1", ""]}
    text = client.post(PRACTICE, data=form).text
    assert '<input type="radio" name="half" value="2" checked>' in text
    assert "That is one quarter." in text
    assert 'value="&lt;b&gt;&#34;x&#34;"' in text
    assert "Partly right" in text
    assert "Show the answer" in text


def test_two_items_at_one_place_stand_at_none(client: FlaskClient) -> None:
    form = right_form()
    ids = sorted(name for name in form if name.startswith("sizes:"))
    form |= {name: ["1"] for name in ids}
    text = client.post(PRACTICE, data=form).text
    assert 'class="big">6 of 7' in text


def test_an_attempt_keeps_its_order_when_it_is_graded(client: FlaskClient) -> None:
    def order(text: str) -> list[str]:
        return re.findall(r'<label for="(sizes:[^"]+)"', text)

    shown = order(client.get(PRACTICE + "?attempt=3").text)
    graded = client.post(PRACTICE, data=right_form() | {"_attempt": ["3"]}).text
    assert order(graded) == shown
    assert f'href="{PRACTICE}?language=en&amp;attempt=4"' in graded


def test_a_form_that_was_open_while_its_lesson_was_renewed_is_graded(
    client: FlaskClient, school: School
) -> None:
    _renew(school, 2)
    text = client.post(PRACTICE, data=right_form()).text
    assert 'class="big">7 of 7' in text
    assert 'name="_version" value="1"' in text


def test_a_form_of_an_older_version_gets_the_new_exercise(
    client: FlaskClient, school: School
) -> None:
    _renew(school, 2)
    _renew(school, 3, "more.txt")
    text = client.post(PRACTICE, data=right_form()).text
    assert "This exercise was renewed" in text
    assert 'name="_version" value="3"' in text
    assert 'id="result"' not in text


@pytest.mark.parametrize(("item", "status"), [("intro", 405), ("nothing", 404)])
def test_only_an_exercise_is_graded(client: FlaskClient, item: str, status: int) -> None:
    answer = client.post(f"/packs/fractions/{LESSON}/{item}", data={"_version": "1"})
    assert answer.status_code == status


def test_a_form_from_another_site_is_not_graded(client: FlaskClient) -> None:
    headers = {"Origin": "http://evil.example"}
    assert client.post(PRACTICE, data=right_form(), headers=headers).status_code == 403


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder: Path = tmp_path_factory.mktemp("school")
    client = create_app(furnished_school(folder).data_dir).test_client()
    client.environ_base["HTTP_ORIGIN"] = "http://localhost"
    return client


NAMES = sorted({*right_form(), "nothing", "sizes:9", ""})
VALUES = st.one_of(
    st.sampled_from(["", "1", "2", "3", "-1", "9" * 30, "1/0", "½", "٣", "\x00", "1e99"]),
    st.text(max_size=40),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(form=st.dictionaries(st.sampled_from(NAMES), st.lists(VALUES, max_size=4)))
def test_any_form_gets_a_page(lasting: FlaskClient, form: dict[str, list[str]]) -> None:
    plain = {
        name: [value.encode("utf-8", "replace").decode() for value in values]
        for name, values in form.items()
    }
    answer = lasting.post(PRACTICE, data=plain)
    assert answer.status_code == 200
    assert 'id="exercise"' in answer.text
