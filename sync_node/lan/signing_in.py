"""Signing in without a keyboard full of passwords: class, then name, then a PIN; and signing out.

A PIN of pictures is sent picture by picture: each button is a form's, so that no script is needed.
Which pictures were chosen stands in the form, never in an address. Guests pass by all of it.
"""

from flask import Blueprint, Response, make_response, render_template, request, url_for

from content_packs.errors import Missing
from content_packs.values import Value
from sync_node.lan import visitor
from sync_node.lan.preferences import local_address
from sync_node.lan.visitor import school
from sync_node.school.errors import Busy, TooManyTries, WrongSecret
from sync_node.school.limits import PIN_PICTURES
from sync_node.school.people_model import Learner, SchoolClass
from sync_node.school.pins import PIN_PICTURE_NAMES, from_pictures

blueprint = Blueprint("signing_in", __name__)


class Answer(Value, frozen=True):
    """What is said to a try: `wrong`, and in how many seconds the next one is looked at."""

    wrong: bool = False
    seconds: int = 0
    status: int = 200


@blueprint.get("/sign-in")
def classes() -> str:
    """Ask for the class."""
    return render_template("signing_in/classes.html", classes=school().people.classes(), to=_to())


@blueprint.get("/sign-in/<class_id>")
def names(class_id: str) -> str:
    """Ask for the name: each with the picture that a pupil is known by."""
    people = school().people
    found = _class(class_id)
    return render_template(
        "signing_in/names.html", school_class=found, learners=people.learners(class_id), to=_to()
    )


@blueprint.get("/sign-in/<class_id>/<learner_id>")
def pin(class_id: str, learner_id: str) -> Response:
    """Ask for the PIN."""
    return _ask(_class(class_id), _learner(class_id, learner_id))


@blueprint.post("/sign-in/<class_id>/<learner_id>")
def sign_in(class_id: str, learner_id: str) -> Response:
    """Sign a pupil in, or say that it isn't right yet. Of pictures the last one decides."""
    found, learner = _class(class_id), _learner(class_id, learner_id)
    chosen = [name for name in request.form.getlist("picture") if name in PIN_PICTURE_NAMES]
    if learner.pin_kind == "pictures" and len(chosen) < PIN_PICTURES:
        return _ask(found, learner, chosen=tuple(dict.fromkeys(chosen)))
    secret = from_pictures(chosen) if learner.pin_kind == "pictures" else _digits()
    try:
        done = school().signing_in.learner(
            learner.id, secret, device=visitor.device(), place=visitor.place()
        )
    except WrongSecret as error:
        return _ask(found, learner, Answer(wrong=True, seconds=error.seconds))
    except TooManyTries as error:
        return _ask(found, learner, Answer(seconds=error.seconds, status=429))
    except Busy as error:
        return _ask(found, learner, Answer(seconds=error.seconds, status=503))
    return visitor.signed_in(done, _to())


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End the session: whoever holds the phone now isn't who signed in."""
    who = visitor.visitor()
    there = url_for("signing_in.names", class_id=who.class_id) if who.class_id else "/"
    return visitor.sign_out(request.form.get("next") or there)


def _ask(
    found: SchoolClass, learner: Learner, answer: Answer | None = None, chosen: tuple[str, ...] = ()
) -> Response:
    said = answer or Answer()
    page = render_template(
        "signing_in/pin.html",
        school_class=found,
        learner=learner,
        said=said,
        chosen=chosen,
        pictures=PIN_PICTURE_NAMES,
        needed=PIN_PICTURES,
        to=_to(),
    )
    response = make_response(page, said.status)
    if said.seconds:
        response.headers["Retry-After"] = str(said.seconds)
    return response


def _class(class_id: str) -> SchoolClass:
    found = school().people.school_class(class_id)
    if found.archived:
        raise Missing("this class is no longer here", hint="Choose your class again.")
    return found


def _learner(class_id: str, learner_id: str) -> Learner:
    found = school().people.learner(learner_id)
    if found.archived or found.class_id != class_id:
        raise Missing("there is no such pupil in this class", hint="Choose your class again.")
    return found


def _digits() -> str:
    return request.form.get("pin", "")


def _to() -> str:
    """Return where to go afterwards, as the address or the form says; home without it."""
    return local_address(request.values.get("next", "") or "/")
