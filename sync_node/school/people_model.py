"""What the services say of classes, pupils and teachers. Nothing secret is in it but `MadePin`."""

from dataclasses import dataclass, field

from content_packs.records import Actor
from content_packs.values import Value
from sync_node.school.pins import PinKind


class SchoolClass(Value, frozen=True):
    """A class. `learners`: how many are in it and not archived."""

    id: str
    name: str
    grade: str
    learners: int
    archived: bool = False


class Learner(Value, frozen=True):
    """A pupil. `picture`: a name out of `pins.PICTURES`; `pin_kind`: empty for no PIN."""

    id: str
    class_id: str
    name: str
    picture: str
    pin_kind: PinKind
    archived: bool = False

    @property
    def actor(self) -> Actor:
        """Who they are in records."""
        return Actor("learner", self.id)


@dataclass(frozen=True)
class MadePin:
    """A PIN that was made just now: it can be shown this once. Pictures are joined by hyphens."""

    learner: Learner
    pin: str = field(repr=False)


class Teacher(Value, frozen=True):
    """A teacher."""

    id: str
    name: str
    archived: bool = False
