"""A teacher sees who did what, where the class is stuck, and who needs help."""

from datetime import date, timedelta

import pytest

from content_packs.errors import Missing, Refused, UsageError
from content_packs.records import Place
from sync_node.school.insight import Cell, HelpReason
from sync_node.school.recording import Thing
from tests.support.school import (
    BEGINNING,
    FILM_THING,
    HALF_RIGHT,
    PRACTICE,
    RIGHT,
    WRONG,
    SchoolRig,
)

TODAY = BEGINNING.date()
LESSON = Place("fractions", "01-halves")
TEACHER = "00000000-0000-4000-8000-000000000001"


def items_of(place: Place) -> list[str]:
    return ["halves", "practice", "summary"] if place == LESSON else []


def test_a_class_at_a_glance(rig: SchoolRig) -> None:
    made, (anna, ben, _) = rig.a_class("Anna", "Ben", "Zoe")
    rig.school.assignments.set(made.id, PRACTICE, TODAY - timedelta(days=1), by=TEACHER)
    rig.school.assignments.set(made.id, LESSON, TODAY + timedelta(days=3), by=TEACHER)
    rig.answer(anna, RIGHT)
    rig.school.recording.progressed(ben.actor, FILM_THING, seconds=50, length=100)
    matrix = rig.school.insight.matrix(made.id, items_of=items_of, today=TODAY)
    assert [task.place for task in matrix.assignments] == [PRACTICE, LESSON]
    cells = {row.learner.name: row.cells for row in matrix.rows}
    assert cells["Anna"] == (
        Cell("done", 100, 100, 1), Cell("started", 33, 100, 1),
    )  # fmt: skip
    assert cells["Ben"] == (Cell(overdue=True), Cell("started", 0))
    assert cells["Zoe"] == (Cell(overdue=True), Cell())
    assert (matrix.done(0), matrix.done(1)) == (1, 0)


def test_a_lesson_is_done_when_all_its_items_are(rig: SchoolRig) -> None:
    made, (anna,) = rig.a_class("Anna")
    rig.school.assignments.set(made.id, LESSON, None, by=TEACHER)
    rig.answer(anna, HALF_RIGHT)
    for item in ("halves", "summary"):
        thing = Thing(Place("fractions", "01-halves", item), "page", 3)
        rig.school.recording.completed(anna.actor, thing)
    matrix = rig.school.insight.matrix(made.id, items_of=items_of, today=TODAY)
    assert matrix.rows[0].cells == (Cell("done", 100, 66, 1),)


def test_where_a_class_is_stuck(rig: SchoolRig) -> None:
    made, pupils = rig.a_class("Anna", "Ben", "Cleo", "Dan")
    anna, ben, cleo, _ = pupils
    rig.answer(anna, RIGHT)
    rig.answer(ben, WRONG)
    rig.answer(ben, RIGHT)
    rig.answer(cleo, WRONG)
    first, second = rig.school.insight.questions(made.id, PRACTICE)
    assert (first.question, first.tried, first.right_first, first.right_at_last) == ("q1", 3, 1, 2)
    assert first.stuck == 1
    assert first.wrong == (("2", 1),)
    assert second.wrong == (("5", 1),)
    assert rig.school.insight.questions(made.id, Place("a", "b", "c")) == []


def test_who_needs_help(rig: SchoolRig) -> None:
    made, (anna, ben, cleo, dan) = rig.a_class("Anna", "Ben", "Cleo", "Dan")
    rig.school.assignments.set(made.id, PRACTICE, TODAY + timedelta(days=1), by=TEACHER)
    rig.answer(dan, RIGHT)
    for _ in range(3):
        rig.answer(ben, WRONG)
    rig.move(days=10)
    for pupil in (anna, ben):
        rig.answer(pupil, WRONG if pupil == ben else RIGHT)
    found = rig.school.insight.needs_help(made.id, items_of=items_of, today=rig.time.date())
    assert {one.learner.name: one.reasons for one in found} == {
        "Ben": (HelpReason("stuck", PRACTICE, 4),),
        "Cleo": (HelpReason("overdue", PRACTICE, 9), HelpReason("quiet", Place(""), 0)),
        "Dan": (HelpReason("quiet", Place(""), 10),),
    }
    assert found[0].learner == cleo
    assert rig.school.insight.activity(made.id, since=BEGINNING + timedelta(days=5)) == {
        anna.id: 1, ben.id: 1, cleo.id: 0, dan.id: 0,
    }  # fmt: skip


def test_one_class_sees_nothing_of_another(rig: SchoolRig) -> None:
    made, _ = rig.a_class("Anna")
    _, (zoe,) = rig.a_class("Zoe", name="5a")
    rig.answer(zoe, WRONG)
    assert rig.school.insight.questions(made.id, PRACTICE) == []
    assert b"Zoe" not in b"".join(rig.school.exports.answers(made.id))


def test_an_empty_class_is_an_empty_page(rig: SchoolRig) -> None:
    made, _ = rig.a_class()
    assert rig.school.insight.matrix(made.id, items_of=items_of, today=TODAY).rows == ()
    assert rig.school.insight.needs_help(made.id, items_of=items_of, today=TODAY) == []


def test_what_is_set_again_has_another_day(rig: SchoolRig) -> None:
    made, _ = rig.a_class()
    first = rig.school.assignments.set(made.id, PRACTICE, TODAY, by=TEACHER)
    again = rig.school.assignments.set(made.id, PRACTICE, None, by=TEACHER)
    assert (again.id, again.due_on) == (first.id, None)
    assert rig.school.assignments.of_class(made.id) == [again]
    rig.school.assignments.withdraw(first.id)
    assert rig.school.assignments.of_class(made.id) == []
    assert rig.school.assignments.set(made.id, PRACTICE, TODAY, by=TEACHER).id != first.id


@pytest.mark.parametrize("place", [Place("fractions"), Place("../etc", "a"), Place("", "", "")])
def test_only_lessons_items_and_materials_are_set(rig: SchoolRig, place: Place) -> None:
    made, _ = rig.a_class()
    with pytest.raises(UsageError):
        rig.school.assignments.set(made.id, place, None, by=TEACHER)


def test_nothing_is_set_for_a_class_that_is_not_there(rig: SchoolRig) -> None:
    with pytest.raises(Missing):
        rig.school.assignments.set("no-class", PRACTICE, None, by=TEACHER)


def test_a_pack_stays_at_its_version_until_the_day(rig: SchoolRig) -> None:
    pinned = rig.school.pinned_versions
    pinned.pin("fractions", 3, TODAY + timedelta(days=2), by=TEACHER)
    pinned.pin("fractions", 4, TODAY + timedelta(days=1), by=TEACHER)
    assert [(one.pack, one.version) for one in pinned.pinned()] == [("fractions", 4)]
    rig.move(days=2)
    assert pinned.pinned() == []
    with pytest.raises(UsageError):
        pinned.pin("fractions", 4, date(2020, 1, 1), by=TEACHER)
    with pytest.raises(UsageError):
        pinned.pin("../x", 4, TODAY + timedelta(days=9), by=TEACHER)
    pinned.unpin("fractions")


def test_wishes_stay_until_they_are_taken_back(rig: SchoolRig) -> None:
    wishes = rig.school.wishes
    made = wishes.add("Science for grade 4\nplease", by=TEACHER)
    assert made.text == "Science for grade 4 please"
    second = wishes.add("", pack="science", by=TEACHER)
    wishes.withdraw(second.id)
    assert [(one.id, one.state) for one in wishes.all()] == [(made.id, "new")]
    for nothing in ("", "  \n", "\u200b"):
        with pytest.raises(UsageError):
            wishes.add(nothing, by=TEACHER)


def test_classes_and_pupils_are_kept_in_order(rig: SchoolRig) -> None:
    people = rig.school.people
    made, (anna, ben) = rig.a_class("Zoe", "Ben")
    people.add_learner(made.id, "Anna")
    assert [one.name for one in people.learners(made.id)] == ["Zoe", "Ben", "Anna"]
    assert len({one.picture for one in people.learners(made.id)}) == 3
    other = people.add_class("5a", "5")
    people.move_learner(anna.id, other.id)
    people.rename_learner(ben.id, "Benjamin  K.")
    assert people.learner(ben.id).name == "Benjamin K."
    assert [(one.name, one.learners) for one in people.classes()] == [("4b", 2), ("5a", 1)]
    people.archive_learner(ben.id)
    assert [one.name for one in people.learners(made.id, archived=True)] == ["Benjamin K."]
    people.rename_class(other.id, "6a", "6")
    assert people.school_class(other.id).name == "6a"
    with pytest.raises(Refused):
        people.add_class("6a")
    people.archive_class(other.id)
    people.add_class("6a")
    with pytest.raises(Refused):
        people.archive_class(other.id, archived=False)
    for empty in ("", " ", "\u202e\u200b"):
        with pytest.raises(UsageError):
            people.add_learner(made.id, empty)
    with pytest.raises(Missing):
        people.add_learner("no-class", "Anna")
