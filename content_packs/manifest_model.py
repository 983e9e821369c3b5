"""What a manifest is made of: packs, lessons, items, renditions, files and chunks.

Immutable and strict; defaults are left out when written, so that there is one way to write each.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Literal, TypeAlias

import msgspec

from content_packs.names import NO_LANGUAGE, RENDITIONS

LocalisedText: TypeAlias = dict[str, str]
Kind: TypeAlias = Literal["video", "audio", "page", "document", "exercise", "app"]


class _Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all parts of a manifest share: immutable, strict, defaults left out."""


class Publisher(_Struct, frozen=True):
    """Who publishes a pack. Only the same `id` may publish its next version."""

    id: str
    title: LocalisedText


class Chunk(_Struct, frozen=True, array_like=True):
    """A piece of a file: its digest, and its size in bytes."""

    digest: str
    size: int


class File(_Struct, frozen=True, dict=True):
    """A file of a pack: `size` in bytes; `chunks` only where it has more than one."""

    path: str
    size: int
    digest: str
    media_type: str
    chunks: tuple[Chunk, ...] = ()

    @cached_property
    def pieces(self) -> tuple[Chunk, ...]:
        """The file's chunks in order; a file of one chunk is that chunk, an empty file has none."""
        if self.chunks or not self.size:
            return self.chunks
        return (Chunk(self.digest, self.size),)


class Rendition(_Struct, frozen=True):
    """One encoding of a video or audio; `name` is one of `names.RENDITIONS`, or empty."""

    path: str
    name: str = ""
    seconds: int = 0


class Captions(_Struct, frozen=True):
    """The captions (WebVTT) of a video or audio in one language."""

    language: str
    path: str


class Variant(_Struct, frozen=True):
    """An item in one language: one `path`, or the `renditions` of a video or audio.

    `needs` are the other files that it can't be shown without, such as a page's pictures.
    """

    language: str = NO_LANGUAGE
    path: str = ""
    renditions: tuple[Rendition, ...] = ()
    needs: tuple[str, ...] = ()


class Item(_Struct, frozen=True):
    """One thing in a lesson. `fragment`: its pages are HTML fragments made from Markdown."""

    id: str
    kind: Kind
    title: LocalisedText
    variants: tuple[Variant, ...]
    captions: tuple[Captions, ...] = ()
    fragment: bool = False

    def required_paths(self) -> Iterator[str]:
        """Yield the files without which the item isn't ready: of media, the lightest to watch."""
        for variant in self.variants:
            if variant.path:
                yield variant.path
            yield from variant.needs
            if variant.renditions:
                yield lightest(self, variant).path
        for captions in self.captions:
            yield captions.path

    def finer_paths(self) -> Iterator[str]:
        """Yield the renditions that come after the item is ready."""
        required = set(self.required_paths())
        for variant in self.variants:
            for rendition in variant.renditions:
                if rendition.path not in required:
                    yield rendition.path


class Lesson(_Struct, frozen=True):
    """The unit of learning and of activation. `minutes`: how long it takes, 0 if not said."""

    id: str
    title: LocalisedText
    items: tuple[Item, ...]
    objectives: tuple[LocalisedText, ...] = ()
    minutes: int = 0

    def required_paths(self) -> set[str]:
        """Return the files without which the lesson can't be activated."""
        return {path for item in self.items for path in item.required_paths()}

    def finer_paths(self) -> set[str]:
        """Return the renditions that come after the lesson is ready."""
        finer = {path for item in self.items for path in item.finer_paths()}
        return finer - self.required_paths()


class System(_Struct, frozen=True):
    """That a pack is a system, and for which machines: `arm64`, `amd64`. See `systems.py`."""

    arch: str


class Manifest(_Struct, frozen=True, dict=True):
    """One version of a pack. Lessons are in teaching order, files sorted by path.

    `system`: it brings no lessons but a box's operating system.
    """

    format: int
    pack: str
    version: int
    languages: tuple[str, ...]
    title: LocalisedText
    summary: LocalisedText
    publisher: Publisher
    licence: str
    stage: str
    grade: str
    subject: str
    lessons: tuple[Lesson, ...]
    files: tuple[File, ...]
    edition: str = ""
    volume: str = ""
    authors: tuple[str, ...] = ()
    cover: str = ""
    source: str = ""
    system: System | None = None

    @cached_property
    def by_path(self) -> dict[str, File]:
        """The files by their paths."""
        return {file.path: file for file in self.files}

    @cached_property
    def chunk_table(self) -> tuple[Chunk, ...]:
        """Every chunk once, in order of first use by `files`. A layout counts chunks in this."""
        table: dict[str, Chunk] = {}
        for file in self.files:
            for chunk in file.pieces:
                table.setdefault(chunk.digest, chunk)
        return tuple(table.values())

    @cached_property
    def number_of_chunk(self) -> dict[str, int]:
        """For each chunk's digest, its number in the chunk table."""
        return {chunk.digest: number for number, chunk in enumerate(self.chunk_table)}

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(file.size for file in self.files)

    def shared_paths(self) -> set[str]:
        """Return the files that no lesson names, such as the cover."""
        named = {p for lesson in self.lessons for p in lesson.required_paths()}
        named |= {p for lesson in self.lessons for p in lesson.finer_paths()}
        return set(self.by_path) - named


def lightest(item: Item, variant: Variant) -> Rendition:
    """Return the rendition that makes a variant ready: the smallest that still is of its kind."""
    watchable = [r for r in variant.renditions if item.kind == "audio" or r.name != "audio"]
    order = ("", *RENDITIONS)
    return min(watchable or variant.renditions, key=lambda r: (order.index(r.name), r.path))


def text_in(text: LocalisedText, languages: tuple[str, ...]) -> str:
    """Return `text` in the first of `languages` it has, else in whichever comes first."""
    for language in languages:
        if language in text:
            return text[language]
    return next(iter(text.values()), "")
