"""Show mode: which step of a lesson each teacher shows at present. In memory; no power cut matters.

A show is a list of steps; the teacher's phone says which of them is shown, the projector's page
asks. `stamp` grows with each change, so that a page knows whether it is the newest.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec
from flask import Flask

from content_packs.errors import Missing
from content_packs.records import Place
from content_packs.values import Value
from sync_node.lan.teacher.limits import SHOW_HEIGHTS_MAX, SHOW_IDLE_SECONDS, SHOWS_MAX

_KEY = "shows"

StepKind: TypeAlias = Literal["cover", "item", "question", "answer"]


class Step(Value, frozen=True):
    """What is on the wall: a lesson's cover, an item, a question of an exercise, or its answer.

    `question` is counted from 0.
    """

    kind: StepKind
    place: Place
    question: int = 0


class Show(Value, frozen=True):
    """What a teacher shows. `dark`: nothing, for a while; `playing`: whether a film runs.

    `down`: by how many heights of the wall a page is moved up, as far as it goes.
    """

    id: str
    teacher: str
    name: str
    place: Place
    version: int
    steps: tuple[Step, ...]
    at: int = 0
    dark: bool = False
    playing: bool = False
    down: int = 0
    stamp: int = 1

    @property
    def step(self) -> Step:
        """What is shown."""
        return self.steps[self.at]


def set_up(app: Flask, found: "Shows") -> None:
    """Give an application its shows."""
    app.extensions[_KEY] = found


def shows_of(app: Flask) -> "Shows":
    """Return the shows of an application."""
    found: Shows = app.extensions[_KEY]
    return found


class Shows:
    """The shows that run, one for each teacher. Safe for several threads.

    `monotonic`: seconds. `new_id`: of a show.
    """

    def __init__(self, monotonic: Callable[[], float], new_id: Callable[[], str]) -> None:
        self._monotonic = monotonic
        self._new_id = new_id
        self._lock = threading.Lock()
        self._running: OrderedDict[str, tuple[float, Show]] = OrderedDict()

    def begin(
        self, place: Place, steps: tuple[Step, ...], *, teacher: str, name: str, version: int
    ) -> Show:
        """Begin a show in place of the teacher's last one. `name`: the teacher's."""
        show = Show(self._new_id(), teacher, name, place, version, steps)
        with self._lock:
            for id_, (_, other) in list(self._running.items()):
                if other.teacher == teacher:
                    del self._running[id_]
            self._keep(show)
            while len(self._running) > SHOWS_MAX:
                self._running.popitem(last=False)
        return show

    def of_teacher(self, teacher: str) -> Show | None:
        """Return what a teacher shows, None for nothing."""
        return next((show for show in self.running() if show.teacher == teacher), None)

    def running(self) -> list[Show]:
        """Return the shows that run, the one touched last first."""
        with self._lock:
            now = self._monotonic()
            for id_, (touched, _) in list(self._running.items()):
                if now - touched > SHOW_IDLE_SECONDS:
                    del self._running[id_]
            return [show for _, show in reversed(self._running.values())]

    def find(self, id_: str) -> Show:
        """Return a show. Raises `Missing` for one that is over."""
        found = next((show for show in self.running() if show.id == id_), None)
        if found is None:
            raise Missing("that show is over", hint="Begin it again.")
        return found

    def go(self, teacher: str, at: int) -> None:
        """Show another step: the one nearest to `at`. A film begins by itself."""
        self._change(
            teacher,
            lambda show: msgspec.structs.replace(
                show, at=max(0, min(at, len(show.steps) - 1)), dark=False, playing=True, down=0
            ),
        )

    def move(self, teacher: str, down: int) -> None:
        """Show a part of a long page: the one that lies so many heights of the wall down."""
        within = max(0, min(down, SHOW_HEIGHTS_MAX))
        self._change(teacher, lambda show: msgspec.structs.replace(show, down=within, dark=False))

    def turn(self, teacher: str, *, dark: bool | None = None, playing: bool | None = None) -> None:
        """Darken the wall or light it again; let a film run, or stop it."""
        self._change(
            teacher,
            lambda show: msgspec.structs.replace(
                show,
                dark=show.dark if dark is None else dark,
                playing=show.playing if playing is None else playing,
            ),
        )

    def end(self, teacher: str) -> None:
        """End a teacher's show."""
        with self._lock:
            for id_, (_, show) in list(self._running.items()):
                if show.teacher == teacher:
                    del self._running[id_]

    def _change(self, teacher: str, change: Callable[[Show], Show]) -> None:
        with self._lock:
            for _, show in list(self._running.values()):
                if show.teacher == teacher:
                    self._keep(msgspec.structs.replace(change(show), stamp=show.stamp + 1))

    def _keep(self, show: Show) -> None:
        self._running[show.id] = (self._monotonic(), show)
        self._running.move_to_end(show.id)
