"""Pages, documents and exercises of a pack folder: what they become, their titles and needs."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

from content_packs.faults import Fault
from content_packs.findings import Findings
from content_packs.limits import EXERCISE_BYTES_MAX, PAGE_BYTES_MAX
from content_packs.page_facts import PageFacts
from content_packs.page_memo import PageMemo, PageRole
from content_packs.pages_documents import check_html_document
from content_packs.source_file import SourceFile, carried
from content_packs.source_items import ItemFile
from content_packs.source_names import EXERCISE_MEDIA_TYPE, media_type_of
from content_packs.source_needs import Needs
from content_packs.source_places import Places
from content_packs.source_references import of_html
from content_packs.source_toml import read_text
from content_packs.source_tree import Found, Tree

_HTML = {".html", ".htm"}


@dataclass(frozen=True)
class Read:
    """A file of the pack that an item shows, its title if it has one, and what it needs."""

    file: SourceFile
    title: str = ""
    needs: tuple[str, ...] = ()


class PageReader:
    """Reads pages of one pack folder. `places` says where its files lie in the pack.

    `memo` knows those that didn't change since the last build.
    """

    def __init__(self, tree: Tree, places: Places, findings: Findings, memo: PageMemo) -> None:
        self.places = places
        self._memo = memo
        self._findings = findings
        self._needs = Needs(tree, places, findings)

    def read(self, one: ItemFile) -> Read:
        """Return what a page, document or exercise becomes. Faults are noted."""
        if one.name.role == "page":
            return self._page(one.found)
        if one.name.role == "html":
            return self._html(one.found)
        if one.name.role == "exercise":
            return self._exercise(one.found)
        return Read(carried(one.found, self.places))

    def check_other(self, found: Found) -> None:
        """Note what is wrong with a file that belongs to an app, or to no item."""
        suffix = PurePosixPath(found.path.lower()).suffix
        if suffix in _HTML:
            for reference in of_html(self._document(found)):
                lost = reference.is_relative and not self.places.find(found.path, reference.url)
                if lost and reference.embedded:  # a warning: a script may put it right
                    self._findings.warning(
                        found.path,
                        f"needs {reference.url[:120]!r}, which isn't in the pack",
                        line=reference.line,
                        hint="Add the file, or correct its name: capitals count.",
                    )
        elif suffix == ".css":
            self._needs.check_style(found.path)

    def _page(self, found: Found) -> Read:
        place = self.places.of(found.path)
        text = read_text(found.location, found.path, PAGE_BYTES_MAX, self._findings) or ""
        facts = self._facts("page", text, found)
        file = SourceFile(place, media_type_of(place), facts.content, found.path)
        return Read(file, facts.title, self._needs.of(found.path, list(facts.references)))

    def _html(self, found: Found) -> Read:
        text = read_text(found.location, found.path, PAGE_BYTES_MAX, self._findings) or ""
        facts = self._facts("html", text, found)
        needs = self._needs.of(found.path, list(facts.references))
        return Read(carried(found, self.places), facts.title, needs)

    def _exercise(self, found: Found) -> Read:
        place = self.places.of(found.path)
        text = read_text(found.location, found.path, EXERCISE_BYTES_MAX, self._findings)
        if text is None:
            return Read(SourceFile(place, EXERCISE_MEDIA_TYPE, b"", found.path), found.name)
        facts = self._facts("exercise", text, found)
        file = SourceFile(place, EXERCISE_MEDIA_TYPE, facts.content, found.path)
        return Read(file, facts.title, self._needs.of(found.path, list(facts.references)))

    def _facts(self, role: PageRole, text: str, found: Found) -> PageFacts:
        facts = self._memo.facts(
            role, text, found.path, lambda url: self._url_in_pack(found.path, url)
        )
        self._note(facts.faults)
        return facts

    def _url_in_pack(self, page: str, url: str) -> str | None:
        """Return what a page's link is written as, from where the page lies in the pack."""
        target = self.places.find(page, url)
        if target is None:
            return None
        start = posixpath.dirname(self.places.of(page))
        ending = url[len(url.partition("#")[0].partition("?")[0]) :]
        return quote(posixpath.relpath(target, start or ".")) + ending

    def _document(self, found: Found) -> str:
        text = read_text(found.location, found.path, PAGE_BYTES_MAX, self._findings) or ""
        _, _, faults = check_html_document(text, path=found.path)
        self._note(faults)
        return text

    def _note(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            self._findings.add(fault)
