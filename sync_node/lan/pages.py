"""A page's fragment as the site shows it: cleaned again, its links leading to where things are.

The builder has cleaned the fragment already, but the node doesn't trust who built it. A link to
another item of the pack leads to that item's page; any other file to its content address; a link to
what isn't in the pack loses its address.
"""

import posixpath
import re
import unicodedata
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from flask import url_for
from markupsafe import Markup

from content_packs.errors import InvalidContent
from content_packs.fragments import clean_fragment
from content_packs.limits import PAGE_BYTES_MAX
from sync_node.catalogue_model import ItemView
from sync_node.held_manifests import HeldManifest
from sync_node.lan.catalogue_access import catalogue
from sync_node.lan.content import address

_HEADING = re.compile(r"\s*<h1[^>]*>(.*?)</h1>", re.DOTALL)


class Page(NamedTuple):
    """A fragment ready to be shown: the heading that it starts with, if any, and the rest."""

    heading: Markup
    body: Markup


def page_of(view: ItemView) -> Page:
    """Return the fragment of a page item. Raises `Missing`, `StorageFailed` or `InvalidContent`."""
    pack, version = view.lesson.card.pack, view.lesson.version
    data = catalogue().read(pack, version, view.path, bytes_max=PAGE_BYTES_MAX)
    try:
        html = data.decode()
    except UnicodeDecodeError as error:
        raise InvalidContent(f"{view.path}: not UTF-8 at byte {error.start}") from error
    return split(linked(html, catalogue().at_version(pack, version), view.path))


def split(html: Markup) -> Page:
    """Return a fragment's first heading apart: it is the title of the page, which has one only."""
    found = _HEADING.match(html)
    if not found:
        return Page(Markup(), html)
    return Page(_trusted(found[1]), _trusted(html[found.end() :]))


def linked(html: str, held: HeldManifest, page: str) -> Markup:
    """Return the fragment `html`, which is the file `page` of a version, ready to be shown."""

    def place(link: str) -> str | None:
        return place_of(link, held, page)

    return _trusted(clean_fragment(html, address=place))


def _trusted(cleaned: str) -> Markup:
    return Markup(cleaned)  # noqa: S704  # only what clean_fragment made comes here


def place_of(link: str, held: HeldManifest, page: str) -> str | None:
    """Return where on this site a relative link in the file `page` leads, None for nowhere."""
    parts = urlsplit(link)
    path = path_of(link, page)
    manifest = held.manifest
    if path in held.item_of_path:
        lesson, item = held.item_of_path[path]
        found = url_for("items.item", pack=manifest.pack, lesson=lesson.id, item=item.id)
    elif path in manifest.by_path:
        found = address(manifest.pack, manifest.version, path)
    elif f"{path}/index.html" in manifest.by_path:
        found = address(manifest.pack, manifest.version, f"{path}/index.html")
    else:
        return None
    return f"{found}#{parts.fragment}" if parts.fragment else found


def path_of(link: str, page: str) -> str:
    """Return the path in a pack that a relative link in the file `page` means."""
    parts = urlsplit(link)
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(parts.path)))
    return unicodedata.normalize("NFC", path)
