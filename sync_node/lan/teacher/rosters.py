"""Lists of pupils, brought as a whole: pasted, or out of another system as OneRoster 1.1 files.

First what it would change is shown; nothing is changed until the teacher says so.
"""

import time
from collections.abc import Callable

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from content_packs.errors import Missing, UsageError
from content_packs.limits import KIB
from sync_node.lan.teacher.answers import WRONG, done, guard, wrong
from sync_node.lan.teacher.drafts import Drafts
from sync_node.lan.visitor import school, teacher_only, visitor
from sync_node.school.limits import ROSTER_BYTES_MAX
from sync_node.school.oneroster import read_oneroster
from sync_node.school.rosters import Roster, read_pasted

blueprint = Blueprint("teacher_rosters", __name__, url_prefix="/teacher/rosters")
guard(blueprint)

_FORM_ITSELF_BYTES = 64 * KIB  # of a form around a file
_KEY = "roster drafts"


def drafts() -> Drafts:
    """Return where rosters wait, in this application."""
    found: Drafts = current_app.extensions.setdefault(_KEY, Drafts(time.monotonic))
    return found


@blueprint.get("")
@teacher_only
def bring() -> str:
    """Show the two ways to bring a list. `?class=`: for which class."""
    return render_template("teacher/roster.html", **_values())


@blueprint.post("/paste")
@teacher_only
def paste() -> AnyResponse:
    """Read a pasted list, and show what it would change."""
    form = request.form
    name = form.get("name", "")
    return _take(lambda: read_pasted(form.get("names", ""), class_name=name), "roster-pasted")


@blueprint.post("/upload")
@teacher_only
def upload() -> AnyResponse:
    """Read OneRoster files, and show what they would change."""
    request.max_content_length = ROSTER_BYTES_MAX + _FORM_ITSELF_BYTES

    def read() -> Roster:
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise UsageError("no file was chosen", hint="Choose one, and send the form again.")
        return read_oneroster(sent.stream.read(ROSTER_BYTES_MAX + 1))

    return _take(read, "roster-file")


@blueprint.get("/preview")
@teacher_only
def preview() -> AnyResponse | str:
    """Show what the list would change."""
    try:
        roster = drafts().find(visitor().id)
    except Missing:
        return redirect(url_for("teacher_rosters.bring"), 303)
    absent = "absent" in request.args
    changes = school().rosters.preview(roster, archive_absent=absent)
    return render_template(
        "teacher/preview.html", roster=roster, changes=changes, archive_absent=absent
    )


@blueprint.post("/apply")
@teacher_only
def apply() -> AnyResponse:
    """Do what the list says."""
    try:
        roster = drafts().find(visitor().id)
    except Missing as error:
        return wrong("teacher/roster.html", "roster-late", error, **_values())
    school().rosters.apply(roster, archive_absent="absent" in request.form)
    drafts().drop(visitor().id)
    names = {one.name for one in roster.classes}
    found = [one for one in school().people.classes() if one.name in names]
    if len(found) == 1:
        return done(url_for("teacher_classes.pupils", class_id=found[0].id), "roster-done")
    return done(url_for("teacher_classes.home"), "roster-done")


def _take(read: Callable[[], Roster], problem: str) -> Response:
    try:
        roster = read()
        school().rosters.preview(roster)
    except WRONG as error:
        return wrong("teacher/roster.html", problem, error, **_values())
    drafts().keep(visitor().id, roster)
    return done(url_for("teacher_rosters.preview"))


def _values() -> dict[str, object]:
    classes = school().people.classes()
    wanted = request.values.get("class", "")
    chosen = next((one.name for one in classes if one.id == wanted), "")
    return {
        "classes": classes,
        "name": request.form.get("name", chosen),
        "names": request.form.get("names", ""),
    }
