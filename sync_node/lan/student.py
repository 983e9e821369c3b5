"""A student's way to a lesson: home, pack, lesson, and the language switch."""

from flask import Blueprint, Response, abort, render_template, request

from content_packs.errors import Missing, StorageFailed
from content_packs.records import Actor
from sync_node.lan import browse, presentation
from sync_node.lan.audience import for_pupils
from sync_node.lan.catalogue_access import catalogue, note_opened
from sync_node.lan.interface_language import COOKIE, INTERFACE_LANGUAGES, wishes
from sync_node.lan.learners import learning
from sync_node.lan.limits import MATERIALS_SHOWN_MAX
from sync_node.lan.preferences import local_address, remember
from sync_node.lan.teacher.today import today
from sync_node.lan.visitor import actor, known_actor, school, visitor
from sync_node.learning import SetWork, next_item, steps_of, steps_of_line
from sync_node.shelves import Shelf

blueprint = Blueprint("student", __name__)


@blueprint.get("/")
def home() -> str:
    """Show what to go on with, what is set, and the packs by subject and grade.

    `?grade=` shows one grade, without it a pupil's own. Where there are too many packs for a page,
    it shows what there is to choose among.
    """
    who = visitor()
    going, work = learning().going_on(known_actor(), wishes()), _set_work()
    materials = learning().materials(who.class_id)[:MATERIALS_SHOWN_MAX]
    if not browse.shelves().is_small():
        return browse.page(Shelf(), home=True, going=going, work=work, materials=materials)
    cards = for_pupils(browse.shelves().all(wishes()))
    grades = presentation.grades(cards)
    grade = request.args.get("grade", _own_grade())
    grade = grade if grade in grades else ""
    return render_template(
        "student/home.html",
        shelves=presentation.shelves(cards, grade=grade),
        grades=grades,
        grade=grade,
        going=going,
        work=work,
        materials=materials,
    )


@blueprint.get("/packs/<pack>")
def outline(pack: str) -> str:
    """Show a pack: its lessons, how far one is, and which are on their way."""
    found = catalogue().outline(pack, wishes())
    items = learning().of_pack(known_actor(), pack)
    steps = {line.id: steps_of_line(line, items.get(line.id, {})) for line in found.lessons}
    return render_template("student/outline.html", outline=found, steps=steps)


@blueprint.get("/packs/<pack>/<lesson>")
def lesson(pack: str, lesson: str) -> str:
    """Show a lesson: what it is about, its items in order, and what is done of them."""
    view = catalogue().lesson(pack, lesson, wishes())
    note_opened(pack, lesson)
    items = learning().of_lesson(known_actor(), pack, lesson)
    if request.method == "GET":
        learning().opened_lesson(actor(), view)
    return render_template(
        "student/lesson.html",
        lesson=view,
        items=items,
        steps=steps_of(view, items),
        going_on=next_item(view, items) if items else None,
    )


@blueprint.post("/language")
def switch_language() -> Response:
    """Remember the chosen language, and go back to the page that was open."""
    chosen = request.form.get("language", "")
    if chosen not in INTERFACE_LANGUAGES:
        abort(400)
    answer = Response(status=303, headers={"Location": local_address(request.form.get("next", ""))})
    remember(answer, COOKIE, chosen)
    return answer


def _own_grade() -> str:
    """Return the grade of a pupil's class, where it is one of the code list."""
    who = visitor()
    try:
        return school().people.school_class(who.class_id).grade if who.class_id else ""
    except (Missing, StorageFailed):
        return ""


def _set_work() -> tuple[SetWork, ...]:
    who = visitor()
    if not who.is_learner:
        return ()
    return learning().set_work(Actor("learner", who.id), who.class_id, today(), wishes())
