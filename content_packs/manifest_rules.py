"""What a manifest must keep to, beyond its shape. FORMAT.md, section 3, says the same in words."""

import re

from content_packs import paths, systems
from content_packs.digests import check_digest, digest_of
from content_packs.errors import InvalidContent
from content_packs.limits import (
    CHUNK_BYTES_MAX,
    FILE_BYTES_MAX,
    FILES_MAX,
    ITEMS_IN_LESSON_MAX,
    LANGUAGES_MAX,
    LESSONS_MAX,
    PACK_BYTES_MAX,
    TEXT_CHARACTERS_MAX,
    TEXTS_IN_LIST_MAX,
)
from content_packs.manifest_model import File, Item, Lesson, LocalisedText, Manifest, Variant
from content_packs.names import RENDITIONS, check_name, check_version, is_language

_DIGEST_OF_NOTHING = digest_of(b"")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f]")


def check(manifest: Manifest, *, what: str) -> None:
    """Raise `InvalidContent`, naming the field, unless `manifest` keeps every rule."""
    check_name(manifest.pack, what=f"{what}: pack")
    check_version(manifest.version, what=f"{what}: version")
    check_name(manifest.publisher.id, what=f"{what}: publisher.id")
    _check_languages(manifest.languages, what=what)
    for field in ("title", "summary"):
        _check_text(getattr(manifest, field), what=f"{what}: {field}")
    _check_text(manifest.publisher.title, what=f"{what}: publisher.title")
    for field in ("licence", "stage", "grade", "subject", "edition", "volume", "source"):
        _check_string(getattr(manifest, field), what=f"{what}: {field}")
    _at_most(len(manifest.authors), TEXTS_IN_LIST_MAX, what=f"{what}: authors")
    for author in manifest.authors:
        _check_string(author, what=f"{what}: authors")
    _check_files(manifest, what=what)
    if manifest.cover:
        _check_known(manifest, manifest.cover, what=f"{what}: cover")
    _at_most(len(manifest.lessons), LESSONS_MAX, what=f"{what}: lessons")
    _check_distinct([lesson.id for lesson in manifest.lessons], what=f"{what}: lessons")
    for lesson in manifest.lessons:
        _check_lesson(manifest, lesson, what=f"{what}: lesson {lesson.id[:64]!r}")
    systems.check(manifest, what=what)


def _check_languages(languages: tuple[str, ...], *, what: str) -> None:
    if not languages:
        raise InvalidContent(f"{what}: languages is empty, expected at least one")
    _at_most(len(languages), LANGUAGES_MAX, what=f"{what}: languages")
    _check_distinct(list(languages), what=f"{what}: languages")
    for language in languages:
        _check_language(language, what=f"{what}: languages")


def _check_language(language: str, *, what: str) -> None:
    if not is_language(language):
        raise InvalidContent(
            f"{what}: {language[:40]!r} is not a language",
            hint="Use a BCP 47 tag, such as 'en' or 'zh-Hant'.",
        )


def _check_files(manifest: Manifest, *, what: str) -> None:
    files = manifest.files
    _at_most(len(files), FILES_MAX, what=f"{what}: files")
    for file in files:
        paths.check_path(file.path, what=what)
        _check_file(file, what=f"{what}: file {file.path!r}")
    order = [file.path for file in files]
    if order != sorted(order):
        raise InvalidContent(f"{what}: files are not sorted by path")
    paths.check_unique(order, what=what)
    _at_most(manifest.size, PACK_BYTES_MAX, what=f"{what}: bytes of all files")
    sizes: dict[str, int] = {}
    for chunk in (chunk for file in files for chunk in file.pieces):
        if sizes.setdefault(chunk.digest, chunk.size) != chunk.size:
            raise InvalidContent(f"{what}: chunk {chunk.digest} has two sizes")


def _check_file(file: File, *, what: str) -> None:
    check_digest(file.digest, what=f"{what}: digest")
    if not 0 <= file.size <= FILE_BYTES_MAX:
        raise InvalidContent(f"{what}: size {file.size}, expected 0 to {FILE_BYTES_MAX}")
    if not file.size and file.digest != _DIGEST_OF_NOTHING:
        raise InvalidContent(
            f"{what}: size 0 and digest {file.digest}, expected that of no bytes",
            hint=f"A file without bytes has the digest {_DIGEST_OF_NOTHING}.",
        )
    _check_string(file.media_type, what=f"{what}: media_type")
    if not file.chunks:
        _at_most(file.size, CHUNK_BYTES_MAX, what=f"{what}: bytes in one chunk")
        return
    if len(file.chunks) == 1:
        raise InvalidContent(f"{what}: one chunk spelt out; leave chunks out")
    for chunk in file.chunks:
        check_digest(chunk.digest, what=f"{what}: chunk")
        if not 1 <= chunk.size <= CHUNK_BYTES_MAX:
            raise InvalidContent(
                f"{what}: a chunk of {chunk.size} bytes, expected 1 to {CHUNK_BYTES_MAX}"
            )
    if (total := sum(chunk.size for chunk in file.chunks)) != file.size:
        raise InvalidContent(f"{what}: its chunks have {total} bytes, its size is {file.size}")


def _check_lesson(manifest: Manifest, lesson: Lesson, *, what: str) -> None:
    check_name(lesson.id, what=f"{what}: id")
    _check_text(lesson.title, what=f"{what}: title")
    _at_most(len(lesson.objectives), TEXTS_IN_LIST_MAX, what=f"{what}: objectives")
    for objective in lesson.objectives:
        _check_text(objective, what=f"{what}: objectives")
    if not 0 <= lesson.minutes <= TEXT_CHARACTERS_MAX:
        raise InvalidContent(f"{what}: minutes {lesson.minutes}, expected a small whole number")
    _at_most(len(lesson.items), ITEMS_IN_LESSON_MAX, what=f"{what}: items")
    _check_distinct([item.id for item in lesson.items], what=f"{what}: items")
    for item in lesson.items:
        _check_item(manifest, item, what=f"{what}: item {item.id[:64]!r}")


def _check_item(manifest: Manifest, item: Item, *, what: str) -> None:
    check_name(item.id, what=f"{what}: id")
    _check_text(item.title, what=f"{what}: title")
    if not item.variants:
        raise InvalidContent(f"{what}: no variants, expected at least one")
    _at_most(len(item.variants), LANGUAGES_MAX, what=f"{what}: variants")
    _check_distinct([variant.language for variant in item.variants], what=f"{what}: variants")
    media = item.kind in {"video", "audio"}
    for variant in item.variants:
        _check_language(variant.language, what=f"{what}: variant")
        if media != bool(variant.renditions) or media == bool(variant.path):
            expected = "renditions and no path" if media else "a path and no renditions"
            raise InvalidContent(f"{what}: a variant of kind {item.kind} needs {expected}")
        _check_variant(manifest, variant, what=what)
    if item.captions and not media:
        raise InvalidContent(f"{what}: captions of kind {item.kind}, expected video or audio")
    _check_distinct([captions.language for captions in item.captions], what=f"{what}: captions")
    for captions in item.captions:
        _check_language(captions.language, what=f"{what}: captions")
        _check_known(manifest, captions.path, what=f"{what}: captions")


def _check_variant(manifest: Manifest, variant: Variant, *, what: str) -> None:
    if variant.path:
        _check_known(manifest, variant.path, what=what)
    for path in variant.needs:
        _check_known(manifest, path, what=f"{what}: needs")
    _check_distinct([r.name for r in variant.renditions], what=f"{what}: renditions")
    for rendition in variant.renditions:
        if rendition.name and rendition.name not in RENDITIONS:
            raise InvalidContent(
                f"{what}: rendition {rendition.name[:40]!r}",
                hint=f"Expected one of {', '.join(RENDITIONS)}.",
            )
        if not 0 <= rendition.seconds <= FILE_BYTES_MAX:
            raise InvalidContent(f"{what}: seconds {rendition.seconds}, expected 0 or more")
        _check_known(manifest, rendition.path, what=f"{what}: rendition")


def _check_known(manifest: Manifest, path: str, *, what: str) -> None:
    if path not in manifest.by_path:
        raise InvalidContent(f"{what}: {path[:120]!r} is not among the files")


def _check_text(text: LocalisedText, *, what: str) -> None:
    if not text:
        raise InvalidContent(f"{what}: no text in any language")
    _at_most(len(text), LANGUAGES_MAX, what=what)
    for language, value in text.items():
        _check_language(language, what=what)
        _check_string(value, what=what)


def _check_string(value: str, *, what: str) -> None:
    _at_most(len(value), TEXT_CHARACTERS_MAX, what=f"{what}: characters")
    if _CONTROL.search(value):
        raise InvalidContent(f"{what}: has control characters")


def _check_distinct(values: list[str], *, what: str) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise InvalidContent(f"{what}: {value[:80]!r} stands twice")
        seen.add(value)


def _at_most(found: int, most: int, *, what: str) -> None:
    if found > most:
        raise InvalidContent(f"{what}: {found}, at most {most} are allowed")
