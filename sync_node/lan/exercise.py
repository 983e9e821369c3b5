"""An exercise: a form that is graded when it is sent. Nothing is kept of what a pupil answers.

Without JavaScript the form's answer is the page with feedback; with it, `exercise.js` sends the
same form to the same address and puts the graded form in place. Answers never reach the browser
before grading.
"""

from dataclasses import dataclass, field

from flask import Blueprint, Response, abort, render_template, request
from werkzeug.datastructures import MultiDict

from content_packs.errors import Missing
from content_packs.exercises import codec, grading
from content_packs.exercises.model import Exercise
from content_packs.limits import EXERCISE_BYTES_MAX
from sync_node.catalogue_model import ItemAddress, ItemView
from sync_node.lan.catalogue_access import catalogue
from sync_node.lan.exercise_form import (
    ATTEMPT_FIELD,
    VERSION_FIELD,
    attempt_of,
    fields,
    number_in,
    place_field,
    responses,
)
from sync_node.lan.interface_language import wishes
from sync_node.lan.pages import place_of

blueprint = Blueprint("exercise", __name__)

Form = MultiDict[str, str]


@dataclass(frozen=True)
class Attempt:
    """One try at an exercise: its number, what was filled in, and what that earned."""

    number: int = 1
    form: Form = field(default_factory=MultiDict)
    result: grading.Result | None = None


def show(view: ItemView) -> str:
    """Return the page of an exercise to be filled in; `?attempt=` mixes its options anew."""
    attempt = Attempt(attempt_of(request.args.get("attempt", "")))
    return _render(view, read(view), attempt)


@blueprint.post("/packs/<pack>/<lesson>/<item>")
def grade(pack: str, lesson: str, item: str) -> Response | str:
    """Grade a filled form, and answer with the form and what to say to it."""
    where = ItemAddress(pack, lesson, item)
    try:
        view = _find(where._replace(version=number_in(request.form.get(VERSION_FIELD, ""))))
    except Missing:
        # The lesson was renewed twice while the form was open: show the new one, say why.
        view = _find(where)
        return _render(view, read(view), Attempt(), renewed=True)
    exercise = read(view)
    result = grading.grade(exercise, responses(exercise, request.form))
    attempt = attempt_of(request.form.get(ATTEMPT_FIELD, ""))
    return _render(view, exercise, Attempt(attempt, request.form, result))


def read(view: ItemView) -> Exercise:
    """Return the exercise of an item. Raises `Missing`, `StorageFailed` or `InvalidContent`."""
    pack, version = view.lesson.card.pack, view.lesson.version
    data = catalogue().read(pack, version, view.path, bytes_max=EXERCISE_BYTES_MAX)
    return codec.decode(data, address=lambda link: _place(view, link))


def _find(where: ItemAddress) -> ItemView:
    view = catalogue().item(where, wishes(), language=request.args.get("language", ""))
    if view.line.kind != "exercise":
        abort(405)
    return view


def _place(view: ItemView, link: str) -> str | None:
    held = catalogue().at_version(view.lesson.card.pack, view.lesson.version)
    return place_of(link, held, view.path)


def _render(view: ItemView, exercise: Exercise, attempt: Attempt, *, renewed: bool = False) -> str:
    result = attempt.result
    return render_template(
        "exercise/exercise.html",
        item=view,
        lesson=view.lesson,
        exercise=exercise,
        fields=fields(exercise, attempt=attempt.number, form=attempt.form, result=result),
        result=result,
        score=grading.shown_score(result.score) if result else "",
        attempt=attempt.number,
        renewed=renewed,
        place_field=place_field,
        picture_place=lambda link: _place(view, link),
    )
