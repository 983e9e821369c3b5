"""An exercise: a form that is graded when it is sent, and recorded before that is said.

Without JavaScript the form's answer is the page with feedback; with it, `exercise.js` sends the
same form to the same address and puts the graded form in place. Answers never reach the browser
before grading. What can't be recorded is graded all the same, and the page says so.
"""

import base64
from typing import Literal, TypeAlias

import msgspec
from flask import Blueprint, Response, abort, make_response, render_template, request
from werkzeug.datastructures import MultiDict

from content_packs.errors import Missing, StorageFailed
from content_packs.exercises import codec, grading
from content_packs.exercises.model import Exercise
from content_packs.limits import EXERCISE_BYTES_MAX
from content_packs.values import Value
from sync_node.catalogue_model import ItemAddress, ItemView
from sync_node.lan.catalogue_access import catalogue
from sync_node.lan.exercise_form import (
    ATTEMPT_FIELD,
    SUBMISSION_FIELD,
    VERSION_FIELD,
    WHO_FIELD,
    attempt_of,
    fields,
    number_in,
    place_field,
    responses,
)
from sync_node.lan.interface_language import wishes
from sync_node.lan.learners import learning
from sync_node.lan.limits import RETRY_AFTER_SECONDS
from sync_node.lan.pages import place_of
from sync_node.lan.visitor import actor, known_actor, school, visitor
from sync_node.school.errors import Busy
from sync_node.school.recording import TooFast

blueprint = Blueprint("exercise", __name__)

Form = MultiDict[str, str]
Kept: TypeAlias = Literal["", "kept", "failed", "too-fast", "other", "nothing"]
_STATUS: dict[Kept, int] = {"failed": 503, "too-fast": 429}
_WORD_BYTES = 12


class Attempt(Value, frozen=True):
    """One try at an exercise: its number, what was filled in, and what that earned.

    `kept` says what became of it: `failed` and `too-fast` where it wasn't recorded, `other` where
    somebody else is signed in by now, `nothing` where nothing was answered, empty for teachers.
    """

    number: int = 1
    form: Form = msgspec.field(default_factory=MultiDict)
    result: grading.Result | None = None
    kept: Kept = ""


def show(view: ItemView) -> str:
    """Return the page of an exercise to be filled in; `?attempt=` mixes its options anew."""
    attempt = Attempt(attempt_of(request.args.get("attempt", "")))
    if request.method == "GET":
        learning().opened(actor(), view)
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
    kept = _keep(view, exercise, result)
    page = _render(view, exercise, Attempt(attempt, request.form, result, kept))
    response = make_response(page, _STATUS.get(kept, 200))
    if kept in _STATUS:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def read(view: ItemView) -> Exercise:
    """Return the exercise of an item. Raises `Missing`, `StorageFailed` or `InvalidContent`."""
    pack, version = view.lesson.card.pack, view.lesson.version
    data = catalogue().read(pack, version, view.path, bytes_max=EXERCISE_BYTES_MAX)
    return codec.decode(data, address=lambda link: _place(view, link))


def _keep(view: ItemView, exercise: Exercise, result: grading.Result) -> Kept:
    """Record a try, and say what became of it."""
    if all(question.outcome == "unanswered" for question in result.questions):
        return "nothing"
    if request.form.get(WHO_FIELD, visitor().id) != visitor().id:
        return "other"  # a phone went from hand to hand: the answers of one aren't another's
    who = actor()
    if who is None:
        return ""
    try:
        word = request.form.get(SUBMISSION_FIELD, "")
        learning().answered(who, view, exercise, result, word)
    except TooFast:
        return "too-fast"
    except (Busy, StorageFailed):
        return "failed"
    return "kept"


def _new_word() -> str:
    """Return a random word: a form that is sent twice is one try."""
    return base64.urlsafe_b64encode(school().ground.randomness(_WORD_BYTES)).decode()


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
    items = learning().of_lesson(known_actor(), view.lesson.card.pack, view.lesson.id)
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
        kept=attempt.kept,
        word=_new_word(),
        items=items,
        mine=items.get(view.line.id),
        place_field=place_field,
        picture_place=lambda link: _place(view, link),
    )
