"""A lesson cut into what fits on a wall, one thing at a time."""

from collections.abc import Callable

from content_packs.exercises.model import Exercise
from content_packs.records import Place
from sync_node.catalogue_model import LessonView
from sync_node.lan.teacher.shows import Step, StepKind


def steps_of(view: LessonView, exercise_at: Callable[[Place], Exercise | None]) -> tuple[Step, ...]:
    """Return the steps of a lesson: its cover, its items, each question and then its answer."""
    place = Place(view.card.pack, view.id)
    steps = [Step("cover", place)]
    for line in view.items:
        where = place._replace(item=line.id)
        exercise = exercise_at(where) if line.kind == "exercise" else None
        if exercise is None:
            steps.append(Step("item", where))
            continue
        steps += _questions(where, exercise)
    return tuple(steps)


def steps_of_material(place: Place, exercise: Exercise | None) -> tuple[Step, ...]:
    """Return the steps of a material: a film, a document, or the questions of a quiz."""
    return tuple(_questions(place, exercise)) if exercise else (Step("item", place),)


def _questions(place: Place, exercise: Exercise) -> list[Step]:
    kinds: tuple[StepKind, ...] = ("question", "answer")
    return [
        Step(kind, place, number) for number in range(len(exercise.questions)) for kind in kinds
    ]


def first_of(steps: tuple[Step, ...], item: str) -> int:
    """Return the number of the first step of an item, 0 where there is none."""
    return next((at for at, step in enumerate(steps) if item and step.place.item == item), 0)
