"""What needs somebody: a number, words, and the page where something can be done about it.

Each room says its own with a function `needs(hub, actor) -> list[Need]`, which `hub/summary.py`
names. It costs a count or two, never a list: the first page asks for all of them.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Urgency: TypeAlias = Literal["bad", "warn", "new"]


@dataclass(frozen=True)
class Need:
    """Something that waits for a person.

    `kind`: a name for programs. `one` and `many`: English messages that follow on the number, which
    rooms' catalogues translate. `place`: the console's page, with a filter that shows just
    these. `urgency`: `bad`, something fails or will be lost; `warn`, it will if nobody acts; `new`,
    somebody waits for a word. `detail`: more words, in English, for a keeper of the hub.
    """

    kind: str
    count: int
    one: str
    many: str
    place: str
    urgency: Urgency
    detail: str = ""

    @property
    def words(self) -> str:
        """The message in English."""
        return self.one if self.count == 1 else self.many

    def said(self) -> dict[str, str | int]:
        """Return it for programs, its words in English."""
        return {
            "kind": self.kind,
            "count": self.count,
            "words": self.words,
            "urgency": self.urgency,
            "place": self.place,
            "detail": self.detail,
        }
