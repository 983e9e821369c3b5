"""From a manifest and the store to units: what there is to find in a pack and in its lessons.

Of exercises and apps only the titles are taken: an exercise's file has its answers. Whatever can't
be read is left out.
"""

from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path

from content_packs import code_lists
from content_packs.manifest import Item, LocalisedText, Manifest
from content_packs.names import NO_LANGUAGE
from sync_node.search import schema, texts
from sync_node.search.contents import PackLine, Passage, Thing, Unit
from sync_node.search.limits import PASSAGES_MAX, TEXT_BYTES_MAX

_LABEL_LANGUAGES = ("en", "zh")
_PDF = "application/pdf"


class Reader:
    """Reads one version of a pack. `place_of` says where the file with a digest lies."""

    def __init__(
        self,
        manifest: Manifest,
        digest: str,
        place_of: Callable[[str], Path],
        pages_of: Callable[[Path], tuple[str, ...]],
    ) -> None:
        self._manifest = manifest
        self._digest = digest
        self._place_of = place_of
        self._pages_of = pages_of
        self._lessons = {lesson.id: lesson for lesson in manifest.lessons}

    def pack(self) -> Unit:
        """Return the unit of the pack itself."""
        manifest = self._manifest
        thing = Thing(
            schema.PACK, manifest.title, _told(manifest.languages),
            passages=tuple(_of_texts(manifest.summary)),
        )  # fmt: skip
        return self._unit("", {}, (thing,), self._line())

    def lesson(self, lesson: str) -> Unit | None:
        """Return the unit of a lesson, None where this version hasn't got it."""
        content = self._lessons.get(lesson)
        if content is None:
            return None
        whole = Thing(
            schema.LESSON, content.title, _told(self._manifest.languages),
            passages=tuple(chain.from_iterable(map(_of_texts, content.objectives))),
        )  # fmt: skip
        items = (self._item(item) for item in content.items)
        return self._unit(lesson, content.title, (whole, *items), None)

    def _unit(
        self, lesson: str, title: LocalisedText, things: tuple[Thing, ...], line: PackLine | None
    ) -> Unit:
        manifest = self._manifest
        return Unit(
            manifest.pack, lesson, manifest.version, self._digest, manifest.stage, manifest.grade,
            manifest.subject, manifest.title, title, labels(manifest), things, line,
        )  # fmt: skip

    def _line(self) -> PackLine:
        manifest = self._manifest
        cover = manifest.by_path.get(manifest.cover)
        return PackLine(
            manifest.pack, manifest.version, manifest.title, manifest.summary, manifest.stage,
            manifest.grade, manifest.subject, manifest.edition, manifest.volume,
            manifest.languages, manifest.cover, cover.digest if cover else "",
            tuple(lesson.id for lesson in manifest.lessons),
        )  # fmt: skip

    def _item(self, item: Item) -> Thing:
        found = islice(self._passages(item), PASSAGES_MAX)
        languages = _told(tuple(variant.language for variant in item.variants))
        return Thing(item.kind, item.title, languages, item.id, tuple(found))

    def _passages(self, item: Item) -> Iterator[Passage]:
        for captions in item.captions:
            yield from texts.of_captions(self._text(captions.path), captions.language)
        for variant in item.variants:
            language = "" if variant.language == NO_LANGUAGE else variant.language
            if item.kind == "page":
                yield from texts.of_page(self._text(variant.path), language)
            elif item.kind == "document":
                yield from texts.of_pages(self._pdf(variant.path), language)

    def _text(self, path: str) -> str:
        file = self._manifest.by_path.get(path)
        if file is None or file.size > TEXT_BYTES_MAX:
            return ""
        try:
            return self._place_of(file.digest).read_bytes().decode(errors="replace")
        except OSError:
            return ""

    def _pdf(self, path: str) -> tuple[str, ...]:
        file = self._manifest.by_path.get(path)
        if file is None or file.media_type != _PDF:
            return ()
        place = self._place_of(file.digest)
        return self._pages_of(place) if place.is_file() else ()


def labels(manifest: Manifest) -> str:
    """Return what a pack is for, in words, such as its grade and subject in each language."""
    values = {
        "stage": manifest.stage, "grade": manifest.grade, "subject": manifest.subject,
        "edition": manifest.edition, "volume": manifest.volume,
    }  # fmt: skip
    found = [
        code_lists.label(dimension, code, language)
        for dimension, code in values.items()
        if code
        for language in _LABEL_LANGUAGES
    ]
    return " ".join(dict.fromkeys(found))


def _of_texts(text: LocalisedText) -> Iterator[Passage]:
    for language, words in text.items():
        yield from texts.of_text(words, language)


def _told(languages: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for tag in languages if tag != NO_LANGUAGE))
