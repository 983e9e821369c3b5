"""Pages, documents and exercises of a pack folder: what they become, their titles and needs."""

import dataclasses
import posixpath
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote, unquote

import msgspec

from content_packs.errors import InvalidContent
from content_packs.exercises import codec, gift_source, toml_source
from content_packs.exercises.model import Exercise, Question
from content_packs.faults import Fault
from content_packs.findings import Findings
from content_packs.limits import EXERCISE_BYTES_MAX, PAGE_BYTES_MAX
from content_packs.pages import render_markdown
from content_packs.pages_documents import check_html_document
from content_packs.source_file import SourceFile, carried
from content_packs.source_items import ItemFile
from content_packs.source_names import EXERCISE_MEDIA_TYPE, media_type_of
from content_packs.source_needs import Needs
from content_packs.source_places import Places
from content_packs.source_references import Reference, of_html, pictures_without_words
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
    """Reads pages of one pack folder. `places` says where its files lie in the pack."""

    def __init__(self, tree: Tree, places: Places, findings: Findings) -> None:
        self.places = places
        self._findings = findings
        self._needs = Needs(tree, places, findings)

    def read(self, one: ItemFile) -> Read:
        """Return what a page, document or exercise becomes. Faults are noted."""
        if one.name.role == "page":
            return self._markdown(one.found)
        if one.name.role == "html":
            return self._html(one.found)
        if one.name.role == "exercise":
            return self._exercise(one.found)
        return Read(carried(one.found, self.places))

    def check_other(self, found: Found) -> None:
        """Note what is wrong with a file that belongs to an app, or to no item."""
        suffix = PurePosixPath(found.path.lower()).suffix
        if suffix in _HTML:
            text, _ = self._document(found)
            for reference in of_html(text):
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

    def _markdown(self, found: Found) -> Read:
        place = self.places.of(found.path)
        text = read_text(found.location, found.path, PAGE_BYTES_MAX, self._findings) or ""
        page = render_markdown(
            text, path=found.path, resolve=lambda url: self._url_in_pack(found.path, url)
        )
        self._note(page.faults)
        if not text.strip():
            self._findings.warning(found.path, "an empty page", hint="Write it, or take it out.")
        references = [
            Reference(link.url, link.line, embedded=link.is_picture)
            for link in page.links
            if not link.outside
        ]
        file = SourceFile(place, media_type_of(place), page.html.encode(), found.path)
        return Read(file, page.heading or "", self._needs.of(found.path, references))

    def _url_in_pack(self, page: str, url: str) -> str | None:
        """Return what a page's link is written as, from where the page lies in the pack."""
        target = self.places.find(page, url)
        if target is None:
            return None
        start = posixpath.dirname(self.places.of(page))
        ending = url[len(url.partition("#")[0].partition("?")[0]) :]
        return quote(posixpath.relpath(target, start or ".")) + ending

    def _html(self, found: Found) -> Read:
        text, title = self._document(found)
        for line in pictures_without_words(text):
            self._findings.warning(
                found.path,
                "a picture without words for those who can't see it",
                line=line,
                hint='Add alt="what it shows" to <img>, or alt="" where it is only decoration.',
            )
        needs = self._needs.of(found.path, of_html(text))
        return Read(carried(found, self.places), title, needs)

    def _exercise(self, found: Found) -> Read:
        file = SourceFile(self.places.of(found.path), EXERCISE_MEDIA_TYPE, b"", found.path)
        exercise = self._parsed(found)
        if exercise is None:  # its errors are noted; that it has no title isn't one more
            return Read(file, found.name)
        references = [Reference(quote(path), 0, embedded=True) for path in exercise.pictures]
        needs = self._needs.of(found.path, references)
        questions = tuple(self._with_picture_in_pack(found.path, q) for q in exercise.questions)
        try:
            data = codec.encode(msgspec.structs.replace(exercise, questions=questions))
        except InvalidContent as error:
            self._findings.error(found.path, error.message, hint=error.hint)
            return Read(file, exercise.title, needs)
        return Read(dataclasses.replace(file, content=data), exercise.title, needs)

    def _parsed(self, found: Found) -> Exercise | None:
        text = read_text(found.location, found.path, EXERCISE_BYTES_MAX, self._findings)
        if text is None:
            return None
        parse = gift_source.parse if found.path.lower().endswith(".gift") else toml_source.parse
        exercise, faults = parse(text, name=found.path)
        self._note(faults)
        return exercise

    def _with_picture_in_pack(self, origin: str, question: Question) -> Question:
        """Return a question whose picture is named from where its exercise lies in the pack."""
        written = self._url_in_pack(origin, quote(question.picture)) if question.picture else None
        if written is None:
            return question
        return msgspec.structs.replace(question, picture=unquote(written))

    def _document(self, found: Found) -> tuple[str, str]:
        text = read_text(found.location, found.path, PAGE_BYTES_MAX, self._findings) or ""
        title, _, faults = check_html_document(text, path=found.path)
        self._note(faults)
        return text, title or ""

    def _note(self, faults: list[Fault]) -> None:
        for fault in faults:
            self._findings.add(fault)
