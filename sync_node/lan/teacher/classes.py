"""Classes: the teacher's home, a class at a glance, its pupils and their PINs, its records."""

from urllib.parse import quote

from flask import Blueprint, Response, render_template, request, url_for

from sync_node.lan.interface_language import _
from sync_node.lan.teacher.answers import WRONG, done, guard, wrong
from sync_node.lan.teacher.lessons import Lessons
from sync_node.lan.teacher.limits import TASKS_OF_PUPIL_SHOWN, TASKS_SHOWN
from sync_node.lan.teacher.spreadsheet import wording
from sync_node.lan.teacher.today import today, zone
from sync_node.lan.teacher.windows import Leaf, window
from sync_node.lan.visitor import school, teacher_only
from sync_node.school.assignments import Assignment
from sync_node.school.pins import PinKind
from sync_node.school.rosters import read_pasted

blueprint = Blueprint("teacher_classes", __name__, url_prefix="/teacher")
guard(blueprint)

_FILE_CHARACTERS_MAX = 40
_NOT_IN_FILE_NAMES = {ord(one): "-" for one in '/\\:*?"<>|'}


@blueprint.get("")
@teacher_only
def home() -> str:
    """Show the classes, and what else there is to do."""
    return render_template(
        "teacher/home.html",
        classes=school().people.classes(),
        archived=school().people.classes(archived=True),
    )


@blueprint.get("/classes/new")
@teacher_only
def new() -> str:
    """Show the form for a class: its name, its grade, its pupils' names."""
    return render_template("teacher/new_class.html")


@blueprint.post("/classes/new")
@teacher_only
def add() -> Response:
    """Add a class with its pupils, one a line."""
    form = request.form
    names = form.get("names", "")
    try:
        learners = read_pasted(names, class_name=".").classes[0].learners if names.strip() else ()
        made = school().people.add_class(form.get("name", ""), form.get("grade", ""))
    except WRONG as error:
        return wrong("teacher/new_class.html", "class-name", error)
    for learner in learners:
        school().people.add_learner(made.id, learner.name)
    return done(url_for("teacher_classes.pupils", class_id=made.id), "class-added")


@blueprint.get("/classes/<class_id>")
@teacher_only
def glance(class_id: str) -> str:
    """Show who did what of what is set, and who may need help."""
    found = Lessons()
    day = today()
    part = _window(class_id, TASKS_SHOWN)
    matrix = school().insight.matrix(
        class_id, items_of=found.items_of, today=day, assignments=part.shown
    )
    return render_template(
        "teacher/glance.html",
        school_class=school().people.school_class(class_id),
        part=part,
        matrix=matrix,
        tasks=[found.task(each.place) for each in matrix.assignments],
        help=school().insight.needs_help(class_id, items_of=found.items_of, today=day),
        task_of=found.task,
        today=day,
    )


@blueprint.get("/classes/<class_id>/board")
@teacher_only
def board(class_id: str) -> str:
    """Show what is done, for the projector: no scores, and nobody who needs help."""
    found = Lessons()
    part = _window(class_id, TASKS_SHOWN)
    matrix = school().insight.matrix(
        class_id, items_of=found.items_of, today=today(), assignments=part.shown
    )
    return render_template(
        "teacher/board.html",
        school_class=school().people.school_class(class_id),
        part=part,
        matrix=matrix,
        tasks=[found.task(each.place) for each in matrix.assignments],
    )


@blueprint.get("/classes/<class_id>/pupils")
@teacher_only
def pupils(class_id: str) -> str:
    """Show a class's list, and what can be done with it."""
    people = school().people
    return render_template(
        "teacher/pupils.html",
        school_class=people.school_class(class_id),
        learners=people.learners(class_id),
        left=people.learners(class_id, archived=True),
        shut_out=set(school().signing_in.guessed_at(class_id)),
    )


@blueprint.post("/classes/<class_id>/pupils")
@teacher_only
def add_pupil(class_id: str) -> Response:
    """Add a pupil at the end of the list."""
    school().people.add_learner(class_id, request.form.get("name", ""))
    return done(url_for("teacher_classes.pupils", class_id=class_id), "pupil-added")


@blueprint.post("/classes/<class_id>")
@teacher_only
def change(class_id: str) -> Response:
    """Rename a class, put it away, or take it back."""
    form = request.form
    people = school().people
    if "archive" in form:
        people.archive_class(class_id, archived=form["archive"] == "yes")
        return done(url_for("teacher_classes.home"), "class-archived")
    people.rename_class(class_id, form.get("name", ""), form.get("grade", ""))
    return done(url_for("teacher_classes.pupils", class_id=class_id), "saved")


@blueprint.post("/classes/<class_id>/pins")
@teacher_only
def pins(class_id: str) -> str:
    """Make PINs, and show them on a sheet to print: they can be shown this once."""
    everybody = request.form.get("whose") == "all"
    made = school().people.make_pins(class_id, _kind(), only_missing=not everybody)
    return render_template(
        "teacher/pin_sheet.html", school_class=school().people.school_class(class_id), pins=made
    )


@blueprint.post("/classes/<class_id>/forgive")
@teacher_only
def forgive(class_id: str) -> Response:
    """Let pupils in again whose PINs were guessed at."""
    school().signing_in.forgive(class_id)
    return done(url_for("teacher_classes.pupils", class_id=class_id), "forgiven")


@blueprint.get("/classes/<class_id>/records/<any(results, answers):kind>.csv")
@teacher_only
def records(class_id: str, kind: str) -> Response:
    """Send a class's records as a file for a spreadsheet."""
    exports = school().exports
    export = exports.results if kind == "results" else exports.answers
    # Made as a whole: titles are looked up in the request's language.
    answer = Response(b"".join(export(class_id, wording=wording(zone()))))
    name = school().people.school_class(class_id).name.translate(_NOT_IN_FILE_NAMES)
    word = _("Results") if kind == "results" else _("Every answer")
    file_name = f"{name[:_FILE_CHARACTERS_MAX]} {word} {today().isoformat()}.csv"
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    # RFC 6266: the plain name is for what is too old to read the other.
    answer.headers["Content-Disposition"] = (
        f"attachment; filename=\"{kind}.csv\"; filename*=UTF-8''{quote(file_name, safe='')}"
    )
    return answer


@blueprint.get("/pupils/<learner_id>")
@teacher_only
def pupil(learner_id: str) -> str:
    """Show a pupil: what they did of what is set, and what can be changed."""
    learner = school().people.learner(learner_id)
    found = Lessons()
    part = _window(learner.class_id, TASKS_OF_PUPIL_SHOWN)
    (row,) = (
        school()
        .insight.matrix(
            learner.class_id,
            items_of=found.items_of,
            today=today(),
            assignments=part.shown,
            learner=learner,
        )
        .rows
    )
    return render_template(
        "teacher/pupil.html",
        learner=learner,
        part=part,
        school_class=school().people.school_class(learner.class_id),
        classes=school().people.classes(),
        cells=[
            (task, found.task(task.place), cell)
            for task, cell in zip(part.shown, row.cells, strict=True)
        ],
        made_pin=None,
    )


@blueprint.post("/pupils/<learner_id>")
@teacher_only
def change_pupil(learner_id: str) -> Response:
    """Rename a pupil, move them, take them off the list, or put them back."""
    form = request.form
    people = school().people
    if "archive" in form:
        people.archive_learner(learner_id, archived=form["archive"] == "yes")
    else:
        people.rename_learner(learner_id, form.get("name", ""))
        if form.get("class"):
            people.move_learner(learner_id, form["class"])
    learner = people.learner(learner_id)
    return done(url_for("teacher_classes.pupils", class_id=learner.class_id), "saved")


@blueprint.post("/pupils/<learner_id>/pin")
@teacher_only
def pin(learner_id: str) -> Response | str:
    """Give a pupil a new PIN and show it this once, or take it away."""
    people = school().people
    learner = people.learner(learner_id)
    if request.form.get("pin") == "none":
        people.take_pin_away(learner_id)
        return done(url_for("teacher_classes.pupils", class_id=learner.class_id), "pin-gone")
    made = people.make_pin(learner_id, _kind())
    return render_template(
        "teacher/pin_sheet.html",
        school_class=people.school_class(learner.class_id),
        pins=[made],
    )


def _window(class_id: str, size: int) -> Leaf[Assignment]:
    tasks = school().assignments.of_class(class_id)
    return window(tasks, today(), start=request.args.get("from", type=int), size=size)


def _kind() -> PinKind:
    return "pictures" if request.form.get("kind") == "pictures" else "digits"
