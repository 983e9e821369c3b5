"""A class at a furnished school, with what it was set and what it answered."""

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from werkzeug.datastructures import MultiDict

from content_packs.exercises import grading
from content_packs.records import Place
from sync_node.data_dir import DataDir
from sync_node.lan.exercise_form import responses
from sync_node.school.people_model import Learner, SchoolClass, Teacher
from sync_node.school.recording import Thing
from sync_node.school.school import School, open_school
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.quiz import quiz, right_form

PASSPHRASE = "seven green lanterns swing"
NAMES = ("Anna Berg", "Ben Cole", "王小明", "Dora Eck", "李思雨", "Femi Ade")
PRACTICE = Place("fractions", LESSON, "practice")
WHOLE = Place("fractions", LESSON)
GIB = 1 << 30
_seeds = itertools.count(7)


@dataclass
class Classroom:
    """What a test looks at."""

    data_dir: DataDir
    school: School
    teacher: Teacher
    school_class: SchoolClass
    learners: list[Learner]


def a_classroom(data_dir: DataDir, clock: Callable[[], datetime]) -> Classroom:
    """Return a class of six: two did the exercise, one got half of it, one gave up thrice."""
    school = open_school(
        data_dir,
        clock=clock,
        randomness=random.Random(next(_seeds)).randbytes,
        disk_free=lambda _: 8 * GIB,
        hash_cost=2,
    )
    teacher = school.teachers.add("Ms Li", PASSPHRASE)
    made = school.people.add_class("4 B", "4")
    learners = [school.people.add_learner(made.id, name) for name in NAMES]
    today = clock().date()
    school.assignments.set(made.id, PRACTICE, today - timedelta(days=2), by=teacher.id)
    school.assignments.set(made.id, WHOLE, today + timedelta(days=5), by=teacher.id)
    anna, ben, wang, dora, *_ = learners
    for pupil in (anna, wang):
        answer(school, pupil)
    answer(school, ben, half=["2"], word=["numerator"])
    for _ in range(3):
        answer(school, dora, right=False, half=["2"], word=["top"], action=["32"])
    return Classroom(data_dir, school, teacher, made, learners)


def answer(
    school: School, pupil: Learner, *, right: bool = True, **instead: list[str]
) -> grading.Result:
    """Let a pupil answer the exercise: rightly but for `instead`, or nothing but that."""
    exercise = quiz()
    given = responses(exercise, MultiDict(right_form())) if right else {}
    result = grading.grade(exercise, {**given, **instead})
    thing = Thing(PRACTICE, "exercise", 1)
    school.recording.answered(pupil.actor, thing, exercise, result, submission="")
    return result
