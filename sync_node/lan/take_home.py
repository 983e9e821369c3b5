"""A lesson to take home: a zip whose `index.html` a phone's browser opens from its own storage.

Everything that is read, looked at or answered is in that one page, for a phone's file manager often
hands a browser one file alone; small pictures and captions are in it, too. Films, sounds, documents
and apps lie beside it. The zip isn't made anywhere: it is sent piece by piece out of the store, in
ranges, so that a download that was cut goes on.
"""

import base64
import re
from dataclasses import dataclass, field
from typing import BinaryIO, cast
from urllib.parse import quote

from flask import Blueprint, Flask, Response, current_app, render_template, request
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from content_packs import byte_ranges
from content_packs.digests import digest_of
from content_packs.durable import storage_errors
from content_packs.errors import InvalidContent, Missing
from content_packs.exercises import codec
from content_packs.exercises.answers import Part, right_answer
from content_packs.fragments import clean_fragment
from content_packs.limits import CAPTIONS_BYTES_MAX, EXERCISE_BYTES_MAX, PAGE_BYTES_MAX
from content_packs.values import Value
from sync_node.catalogue_model import ItemAddress, ItemView, LessonView
from sync_node.held_manifests import HeldManifest
from sync_node.joined_file import JoinedFile
from sync_node.lan import content, pages
from sync_node.lan.catalogue_access import catalogue
from sync_node.lan.exercise_form import Field, fields
from sync_node.lan.interface_language import wishes
from sync_node.lan.items import playing_rendition
from sync_node.lan.limits import INLINED_BYTES_MAX, INLINED_PICTURE_BYTES_MAX
from sync_node.lan.static_files import StaticFile
from sync_node.zip_pieces import Checks, Entry, entry_of, zip_pieces

blueprint = Blueprint("take_home", __name__)

_KEY = "take_home"
_STYLES = ("site.css", "maths.css")
_STAND_IN = re.compile(r"at-home/[0-9a-f]{64}")


class Film(Value, frozen=True):
    """A video or sound beside the page; its captions are within the page."""

    file: str
    media_type: str
    pictures: bool
    captions: tuple[tuple[str, str], ...]


class HomeItem(Value, frozen=True):
    """An item as it is at home. `file`: a document's, an app's or a whole page's."""

    view: ItemView
    html: str = ""
    film: Film | None = None
    file: str = ""
    instructions: str = ""
    questions: tuple[tuple[Field, tuple[Part, ...]], ...] = ()


@dataclass
class Bag:
    """What goes home beside the page, and what room is left within it."""

    pack: str
    version: int
    held: HeldManifest
    checks: Checks
    entries: dict[str, Entry] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    room: int = INLINED_BYTES_MAX

    def put(self, path: str) -> str:
        """Put a file beside the page, and return where it is from there. Raises `Missing`."""
        name = f"files/{path}"
        if name not in self.entries:
            found = catalogue().content(self.pack, self.version, path)
            with storage_errors(found.place):
                crc = self.checks.of(found.digest, found.place)
            self.entries[name] = Entry(name, found.place, found.size, crc)
        return quote(name)

    def picture(self, path: str) -> str:
        """Return a picture's address: it is within the page while there is room, else beside it."""
        file = self.held.manifest.by_path[path]
        if file.size > min(self.room, INLINED_PICTURE_BYTES_MAX):
            return self.put(path)
        self.room -= file.size
        return self.data(path, file.media_type, INLINED_PICTURE_BYTES_MAX)

    def stand_in(self, path: str) -> str:
        """Return what stands for a file's address until the page is whole.

        Cleaning lets no address pass that holds a picture.
        """
        name = f"at-home/{digest_of(path.encode())}"
        if name not in self.addresses:
            shown = self.held.manifest.by_path[path].media_type.startswith("image/")
            self.addresses[name] = self.picture(path) if shown else self.put(path)
        return name

    def filled(self, page: str) -> str:
        """Return the page with the addresses that stand-ins stand for."""
        return _STAND_IN.sub(lambda found: self.addresses.get(found[0], "#"), page)

    def data(self, path: str, media_type: str, bytes_max: int) -> str:
        """Return a file as an address that holds it."""
        read = catalogue().read(self.pack, self.version, path, bytes_max=bytes_max)
        return f"data:{media_type};base64,{base64.b64encode(read).decode()}"


def set_up(app: Flask) -> None:
    """Remember the checks of files that went home once."""
    app.extensions[_KEY] = Checks()
    app.register_blueprint(blueprint)


@blueprint.get("/packs/<pack>/<lesson>/take-home.zip")
def lesson(pack: str, lesson: str) -> Response:
    """Answer with a lesson as a zip, or a range of it."""
    view = catalogue().lesson(pack, lesson, wishes())
    bag = Bag(
        pack, view.version, catalogue().at_version(pack, view.version),
        current_app.extensions[_KEY],
    )  # fmt: skip
    page = _page(view, bag)
    entries = [entry_of("index.html", page.encode()), *bag.entries.values()]
    folder = f"{pack}-{lesson}"
    named = [Entry(f"{folder}/{e.name}", e.source, e.size, e.crc) for e in entries]
    return _send(JoinedFile(zip_pieces(named)), _stamp(named), f"{folder}.zip")


def _send(file: JoinedFile, stamp: str, name: str) -> Response:
    answer = byte_ranges.asked(file.size, f'"{stamp}"', request.headers)
    response = Response(status=answer.status, headers=answer.headers)
    response.headers["Content-Type"] = "application/zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-cache"
    if answer.status == 304:
        return response
    response.content_length = answer.length
    if answer.length and request.method == "GET":
        response.response = content.body(cast(BinaryIO, file), answer.first, answer.length)
        response.direct_passthrough = True
    return response


def _stamp(entries: list[Entry]) -> str:
    return digest_of("\n".join(f"{e.name} {e.size} {e.crc}" for e in entries).encode())


def _page(view: LessonView, bag: Bag) -> str:
    held: dict[str, StaticFile] = current_app.extensions["static_files"]
    style = "\n".join(held[name].data.decode() for name in _STYLES)
    page = render_template(
        "take_home/lesson.html",
        lesson=view,
        style=Markup(style),  # noqa: S704  # our own files
        items=[_item(view, line.id, bag) for line in view.items],
        picture_place=lambda each, link: _address(each, link, bag),
    )
    return bag.filled(page)


def _item(lesson_view: LessonView, item: str, bag: Bag) -> HomeItem:
    where = ItemAddress(bag.pack, lesson_view.id, item, bag.version)
    view = catalogue().item(where, wishes())
    if view.line.kind == "exercise":
        return _exercise(view, bag)
    if view.renditions:
        return HomeItem(view, film=_film(view, bag))
    if view.line.kind == "page" and view.fragment:
        return HomeItem(view, html=_fragment(view, bag))
    for path in _needs(view, bag):
        bag.put(path)
    return HomeItem(view, file=bag.put(view.path))


def _film(view: ItemView, bag: Bag) -> Film | None:
    """Return the lightest rendition that is here; None for none."""
    try:
        playing = playing_rendition(view.renditions, "")
    except Missing:
        return None
    captions = tuple(
        (each.language, bag.data(each.path, "text/vtt", CAPTIONS_BYTES_MAX))
        for each in view.captions
    )
    return Film(bag.put(playing.path), playing.media_type, playing.pictures, captions)


def _fragment(view: ItemView, bag: Bag) -> Markup:
    read = catalogue().read(bag.pack, bag.version, view.path, bytes_max=PAGE_BYTES_MAX)
    try:
        html = read.decode()
    except UnicodeDecodeError as error:
        raise InvalidContent(f"{view.path}: not UTF-8 at byte {error.start}") from error
    cleaned = clean_fragment(html, address=lambda link: _address(view, link, bag))
    found = pages.split(Markup(cleaned))  # noqa: S704  # clean_fragment made it
    return found.body


def _address(view: ItemView, link: str, bag: Bag) -> str | None:
    """Return where a link leads at home, None for nowhere."""
    path = pages.path_of(link, view.path)
    if path in bag.held.item_of_path:
        lesson_of, item = bag.held.item_of_path[path]
        return f"#{item.id}" if lesson_of.id == view.lesson.id else None
    return bag.stand_in(path) if path in bag.held.manifest.by_path else None


def _exercise(view: ItemView, bag: Bag) -> HomeItem:
    data = catalogue().read(bag.pack, bag.version, view.path, bytes_max=EXERCISE_BYTES_MAX)
    found = codec.decode(data, address=lambda link: _address(view, link, bag))
    shown = fields(found, attempt=1, form=MultiDict(), result=None)
    return HomeItem(
        view,
        instructions=found.instructions_html,
        questions=tuple((each, right_answer(each.question)) for each in shown),
    )


def _needs(view: ItemView, bag: Bag) -> tuple[str, ...]:
    items = bag.held.lessons[view.lesson.id].items
    variants = next(item.variants for item in items if item.id == view.line.id)
    return next(each.needs for each in variants if each.language == view.language)
