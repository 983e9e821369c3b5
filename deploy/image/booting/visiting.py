"""What people do on a box under trial, over HTTP: a lesson is opened, a pupil's answers are sent.

A box is slow in an emulator, and may be gone in the middle of an answer: then `Gone` is raised, and
nobody knows whether the record was kept. What was said to be kept is remembered: it has to be there
ever after.
"""

import csv
import http.client
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import NamedTuple
from urllib.parse import urlencode

from content_packs.errors import Refused
from deploy.image.booting.preparing import ITEM, LESSON, PACK, QUESTION

LESSON_PATH = f"/packs/{PACK}/{LESSON}"
EXERCISE_PATH = f"{LESSON_PATH}/{ITEM}"
PASSPHRASE = "only for trying boxes out"  # noqa: S105  # of a school that exists for minutes
# Why a new teacher takes longest: a passphrase is hashed, which is meant to be slow.
SECONDS_MAX = 180.0
ASKING_SECONDS_MAX = 30.0
ASK_ANEW_SECONDS = 3.0
ANSWERS_SHOWN = 18  # fewer than ATTEMPTS_KEPT_MAX of sync_node/school/limits.py, by the unsure one


class Gone(Exception):
    """Nobody answers, or no longer."""


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass
class Visitor:
    """Somebody with a phone, at the site at `host` (with its port)."""

    host: str
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, *, seconds: float = SECONDS_MAX) -> Answer:
        """Open a page. Raises `Gone`."""
        return self._ask("GET", path, None, seconds)

    def post(self, path: str, form: Mapping[str, str]) -> Answer:
        """Send a form. Raises `Gone`."""
        return self._ask("POST", path, urlencode(form), SECONDS_MAX)

    def _ask(self, method: str, path: str, body: str | None, seconds: float) -> Answer:
        headers = {"Origin": f"http://{self.host}"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = http.client.HTTPConnection(self.host, timeout=seconds)
        try:
            connection.request(method, path, body, headers)
            found = connection.getresponse()
            text = found.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise Gone(str(error)) from error
        finally:
            connection.close()
        for line in found.headers.get_all("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, text)


@dataclass
class Pupil:
    """A pupil who sends one answer after the other, each another number.

    `kept`: the numbers of which the site said that they are recorded; `unsure`: one on which it
    never answered.
    """

    class_id: str
    learner_id: str
    cookies: dict[str, str] = field(default_factory=dict)
    kept: set[int] = field(default_factory=set)
    unsure: set[int] = field(default_factory=set)
    next_number: int = 1

    def answer(self, host: str) -> float:
        """Send the next answer; return how many seconds the site asks to wait. Raises `Gone`."""
        visitor = Visitor(host, self.cookies)
        if not self.cookies:
            door = f"/sign-in/{self.class_id}/{self.learner_id}"
            expect(visitor.post(door, {"pin": ""}), 303, "signing a pupil in")
        number = self.next_number
        self.unsure.add(number)
        form = {QUESTION: str(number), "_who": self.learner_id, "_submission": f"number-{number}"}
        found = visitor.post(EXERCISE_PATH, form)
        if found.status in {429, 503}:
            return float(found.headers.get("retry-after", "2"))
        expect(found, 200, "sending an answer")
        if "Kept." not in found.text:
            raise Refused(f"an answer was taken and not said to be kept: {found.text[:500]}")
        self.unsure.discard(number)
        self.kept.add(number)
        self.next_number += 1
        return 0.0


def is_open(host: str, *, seconds: float = ASKING_SECONDS_MAX) -> bool:
    """Whether the school's site answers, with its first page."""
    try:
        return Visitor(host).get("/", seconds=seconds).status == 200
    except Gone:
        return False


class FirstAnswer:
    """Asks for the site's first page again and again, each time as long as it may take.

    What is asked before the box has its address the emulator sends on only 6 seconds later, then
    12: whoever waited for that alone would find the site open later than a phone would.
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._came = Event()
        self._asked_at = -ASK_ANEW_SECONDS

    def came(self, now: float) -> bool:
        """Whether it was answered so far; ask once more if it is time to. `now`: in seconds."""
        if not self._came.is_set() and now - self._asked_at >= ASK_ANEW_SECONDS:
            self._asked_at = now
            Thread(target=self._ask, daemon=True).start()
        return self._came.is_set()

    def _ask(self) -> None:
        if is_open(self._host):
            self._came.set()


def open_lesson(host: str) -> None:
    """Open the lesson and its exercise. Raises `Gone`, `Refused`."""
    for path in (LESSON_PATH, EXERCISE_PATH):
        found = expect(Visitor(host).get(path), 200, f"opening {path}")
        if path == EXERCISE_PATH and f'name="{QUESTION}"' not in found.text:
            raise Refused(f"{path} shows no question: {found.text[:500]}")


def begin_class(host: str, code: str) -> tuple[Visitor, Pupil]:
    """Be the school's first teacher, make a class with a pupil. Raises `Gone`, `Refused`."""
    teacher = Visitor(host)
    form = {"code": code, "name": "Teacher", "passphrase": PASSPHRASE}
    expect(teacher.post("/teacher/code", form), 303, "the first teacher's code")
    form = {"name": "4b", "grade": "4", "names": "Amina"}
    made = expect(teacher.post("/teacher/classes/new", form), 303, "making a class")
    found = re.search(r"/classes/([^/?]+)", made.headers["location"])
    if not found:
        raise Refused(f"a class was made at an odd place: {made.headers['location']}")
    shown = expect(Visitor(host).get(f"/sign-in/{found[1]}"), 200, "opening the class's door")
    pupil = re.search(f"/sign-in/{re.escape(found[1])}/([0-9a-f-]+)", shown.text)
    if not pupil:
        raise Refused(f"the class has no pupil: {shown.text[:500]}")
    return teacher, Pupil(found[1], pupil[1])


class Recorded(NamedTuple):
    """What the box has of a class with one pupil: how many tries, and the answers it shows.

    A box shows the last of an exercise's answers (`ANSWERS_SHOWN`), and the first.
    """

    tries: int
    answers: frozenset[int]


def recorded(host: str, teacher: Visitor, class_id: str) -> Recorded:
    """Return what the box has recorded of a class. Raises `Gone`, `Refused`."""
    tries = [int(row["Tries"]) for row in _table(host, teacher, class_id, "results")]
    answers = [int(row["Answer"]) for row in _table(host, teacher, class_id, "answers")]
    return Recorded(sum(tries), frozenset(answers))


def missed(pupil: Pupil, found: Recorded) -> str:
    """Say what isn't as it has to be; empty where all is there."""
    least, most = len(pupil.kept), len(pupil.kept | pupil.unsure)
    if not least <= found.tries <= most:
        return f"{least} answers were kept, {most} were sent, and the box has {found.tries}"
    shown = set(sorted(pupil.kept)[-ANSWERS_SHOWN:])
    if lost := shown - found.answers:
        return f"answers that were kept are gone: {sorted(lost)}"
    if odd := found.answers - pupil.kept - pupil.unsure:
        return f"answers are there that nobody sent: {sorted(odd)}"
    return ""


def _table(host: str, teacher: Visitor, class_id: str, kind: str) -> list[dict[str, str]]:
    """Return a class's table, as teachers get it for a spreadsheet."""
    asking = Visitor(host, teacher.cookies)
    path = f"/teacher/classes/{class_id}/records/{kind}.csv"
    found = expect(asking.get(path), 200, f"the class's {kind}")
    return list(csv.DictReader(io.StringIO(found.text.removeprefix("\ufeff"))))


def expect(answer: Answer, status: int, what: str) -> Answer:
    """Return an answer. Raises `Refused` where it has another status."""
    if answer.status != status:
        raise Refused(
            f"{what}: the site answered {answer.status}, expected {status}: {answer.text[:500]}"
        )
    return answer
