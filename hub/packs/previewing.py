"""An item as pupils will see it, as far as a page of staff can show it.

The same cleaning as on a node: a fragment and the HTML of an exercise pass `clean_fragment`, with
links that lead to the previews; whole pages, apps and SVG are only ever shown from an address of
their own, in a frame without any right. An exercise shows its answers: staff judge them.
"""

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from content_packs.errors import InvalidContent
from content_packs.exercises import codec
from content_packs.exercises.model import Exercise
from content_packs.fragments import clean_fragment
from content_packs.limits import EXERCISE_BYTES_MAX, PAGE_BYTES_MAX
from content_packs.manifest import File, Item, Lesson, Rendition, Variant
from hub.hub import Hub
from hub.packs import contents
from hub.packs.contents import Held

_HEADING = re.compile(r"\A\s*<h1[^>]*>.*?</h1>", re.DOTALL)


@dataclass(frozen=True)
class Film:
    """One rendition of a video or audio, and its file."""

    rendition: Rendition
    file: File


@dataclass(frozen=True)
class Shown:
    """An item in one language. What isn't of its kind is empty or None.

    `address`: of its file. `html`: of a page made from Markdown, cleaned. `films`: the lightest to
    watch first. `captions`: language and address. `trouble`: why it can't be shown.
    """

    item: Item
    variant: Variant
    address: str = ""
    file: File | None = None
    html: str = ""
    films: tuple[Film, ...] = ()
    captions: tuple[tuple[str, str], ...] = ()
    exercise: Exercise | None = None
    trouble: str = ""


@dataclass(frozen=True)
class Places:
    """Where the files and items of a version are shown. `ticket` as `tickets.ticket` gives it."""

    found: Held
    ticket: str

    def file(self, path: str) -> str:
        """Return the address of a file."""
        return f"/console/preview/{self.ticket}/{quote(path)}"

    def lesson(self, lesson: Lesson, item: Item | None = None) -> str:
        """Return the address of a lesson's preview, or of one of its items'."""
        manifest = self.found.manifest
        place = f"/console/packs/{manifest.pack}/versions/{manifest.version}"
        asked = f"?item={quote(item.id)}" if item else ""
        return f"{place}/lessons/{quote(lesson.id)}{asked}"

    def of_link(self, link: str, page: str) -> str | None:
        """Return where a relative link in the file `page` leads, None for nowhere."""
        path = unquote(urlsplit(link).path)
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
        for lesson in self.found.manifest.lessons:
            for item in lesson.items:
                if any(variant.path == path for variant in item.variants):
                    return self.lesson(lesson, item)
        for wanted in (path, f"{path}/index.html"):
            if wanted in self.found.manifest.by_path:
                return self.file(wanted)
        return None


def show(hub: Hub, places: Places, item: Item, languages: tuple[str, ...]) -> Shown:
    """Return an item as it is shown in the first of `languages` that it has.

    Raises `Damaged`, `StorageFailed`.
    """
    variant = contents.variant_in(item, languages)
    try:
        return _show(hub, places, item, variant)
    except InvalidContent as error:  # a pack of a builder that isn't ours
        return Shown(item, variant, trouble=error.message)


def _show(hub: Hub, places: Places, item: Item, variant: Variant) -> Shown:
    if variant.renditions:
        return _film(places, item, variant)
    file = places.found.manifest.by_path[variant.path]
    if item.kind == "exercise":
        data = contents.read(hub, places.found, variant.path, bytes_max=EXERCISE_BYTES_MAX)
        exercise = codec.decode(data, address=lambda link: places.of_link(link, variant.path))
        return Shown(item, variant, exercise=exercise, file=file)
    html = ""
    if item.fragment:
        data = contents.read(hub, places.found, variant.path, bytes_max=PAGE_BYTES_MAX)
        html = clean_fragment(
            data.decode(errors="replace"), address=lambda link: places.of_link(link, variant.path)
        )
        html = _HEADING.sub("", html, count=1)  # the page has it as the item's title
    return Shown(item, variant, address=places.file(variant.path), file=file, html=html)


def _film(places: Places, item: Item, variant: Variant) -> Shown:
    by_path = places.found.manifest.by_path
    first = contents.playing(item, variant)
    others = [one for one in variant.renditions if one != first]
    return Shown(
        item,
        variant,
        films=tuple(Film(one, by_path[one.path]) for one in (first, *others)),
        captions=tuple((each.language, places.file(each.path)) for each in item.captions),
    )
