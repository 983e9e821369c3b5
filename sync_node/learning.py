"""What somebody learns: lessons of the catalogue, and beside each how far they are.

`Catalogue` knows what there is, `School` what was done with it; here they meet. Reading never
fails for school.db's sake: where it can't be read, lessons are shown as if nobody had begun. What
is recorded while looking (that a lesson was opened) is given up where it can't be kept; what
somebody did (answered, finished, watched) raises instead, so that nothing is acknowledged in vain.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TypeVar

from content_packs.errors import Missing, Refused, StorageFailed
from content_packs.exercises.grading import Result
from content_packs.exercises.model import Exercise
from content_packs.records import Actor, Place
from content_packs.values import Value
from sync_node.catalogue import Catalogue
from sync_node.catalogue_model import ItemLine, ItemView, LessonLine, LessonView, PackCard
from sync_node.languages import Text
from sync_node.school.assignments import Assignment
from sync_node.school.errors import Busy
from sync_node.school.materials import Material
from sync_node.school.progress import Going, ItemProgress
from sync_node.school.recording import AppMessage, Thing
from sync_node.school.school import School

_T = TypeVar("_T")
Items = Mapping[str, ItemProgress]


class Steps(Value, frozen=True):
    """How many items of a lesson are done."""

    done: int
    total: int

    @property
    def is_done(self) -> bool:
        """Whether all are."""
        return 0 < self.total == self.done


class GoingOn(Value, frozen=True):
    """A lesson that was begun, and the item to go on with."""

    card: PackCard
    lesson: LessonView
    item: ItemLine
    steps: Steps


class SetWork(Value, frozen=True):
    """What a teacher set: a lesson, an item of it, or a material of the school.

    `kind`: the item's, `lesson` for a whole one; `above`: the pack's title, None for a material.
    `days`: until it is due, None for no day.
    """

    place: Place
    title: Text
    kind: str
    above: Text | None
    subject: str
    steps: Steps
    days: int | None


class Learning:
    """Answers how far somebody is, and records what they do. Safe for several threads."""

    def __init__(self, catalogue: Catalogue, school: School, *, log: Callable[[str], None]) -> None:
        self._catalogue = catalogue
        self._school = school
        self._log = log

    def of_lesson(self, actor: Actor | None, pack: str, lesson: str) -> Items:
        """Return how far somebody is with each item of a lesson that they opened."""
        if actor is None:
            return {}
        return self._reading(lambda: self._school.progress.of_lesson(actor, pack, lesson), {})

    def of_pack(self, actor: Actor | None, pack: str) -> Mapping[str, Items]:
        """Return the same by lesson, for a pack."""
        if actor is None:
            return {}
        return self._reading(lambda: self._school.progress.of_pack(actor, pack), {})

    def of_item(self, actor: Actor | None, view: ItemView) -> ItemProgress | None:
        """Return how far somebody is with an item, None where they never opened it."""
        if actor is None:
            return None
        return self._reading(lambda: self._school.progress.of_item(actor, place_of(view)), None)

    def going_on(self, actor: Actor | None, languages: Sequence[str]) -> tuple[GoingOn, ...]:
        """Return the lessons to go on with, the last one first. Raises `StorageFailed`."""
        if actor is None:
            return ()
        nothing: list[Going] = []
        found = self._reading(lambda: self._school.progress.continue_list(actor), nothing)
        lessons = (self._going_on(actor, each, languages) for each in found)
        return tuple(each for each in lessons if each)

    def set_work(
        self, actor: Actor, class_id: str, today: date, languages: Sequence[str]
    ) -> tuple[SetWork, ...]:
        """Return what is set for a class and can be opened; what is done comes last."""
        nothing: list[Assignment] = []
        found = self._reading(lambda: self._school.assignments.of_class(class_id), nothing)
        work = (self._set_work(actor, each, today, languages) for each in found)
        return tuple(sorted((each for each in work if each), key=lambda each: each.steps.is_done))

    def materials(self, class_id: str) -> list[Material]:
        """Return the school's own materials that a class may open; of no class, what all may."""
        nothing: list[Material] = []
        return self._reading(lambda: self._school.materials.of_class(class_id), nothing)

    def opened_lesson(self, actor: Actor | None, view: LessonView) -> None:
        """Record that a lesson was opened; where that can't be kept, go on."""
        place = Place(view.card.pack, view.id, "")
        self._note_opened(actor, Thing(place, "lesson", view.version))

    def opened(self, actor: Actor | None, view: ItemView) -> None:
        """Record that an item was opened; where that can't be kept, go on."""
        self._note_opened(actor, thing_of(view))

    def watched(self, actor: Actor, view: ItemView, seconds: int, *, left: bool = False) -> None:
        """Record how far a film or a sound is. Raises `Busy`, `StorageFailed`, `TooFast`.

        `left`: it was paused there, or its page is gone.
        """
        if self._school.recording.progressed(
            actor, thing_of(view), seconds=seconds, length=view.line.seconds, left=left
        ):
            self._finish_lesson(actor, view)

    def turned(
        self, actor: Actor, view: ItemView, page: int, pages: int, *, left: bool = False
    ) -> None:
        """Record which of its pages a document is open at. Raises as `watched`."""
        if self._school.recording.turned(actor, thing_of(view), page=page, pages=pages, left=left):
            self._finish_lesson(actor, view)

    def finished(self, actor: Actor, view: ItemView) -> None:
        """Record that an item was done. Raises as `watched`."""
        if self._school.recording.completed(actor, thing_of(view)):
            self._finish_lesson(actor, view)

    def answered(
        self, actor: Actor, view: ItemView, exercise: Exercise, result: Result, submission: str
    ) -> None:
        """Record a try at an exercise. Raises as `watched`."""
        recording = self._school.recording
        if recording.answered(actor, thing_of(view), exercise, result, submission=submission):
            self._finish_lesson(actor, view)

    def app_said(self, actor: Actor, view: ItemView, message: AppMessage) -> None:
        """Record what an app says of itself. Raises as `watched`, and `UsageError`."""
        if self._school.recording.app_said(actor, thing_of(view), message):
            self._finish_lesson(actor, view)

    def _finish_lesson(self, actor: Actor, view: ItemView) -> None:
        """Record that a lesson was done, once all of its items are; once in a day."""
        lesson = view.lesson
        done = self._school.progress.of_lesson(actor, lesson.card.pack, lesson.id)
        if steps_of(lesson, done).is_done:
            place = Place(lesson.card.pack, lesson.id, "")
            self._school.recording.completed(actor, Thing(place, "lesson", lesson.version))

    def _note_opened(self, actor: Actor | None, thing: Thing) -> None:
        if actor is None:
            return
        try:
            self._school.recording.started(actor, thing, wait=False)
        except (Busy, StorageFailed, Refused) as error:
            self._log(f"not recorded: {error.message}")

    def _going_on(self, actor: Actor, going: Going, languages: Sequence[str]) -> GoingOn | None:
        lesson = self._lesson(going.pack, going.lesson, languages)
        if lesson is None:
            return None
        items = self.of_lesson(actor, going.pack, going.lesson)
        item = next_item(lesson, items, after=going.item)
        if item is None:
            return None
        return GoingOn(lesson.card, lesson, item, steps_of(lesson, items))

    def _set_work(
        self, actor: Actor, found: Assignment, today: date, languages: Sequence[str]
    ) -> SetWork | None:
        place = found.place
        days = (found.due_on - today).days if found.due_on else None
        items = self.of_lesson(actor, place.pack, place.lesson)
        one = Steps(int(place.item in items and items[place.item].is_done), 1)
        if place.is_material:
            material = self._material(place.item)
            if material is None:
                return None
            return SetWork(place, Text(material.title), material.kind, None, "", one, days)
        lesson = self._lesson(place.pack, place.lesson, languages)
        if lesson is None:
            return None
        card = lesson.card
        if not place.item:
            steps = steps_of(lesson, items)
            return SetWork(
                place, lesson.title, "lesson", card.title, card.facets.subject, steps, days
            )
        item = next((line for line in lesson.items if line.id == place.item), None)
        if item is None:
            return None
        return SetWork(place, item.title, item.kind, card.title, card.facets.subject, one, days)

    def _material(self, material: str) -> Material | None:
        """Return a material, None where it was taken away."""
        try:
            return self._school.materials.material(material)
        except (Missing, StorageFailed):
            return None

    def _lesson(self, pack: str, lesson: str, languages: Sequence[str]) -> LessonView | None:
        """Return a lesson, None where it isn't here (any more)."""
        try:
            return self._catalogue.lesson(pack, lesson, languages)
        except Missing:
            return None

    def _reading(self, read: Callable[[], _T], instead: _T) -> _T:
        try:
            return read()
        except StorageFailed as error:
            self._log(error.message)
            return instead


def place_of(view: ItemView) -> Place:
    """Return what records call an item."""
    return Place(view.lesson.card.pack, view.lesson.id, view.line.id)


def thing_of(view: ItemView) -> Thing:
    """Return an item as records know it."""
    return Thing(place_of(view), view.line.kind, view.lesson.version)


def steps_of(lesson: LessonView, items: Items) -> Steps:
    """Return how many items of an open lesson are done."""
    done = sum(line.id in items and items[line.id].is_done for line in lesson.items)
    return Steps(done, len(lesson.items))


def steps_of_line(line: LessonLine, items: Items) -> Steps:
    """Return how many items of a lesson in an outline are done."""
    done = sum(item in items and items[item].is_done for item in line.items)
    return Steps(done, len(line.items))


def next_item(lesson: LessonView, items: Items, *, after: str = "") -> ItemLine | None:
    """Return the item to go on with: `after` itself or the next that isn't done, else any; None."""
    at = next((i for i, line in enumerate(lesson.items) if line.id == after), 0)
    around = (*lesson.items[at:], *lesson.items[:at])
    left = (line for line in around if not (line.id in items and items[line.id].is_done))
    return next(left, None)
