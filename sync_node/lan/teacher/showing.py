"""Show mode: the teacher's phone turns the pages, the projector's page follows.

Nobody signs in at the projector: `/screen` shows what is running, which is nothing but what every
pupil may open. It asks each second whether there is something new (`screen.js`); without JavaScript
it loads itself anew. No request waits on the server: the threads are for pupils.
"""

import secrets
import time
from functools import partial

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    jsonify,
    render_template,
    request,
    url_for,
)

from content_packs.errors import Missing
from content_packs.records import Place
from sync_node.lan.catalogue_access import catalogue
from sync_node.lan.interface_language import wishes
from sync_node.lan.teacher import shows as kept
from sync_node.lan.teacher.answers import done, guard
from sync_node.lan.teacher.lessons import Lessons, read_exercise
from sync_node.lan.teacher.limits import SHOW_POLL_SECONDS, SHOW_REFRESH_SECONDS
from sync_node.lan.teacher.shows import Show, Shows
from sync_node.lan.teacher.steps import first_of, steps_of, steps_of_material
from sync_node.lan.teacher.wall import MOVING, shown, titled
from sync_node.lan.visitor import school, teacher_only, visitor

blueprint = Blueprint("teacher_showing", __name__)
guard(blueprint)

_ID_BYTES = 4
_FOLLOWING = ("video", "audio")


def set_up(app: Flask) -> None:
    """Give the application its shows."""
    kept.set_up(app, Shows(time.monotonic, partial(secrets.token_hex, _ID_BYTES)))
    app.register_blueprint(blueprint)


def shows() -> Shows:
    """Return the shows of the application that handles this request."""
    return kept.shows_of(current_app)


@blueprint.get("/teacher/show")
@teacher_only
def remote() -> str:
    """Show the buttons that turn the pages on the wall."""
    show = shows().of_teacher(visitor().id)
    steps = titled(show) if show else []
    kind = steps[show.at][2] if show and steps else ""
    return render_template(
        "teacher/remote.html",
        show=show,
        labels=steps,
        film=kind in _FOLLOWING,
        moving=kind in MOVING,
    )


@blueprint.post("/teacher/show")
@teacher_only
def drive() -> Response:
    """Begin a show, turn its pages, move them, darken it, end it.

    A page is named: two taps are one step.
    """
    form = request.form
    teacher = visitor().id
    if "pack" in form:
        _begin(Place(form["pack"], form.get("lesson", "")), form.get("item", ""))
    elif "down" in form:
        shows().move(teacher, form.get("down", 0, type=int) or 0)
    elif "to" in form:
        shows().go(teacher, form.get("to", 0, type=int) or 0)
    elif form.get("do") in {"dark", "light"}:
        shows().turn(teacher, dark=form["do"] == "dark")
    elif form.get("do") in {"play", "stop"}:
        shows().turn(teacher, playing=form["do"] == "play")
    elif form.get("do") == "end":
        shows().end(teacher)
    return done(url_for("teacher_showing.remote"))


@blueprint.get("/screen")
def screens() -> Response | str:
    """Show what runs: the one show, or which to choose."""
    running = shows().running()
    if len(running) == 1 or not running:
        return _page(running[0] if running else None)
    found = Lessons()
    return render_template(
        "teacher/screens.html", shows=[(one, found.task(one.place)) for one in running]
    )


@blueprint.get("/screen/<show>")
def screen(show: str) -> str:
    """Show what a teacher shows at present."""
    try:
        return _page(shows().find(show))
    except Missing:
        return _page(None)


@blueprint.get("/screen/state")
def state() -> Response:
    """Say, in as few bytes as may be, what is shown: `?show=` of one show, else of the only one."""
    wanted = request.args.get("show", "")
    running = [one for one in shows().running() if wanted in {"", one.id}]
    one = running[0] if running else None
    answer = jsonify(
        show=one.id if one else "",
        stamp=one.stamp if one else 0,
        at=one.at if one else 0,
        down=one.down if one else 0,
        dark=bool(one and one.dark),
        playing=bool(one and one.playing),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _begin(place: Place, item: str) -> None:
    """Begin with a lesson at its item `item`; without a pack, with the material `item`."""
    who = visitor()
    if not place.pack:
        place = place._replace(item=item)
        kind = school().materials.material(item).kind
        steps = steps_of_material(place, read_exercise(place) if kind == "exercise" else None)
        shows().begin(place, steps, teacher=who.id, name=who.name, version=0)
        shows().go(who.id, 0)
        return
    view = catalogue().lesson(place.pack, place.lesson, wishes())
    steps = steps_of(view, read_exercise)
    shows().begin(place, steps, teacher=who.id, name=who.name, version=view.version)
    shows().go(who.id, first_of(steps, item))


def _page(show: Show | None) -> str:
    values: dict[str, object] = {
        "show": show, "poll": SHOW_POLL_SECONDS, "refresh": SHOW_REFRESH_SECONDS, "kind": "none",
        "here": request.host_url.rstrip("/"), "hue": "sea",
    }  # fmt: skip
    if show is not None:
        values |= shown(show)
    return render_template("teacher/screen.html", **values)
