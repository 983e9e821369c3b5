"""Where each file of a pack folder lies in the pack.

A file keeps its path, but for two things: its lesson's folder loses its number, and a file that is
built (a Markdown page, an exercise) gets the name of what it becomes. Links may name a file either
way; `Places` finds it.
"""

import posixpath
import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote

from content_packs.source_items import LESSON_TOML
from content_packs.source_names import lesson_of, role_of, take_apart
from content_packs.source_tree import Tree


def place_of(path: str, lesson_folders: Iterable[str]) -> str:
    """Return the pack path of a folder's file that is carried as it is."""
    first, slash, rest = path.partition("/")
    return f"{lesson_of(first)}/{rest}" if slash and first in lesson_folders else path


def built_place(path: str, lesson_folders: Iterable[str]) -> str:
    """Return the pack path of a folder's file, with its built name if it directly is an item's."""
    place = place_of(path, lesson_folders)
    first, _, name = path.partition("/")
    if first not in lesson_folders or "/" in name or role_of(name) not in {"page", "exercise"}:
        return place
    parts = take_apart(name)
    return place if isinstance(parts, str) else f"{lesson_of(first)}/{parts.built_name}"


class Places:
    """Finds the pack path that a link in a page means."""

    def __init__(self, tree: Tree, lesson_folders: Iterable[str], unused: Iterable[str]) -> None:
        folders = frozenset(lesson_folders)
        left_out = {"pack.toml", *unused, *(f"{folder}/{LESSON_TOML}" for folder in folders)}
        self._places = {
            path: built_place(path, folders) for path in tree.files if path not in left_out
        }
        self._origins = {place: path for path, place in self._places.items()}
        self._folders = folders

    def of(self, path: str) -> str:
        """Return the pack path of a file that lies at `path` in the folder."""
        return self._places[path]

    def origin_of(self, place: str) -> str:
        """Return the path in the folder of what has the pack path `place`."""
        return self._origins[place]

    def find(self, page: str, link: str) -> str | None:
        """Return the pack path that `link` in the folder's file `page` means, or None.

        `link` is a relative URL; its query and fragment are not looked at. A folder means its
        `index.html`.
        """
        target = unquote(link.partition("#")[0].partition("?")[0])
        if not target or target.startswith("/") or "\\" in target:
            return None
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
        path = unicodedata.normalize("NFC", path)
        for wanted in (path, f"{path}/index.html"):
            if wanted in self._places:
                return self._places[wanted]
            place = place_of(wanted, self._folders)
            if place in self._origins:
                return place
            if wanted in self._origins:
                return wanted
        return None
