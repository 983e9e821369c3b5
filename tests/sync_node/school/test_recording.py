"""What a pupil does is there when it is acknowledged, once, and as it was graded here."""

import json
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content_packs import records
from content_packs.errors import UsageError
from content_packs.records import Actor, Place
from sync_node.school import deriving
from sync_node.school.limits import ATTEMPTS_KEPT_MAX, GUEST_RECORDS_PER_DAY_MAX
from sync_node.school.models import AnswerRow, ProgressRow
from sync_node.school.recording import AppMessage, Thing, TooFast, response_of
from sync_node.school.sessions import device_of
from tests.support.school import (
    BEGINNING,
    EXERCISE,
    FILM,
    FILM_THING,
    HALF_RIGHT,
    PRACTICE,
    RIGHT,
    THING,
    WRONG,
    SchoolRig,
)

GUEST = Actor("device", device_of("a guest's phone"))
PUZZLE = Thing(Place("fractions", "01-halves", "puzzle"), "app", 3)


def bodies(rig: SchoolRig) -> list[dict[str, object]]:
    found = rig.school.statements.after(0, count_max=10_000, bytes_max=10**8)
    return [json.loads(one.body) for one in found]


def verbs(rig: SchoolRig) -> list[str]:
    found = rig.school.statements.after(0, count_max=10_000, bytes_max=10**8)
    return [records.verb_of(records.decode(one.body)) for one in found]


def test_a_try_is_an_answer_for_each_question_and_the_whole(rig: SchoolRig) -> None:
    _, (anna,) = rig.a_class("Anna")
    assert rig.answer(anna, HALF_RIGHT, word="first")
    assert verbs(rig) == ["answered", "answered", "completed"]
    first, _, whole = bodies(rig)
    assert first["result"] == {
        "response": "2", "score": {"max": 100, "min": 0, "raw": 0}, "success": False,
    }  # fmt: skip
    assert whole["result"] == {
        "completion": True, "score": {"max": 300, "min": 0, "raw": 200}, "success": False,
    }  # fmt: skip
    assert first["context"]["registration"] == whole["context"]["registration"]  # type: ignore[index]


def test_no_record_has_anything_of_a_pupil_but_a_number(rig: SchoolRig) -> None:
    _, (anna,) = rig.a_class("Anna Lovelace")
    rig.school.recording.started(anna.actor, THING)
    rig.answer(anna, RIGHT)
    for one in rig.school.statements.after(0, count_max=100, bytes_max=10**6):
        assert b"Anna" not in one.body
        assert anna.picture.encode() not in one.body
        assert anna.id.encode() in one.body


def test_a_form_that_is_sent_twice_is_one_try(rig: SchoolRig) -> None:
    _, (anna, ben) = rig.a_class("Anna", "Ben")
    assert rig.answer(anna, RIGHT, word="same")
    assert not rig.answer(anna, RIGHT, word="same")
    assert not rig.answer(anna, WRONG, word="same")  # another answer to the same page: too late
    assert rig.answer(ben, RIGHT, word="same")
    assert rig.answer(anna, RIGHT, word="next")
    found = rig.school.progress.of_item(anna.actor, PRACTICE)
    assert found
    assert found.attempts == 2


def test_an_unanswered_question_is_no_answer(rig: SchoolRig) -> None:
    _, (anna,) = rig.a_class("Anna")
    rig.answer(anna, {"q1": ["1"]})
    assert verbs(rig) == ["answered", "completed"]
    assert rig.school.progress.answers(anna.actor, PRACTICE) == {"q1": ["correct"]}


def test_the_best_score_stays(rig: SchoolRig) -> None:
    _, (anna,) = rig.a_class("Anna")
    for answers in (WRONG, HALF_RIGHT, WRONG):
        rig.move(minutes=1)
        rig.answer(anna, answers)
    found = rig.school.progress.of_item(anna.actor, PRACTICE)
    assert found
    assert (found.score, found.points, found.score_percent, found.attempts) == (2, 3, 66, 3)
    assert found.is_done
    assert rig.school.progress.answers(anna.actor, PRACTICE) == {
        "q1": ["incorrect"] * 3, "q2": ["incorrect", "correct", "incorrect"],
    }  # fmt: skip


def test_a_film_is_left_and_gone_on_with(rig: SchoolRig) -> None:
    _, (anna,) = rig.a_class("Anna")
    recording = rig.school.recording
    assert recording.started(anna.actor, FILM_THING)
    assert recording.progressed(anna.actor, FILM_THING, seconds=61, length=300)
    found = rig.school.progress.of_item(anna.actor, FILM)
    assert found
    assert (found.seconds, found.percent, found.is_done) == (61, 20, False)
    rig.move(minutes=5)
    assert recording.progressed(anna.actor, FILM_THING, seconds=296, length=300)
    found = rig.school.progress.of_item(anna.actor, FILM)
    assert found
    assert (found.seconds, found.percent, found.is_done) == (0, 100, True)
    rig.move(minutes=5)
    recording.progressed(anna.actor, FILM_THING, seconds=10, length=300)
    found = rig.school.progress.of_item(anna.actor, FILM)
    assert found
    assert (found.seconds, found.is_done) == (10, True)


def test_where_a_film_is_left_is_noted_within_ten_seconds_too(rig: SchoolRig) -> None:
    recording = rig.school.recording
    assert recording.progressed(GUEST, FILM_THING, seconds=20, length=300)
    rig.move(seconds=2)
    assert not recording.progressed(GUEST, FILM_THING, seconds=22, length=300)
    assert recording.progressed(GUEST, FILM_THING, seconds=23, length=300, left=True)
    found = rig.school.progress.of_item(GUEST, FILM)
    assert found
    assert found.seconds == 23


def test_only_the_last_page_completes_a_document(rig: SchoolRig) -> None:
    recording, document = rig.school.recording, Thing(FILM, "document", 1)
    for page, percent, is_done in ((1, 1, False), (199, 94, False), (200, 100, True)):
        assert recording.turned(GUEST, document, page=page, pages=200, left=True)
        found = rig.school.progress.of_item(GUEST, FILM)
        assert found
        assert (found.percent, found.is_done) == (percent, is_done)
    assert not recording.turned(GUEST, document, page=200, pages=200), "once in a day"


@pytest.mark.parametrize("seconds", [-5, 10**12, 0])
@pytest.mark.parametrize("length", [0, 300])
def test_a_browser_can_say_what_it_likes_of_a_film(
    rig: SchoolRig, seconds: int, length: int
) -> None:
    rig.school.recording.progressed(GUEST, FILM_THING, seconds=seconds, length=length)
    found = rig.school.progress.of_item(GUEST, FILM)
    assert found
    assert 0 <= found.seconds <= 604_800
    assert 0 <= found.percent <= 100


def test_how_far_a_film_is_is_not_noted_every_second(rig: SchoolRig) -> None:
    noted = 0
    for second in range(120):
        rig.move(seconds=1)
        noted += rig.school.recording.progressed(GUEST, FILM_THING, seconds=second, length=300)
    assert noted == 12


def test_opened_and_done_count_once_a_day(rig: SchoolRig) -> None:
    recording = rig.school.recording
    assert recording.started(GUEST, THING)
    assert not recording.started(GUEST, THING)
    assert recording.completed(GUEST, THING)
    assert not recording.completed(GUEST, THING)
    rig.move(days=1)
    assert recording.started(GUEST, THING)


def test_what_an_app_says_is_kept_as_that(rig: SchoolRig) -> None:
    recording = rig.school.recording
    assert recording.app_said(GUEST, PUZZLE, AppMessage(percent=40))
    assert recording.app_said(GUEST, PUZZLE, AppMessage(score=3, points=4))
    assert recording.app_said(GUEST, PUZZLE, AppMessage(score=2.5, points=4, done=True))
    found = rig.school.progress.of_item(GUEST, PUZZLE.place)
    assert found
    assert (found.score, found.points, found.by_app, found.is_done) == (3, 4, True, True)
    assert verbs(rig) == ["progressed", "scored", "completed"]


@pytest.mark.parametrize(
    "message",
    [
        AppMessage(score=5, points=4), AppMessage(score=-1, points=4), AppMessage(score=1),
        AppMessage(score=0, points=0), AppMessage(score=1, points=10**9),
        AppMessage(score=float("nan"), points=1), AppMessage(score=1, points=float("inf")),
    ],
)  # fmt: skip
def test_an_app_that_says_nonsense_is_refused(rig: SchoolRig, message: AppMessage) -> None:
    with pytest.raises(UsageError):
        rig.school.recording.app_said(GUEST, PUZZLE, message)
    assert bodies(rig) == []


def test_an_app_cannot_spoil_a_score_of_ours(rig: SchoolRig) -> None:
    _, (anna,) = rig.a_class("Anna")
    rig.answer(anna, HALF_RIGHT)
    rig.school.recording.app_said(anna.actor, THING, AppMessage(score=1, points=3))
    found = rig.school.progress.of_item(anna.actor, PRACTICE)
    assert found
    assert (found.score, found.by_app) == (2, False)


def test_a_browser_gone_mad_is_stopped_and_nobody_else(rig: SchoolRig) -> None:
    _, (anna, ben) = rig.a_class("Anna", "Ben")
    while rig.school.recording._pace.lets(anna.actor, 3, BEGINNING.date()):
        pass
    with pytest.raises(TooFast):
        rig.answer(anna, RIGHT)
    assert rig.answer(ben, RIGHT)
    rig.move(minutes=1)
    assert rig.answer(anna, RIGHT)


def test_guests_cannot_fill_the_disk(rig: SchoolRig) -> None:
    pace = rig.school.recording._pace
    today = BEGINNING.date()
    taken = 0
    for number in range(100):
        actor = Actor("device", device_of(str(number)))
        taken += 1_000 * pace.lets(actor, 1_000, today)
    assert taken == GUEST_RECORDS_PER_DAY_MAX
    assert pace.lets(Actor("learner", GUEST.id), 1_000, today)
    assert pace.lets(GUEST, 1, today.replace(day=2))


def test_a_response_is_written_as_xapi_has_it() -> None:
    assert response_of(["1", "3"], "multiple-choice") == "1[,]3"
    assert response_of(["2", "", "1"], "match") == "1[.]2[,]3[.]1"
    assert response_of(["b", "a"], "order") == "b[,]a"
    assert len(response_of(["long" * 1_000], "text-entry")) == 500
    assert response_of(["a\x00\ud800\nb"], "text-entry") == "a b"


@given(st.dictionaries(st.sampled_from(["q1", "q2", "q9"]), st.lists(st.text(), max_size=4)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_whatever_a_form_sends_is_recorded(rig: SchoolRig, answers: dict[str, list[str]]) -> None:
    rig.move(hours=1)
    assert rig.answer(Actor("learner", GUEST.id), answers)


def test_only_the_last_tries_are_kept_answer_by_answer_and_the_first(rig: SchoolRig) -> None:
    _, (anna,) = rig.a_class("Anna")
    rig.answer(anna, WRONG)
    for _ in range(ATTEMPTS_KEPT_MAX + 5):
        rig.move(minutes=1)
        rig.answer(anna, RIGHT)
    kept = rig.school.progress.answers(anna.actor, PRACTICE)["q1"]
    assert len(kept) == ATTEMPTS_KEPT_MAX
    assert kept[0] == "incorrect"


def all_derived(rig: SchoolRig) -> list[object]:
    with rig.school.ground.database.reading():
        return [list(model.select().tuples()) for model in (ProgressRow, AnswerRow)]


def test_what_is_derived_can_be_made_anew(rig: SchoolRig) -> None:
    _, (anna, ben) = rig.a_class("Anna", "Ben")
    for answers in (WRONG, HALF_RIGHT, RIGHT, WRONG):
        rig.move(minutes=1)
        rig.answer(anna, answers)
        rig.answer(ben, answers)
        rig.school.recording.progressed(ben.actor, FILM_THING, seconds=20, length=100)
    rig.school.recording.app_said(GUEST, PUZZLE, AppMessage(score=1, points=2))
    before = all_derived(rig)
    assert rig.school.ground.write(deriving.rebuild) == len(bodies(rig))
    assert all_derived(rig) == before


def test_a_school_whose_derived_tables_were_lost_has_them_again(rig: SchoolRig) -> None:
    _, (anna,) = rig.a_class("Anna")
    rig.answer(anna, RIGHT)
    before = all_derived(rig)
    rig.school.ground.write(lambda: [ProgressRow.delete().execute(), AnswerRow.delete().execute()])
    rig.reopen()
    assert all_derived(rig) == before


def test_records_are_handed_on_in_order_and_in_portions(rig: SchoolRig) -> None:
    _, (anna,) = rig.a_class("Anna")
    for _ in range(5):
        rig.answer(anna, RIGHT)
    statements = rig.school.statements
    seen: list[str] = []
    at = 0
    while portion := statements.after(at, count_max=4, bytes_max=1_000):
        assert len(portion) <= 4
        seen += [one.id for one in portion]
        at = portion[-1].sequence
    assert len(seen) == len(set(seen)) == 15
    assert statements.newest() == at


def test_what_to_go_on_with_is_what_was_touched_last(rig: SchoolRig) -> None:
    for lesson in ("a", "b", "c"):
        rig.move(minutes=1)
        rig.school.recording.started(GUEST, Thing(Place("fractions", lesson, "film"), "video", 3))
    rig.move(minutes=1)
    rig.school.recording.started(GUEST, Thing(Place("fractions", "a", "page"), "page", 3))
    found = rig.school.progress.continue_list(GUEST, limit=2)
    assert [(one.lesson, one.item) for one in found] == [("a", "page"), ("c", "film")]


def test_a_pack_and_a_lesson_show_what_was_opened(rig: SchoolRig) -> None:
    _, (anna, ben) = rig.a_class("Anna", "Ben")
    rig.school.recording.started(anna.actor, Thing(Place("fractions", "01-halves"), "lesson", 3))
    rig.answer(anna, RIGHT)
    rig.school.recording.started(anna.actor, FILM_THING)
    lesson = rig.school.progress.of_lesson(anna.actor, "fractions", "01-halves")
    assert {item: one.is_done for item, one in lesson.items()} == {
        "halves": False,
        "practice": True,
    }
    assert rig.school.progress.of_pack(anna.actor, "fractions") == {"01-halves": lesson}
    assert rig.school.progress.of_pack(ben.actor, "fractions") == {}
    assert lesson["practice"].score == Fraction(3)
    assert EXERCISE.points == 3


def test_the_time_is_the_nodes(rig: SchoolRig) -> None:
    rig.time = datetime(2026, 9, 1, 23, 59, 59, 900_000, tzinfo=UTC)
    rig.school.recording.started(GUEST, THING)
    assert bodies(rig)[0]["timestamp"] == "2026-09-01T23:59:59Z"


def test_a_lesson_that_is_opened_again_asks_the_writer_for_nothing(rig: SchoolRig) -> None:
    rig.school.recording.started(GUEST, THING, wait=False)
    rig.school.ground.write(lambda: None)
    jobs = rig.school.ground.writer.jobs
    for _ in range(20):
        assert not rig.school.recording.started(GUEST, THING)
    assert rig.school.ground.writer.jobs == jobs
    assert verbs(rig) == ["initialized"]
