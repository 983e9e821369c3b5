"""A student's way to a lesson: home, pack, lesson, and the language switch."""

from flask import Blueprint, Response, abort, render_template, request

from sync_node.lan import browse, presentation
from sync_node.lan.catalogue_access import catalogue, note_opened
from sync_node.lan.interface_language import COOKIE, INTERFACE_LANGUAGES, wishes
from sync_node.lan.preferences import local_address, remember
from sync_node.shelves import Shelf

blueprint = Blueprint("student", __name__)


@blueprint.get("/")
def home() -> str:
    """Show the packs by subject and grade; `?grade=` shows one grade.

    Where there are too many for a page, it shows what there is to choose among.
    """
    if not browse.shelves().is_small():
        return browse.page(Shelf(), home=True)
    cards = browse.shelves().all(wishes())
    grades = presentation.grades(cards)
    grade = request.args.get("grade", "")
    grade = grade if grade in grades else ""
    return render_template(
        "student/home.html",
        shelves=presentation.shelves(cards, grade=grade),
        grades=grades,
        grade=grade,
    )


@blueprint.get("/packs/<pack>")
def outline(pack: str) -> str:
    """Show a pack: its lessons, which are ready, and which are on their way."""
    return render_template("student/outline.html", outline=catalogue().outline(pack, wishes()))


@blueprint.get("/packs/<pack>/<lesson>")
def lesson(pack: str, lesson: str) -> str:
    """Show a lesson: what it is about, and its items in order."""
    view = catalogue().lesson(pack, lesson, wishes())
    note_opened(pack, lesson)
    return render_template("student/lesson.html", lesson=view)


@blueprint.post("/language")
def switch_language() -> Response:
    """Remember the chosen language, and go back to the page that was open."""
    chosen = request.form.get("language", "")
    if chosen not in INTERFACE_LANGUAGES:
        abort(400)
    answer = Response(status=303, headers={"Location": local_address(request.form.get("next", ""))})
    remember(answer, COOKIE, chosen)
    return answer
