"""Pupils who are signed in, browse, search, and answer an exercise.

    python -m scripts.bench.serving.pupils PORT SECONDS < TOKENS (JSON)

Each looks at a page for two to six seconds. Prints how long pages took, by kind of page.
"""

import http.client
import json
import random
import re
import sys
import threading
import time
from collections import defaultdict
from html import unescape
from urllib.parse import quote, urlencode

from scripts.bench.serving.players import address_of
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.quiz import right_form

THINK_SECONDS = (2.0, 6.0)
TIMEOUT_SECONDS = 30.0
BASE = f"/packs/fractions/{LESSON}"
WORDS = ("分数", "fraction", "练习", "fenshu", "节奏", "rythm", "气候", "长")
SUBJECTS = ("mathematics", "chinese", "science", "history")
_HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
_NAME = re.compile(r'name="([^"]*)"')
_VALUE = re.compile(r'value="([^"]*)"')


class Pupil:
    """One pupil, who goes from page to page."""

    def __init__(self, port: int, token: str, number: int) -> None:
        self._chance = random.Random(number)  # noqa: S311  # the same each time
        self._headers = {
            "Cookie": f"session={token}; language=zh",
            "Accept": "text/html",
            "Accept-Language": "zh-CN,zh;q=0.9",
            "Origin": f"http://127.0.0.1:{port}",
        }
        self._link = http.client.HTTPConnection(
            "127.0.0.1", port, timeout=TIMEOUT_SECONDS, source_address=(address_of(number), 0)
        )
        self.took: dict[str, list[float]] = defaultdict(list)
        self.failures: list[str] = []
        self.recorded = 0
        self.again = 0

    def go(self, until: float) -> None:
        """Open page after page."""
        steps = [
            self._home, self._browse, self._search, self._outline, self._lesson, self._page,
            self._answer, self._progress,
        ]  # fmt: skip
        begin = self._chance.randrange(len(steps))
        steps = steps[begin:] + steps[:begin]
        self._think()
        while time.monotonic() < until:
            for step in steps:
                if time.monotonic() >= until:
                    return
                step()
                self._think()

    def _think(self) -> None:
        time.sleep(self._chance.uniform(*THINK_SECONDS))

    def _home(self) -> None:
        self._open("home", "/")

    def _browse(self) -> None:
        grade, subject = self._chance.randint(1, 12), self._chance.choice(SUBJECTS)
        self._open("browse", f"/browse?grade={grade}&subject={subject}")

    def _search(self) -> None:
        self._open("search", f"/search?q={quote(self._chance.choice(WORDS))}")

    def _outline(self) -> None:
        self._open("outline", "/packs/fractions")

    def _lesson(self) -> None:
        self._open("lesson", BASE)

    def _page(self) -> None:
        self._open("page", f"{BASE}/intro")

    def _answer(self) -> None:
        form = self._open("exercise", f"{BASE}/practice")
        fields: dict[str, object] = {}
        for hidden in _HIDDEN.findall(form):
            name, value = _NAME.search(hidden), _VALUE.search(hidden)
            if name:
                fields[unescape(name[1])] = unescape(value[1]) if value else ""
        self._think()
        fields |= right_form()
        if self._open("answer", f"{BASE}/practice", urlencode(fields, doseq=True)):
            self.recorded += 1

    def _progress(self) -> None:
        fields = {"pack": "fractions", "lesson": LESSON, "item": "song", "language": "en"}
        seconds = str(self._chance.randint(1, 2))
        self._open("progress", "/progress", urlencode(fields | {"seconds": seconds}))

    def _open(self, kind: str, address: str, form: str | None = None) -> str:
        """Return the page; empty where it didn't come, which is noted."""
        headers = dict(self._headers)
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        try:
            status, text = self._ask(address, form, headers)
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(f"{kind}: {type(error).__name__}")
            return ""
        self.took[kind].append((time.perf_counter() - began) * 1e3)
        if status not in {200, 204}:
            self.failures.append(f"{kind}: {status}")
            return ""
        return text.decode("utf-8", "replace") or kind

    def _ask(self, address: str, form: str | None, headers: dict[str, str]) -> tuple[int, bytes]:
        """Ask; once more where a connection that was kept open had been closed, as browsers do."""
        was_kept = self._link.sock is not None
        try:
            self._link.request("POST" if form is not None else "GET", address, form, headers)
            answer = self._link.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self._link.close()
            if not was_kept:
                raise
            self.again += 1
            return self._ask(address, form, headers)


def browse(port: int, tokens: list[str], seconds: float) -> dict[str, object]:
    """Let pupils browse for so long; return how long pages took, in milliseconds."""
    until = time.monotonic() + seconds
    pupils = [Pupil(port, token, number) for number, token in enumerate(tokens)]
    threads = [threading.Thread(target=pupil.go, args=(until,)) for pupil in pupils]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    by_kind: dict[str, list[float]] = defaultdict(list)
    for pupil in pupils:
        for kind, took in pupil.took.items():
            by_kind[kind] += took
    every = [each for took in by_kind.values() for each in took]
    failures = [each for pupil in pupils for each in pupil.failures]
    return {
        "all": _shares(every),
        "kinds": {kind: _shares(took) for kind, took in by_kind.items()},
        "failures": {each: failures.count(each) for each in sorted(set(failures))},
        "asked again": sum(pupil.again for pupil in pupils),
        "recorded": sum(pupil.recorded for pupil in pupils),
    }


def _shares(took: list[float]) -> dict[str, float]:
    ordered = sorted(took) or [float("inf")]
    return {
        "count": len(took),
        "p50": ordered[len(ordered) // 2],
        "p99": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
        "max": ordered[-1],
    }


if __name__ == "__main__":
    print(json.dumps(browse(int(sys.argv[1]), json.load(sys.stdin), float(sys.argv[2]))))
