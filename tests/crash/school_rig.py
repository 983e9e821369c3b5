"""`python -m tests.crash.school_rig`: a school's day on a logged disk, and what cuts leave of it.

Runs in a namespace of its own (`tests.support.power_cut`), and writes one report as JSON.
"""

import gc
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from content_packs import records
from content_packs.digests import digest_of_file
from content_packs.errors import SatchelError
from content_packs.records import Actor
from sync_node.data_dir import DataDir
from sync_node.school.school import School, open_school
from tests.support.node_process import environment
from tests.support.power_cut import LoggedDisk, mount_memory, mounted
from tests.support.school import PRACTICE
from tests.support.write_log import Cut, DiskStates, Way, WriteLog

DATA = "node"
SECONDS_MAX = 60
_WAYS = (Way.KEPT, Way.LOST, Way.SOME, Way.SOME, Way.SOME)
_QUESTIONS = ("q1", "q2", "")


class Order(msgspec.Struct):
    """What to do: `images` cuts, chosen by `seed`; `added` to the environment of the program."""

    scratch: str
    images: int
    seed: int
    added: dict[str, str] = {}


class Report(msgspec.Struct):
    """What was found. `violations`: in words, with the cut."""

    entries: int = 0
    flushes: int = 0
    images: int = 0
    acknowledged: dict[str, int] = {}
    violations: list[str] = []


class Said(msgspec.Struct, frozen=True):
    """What was acknowledged when the log had at most `at` bytes."""

    at: int
    words: list[str]


def record(disk: LoggedDisk, place: Path, added: Mapping[str, str]) -> list[Said]:
    """Let the class work; return what was acknowledged, and when at the latest."""
    folder = place / DATA
    folder.mkdir()
    command = [sys.executable, "-m", "tests.crash.school_life", str(folder)]
    with subprocess.Popen(
        command, env={**environment(), **added}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        said = [Said(disk.log_bytes, line.split()) for line in process.stdout]
    assert process.returncode == 0
    os.sync()
    return said


def choose(log: WriteLog, order: Order) -> list[Cut]:
    """Return the cuts, in rising order; just after flushes is likely."""
    chance = random.Random(order.seed)
    cuts = []
    for index in range(order.images):
        number = chance.randint(1, len(log.entries))
        if index % 3 == 0:
            number = min(chance.choice(log.flushes) + chance.randint(0, 2), len(log.entries))
        cuts.append(Cut(number, chance.choice(_WAYS), chance.getrandbits(32)))
    return sorted(cuts, key=lambda cut: cut.number)


def check(place: Path, said: list[Said]) -> str:
    """Return what is lost or false on a disk, empty where nothing is."""
    folder = place / DATA
    if not folder.is_dir():
        return "lost: all of it" if said else ""
    school = open_school(DataDir(folder), clock=lambda: datetime.now(UTC), hash_cost=2)
    try:
        return _check(school, said)
    except SatchelError as error:
        return f"{error.code}: {error.message}"
    finally:
        school.close()


def _check(school: School, said: list[Said]) -> str:
    done = school.check()
    if not done.clean or done.rebuilt:
        return f"school.db isn't in order: {list(done.lines())}"
    stored = {one.id for one in school.statements.after(0, count_max=10**6, bytes_max=10**9)}
    shown = {one.id: one for one in school.materials.all()}
    for each in said:
        match each.words:
            case ["answer", pupil, word]:
                attempt = records.name_based_id(
                    "attempt", str(Actor("learner", pupil)), *PRACTICE, word
                )
                if not {records.name_based_id(attempt, one) for one in _QUESTIONS} <= stored:
                    return f"lost: {pupil} {word}"
            case ["material", id_] if id_ not in shown:
                return f"lost: material {id_}"
            case ["withdrawn", id_] if id_ in shown:
                return f"withdrawn, and there again: {id_}"
    for one in shown.values():
        if digest_of_file(school.materials.path(one)) != one.digest:
            return f"false: {one.title}"
    school.materials.tidy()
    return ""


def main(order: Order) -> Report:
    """Record, choose, check."""
    scratch = Path(order.scratch)
    mount_memory(scratch)
    disk = LoggedDisk(scratch)
    disk.format()
    with disk.logging() as exported, mounted(exported, scratch / "place") as place:
        said = record(disk, place, order.added)
    log = WriteLog(disk.log)
    report = Report(len(log.entries), len(log.flushes))
    report.acknowledged = dict(Counter(each.words[0] for each in said))
    states = DiskStates(disk.base, log, scratch)
    for cut in choose(log, order):
        with mounted(states.after(cut), scratch / "place") as place:
            before = [each for each in said if log.number_at(each.at) <= cut.number]
            found = check(place, before)
            gc.collect()  # a disk with an open file can't be unmounted
        report.images += 1
        if found:
            report.violations.append(f"{found} ({cut.way} {cut.number}, seed {cut.seed})")
    return report


if __name__ == "__main__":
    given, out = map(Path, sys.argv[1:])
    out.write_bytes(msgspec.json.encode(main(msgspec.json.decode(given.read_bytes(), type=Order))))
