"""One phone with a script asks without end; the others of the class go on. Real sockets.

Times are generous: the machine that runs this runs other things, too. What would fail is a site
that stands still.
"""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest

from content_packs.records import Place
from tests.support.phones import Phone
from tests.sync_node.lan.attacked import EXERCISE, ITEM, Attacked, attacked
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.quiz import right_form

PRACTICE = Place("fractions", LESSON, "practice")
CONNECTIONS = 16
SECONDS_MAX = 10.0  # for one page of another, with sixteen connections in front of it
MALLORY = "127.0.6.6"
LONG = quote(" OR ".join(["fra*", '"hal', "NEAR(", "aaaa", "分数", "ha"] * 40))


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(tmp_path_factory.mktemp("school")) as found:
        yield found


def look(phone: Phone) -> int:
    phone.forget()
    return phone.get(f"{ITEM}/intro").status


def search(phone: Phone) -> int:
    return phone.get(f"/search?q={LONG}").status


def suggest(phone: Phone) -> int:
    return phone.get("/search/suggest?q=a").status


def poll(phone: Phone) -> int:
    return phone.get("/screen/state").status


def answer(phone: Phone) -> int:
    phone.forget()
    return phone.post(EXERCISE, right_form()).status


def tell(phone: Phone) -> int:
    told = {"pack": "fractions", "lesson": LESSON, "item": "halves", "seconds": "3"}
    return phone.post("/progress", told).status


MORE = (search, suggest, poll, tell)


@contextmanager
def flooded(here: Attacked, ask: Callable[[Phone], int]) -> Iterator[list[int]]:
    """Let many connections ask while the block lasts; give what they were answered."""
    ending, statuses = threading.Event(), list[int]()

    def go() -> None:
        with Phone(here.site.address, MALLORY) as phone:
            while not ending.is_set():
                try:
                    statuses.append(ask(phone))
                except (OSError, http.client.HTTPException):
                    phone.close()  # it was hung up on: it comes again

    threads = [threading.Thread(target=go) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(0.3)
        yield statuses
    finally:
        ending.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize(
    "ask",
    [look, answer, *(pytest.param(one, marks=pytest.mark.long) for one in MORE)],
)
def test_the_class_goes_on_while_one_phone_asks_without_end(
    here: Attacked, ask: Callable[[Phone], int]
) -> None:
    who = here.learners[5]
    mine = here.phone_of(who)
    found = here.data.progress.of_item(who.actor, PRACTICE)
    before = found.attempts if found else 0
    with flooded(here, ask) as statuses:
        for path in ("/", EXERCISE):
            begun = time.monotonic()
            assert mine.get(path).status == 200
            assert time.monotonic() - begun < SECONDS_MAX
        begun = time.monotonic()
        answered = mine.post(EXERCISE, right_form())
        assert time.monotonic() - begun < SECONDS_MAX
        assert "Kept." in answered.text
    after = here.data.progress.of_item(who.actor, PRACTICE)
    assert after
    assert after.attempts == before + 1
    assert set(statuses) <= {200, 204, 429, 503}
    assert here.data.check().clean
