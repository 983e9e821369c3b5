"""What is indexed: frozen values between what reads packs and what writes search.db."""

from content_packs.manifest import LocalisedText
from content_packs.values import Value


class Passage(Value, frozen=True):
    """A stretch of what a thing says, in one language (empty: not known).

    `places`: of captions, from which offset in `text` on which second is meant; of a PDF, its page,
    at offset 0. Empty for texts.
    """

    language: str
    text: str
    places: tuple[tuple[int, int], ...] = ()


class Thing(Value, frozen=True):
    """What can be opened: a pack, a lesson or, with `item`, an item; `kind` as in `schema`."""

    kind: str
    title: LocalisedText
    languages: tuple[str, ...]
    item: str = ""
    passages: tuple[Passage, ...] = ()


class PackLine(Value, frozen=True):
    """A pack as it stands on a shelf. `cover` is a path in `version`; `lessons` are their ids."""

    pack: str
    version: int
    title: LocalisedText
    summary: LocalisedText
    stage: str
    grade: str
    subject: str
    edition: str
    volume: str
    languages: tuple[str, ...]
    cover: str
    cover_digest: str
    lessons: tuple[str, ...]


class Unit(Value, frozen=True):
    """What comes and goes together: a lesson at a version, or, with an empty `lesson`, a pack.

    `context` is what else describes it, such as its grade in words; `line` is a pack's.
    """

    pack: str
    lesson: str
    version: int
    manifest: str
    stage: str
    grade: str
    subject: str
    pack_title: LocalisedText
    lesson_title: LocalisedText
    context: str
    things: tuple[Thing, ...]
    line: PackLine | None = None
