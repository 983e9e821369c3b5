"""What search answers with: frozen values, ready to be shown, with no row open.

Results
├── Hit          a pack, lesson or item
│   └── Place    where in it the words stand: a second, a page, or just the words
└── FacetCount   how many hits a facet would leave
"""

import msgspec

from content_packs.values import Value
from sync_node.languages import Text


class Chosen(Value, frozen=True):
    """The facets that a reader chose; empty: any. `without_stage`: what of it isn't found."""

    stage: str = ""
    grade: str = ""
    subject: str = ""
    kind: str = ""
    language: str = ""
    without_stage: str = ""


DIMENSIONS = ("kind", "subject", "grade", "stage", "language")


class Part(Value, frozen=True):
    """A stretch of a snippet; `found`: it is what was asked for."""

    text: str
    found: bool = False


class Place(Value, frozen=True):
    """Where in an item the words stand; `second` of captions, `page` of a PDF, else None.

    `words` is what was found, as it stands there.
    """

    language: str
    parts: tuple[Part, ...]
    second: int | None = None
    page: int | None = None
    words: str = ""


class Hit(Value, frozen=True):
    """Something that can be opened. `kind`: `pack`, `lesson` or an item's."""

    kind: str
    pack: str
    lesson: str
    item: str
    title: tuple[Part, ...]
    title_language: str
    above: tuple[Text, ...]
    grade: str
    subject: str
    places: tuple[Place, ...] = ()


class FacetCount(Value, frozen=True):
    """A value of a facet, and how many of what was found have it."""

    code: str
    count: int


class Results(Value, frozen=True):
    """An answer. `total` counts what was found; `more`: there is more than was counted.

    `corrected`: words that nothing has, with the ones that were asked for in their place;
    `left_out`: parts of the question that were left out, for all together found nothing.
    `late`: it took too long. `ready`: there is an index at all.
    """

    hits: tuple[Hit, ...] = ()
    facets: dict[str, tuple[FacetCount, ...]] = msgspec.field(default_factory=dict)
    total: int = 0
    more: bool = False
    corrected: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()
    late: bool = False
    ready: bool = True
