"""A school's data whose clocks the test moves, with what is needed to fill it."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from content_packs.exercises import grading
from content_packs.exercises.model import Choice, Exercise, Numeric, NumericAnswer, Option
from content_packs.records import Actor, Place
from sync_node.data_dir import DataDir
from sync_node.school.people_model import Learner, SchoolClass
from sync_node.school.recording import Thing
from sync_node.school.school import School, open_school

BEGINNING = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
PRACTICE = Place("fractions", "01-halves", "practice")
FILM = Place("fractions", "01-halves", "halves")
GIB = 1 << 30

EXERCISE = Exercise(
    format=1,
    language="en",
    title="Halves",
    questions=(
        Choice(
            id="q1",
            prompt="Which is a half?",
            options=(
                Option("1", "1/2", "1/2", "1/2", credit=100),
                Option("2", "1/3", "1/3", "1/3"),
            ),
        ),
        Numeric(id="q2", prompt="1/2 of 8?", points=2, answers=(NumericAnswer("4"),)),
    ),
)
RIGHT = {"q1": ["1"], "q2": ["4"]}
HALF_RIGHT = {"q1": ["2"], "q2": ["4"]}
WRONG = {"q1": ["2"], "q2": ["5"]}


_seeds = itertools.count()


class SchoolRig:
    """A school in `folder`. `move` moves its clocks. Each draws other ids than the one before."""

    def __init__(self, folder: Path, *, seed: int | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.data_dir = DataDir(folder)
        self.time = BEGINNING
        self.seconds = 0.0
        self.free = GIB
        self.hash_cost = 2  # or a test of a class would hash for a minute
        self._chance = random.Random(next(_seeds) if seed is None else seed)
        self.school = self.open()

    def open(self) -> School:
        return open_school(
            self.data_dir,
            clock=lambda: self.time,
            randomness=self._chance.randbytes,
            monotonic=lambda: self.seconds,
            disk_free=lambda _: self.free,
            hash_cost=self.hash_cost,
        )

    def reopen(self) -> School:
        self.school.close()
        self.school = self.open()
        return self.school

    def close(self) -> None:
        self.school.close()

    def move(self, **by: float) -> None:
        self.time += timedelta(**by)
        self.seconds += timedelta(**by).total_seconds()

    def a_class(self, *names: str, name: str = "4b") -> tuple[SchoolClass, list[Learner]]:
        made = self.school.people.add_class(name, "4")
        learners = [self.school.people.add_learner(made.id, one) for one in names]
        return made, learners

    def answer(
        self, who: Learner | Actor, answers: dict[str, list[str]], *, word: str = ""
    ) -> bool:
        actor = who.actor if isinstance(who, Learner) else who
        return self.school.recording.answered(
            actor, THING, EXERCISE, grading.grade(EXERCISE, answers), submission=word
        )


THING = Thing(PRACTICE, "exercise", 3)
FILM_THING = Thing(FILM, "video", 3)
