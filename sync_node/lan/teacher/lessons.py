"""What the catalogue says of the places that are set for classes: their titles, their items."""

from collections.abc import Sequence

from flask import url_for

from content_packs.errors import InvalidContent, Missing
from content_packs.exercises.model import Exercise
from content_packs.manifest import Kind
from content_packs.names import NO_LANGUAGE
from content_packs.records import Place
from content_packs.values import Value
from sync_node.catalogue_model import ItemAddress, LessonView
from sync_node.lan import exercise
from sync_node.lan.catalogue_access import catalogue
from sync_node.lan.interface_language import wishes
from sync_node.lan.visitor import school
from sync_node.languages import Text


class Task(Value, frozen=True):
    """A place as a teacher reads it. `address`: empty where it can't be opened at present.

    `above`: the titles of what it is a part of. `kind`: of an item; `lesson` of a lesson.
    """

    place: Place
    title: Text
    above: tuple[Text, ...] = ()
    kind: str = "lesson"
    address: str = ""


class Lessons:
    """Looks places up, each lesson once. For one request."""

    def __init__(self) -> None:
        self._views: dict[tuple[str, str], LessonView | None] = {}

    def view(self, pack: str, lesson: str) -> LessonView | None:
        """Return a lesson that can be opened, None for another. Raises `StorageFailed`."""
        key = (pack, lesson)
        if key not in self._views:
            try:
                self._views[key] = catalogue().lesson(pack, lesson, wishes())
            except (Missing, InvalidContent):
                self._views[key] = None
        return self._views[key]

    def items_of(self, place: Place) -> Sequence[str]:
        """Return the names of a lesson's items, none where it isn't here."""
        view = self.view(place.pack, place.lesson)
        return [line.id for line in view.items] if view else []

    def task(self, place: Place) -> Task:
        """Return a place as a teacher reads it; by its name where it isn't here any more."""
        if place.is_material:
            return _material(place)
        view = self.view(place.pack, place.lesson)
        if view is None:
            return Task(place, _name(place))
        if not place.item:
            address = url_for("student.lesson", pack=place.pack, lesson=place.lesson)
            return Task(place, view.title, (view.card.title,), "lesson", address)
        line = next((line for line in view.items if line.id == place.item), None)
        if line is None:
            return Task(place, _name(place), (view.card.title, view.title))
        address = url_for("items.item", pack=place.pack, lesson=place.lesson, item=place.item)
        return Task(place, line.title, (view.card.title, view.title), line.kind, address)

    def title_of(self, place: Place) -> str:
        """Return a place's title for a spreadsheet."""
        return str(self.task(place).title)

    def exercises(self, place: Place) -> list[Task]:
        """Return the exercises of a place: itself, or those of a lesson."""
        task = self.task(place)
        if place.item:
            return [task] if task.kind == "exercise" else []
        view = self.view(place.pack, place.lesson)
        lines = view.items if view else ()
        found = [place._replace(item=line.id) for line in lines if line.kind == _EXERCISE]
        return [self.task(one) for one in found]


def read_exercise(place: Place) -> Exercise | None:
    """Return the exercise at a place, None where it can't be read. Raises `StorageFailed`."""
    try:
        if place.is_material:
            return school().materials.exercise(school().materials.material(place.item))
        return exercise.read(catalogue().item(ItemAddress(*place), wishes()))
    except (Missing, InvalidContent):
        return None


_EXERCISE: Kind = "exercise"


def _material(place: Place) -> Task:
    try:
        found = school().materials.material(place.item)
    except Missing:
        return Task(place, Text("?"), kind="document")
    address = url_for("materials.material", material=found.id)
    return Task(place, Text(found.title), kind=found.kind, address=address)


def _name(place: Place) -> Text:
    return Text("/".join(part for part in place if part), NO_LANGUAGE)
