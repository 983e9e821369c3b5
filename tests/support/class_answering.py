"""Sixty pupils who answer over HTTP until the site is gone, and then go on where they were."""

import http.client
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sync_node.school.people_model import Learner
from tests.support.phones import Answer, Form, Phone

_GONE = (OSError, http.client.HTTPException)
TRIES_MAX = 10_000


@dataclass
class Pupil:
    """A pupil with a phone.

    `kept`: the tries of which the site said that they are; `unsure`: one of which it said nothing
    any more, which the phone sends again; `finished`: whether it said that an item is done.
    `ended`: why nothing more came.
    """

    learner: Learner
    at: str
    cookies: dict[str, str] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    unsure: str = ""
    finished: bool = False
    faults: list[str] = field(default_factory=list)
    ended: str = ""

    def sign_in(self, address: str, pin: str) -> None:
        """Sign in, where the phone isn't yet."""
        if "session" in self.cookies:
            return
        with Phone(address, self.at, self.cookies) as phone:
            door = f"/sign-in/{self.learner.class_id}/{self.learner.id}"
            answer = phone.post(door, {"pin": pin})
            assert answer.status == 303, answer.text

    def go_on(self, address: str, exercise: str, form: Form, word: str, done: str) -> None:
        """Answer again and again until nobody is there."""
        self.ended = ""
        try:
            with Phone(address, self.at, self.cookies) as phone:
                if not self.finished:
                    sent = {"_done": "1", "_who": self.learner.id}
                    self.finished = phone.post(done, sent).status == 303
                for number in range(TRIES_MAX):
                    self.unsure = self.unsure or f"{word}-{number}"
                    mine = {"_submission": self.unsure, "_who": self.learner.id}
                    self._note(phone.post(exercise, {**form, **mine}))
        except _GONE as error:
            self.ended = repr(error)

    def _note(self, answer: Answer) -> None:
        if answer.status == 200 and "Kept." in answer.text:
            self.kept.append(self.unsure)
            self.unsure = ""
        elif answer.status not in {429, 503}:
            self.faults.append(f"{answer.status} {answer.text[:200]}")


@contextmanager
def answering(pupils: Sequence[Pupil], work: Callable[[Pupil], None]) -> Iterator[None]:
    """Let all pupils work while the block lasts, each in a thread; it has to end their work."""
    threads = [threading.Thread(target=work, args=(one,)) for one in pupils]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join()
