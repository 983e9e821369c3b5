"""What the catalogue answers with: frozen values, ready to be shown, with no row and no file open.

    PackCard            a pack on the home page
    PackOutline         a pack with all of its lessons
    └── LessonLine      one lesson in it: ready, or on its way
    LessonView          a lesson that can be opened
    └── ItemLine        one item in it
    ItemAddress         which item is meant
    ItemView            an item that can be opened, in one language
    ContentFile         a verified file on disk

Sizes are in bytes. Texts carry the language that they are in.
"""

from pathlib import Path
from typing import NamedTuple

from content_packs.manifest import Kind
from content_packs.values import Value
from sync_node.languages import Text
from sync_node.teachers_pins import TeachersPin


class ItemAddress(NamedTuple):
    """Which item is meant, of which version; the active one where that is None."""

    pack: str
    lesson: str
    item: str
    version: int | None = None


class Facets(Value, frozen=True):
    """Where a pack belongs: codes of the national platform's dimensions (`content_packs/codes`)."""

    stage: str
    grade: str
    subject: str
    edition: str = ""
    volume: str = ""


class PackCard(Value, frozen=True):
    """A pack on the home page. `cover` is a path in `version`, empty where none has come."""

    pack: str
    version: int
    title: Text
    summary: Text
    facets: Facets
    languages: tuple[str, ...]
    cover: str
    lessons_ready: int
    lessons_total: int


class LessonLine(Value, frozen=True):
    """A lesson in an outline. `bytes_to_come`: until it can be opened, or until it is renewed.

    `items`: the ids of what is in it.
    """

    id: str
    number: int
    title: Text
    minutes: int
    kinds: tuple[Kind, ...]
    ready: bool
    bytes_to_come: int
    items: tuple[str, ...] = ()


class PackOutline(Value, frozen=True):
    """A pack with its lessons in teaching order. `bytes_to_come`: until all are ready."""

    card: PackCard
    publisher: Text
    licence: str
    authors: tuple[str, ...]
    source: str
    lessons: tuple[LessonLine, ...]
    bytes_to_come: int


class ItemLine(Value, frozen=True):
    """An item in a lesson. `seconds` is 0 and `size` 0 where they say nothing to a reader."""

    id: str
    number: int
    kind: Kind
    title: Text
    seconds: int
    size: int


class LessonView(Value, frozen=True):
    """A lesson at its active version, with its neighbours in the outline."""

    card: PackCard
    id: str
    number: int
    version: int
    title: Text
    objectives: tuple[Text, ...]
    minutes: int
    items: tuple[ItemLine, ...]
    previous: LessonLine | None
    next: LessonLine | None


class RenditionView(Value, frozen=True):
    """One encoding of a video or audio. `ready`: its file has come."""

    name: str
    path: str
    media_type: str
    size: int
    seconds: int
    ready: bool

    @property
    def pictures(self) -> bool:
        """Say whether there is something to see."""
        return self.media_type.startswith("video/")


class CaptionsView(Value, frozen=True):
    """Captions in one language."""

    language: str
    path: str


class ItemView(Value, frozen=True):
    """An item in one language, with its neighbours in the lesson.

    `renditions` are those of a video or audio, from the lightest; `path` is empty for those.
    """

    lesson: LessonView
    line: ItemLine
    language: str
    languages: tuple[str, ...]
    path: str
    size: int
    media_type: str
    fragment: bool
    renditions: tuple[RenditionView, ...]
    captions: tuple[CaptionsView, ...]
    previous: ItemLine | None
    next: ItemLine | None


class ContentFile(Value, frozen=True):
    """A verified file that may be served, and where it lies on disk."""

    place: Path
    size: int
    digest: str
    media_type: str


class PackState(Value, frozen=True):
    """A pack on the technician's page. `offered` is the newest version known, 0 where none is.

    `pin`: a teacher's, whether it holds or not; without one, a rollback holds the pack back.
    """

    pack: str
    title: Text
    channel: str
    offered: int
    held_back: int
    active: tuple[int, ...]
    lessons_ready: int
    lessons_total: int
    bytes_to_come: int
    retired: bool
    pin: TeachersPin | None = None


class TickView(Value, frozen=True):
    """One tick of the engine; times are RFC 3339 in UTC. `peers`: which neighbour gave how much."""

    started_at: str
    ended_at: str
    bytes_in: int
    bytes_out: int
    requests: int
    outcome: str
    detail: str
    peers: tuple[tuple[str, int], ...] = ()
