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
from werkzeug.datastructures import MultiDict

from content_packs.errors import InvalidContent, Missing
from content_packs.exercises.answers import right_answer
from content_packs.records import Place
from sync_node.catalogue_model import ItemAddress, ItemLine, ItemView, LessonView
from sync_node.lan import exercise, items, pages
from sync_node.lan.catalogue_access import catalogue
from sync_node.lan.exercise_form import fields
from sync_node.lan.interface_language import wishes
from sync_node.lan.presentation import captions_by_default
from sync_node.lan.teacher.answers import done, guard
from sync_node.lan.teacher.lessons import Lessons, read_exercise
from sync_node.lan.teacher.limits import SHOW_POLL_SECONDS, SHOW_REFRESH_SECONDS
from sync_node.lan.teacher.shows import Show, Shows, Step
from sync_node.lan.teacher.steps import first_of, steps_of
from sync_node.lan.visitor import teacher_only, visitor

blueprint = Blueprint("teacher_showing", __name__)
guard(blueprint)

_KEY = "shows"
_ID_BYTES = 4
_FOLLOWING = ("video", "audio")


def set_up(app: Flask) -> None:
    """Give the application its shows."""
    app.extensions[_KEY] = Shows(time.monotonic, partial(secrets.token_hex, _ID_BYTES))
    app.register_blueprint(blueprint)


def shows() -> Shows:
    """Return the shows of the application that handles this request."""
    found: Shows = current_app.extensions[_KEY]
    return found


@blueprint.get("/teacher/show")
@teacher_only
def remote() -> str:
    """Show the buttons that turn the pages on the wall."""
    show = shows().of_teacher(visitor().id)
    view = Lessons().view(show.place.pack, show.place.lesson) if show else None
    return render_template(
        "teacher/remote.html",
        show=show,
        lesson=view,
        labels=[_label(step, view) for step in show.steps] if show and view else [],
        film=bool(show and view and _kind(show.step, view) in _FOLLOWING),
    )


@blueprint.post("/teacher/show")
@teacher_only
def drive() -> Response:
    """Begin a show, turn its pages, darken it, end it. A page is named: two taps are one step."""
    form = request.form
    teacher = visitor().id
    if "pack" in form:
        _begin(Place(form["pack"], form.get("lesson", "")), form.get("item", ""))
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
        dark=bool(one and one.dark),
        playing=bool(one and one.playing),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _begin(place: Place, item: str) -> None:
    view = catalogue().lesson(place.pack, place.lesson, wishes())
    steps = steps_of(view, read_exercise)
    who = visitor()
    shows().begin(place, steps, teacher=who.id, name=who.name, version=view.version)
    shows().go(who.id, first_of(steps, item))


def _page(show: Show | None) -> str:
    values: dict[str, object] = {
        "show": show, "poll": SHOW_POLL_SECONDS, "refresh": SHOW_REFRESH_SECONDS, "kind": "none",
        "here": request.host_url.rstrip("/"),
    }  # fmt: skip
    if show is not None:
        values |= _shown(show)
    return render_template("teacher/screen.html", **values)


def _shown(show: Show) -> dict[str, object]:
    """Return what a page shows of a step; of one that can't be opened any more, nothing."""
    step = show.step
    try:
        if step.kind == "cover":
            return {"kind": "cover", "lesson": catalogue().lesson(*step.place[:2], wishes())}
        view = catalogue().item(ItemAddress(*step.place), wishes())
        return {"item": view, "lesson": view.lesson} | _of_item(step, view)
    except (Missing, InvalidContent):
        return {"kind": "gone"}


def _of_item(step: Step, view: ItemView) -> dict[str, object]:
    kind = view.line.kind
    if step.kind in {"question", "answer"}:
        return _of_question(step, view)
    if view.renditions:
        finest = [one for one in view.renditions if one.ready and one.pictures]
        playing = finest[-1] if finest else items.playing_rendition(view.renditions, "")
        captions = captions_by_default([c.language for c in view.captions], wishes())
        return {"kind": kind, "playing": playing, "captions": captions}
    if kind == "page" and view.fragment:
        return {"kind": "page", "page": pages.page_of(view)}
    return {"kind": "frame" if kind in {"page", "app"} else kind, "source": items.source(view)}


def _of_question(step: Step, view: ItemView) -> dict[str, object]:
    found = exercise.read(view)
    if step.question >= len(found.questions):
        raise Missing("the exercise has fewer questions now")
    shown = fields(found, attempt=1, form=MultiDict(), result=None)[step.question]
    held = catalogue().at_version(view.lesson.card.pack, view.lesson.version)
    return {
        "kind": "question",
        "field": shown,
        "number": step.question + 1,
        "total": len(found.questions),
        "answer": right_answer(shown.question) if step.kind == "answer" else (),
        "picture_place": lambda link: pages.place_of(link, held, view.path),
    }


def _label(step: Step, view: LessonView) -> tuple[Step, ItemLine | None]:
    return step, _line(step, view)


def _kind(step: Step, view: LessonView) -> str:
    line = _line(step, view)
    return line.kind if line else ""


def _line(step: Step, view: LessonView) -> ItemLine | None:
    return next((line for line in view.items if line.id == step.place.item), None)
