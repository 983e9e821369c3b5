"""The page of an item: video, audio, page, document, app; an exercise has its own module."""

from contextlib import suppress

from flask import Blueprint, Response, make_response, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from content_packs.errors import Missing, StorageFailed
from content_packs.names import RENDITIONS
from content_packs.records import Actor
from content_packs.values import Value
from sync_node.catalogue_model import ItemAddress, ItemView, RenditionView
from sync_node.lan import exercise
from sync_node.lan.catalogue_access import catalogue
from sync_node.lan.content import address
from sync_node.lan.exercise_form import WHO_FIELD
from sync_node.lan.interface_language import wishes
from sync_node.lan.learners import learning
from sync_node.lan.limits import DOCUMENT_PAGES_MAX, RESUME_SECONDS_MIN
from sync_node.lan.pages import page_of
from sync_node.lan.preferences import RENDITION_COOKIE, remember, remembered_rendition
from sync_node.lan.presentation import captions_by_default
from sync_node.lan.visitor import actor, go_to, known_actor, visitor
from sync_node.school.errors import Busy
from sync_node.school.recording import TooFast

blueprint = Blueprint("items", __name__)


class Player(Value, frozen=True):
    """What a video or audio page shows: the rendition that plays, and the captions shown first.

    `second` is where it begins; `resumed`: because it was left there. `saves_data`: the browser was
    told to.
    """

    playing: RenditionView
    captions: str
    second: int
    resumed: bool
    saves_data: bool

    @property
    def pictures(self) -> bool:
        """Say whether there is something to see."""
        return self.playing.pictures


@blueprint.get("/packs/<pack>/<lesson>/<item>")
def item(pack: str, lesson: str, item: str) -> Response | str:
    """Show an item; `?language=` and `?rendition=` choose among what it has.

    `?at=` is the second at which a video or audio begins, `?page=` that of a document.
    """
    language = request.args.get("language", "")
    view = catalogue().item(ItemAddress(pack, lesson, item), wishes(), language=language)
    if view.line.kind == "exercise":
        return exercise.show(view)
    if request.method == "GET":
        learning().opened(actor(), view)
    if view.renditions:
        return _media(view)
    if view.line.kind == "page" and view.fragment:
        return _render("page", view, page=page_of(view))
    template = "frame" if view.line.kind == "page" else view.line.kind
    return _render(template, view, page=_number("page"))


@blueprint.post("/packs/<pack>/<lesson>/<item>/done")
def done(pack: str, lesson: str, item: str) -> Response:
    """Note that an item was looked at to its end, and go on to the next; after the last, back.

    An exercise is done by answering it, a film where its player says so: then `_done` is empty.
    """
    view = catalogue().item(ItemAddress(pack, lesson, item), wishes())
    who = actor() if request.form.get(WHO_FIELD, visitor().id) == visitor().id else None
    if who and request.form.get("_done") and view.line.kind != "exercise":
        with suppress(Busy, StorageFailed, TooFast):  # nobody is kept from going on
            learning().finished(who, view)
    if view.next:
        return go_to(url_for("items.item", pack=pack, lesson=lesson, item=view.next.id))
    return go_to(url_for("student.lesson", pack=pack, lesson=lesson))


@blueprint.post("/progress")
def progress() -> Response:
    """Note how far a film or a sound is (`seconds`), or a document (`page` of `pages`).

    Sent by the script that shows it; `left`: somebody paused there, or left the page.
    """
    form = request.form
    where = ItemAddress(form.get("pack", ""), form.get("lesson", ""), form.get("item", ""))
    view = catalogue().item(where, wishes(), language=form.get("language", ""))
    who = actor()
    if who is None or form.get("who", visitor().id) != visitor().id:
        return Response(status=204)
    try:
        _note_place(who, view, form)
    except TooFast:
        return Response(status=429)
    except (Busy, StorageFailed):
        return Response(status=503)
    return Response(status=204)


def _note_place(who: Actor, view: ItemView, form: MultiDict[str, str]) -> None:
    left = form.get("left") == "1"
    if view.renditions:
        learning().watched(who, view, max(form.get("seconds", 0, type=int), 0), left=left)
    elif view.line.kind == "document":
        page, pages = (form.get(name, 0, type=int) for name in ("page", "pages"))
        if 0 < page <= pages <= DOCUMENT_PAGES_MAX:
            learning().turned(who, view, page, pages, left=left)


def _render(template: str, view: ItemView, **values: object) -> str:
    items = learning().of_lesson(known_actor(), view.lesson.card.pack, view.lesson.id)
    return render_template(
        f"items/{template}.html",
        item=view,
        lesson=view.lesson,
        source=source(view),
        items=items,
        mine=items.get(view.line.id),
        **values,
    )


def source(view: ItemView) -> str:
    """Return the address of the item's own file, empty for a video or audio."""
    card = view.lesson.card
    return address(card.pack, view.lesson.version, view.path) if view.path else ""


def _number(name: str) -> int:
    """Return a number of the address, 0 where it is none."""
    return max(request.args.get(name, 0, type=int), 0)


def _media(view: ItemView) -> Response:
    wanted = request.args.get("rendition", "")
    saves_data = request.headers.get("Save-Data", "").lower() == "on"
    remembered = "" if saves_data else remembered_rendition()
    mine = learning().of_item(known_actor(), view)
    left = mine.seconds if mine and mine.seconds >= RESUME_SECONDS_MIN else 0
    chosen = "at" in request.args
    player = Player(
        playing=playing_rendition(view.renditions, wanted or remembered),
        captions=captions_by_default([c.language for c in view.captions], wishes()),
        second=_number("at") if chosen else left,
        resumed=bool(left) and not chosen,
        saves_data=saves_data,
    )
    response = make_response(_render("media", view, player=player))
    if wanted in RENDITIONS:
        remember(response, RENDITION_COOKIE, wanted)
    return response


def playing_rendition(renditions: tuple[RenditionView, ...], wanted: str) -> RenditionView:
    """Return the rendition named `wanted` if its file is here, else the lightest that is.

    `renditions` start with the lightest to watch. Raises `Missing` where none is here.
    """
    ready = [rendition for rendition in renditions if rendition.ready]
    if not ready:
        raise Missing("no rendition of this item is here")
    return next((rendition for rendition in ready if rendition.name == wanted), ready[0])
