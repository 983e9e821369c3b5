"""What a page, a document or an exercise becomes: pure functions of its text and its path.

The one thing that they ask besides is what a link is written as in the pack. What was asked stands
with the facts, so that who keeps them can tell whether they still hold (`page_memo`).
"""

from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import quote, unquote

import msgspec

from content_packs.errors import InvalidContent
from content_packs.exercises import codec, gift_source, toml_source
from content_packs.exercises.model import Exercise, Question
from content_packs.faults import Fault
from content_packs.pages import render_markdown
from content_packs.pages_documents import check_html_document
from content_packs.source_references import Reference, of_html, pictures_without_words

Resolve: TypeAlias = Callable[
    [str], str | None
]  # a relative URL in a page → how the pack writes it


class PageFacts(msgspec.Struct, frozen=True):
    """What was found in a text. `content` is what it becomes, empty where it is carried as it is.

    `title` is empty where it has none. `asked` are the URLs that were resolved, and the answers.
    """

    content: bytes
    title: str
    references: tuple[Reference, ...]
    faults: tuple[Fault, ...]
    asked: dict[str, str | None] = {}

    def hold(self, resolve: Resolve) -> bool:
        """Say whether the same text would become the same, links being resolved as now."""
        return all(resolve(url) == written for url, written in self.asked.items())


class _Asking:
    """Resolves URLs, and remembers what was asked."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self.asked: dict[str, str | None] = {}

    def __call__(self, url: str) -> str | None:
        self.asked[url] = written = self._resolve(url)
        return written


def of_page(text: str, path: str, resolve: Resolve) -> PageFacts:
    """Return what a Markdown page becomes. `path` names it in faults."""
    asking = _Asking(resolve)
    page = render_markdown(text, path=path, resolve=asking)
    faults = list(page.faults)
    if not text.strip():
        faults.append(Fault("warning", path, "an empty page", "Write it, or take it out."))
    references = tuple(
        Reference(link.url, link.line, embedded=link.is_picture)
        for link in page.links
        if not link.outside
    )
    html = page.html.encode()
    return PageFacts(html, page.heading or "", references, tuple(faults), asking.asked)


def of_document(text: str, path: str, _resolve: Resolve) -> PageFacts:
    """Return what is in an HTML document, which is carried as it is."""
    title, _, faults = check_html_document(text, path=path)
    hint = 'Add alt="what it shows" to <img>, or alt="" where it is only decoration.'
    message = "a picture without words for those who can't see it"
    faults += [Fault("warning", path, message, hint, line) for line in pictures_without_words(text)]
    return PageFacts(b"", title or "", tuple(of_html(text)), tuple(faults))


def of_exercise(text: str, path: str, resolve: Resolve) -> PageFacts:
    """Return what an exercise becomes; nothing, where one of its faults is an error."""
    parse = gift_source.parse if path.lower().endswith(".gift") else toml_source.parse
    exercise, faults = parse(text, name=path)
    if exercise is None:  # its errors are told; that it has no title isn't one more
        return PageFacts(b"", path.rpartition("/")[2], (), tuple(faults))
    asking = _Asking(resolve)
    references = tuple(Reference(quote(one), 0, embedded=True) for one in exercise.pictures)
    data = b""
    try:
        data = codec.encode(_with_pictures_in_pack(exercise, asking))
    except InvalidContent as error:
        faults = [*faults, Fault("error", path, error.message, error.hint)]
    return PageFacts(data, exercise.title, references, tuple(faults), asking.asked)


def _with_pictures_in_pack(exercise: Exercise, resolve: Resolve) -> Exercise:
    """Return an exercise whose pictures are named from where it lies in the pack."""

    def placed(question: Question) -> Question:
        written = resolve(quote(question.picture)) if question.picture else None
        if written is None:
            return question
        return msgspec.structs.replace(question, picture=unquote(written))

    questions = tuple(placed(question) for question in exercise.questions)
    return msgspec.structs.replace(exercise, questions=questions)
