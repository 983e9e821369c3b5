"""Teachers come in and go out; who may come in.

The first one, and whoever forgot a passphrase, needs a code from the box's console
(`sync-node teacher-code`). Every teacher may add others.
"""

from flask import Blueprint, Response, render_template, request, url_for

from content_packs.errors import Refused, SatchelError, UsageError
from sync_node.lan.preferences import local_address
from sync_node.lan.teacher.answers import WRONG, done, guard, wrong
from sync_node.lan.visitor import (
    device,
    go_to,
    place,
    school,
    sign_out,
    signed_in,
    teacher_only,
    visitor,
)
from sync_node.school.errors import TooManyTries, WrongSecret
from sync_node.school.teachers import check_passphrase

blueprint = Blueprint("teacher_door", __name__, url_prefix="/teacher")
guard(blueprint)

_HOME = "/teacher"


@blueprint.get("/sign-in")
def sign_in() -> Response | str:
    """Show who may come in; without any teacher, lead to where the first one does."""
    found = school().teachers.teachers()
    if not found:
        return go_to(url_for("teacher_door.code"))
    return render_template("teacher/sign_in.html", teachers=found, then=_then())


@blueprint.post("/sign-in")
def check() -> Response:
    """Sign a teacher in, and go on to where they wanted to."""
    try:
        found = school().signing_in.teacher(
            request.form.get("teacher", ""), request.form.get("passphrase", ""),
            device=device(), place=place(),
        )  # fmt: skip
    except (WrongSecret, TooManyTries) as error:
        teachers = school().teachers.teachers()
        return wrong(
            "teacher/sign_in.html", error.code, error, teachers=teachers, then=_then(),
            seconds=error.seconds,
        )  # fmt: skip
    return signed_in(found, _then())


@blueprint.get("/code")
def code() -> str:
    """Show the form for a code from the console: for the first teacher, or one who forgot."""
    return render_template("teacher/code.html", teachers=school().teachers.teachers())


@blueprint.post("/code")
def use_code() -> Response:
    """Make a teacher, or give one a new passphrase, by a code; sign them in."""
    form = request.form
    try:
        found = school().signing_in.new_teacher(
            form.get("code", ""), form.get("name", ""), form.get("passphrase", ""),
            device=device(), place=place(),
        )  # fmt: skip
    except (WrongSecret, TooManyTries) as error:
        return _code_again(f"code-{error.code}", error, seconds=error.seconds)
    except (UsageError, Refused) as error:
        return _code_again(_why(form.get("passphrase", "")), error)
    return signed_in(found, _HOME)


@blueprint.post("/sign-out")
def leave() -> Response:
    """Sign out."""
    return sign_out("/")


@blueprint.get("/teachers")
@teacher_only
def teachers() -> str:
    """Show who may come in, and add somebody."""
    return render_template("teacher/teachers.html", teachers=school().teachers.teachers())


@blueprint.post("/teachers")
@teacher_only
def add() -> Response:
    """Add a teacher, with a passphrase to begin with."""
    form = request.form
    try:
        school().teachers.add(form.get("name", ""), form.get("passphrase", ""))
    except WRONG as error:
        return wrong(
            "teacher/teachers.html", _why(form.get("passphrase", "")), error,
            teachers=school().teachers.teachers(),
        )  # fmt: skip
    return done(url_for("teacher_door.teachers"), "teacher-added")


@blueprint.post("/teachers/<teacher>/leave")
@teacher_only
def archive(teacher: str) -> Response:
    """Let a teacher in no more."""
    school().teachers.archive(teacher)
    return done(url_for("teacher_door.teachers"), "teacher-left")


@blueprint.post("/passphrase")
@teacher_only
def change() -> Response:
    """Give oneself another passphrase; this session ends with all others."""
    try:
        school().signing_in.teacher(
            visitor().id, request.form.get("old", ""), device=device(), place=place()
        )
        school().teachers.change_passphrase(visitor().id, request.form.get("passphrase", ""))
    except (WrongSecret, TooManyTries, UsageError) as error:
        problem = error.code if not isinstance(error, UsageError) else "new-passphrase"
        return wrong(
            "teacher/teachers.html", problem, error, teachers=school().teachers.teachers(),
            seconds=getattr(error, "seconds", 0),
        )  # fmt: skip
    return sign_out(url_for("teacher_door.sign_in"))


def _code_again(problem: str, error: SatchelError, **values: object) -> Response:
    teachers = school().teachers.teachers()
    return wrong("teacher/code.html", problem, error, teachers=teachers, **values)


def _why(passphrase: str) -> str:
    """Say which of the two was refused: the passphrase, or the name."""
    try:
        check_passphrase(passphrase)
    except UsageError:
        return "passphrase"
    return "teacher-name"


def _then() -> str:
    """Return where to go on: a place of this site, the classes by default."""
    return local_address(request.values.get("next", "") or _HOME)
