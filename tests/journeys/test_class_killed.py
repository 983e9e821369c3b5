"""kill -9 of the site while sixty signed-in pupils answer over HTTP: what was said to be kept, is.

The real program, again and again on the same data. An answer of which nobody heard any more is sent
again when the site is back: it counts once, whether it had been kept or not. 3 kills in a quick
run, 40 with `scripts/test --all`; the seed is printed where one goes wrong.
"""

import random
import re
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from content_packs import records
from content_packs.records import Place
from sync_node.data_dir import DataDir
from sync_node.school import deriving
from sync_node.school.school import School, open_school
from tests.support import node_process
from tests.support.class_answering import Pupil, answering
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.quiz import right_form
from tests.sync_node.lan.school import furnished_school

SEED = 20_261_122
PUPILS = 60
SECONDS_MAX = 60
PIN = "4711"
CONFIG = """format = 1
couriers = []
[[sources]]
hub = "http://127.0.0.1:9"
[peers]
offer = false
find = false
"""
ITEM = f"/packs/fractions/{LESSON}"
PLACE = Place("fractions", LESSON, "practice")
KILLS = [
    pytest.param(2, id="quick"),
    pytest.param(40, id="long", marks=[pytest.mark.long, pytest.mark.timeout(1_200)]),
]


@dataclass
class Class:
    """A node, and the sixty who learn there."""

    root: Path
    pupils: list[Pupil]


@pytest.fixture
def sixty(tmp_path: Path) -> Class:
    made = furnished_school(tmp_path / "node")
    root = made.data_dir.root
    root.joinpath("node.toml").write_text(CONFIG, encoding="utf-8")
    root.joinpath("pause.json").write_text("{}", encoding="utf-8")  # the engine leaves it alone
    with opened(root) as school:
        found = school.people.add_class("4b", "4")
        names = [school.people.add_learner(found.id, f"Pupil {n}") for n in range(PUPILS)]
        for one in names:
            school.people.set_pin(one.id, PIN, "digits")
    return Class(root, [Pupil(one, f"127.0.2.{n + 1}") for n, one in enumerate(names)])


@contextmanager
def opened(root: Path) -> Iterator[School]:
    """The school's data while no site runs."""
    school = open_school(DataDir(root), clock=lambda: datetime.now(UTC), hash_cost=2)
    try:
        yield school
    finally:
        school.close()


@contextmanager
def site_to_kill(root: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The real program, and the address of its site. It is killed at the end, whatever comes."""
    given = ("run", "--host", "127.0.0.1", "--port", "0", "--data", root)
    said = root / "said"
    with said.open("a") as err, subprocess.Popen(
        node_process.command(*given), env=node_process.environment(), stdout=subprocess.PIPE,
        stderr=err, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout
            line = process.stdout.readline()
            found = re.search(r"http://[0-9.:]+", line)
            assert found, line + said.read_text()
            yield process, found[0]
        finally:
            process.kill()


@pytest.mark.parametrize("kills", KILLS)
def test_what_was_said_to_be_kept_is_there_once_after_kill_9(sixty: Class, kills: int) -> None:
    chance = random.Random(SEED)
    print(f"seed {SEED}")  # noqa: T201  # shown where it fails
    form = right_form()
    for life in range(kills):
        with site_to_kill(sixty.root) as (process, address):
            for one in sixty.pupils:
                one.sign_in(address, PIN)

            def work(one: Pupil, address: str = address, life: int = life) -> None:
                one.go_on(address, f"{ITEM}/practice", form, f"life{life}", f"{ITEM}/intro/done")

            with answering(sixty.pupils, work):
                wait_for_answers(sixty, process, chance.randint(1, 60))
                time.sleep(chance.uniform(0, 0.03))
                process.send_signal(signal.SIGKILL)
                assert process.wait() == -signal.SIGKILL
    assert [one.faults for one in sixty.pupils if one.faults] == []
    check(sixty)


def wait_for_answers(sixty: Class, process: subprocess.Popen[str], count: int) -> None:
    """Wait until so many more answers were kept."""
    until = time.monotonic() + SECONDS_MAX
    before = sum(len(one.kept) for one in sixty.pupils)
    while sum(len(one.kept) for one in sixty.pupils) < before + count:
        if time.monotonic() > until:
            said = (sixty.root / "said").read_text()
            ended = Counter(one.ended for one in sixty.pupils)
            pytest.fail(f"nothing is kept any more: {process.poll()} {ended} {said}")
        time.sleep(0.002)


def check(sixty: Class) -> None:
    """Every try that was said to be kept is there once, and progress says what records say."""
    with closing(sqlite3.connect(sixty.root / "school.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with opened(sixty.root) as school:
        assert not school.troubles()
        tries, done = tries_in(school)
        for one in sixty.pupils:
            mine = tries.get(str(one.learner.actor), Counter())
            assert set(mine.values()) <= {8}, "seven questions and the whole: all, or nothing"
            wanted = {attempt_of(one, word) for word in one.kept}
            assert wanted <= set(mine), "an answer that was said to be kept is lost"
            more = set(mine) - wanted
            assert more <= {attempt_of(one, one.unsure)}, "one is there twice, or nobody sent it"
            found = school.progress.of_item(one.learner.actor, PLACE)
            assert (found.attempts if found else 0) == len(mine)
            assert one.finished <= (str(one.learner.actor) in done)
        before = derived(sixty.root)
        school.ground.write(deriving.rebuild)
        assert derived(sixty.root) == before


def tries_in(school: School) -> tuple[dict[str, Counter[str]], set[str]]:
    """Return how many records each try of each actor has, and who finished the first page."""
    tries: dict[str, Counter[str]] = {}
    done = set()
    for stored in school.statements.after(0, count_max=10**6, bytes_max=10**9):
        one = records.decode(stored.body)
        who = str(records.actor_of(one))
        place, _ = records.place_of(one.object.id)
        if place == PLACE and one.context and one.context.registration:
            tries.setdefault(who, Counter())[one.context.registration] += 1
        if place.item == "intro" and records.verb_of(one) == "completed":
            done.add(who)
    return tries, done


def attempt_of(one: Pupil, word: str) -> str:
    """Return what records call a try."""
    return records.name_based_id("attempt", str(one.learner.actor), *PLACE, word)


def derived(root: Path) -> list[object]:
    """Return all that is derived of records."""
    with closing(sqlite3.connect(root / "school.db")) as database:
        return [
            sorted(database.execute(f"SELECT * FROM {table}").fetchall())  # noqa: S608
            for table in ("progress_row", "answer_row")
        ]
