"""A class's records as a teacher reads them: heads, states and times in words of the reader."""

from datetime import tzinfo

from content_packs.exercises.model import Question
from content_packs.records import Place
from sync_node.lan.interface_language import _
from sync_node.lan.teacher.lessons import Lessons, read_exercise
from sync_node.lan.teacher.tasks import said
from sync_node.school.exports import Wording
from sync_node.school.ground import time_of


def wording(zone: tzinfo) -> Wording:
    """Return the words of this request's reader. `zone`: the school's. For one request."""
    exercises = _Exercises()
    words = _words()
    return Wording(
        title_of=Lessons().title_of,
        word=lambda name: words.get(name, name),
        said=exercises.said,
        time=lambda text: time_of(text).astimezone(zone).strftime("%Y-%m-%d %H:%M"),
    )


class _Exercises:
    """Looks up each exercise once, to say questions by their numbers and answers in words."""

    def __init__(self) -> None:
        self._found: dict[Place, dict[str, tuple[int, Question]]] = {}

    def said(self, place: Place, question: str, response: str) -> tuple[str, str]:
        """Return a question's number and what was answered, as it was sent where it isn't known."""
        if place not in self._found:
            exercise = read_exercise(place)
            asked = exercise.questions if exercise else ()
            self._found[place] = {one.id: (number, one) for number, one in enumerate(asked, 1)}
        found = self._found[place].get(question)
        return (str(found[0]), said(found[1], response)) if found else (question, response)


def _words() -> dict[str, str]:
    return {
        "class": _("Class"),
        "pupil": _("Pupil"),
        "pupil_id": _("Pupil's number"),
        "pack": _("Pack"),
        "lesson": _("Lesson"),
        "item": _("Item"),
        "title": _("Title"),
        "state": _("State"),
        "percent": _("Percent"),
        "best_score": _("Best score"),
        "points": _("Out of"),
        "reported_by_app": _("Reported by an app"),
        "tries": _("Tries"),
        "first_opened": _("First opened"),
        "last_used": _("Last used"),
        "try": _("Try"),
        "question": _("Question"),
        "outcome": _("Outcome"),
        "response": _("Answer"),
        "score": _("Score"),
        "at": _("When"),
        "started": _("begun"),
        "done": _("done"),
        "correct": _("right"),
        "partial": _("partly right"),
        "incorrect": _("wrong"),
        "unanswered": _("not answered"),
        "yes": _("yes"),
    }
