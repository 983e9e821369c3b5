"""Follows what a page needs, so that it is never shown without its pictures.

A page needs what it shows (pictures, style sheets, sounds, frames), what those need in turn, and
the documents and pictures of its own lesson or of `shared/` that it links to. What it merely links
to in another lesson it doesn't need: a lesson never waits for another one.
"""

from pathlib import PurePosixPath
from urllib.parse import unquote

from content_packs.findings import Findings
from content_packs.limits import PAGE_BYTES_MAX, STYLE_SHEET_BYTES_MAX
from content_packs.source_names import role_of
from content_packs.source_places import Places
from content_packs.source_references import Reference, of_html, of_style
from content_packs.source_toml import read_text
from content_packs.source_tree import Tree

SHARED = "shared"  # the one folder beside the lessons: files that pages of several lessons use
_LINKED_ROLES = {None, "document"}


class Needs:
    """What pages of one pack folder need. Remembers what it read; notes broken links."""

    def __init__(self, tree: Tree, places: Places, findings: Findings) -> None:
        self._tree = tree
        self._places = places
        self._findings = findings
        self._references: dict[str, list[Reference]] = {}

    def of(self, page: str, references: list[Reference]) -> tuple[str, ...]:
        """Return the pack paths of what the folder's file `page` needs, sorted."""
        needed: set[str] = set()
        waiting = [(page, reference) for reference in references]
        while waiting:
            origin, reference = waiting.pop()
            if not reference.is_relative:
                continue
            target = self._places.find(origin, reference.url)
            if target is None:
                self._say_broken(origin, reference)
            elif target not in needed and self._is_needed(page, target, reference):
                needed.add(target)
                source = self._places.origin_of(target)
                waiting += [(source, inner) for inner in self._references_in(source)]
        return tuple(sorted(needed - {self._places.of(page)}))

    def _say_broken(self, origin: str, reference: Reference) -> None:
        what = "needs" if reference.embedded else "links to"
        self._findings.error(
            origin,
            f"{what} {unquote(reference.url)[:120]!r}, which isn't in the pack",
            line=reference.line,
            hint="Correct the link, add the file, or take the link out.",
        )

    def _is_needed(self, page: str, target: str, reference: Reference) -> bool:
        if reference.embedded:
            return True
        lesson = self._places.of(page).partition("/")[0]
        near = target.partition("/")[0] in {lesson, SHARED}
        return near and role_of(target) in _LINKED_ROLES

    def check_style(self, origin: str) -> None:
        """Note what a style sheet of the folder fetches from elsewhere, or can't find."""
        for reference in self._references_in(origin):
            if reference.is_relative and self._places.find(origin, reference.url) is None:
                self._say_broken(origin, reference)

    def _say_outside(self, origin: str, references: list[Reference]) -> None:
        for reference in references:
            if reference.url.lower().startswith(("http:", "https:", "//")):
                self._findings.error(
                    origin,
                    f"fetches {reference.url[:120]!r} from the internet",
                    line=reference.line,
                    hint="A school has no internet: put the file into the pack.",
                )

    def _references_in(self, origin: str) -> list[Reference]:
        if origin not in self._references:
            suffix = PurePosixPath(origin.lower()).suffix
            found: list[Reference] = []
            location = self._tree.files[origin].location
            if suffix == ".css":
                text = read_text(location, origin, STYLE_SHEET_BYTES_MAX, self._findings)
                found = of_style(text or "")
                self._say_outside(origin, found)
            elif suffix in {".html", ".htm"}:
                text = read_text(location, origin, PAGE_BYTES_MAX, self._findings)
                found = of_html(text or "")
            self._references[origin] = found
        return self._references[origin]
