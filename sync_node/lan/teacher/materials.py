"""A school's own material, as teachers add it: a film or a PDF as a file, a quiz as a form.

With JavaScript a file comes in pieces (`upload.js`), each of which is sent again where the Wi-Fi
fails; without it in one form, up to 64 MiB.
"""

from collections.abc import Iterator
from typing import IO

from flask import Blueprint, Response, jsonify, render_template, request, url_for

from content_packs.errors import SatchelError, StorageFailed, UsageError
from content_packs.limits import KIB
from sync_node.asked import NOTHING
from sync_node.lan.catalogue_access import catalogue
from sync_node.lan.interface_language import interface_language
from sync_node.lan.teacher.answers import WRONG, done, guard, wrong
from sync_node.lan.teacher.limits import LINES_ON_PAGE, UPLOAD_PLAIN_BYTES_MAX
from sync_node.lan.teacher.windows import leaf, start_asked
from sync_node.lan.visitor import school, teacher_only, visitor
from sync_node.school.limits import QUIZ_QUESTIONS_MAX, UPLOAD_PIECE_BYTES
from sync_node.school.quizzes import FaultyQuiz, FormKind, FormQuestion, from_form, from_source

blueprint = Blueprint("teacher_materials", __name__, url_prefix="/teacher/materials")
guard(blueprint)

_FORM_ITSELF_BYTES = 64 * KIB  # of a form around a file
_KINDS: dict[str, FormKind] = {
    "choice": "choice", "several": "multiple-choice", "text": "text-entry", "number": "numeric",
}  # fmt: skip
_NOT_ADDED: tuple[type[SatchelError], ...] = (*WRONG, StorageFailed)
_QUESTIONS_SHOWN = 5  # at first; more with the button, without a script too
_QUESTIONS_MORE = 5


@blueprint.get("")
@teacher_only
def materials() -> str:
    """Show what the school added, and the ways to add something."""
    return render_template("teacher/materials.html", **_values())


@blueprint.post("")
@teacher_only
def add() -> Response:
    """Add a film or a PDF that comes in one form."""
    request.max_content_length = UPLOAD_PLAIN_BYTES_MAX + _FORM_ITSELF_BYTES
    sent = request.files.get("file")
    form = request.form
    try:
        if sent is None or not sent.filename:
            raise UsageError("no file was chosen", hint="Choose one, and send the form again.")
        size = sent.stream.seek(0, 2)
        sent.stream.seek(0)
        school().materials.receive(
            _pieces(sent.stream), size, title=form.get("title", "") or _stem(sent.filename),
            class_id=form.get("class", ""), by=visitor().id,
        )  # fmt: skip
    except _NOT_ADDED as error:
        return wrong("teacher/materials.html", _problem(error), error, **_values())
    return done(url_for("teacher_materials.materials"), "material-added")


@blueprint.post("/pieces")
@teacher_only
def begin() -> Response:
    """Begin a file that comes in pieces: `size` bytes. Answers with the upload's id."""
    size = request.form.get("size", 0, type=int)
    try:
        upload = school().materials.begin(size, by=visitor().id)
    except _NOT_ADDED as error:
        return _said(error)
    return jsonify(upload=upload, piece=UPLOAD_PIECE_BYTES)


@blueprint.post("/pieces/<upload>/<int:offset>")
@teacher_only
def piece(upload: str, offset: int) -> Response:
    """Take the piece at `offset`; answer with the offset of the next."""
    request.max_content_length = UPLOAD_PIECE_BYTES
    try:
        at = school().materials.append(upload, offset, request.get_data(), by=visitor().id)
    except _NOT_ADDED as error:
        return _said(error)
    return jsonify(next=at)


@blueprint.post("/pieces/<upload>")
@teacher_only
def finish(upload: str) -> Response:
    """Add what came in pieces."""
    form = request.form
    try:
        school().materials.finish(
            upload, title=form.get("title", ""), class_id=form.get("class", ""), by=visitor().id
        )
    except _NOT_ADDED as error:
        return _said(error)
    return jsonify(done=f"{url_for('teacher_materials.materials')}?done=material-added")


@blueprint.get("/quiz")
@teacher_only
def quiz() -> str:
    """Show the form for a quiz; `?questions=` so many of them."""
    return render_template("teacher/quiz.html", **_quiz_values())


@blueprint.post("/quiz")
@teacher_only
def add_quiz() -> Response:
    """Add a quiz from the form, or from a GIFT text; or show more questions."""
    form = request.form
    if form.get("do") == "more":
        return Response(render_template("teacher/quiz.html", **_quiz_values(_QUESTIONS_MORE)))
    try:
        if form.get("gift", "").strip():
            made = from_source(form["gift"].encode(), "gift", language=interface_language())
        else:
            made = from_form(form.get("title", ""), _questions(), language=interface_language())
        school().materials.add_quiz(
            made, title=form.get("title", ""), class_id=form.get("class", ""), by=visitor().id
        )
    except FaultyQuiz as error:
        return wrong("teacher/quiz.html", "quiz", error, faults=error.faults, **_quiz_values())
    except _NOT_ADDED as error:
        return wrong("teacher/quiz.html", "quiz", error, **_quiz_values())
    return done(url_for("teacher_materials.materials"), "material-added")


@blueprint.post("/<material>")
@teacher_only
def change(material: str) -> Response:
    """Offer a material to other schools, or don't; or take it away."""
    do = request.form.get("do", "")
    if do == "remove":
        school().materials.withdraw(material)
        return done(url_for("teacher_materials.materials"), "material-gone")
    school().materials.offer(material, offered=do == "offer")
    return done(url_for("teacher_materials.materials"), "saved")


def _questions() -> list[FormQuestion]:
    """Return the questions that were filled in: those with a text."""
    form = request.form
    return [
        FormQuestion(
            kind=_KINDS.get(form.get(f"kind-{number}", ""), "choice"),
            prompt=form.get(f"prompt-{number}", ""),
            right=tuple(form.get(f"right-{number}", "").splitlines()),
            wrong=tuple(form.get(f"wrong-{number}", "").splitlines()),
            hint=form.get(f"hint-{number}", ""),
        )
        for number in range(1, _shown() + 1)
        if form.get(f"prompt-{number}", "").strip()
    ]


def _shown() -> int:
    return max(
        1, min(request.values.get("questions", _QUESTIONS_SHOWN, type=int), QUIZ_QUESTIONS_MAX)
    )


def _quiz_values(more: int = 0) -> dict[str, object]:
    return {
        "classes": school().people.classes(),
        "count": min(_shown() + more, QUIZ_QUESTIONS_MAX),
        "kinds": tuple(_KINDS),
        "form": request.form,
    }


def _values() -> dict[str, object]:
    classes = school().people.classes()
    names = {one.id: one.name for one in classes}
    part = leaf(school().materials.all(), start_asked(), LINES_ON_PAGE)
    return {
        "materials": part.shown,
        "part": part,
        "classes": classes,
        "class_names": names,
        "plain_max": UPLOAD_PLAIN_BYTES_MAX,
        "asked": catalogue().asked(),
        "nothing_known": NOTHING,
    }


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(UPLOAD_PIECE_BYTES):
        yield piece


def _stem(name: str) -> str:
    return name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]


def _problem(error: SatchelError) -> str:
    return "no-room" if isinstance(error, StorageFailed) else "material"


def _said(error: SatchelError) -> Response:
    answer = jsonify(problem=_problem(error))
    answer.status_code = 400
    return answer
