"""What is set for classes: setting it, changing its day, and where a class is stuck with it."""

from collections.abc import Sequence

from flask import Blueprint, Response, abort, render_template, request, url_for

from content_packs.exercises.model import (
    Choice,
    Entry,
    Exercise,
    InlineChoice,
    Match,
    MultipleChoice,
    Option,
    Order,
    Question,
)
from content_packs.records import Place
from content_packs.values import Value
from sync_node.lan.teacher.answers import WRONG, done, guard, wrong
from sync_node.lan.teacher.lessons import Lessons, Task, read_exercise
from sync_node.lan.teacher.today import day_in, today
from sync_node.lan.visitor import school, teacher_only, visitor
from sync_node.school.insight import QuestionInsight

blueprint = Blueprint("teacher_tasks", __name__, url_prefix="/teacher")
guard(blueprint)


class QuestionView(Value, frozen=True):
    """A question, and how a class fares with it. `wrong`: what was answered, and by how many."""

    number: int
    question: Question
    insight: QuestionInsight
    wrong: tuple[tuple[str, int], ...]

    @property
    def right_percent(self) -> int:
        """How many of those who tried have it right."""
        return self.insight.right_at_last * 100 // max(1, self.insight.tried)


@blueprint.get("/set")
@teacher_only
def choose() -> str:
    """Show the form that sets `?pack=`, `?lesson=`, `?item=`; without them, how to find one."""
    return render_template("teacher/set.html", **_values(_place()))


@blueprint.post("/set")
@teacher_only
def set_() -> Response:
    """Set something for the classes that are ticked."""
    place = _place()
    chosen = request.form.getlist("class")
    due = day_in(request.form.get("due", ""))
    if not chosen:
        return _not_set(place, "no-class")
    try:
        for class_id in chosen:
            school().assignments.set(class_id, place, due, by=visitor().id)
    except WRONG:
        return _not_set(place, "not-set")
    address = url_for("teacher_classes.glance", class_id=chosen[0])
    return done(address if len(chosen) == 1 else url_for("teacher_classes.home"), "set")


@blueprint.get("/tasks/<task>")
@teacher_only
def task(task: str) -> str:
    """Show who did it, and question by question where the class is stuck."""
    assignment = school().assignments.assignment(task)
    found = Lessons()
    matrix = school().insight.matrix(
        assignment.class_id, items_of=found.items_of, today=today(), assignments=[assignment]
    )
    return render_template(
        "teacher/task.html",
        school_class=school().people.school_class(assignment.class_id),
        assignment=assignment,
        task=found.task(assignment.place),
        rows=[(row.learner, row.cells[0]) for row in matrix.rows],
        matrix=matrix,
        exercises=_exercises(assignment.class_id, found.exercises(assignment.place)),
    )


@blueprint.post("/tasks/<task>")
@teacher_only
def change(task: str) -> Response:
    """Give what is set another day, or take it back."""
    assignment = school().assignments.assignment(task)
    glance = url_for("teacher_classes.glance", class_id=assignment.class_id)
    if request.form.get("do") == "withdraw":
        school().assignments.withdraw(task)
        return done(glance, "withdrawn")
    due = day_in(request.form.get("due", ""))
    school().assignments.set(assignment.class_id, assignment.place, due, by=visitor().id)
    return done(url_for("teacher_tasks.task", task=task), "saved")


def _exercises(class_id: str, tasks: list[Task]) -> list[tuple[Task, tuple[QuestionView, ...]]]:
    found = []
    for one in tasks:
        exercise = read_exercise(one.place)
        insights = school().insight.questions(class_id, one.place)
        if exercise is not None:
            found.append((one, views(exercise, insights)))
    return found


def views(exercise: Exercise, insights: list[QuestionInsight]) -> tuple[QuestionView, ...]:
    """Return the questions that somebody answered, where most are stuck first."""
    by_id = {one.question: one for one in insights}
    shown = [
        QuestionView(
            number,
            question,
            by_id[question.id],
            tuple((said(question, given), count) for given, count in by_id[question.id].wrong),
        )
        for number, question in enumerate(exercise.questions, 1)
        if question.id in by_id
    ]
    return tuple(sorted(shown, key=lambda one: (one.right_percent, one.number)))


def said(question: Question, response: str) -> str:
    """Return a response as people read it: with texts in the place of ids.

    As records hold it: what was chosen is joined by `[,]`; of gaps and rows with their numbers,
    `1[.]id`.
    """
    parts = []
    for part in response.split("[,]"):
        number, joint, given = part.rpartition("[.]")
        parts.append(_names(question, int(number) if number.isdecimal() else 1).get(given, part))
        if joint:
            parts[-1] = f"{number}: {parts[-1]}"
    return ", ".join(parts)


def _names(question: Question, number: int) -> dict[str, str]:
    entries: Sequence[Entry | Option] = ()
    match question:
        case Choice() | MultipleChoice():
            entries = question.options
        case InlineChoice():
            entries = question.gaps[number - 1].options if number <= len(question.gaps) else ()
        case Order():
            entries = question.items
        case Match():
            entries = question.choices
    return {entry.id: entry.plain for entry in entries}


def _place() -> Place:
    values = request.values
    return Place(*(values.get(name, "") for name in ("pack", "lesson", "item")))


def _values(place: Place) -> dict[str, object]:
    found = Lessons()
    task = found.task(place) if place != Place("") else None
    view = found.view(place.pack, place.lesson) if place.lesson else None
    if task is not None and not task.address:
        abort(404)
    return {
        "place": place,
        "task": task,
        "items": view.items if view else (),
        "classes": school().people.classes(),
        "today": today(),
        "chosen": request.form.getlist("class"),
    }


def _not_set(place: Place, problem: str) -> Response:
    return wrong("teacher/set.html", problem, None, **_values(place))
