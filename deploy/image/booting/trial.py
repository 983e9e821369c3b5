"""Starts a box again and again, pulls the plug at moments that chance chooses, and sees what holds.

After every start:
- the school's site opens, within the time that is allowed;
- the lesson on the card opens;
- every answer of which the site ever said «Kept.» is among the class's records;
- no answer is there that nobody sent.

A pull comes while the box starts (one in three), or while a pupil sends one answer after the other.
The card forgets what wasn't flushed (forgetting.py). The seed decides all chances but one: how far
the box is when the moment comes.
"""

import random
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from content_packs.errors import Refused
from deploy.image.booting.bench import ASK_EVERY_SECONDS, Bench, Tried, check_on
from deploy.image.booting.visiting import (
    SECONDS_MAX,
    Gone,
    Pupil,
    Visitor,
    begin_class,
    missed,
    open_lesson,
    recorded,
)

SHARE_OF_EARLY_PULLS = 1 / 3
WORK_SECONDS = (1.0, 20.0)


@dataclass(frozen=True)
class Start:
    """One time that the box was on.

    `pulled`: “starting”, “working”, or empty for the last. `seconds`: from power on until the site
    answered, 0 where the plug was pulled before; `computed`: for how long the emulator computed for
    that, on all processors together, which a busy machine doesn't change. `lost`: sectors that the
    card forgot at the pull.
    """

    number: int
    seconds: float
    computed: float
    pulled: str
    on_seconds: float
    answers: int
    lost: int
    written_bytes: int


class Working(threading.Thread):
    """A pupil who answers until nobody is there."""

    def __init__(self, pupil: Pupil, host: str) -> None:
        super().__init__(daemon=True)
        self._pupil = pupil
        self._host = host
        self.fault: Refused | None = None
        self.begun = threading.Event()  # an answer was kept, or none will be

    def run(self) -> None:
        """Answer again and again."""
        try:
            while True:
                wait = self._pupil.answer(self._host)
                if not wait:
                    self.begun.set()
                time.sleep(wait)
        except Gone:
            return
        except Refused as error:
            self.fault = error
        finally:
            self.begun.set()


@dataclass
class Trial:
    """A box under trial, and what came of it. `seed`: of the chances of `bench`, to be told."""

    bench: Bench
    teacher_code: str
    seed: int
    say: Callable[[str], None]
    starts: list[Start] = field(default_factory=list)
    _teacher: Visitor | None = None
    _pupil: Pupil | None = None
    _usual_seconds: float = 0.0

    def run(self, pulls: int) -> None:
        """Start and pull so many times; a last start has to come back, too.

        Raises `Refused` at the first thing that doesn't hold, with the seed and the box's last
        words.
        """
        chance = self.bench.chance
        for number in range(1, pulls + 2):
            kind = "" if number > pulls else "working"
            if kind and chance.random() < SHARE_OF_EARLY_PULLS:
                kind = "starting"
            try:
                start = self._start(number, kind, chance)
            except (Refused, Gone) as error:
                raise Refused(f"start {number} of seed {self.seed}: {error}") from error
            self.starts.append(start)
            self.say(_line(start))

    def _start(self, number: int, kind: str, chance: random.Random) -> Start:
        with self.bench.on() as tried:
            usual = self._usual_seconds or self.bench.seconds_max / 2
            until = chance.uniform(0.05, 1.0) * usual
            seconds, computed, answers = 0.0, 0.0, 0
            if kind == "starting":
                self._wait(tried, until)
            else:
                seconds = self.bench.wait_for_site(tried)
                computed = tried.box.computed_seconds()
                self._usual_seconds = self._usual_seconds or seconds
                try:
                    self.look(tried)
                    answers = self._work(tried, chance.uniform(*WORK_SECONDS) if kind else 0.0)
                except (Refused, Gone) as error:
                    raise Refused(f"{error}\n{tried.box.last_words()}") from error
            on = tried.box.seconds_on()
            lost = tried.pull_the_plug()
            written = tried.card.written_bytes
            return Start(number, seconds, computed, kind, on, answers, lost, written)

    def _wait(self, tried: Tried, seconds: float) -> None:
        while tried.box.seconds_on() < seconds:
            check_on(tried.box)
            time.sleep(min(ASK_EVERY_SECONDS, max(0.0, seconds - tried.box.seconds_on())))

    def look(self, tried: Tried) -> None:
        """Check that everything is there that has to be. Raises `Refused`, `Gone`."""
        host = tried.host
        open_lesson(host)
        if self._teacher is None or self._pupil is None:
            self._teacher, self._pupil = begin_class(host, self.teacher_code)
        fault = missed(self._pupil, recorded(host, self._teacher, self._pupil.class_id))
        if fault:
            raise Refused(fault)

    def _work(self, tried: Tried, seconds: float) -> int:
        """Send answers for some time after the first, and pull the plug in the middle of one.

        Return of how many the site said that they are kept.
        """
        pupil = self._pupil
        if pupil is None or not seconds:
            return 0
        before = len(pupil.kept)
        working = Working(pupil, tried.host)
        working.start()
        working.begun.wait(SECONDS_MAX)  # the first takes long: a pupil signs in
        time.sleep(seconds)
        tried.box.pull_the_plug()
        working.join()
        if working.fault:
            raise working.fault
        return len(pupil.kept) - before


def summary(starts: list[Start]) -> dict[str, float | int]:
    """Return what a trial amounts to, times in seconds."""
    seconds = [start.seconds for start in starts if start.seconds]
    return {
        "starts": len(starts),
        "pulls": sum(bool(start.pulled) for start in starts),
        "pulls_while_starting": sum(start.pulled == "starting" for start in starts),
        "answers_kept": sum(start.answers for start in starts),
        "sectors_lost": sum(start.lost for start in starts),
        "first_seconds": round(seconds[0], 1) if seconds else 0.0,
        "later_seconds_median": round(statistics.median(seconds[1:]), 1) if seconds[1:] else 0.0,
        "computed_seconds_median": round(
            statistics.median([start.computed for start in starts if start.seconds] or [0.0]), 1
        ),
        "later_seconds_most": round(max(seconds[1:]), 1) if seconds[1:] else 0.0,
    }


HEAD = "start  site after  computed  pulled    on for   answers  sectors lost  written"


def _line(start: Start) -> str:
    site = f"{start.seconds:8.1f} s" if start.seconds else "         -"
    times = f"{start.number:5}  {site}  {start.computed:6.1f} s  {start.pulled or '-':8}"
    return (
        f"{times}  {start.on_seconds:6.1f} s  {start.answers:7}  {start.lost:12}  "
        f"{start.written_bytes / 1e6:6.1f} MB"
    )
