"""The school's own materials, as pupils open them: a film, a PDF or a quiz, and the file itself.

What is for one class is for that class's pupils and for teachers. Bytes that a person uploaded are
served as pack content is (`content.py`): sandboxed, never sniffed, in ranges.
"""

from contextlib import suppress
from typing import BinaryIO

from flask import Blueprint, Response, current_app, make_response, render_template, request
from werkzeug.datastructures import MultiDict

from content_packs import byte_ranges
from content_packs.errors import Missing, Refused, SourceUnavailable, StorageFailed
from content_packs.exercises import grading
from content_packs.exercises.model import Exercise
from content_packs.records import Actor
from sync_node.lan.content import PDF, body
from sync_node.lan.exercise_form import (
    ATTEMPT_FIELD,
    SUBMISSION_FIELD,
    WHO_FIELD,
    attempt_of,
    fields,
    place_field,
    responses,
)
from sync_node.lan.limits import DOCUMENT_PAGES_MAX, RESUME_SECONDS_MIN, RETRY_AFTER_SECONDS
from sync_node.lan.teacher.shows import shows_of
from sync_node.lan.visitor import actor, go_to, known_actor, school, visitor
from sync_node.school.errors import Busy
from sync_node.school.materials import Material
from sync_node.school.progress import ItemProgress
from sync_node.school.recording import TooFast
from sync_node.school.sessions import new_token

blueprint = Blueprint("materials", __name__, url_prefix="/materials")

_STATUS = {"failed": 503, "too-fast": 429}
_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; media-src 'self'"
_POLICY_OF_PDF = "frame-ancestors 'none'"  # SITE.md, section 3


@blueprint.get("/<material>")
def material(material: str) -> str:
    """Show a material."""
    found = find(material)
    _note(found)
    if found.kind == "exercise":
        return _quiz(found, MultiDict(), None, attempt_of(request.args.get("attempt", "")))
    mine = _progress(found)
    left = mine.seconds if mine and mine.seconds >= RESUME_SECONDS_MIN else 0
    chosen = "at" in request.args
    return render_template(
        "materials/material.html",
        material=found,
        mine=mine,
        second=max(request.args.get("at", 0, type=int), 0) if chosen else left,
        resumed=bool(left) and not chosen,
        page=max(request.args.get("page", 1, type=int), 1),
    )


@blueprint.post("/<material>/progress")
def progress(material: str) -> Response:
    """Note how far a film (`seconds`) or a document (`page` of `pages`) is, as `/progress` does."""
    found = find(material)
    who = actor()
    if who is None or request.form.get("who", visitor().id) != visitor().id:
        return Response(status=204)
    try:
        _note_place(who, found)
    except TooFast:
        return Response(status=429)
    except (Busy, StorageFailed):
        return Response(status=503)
    return Response(status=204)


@blueprint.post("/<material>/done")
def done(material: str) -> Response:
    """Note that a film or a document was looked at to its end, and go on to the first page."""
    found = find(material)
    who = actor() if request.form.get(WHO_FIELD, visitor().id) == visitor().id else None
    if who and request.form.get("_done") and found.kind != "exercise":
        with suppress(Busy, StorageFailed, TooFast):  # nobody is kept from going on
            school().recording.completed(who, found.thing)
    return go_to("/")


@blueprint.post("/<material>")
def grade(material: str) -> Response:
    """Grade a quiz, record what was answered, and answer with the form and what to say to it."""
    found = find(material)
    exercise = school().materials.exercise(found)
    result = grading.grade(exercise, responses(exercise, request.form))
    kept = _keep(found, exercise, result)
    number = attempt_of(request.form.get(ATTEMPT_FIELD, ""))
    response = make_response(
        _quiz(found, request.form, result, number, kept), _STATUS.get(kept, 200)
    )
    if kept in _STATUS:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


@blueprint.get("/<material>/file")
def file(material: str) -> Response:
    """Answer with a material's file, or a part of it. `?save` asks the browser to save it."""
    found = find(material)
    if found.kind == "exercise":
        raise Missing("a quiz has its answers in it")
    answer = byte_ranges.asked(found.size, f'"{found.digest}"', request.headers)
    response = Response(status=answer.status, headers=answer.headers)
    headers = response.headers
    headers["Content-Type"] = found.media_type
    is_pdf = found.media_type == PDF
    headers["Content-Security-Policy"] = _POLICY_OF_PDF if is_pdf else _POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cache-Control"] = "private, no-cache"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Referrer-Policy"] = "no-referrer"
    if "save" in request.args:
        ending = found.media_type.rsplit("/", 1)[-1]
        headers["Content-Disposition"] = f'attachment; filename="material.{ending}"'
    if answer.status == 304:
        del response.headers["Content-Type"]
        return response
    response.content_length = answer.length
    if answer.length and request.method == "GET":
        opened: BinaryIO = school().materials.path(found).open("rb")
        response.response = body(opened, answer.first, answer.length)
        response.direct_passthrough = True
    return response


def find(material: str) -> Material:
    """Return a material that who asks may open. Raises `Missing`.

    Nobody signs in at the projector: what is on the wall just now is everybody's.
    """
    found = school().materials.material(material)
    who = visitor()
    if not found.class_id or who.is_teacher or who.class_id == found.class_id:
        return found
    if any(show.step.place == found.thing.place for show in shows_of(current_app).running()):
        return found
    raise Missing("that material is for another class")


def _progress(found: Material) -> ItemProgress | None:
    """Return how far who asks is; None where they never opened it, or it can't be read."""
    who = known_actor()
    try:
        return school().progress.of_item(who, found.thing.place) if who else None
    except StorageFailed:
        return None


def _note_place(who: Actor, found: Material) -> None:
    form = request.form
    left = form.get("left") == "1"
    recording = school().recording
    if found.kind == "video":
        seconds = max(form.get("seconds", 0, type=int), 0)
        recording.progressed(who, found.thing, seconds=seconds, length=found.seconds, left=left)
    elif found.kind == "document":
        page, pages = (form.get(name, 0, type=int) for name in ("page", "pages"))
        if 0 < page <= pages <= DOCUMENT_PAGES_MAX:
            recording.turned(who, found.thing, page=page, pages=pages, left=left)


def _keep(found: Material, exercise: Exercise, result: grading.Result) -> str:
    """Record a try, and say what became of it: `kept`, or why it wasn't."""
    if request.form.get(WHO_FIELD, visitor().id) != visitor().id:
        return "other"  # a phone went from hand to hand
    who = actor()
    if who is None or all(one.outcome == "unanswered" for one in result.questions):
        return ""
    word = request.form.get(SUBMISSION_FIELD, "")
    try:
        school().recording.answered(who, found.thing, exercise, result, submission=word)
    except TooFast:
        return "too-fast"
    except (Busy, StorageFailed):
        return "failed"
    return "kept"


def _quiz(
    found: Material,
    form: MultiDict[str, str],
    result: grading.Result | None,
    attempt: int,
    kept: str = "",
) -> str:
    exercise = school().materials.exercise(found)
    return render_template(
        "materials/quiz.html",
        material=found,
        exercise=exercise,
        fields=fields(exercise, attempt=attempt, form=form, result=result),
        result=result,
        score=grading.shown_score(result.score) if result else "",
        attempt=attempt,
        kept=kept,
        word=new_token(school().ground.randomness),
        place_field=place_field,
        picture_place=lambda _: "",
    )


def _note(found: Material) -> None:
    """Record that somebody opened it; a full disk is no reason not to show it."""
    who = known_actor() if visitor().kind == "guest" else actor()
    if who is None:
        return
    try:
        school().recording.started(who, found.thing)
    except (StorageFailed, Refused, SourceUnavailable) as error:
        current_app.logger.warning("%s %s", error.message, error.hint)
