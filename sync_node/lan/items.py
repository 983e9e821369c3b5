"""The page of an item: video, audio, page, document, app; an exercise has its own module."""

from dataclasses import dataclass

from flask import Blueprint, Response, make_response, render_template, request

from content_packs.errors import Missing
from content_packs.names import RENDITIONS
from sync_node.catalogue_model import ItemAddress, ItemView, RenditionView
from sync_node.lan import exercise
from sync_node.lan.catalogue_access import catalogue
from sync_node.lan.content import address
from sync_node.lan.interface_language import wishes
from sync_node.lan.pages import page_of
from sync_node.lan.preferences import RENDITION_COOKIE, remember, remembered_rendition
from sync_node.lan.presentation import captions_by_default

blueprint = Blueprint("items", __name__)


@dataclass(frozen=True)
class Player:
    """What a video or audio page shows: the rendition that plays, and the captions shown first."""

    playing: RenditionView
    captions: str

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
    if view.renditions:
        return _media(view)
    if view.line.kind == "page" and view.fragment:
        return _render("page", view, page=page_of(view))
    template = "frame" if view.line.kind == "page" else view.line.kind
    return _render(template, view, page=_number("page"))


def _render(template: str, view: ItemView, **values: object) -> str:
    return render_template(
        f"items/{template}.html", item=view, lesson=view.lesson, source=source(view), **values
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
    playing = playing_rendition(view.renditions, wanted or remembered_rendition())
    captions = captions_by_default([c.language for c in view.captions], wishes())
    response = make_response(
        _render("media", view, player=Player(playing, captions), second=_number("at"))
    )
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
