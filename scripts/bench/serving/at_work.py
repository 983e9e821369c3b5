"""A class at work: sixty play a film while sixty browse and answer; alone, and beside a crowd."""

import json
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from scripts.bench.serving import machine
from scripts.bench.serving.school import FILM_BYTES_PER_SECOND, PUPILS, BenchSchool
from scripts.bench.serving.servers import Server
from tests.sync_node.lan.quiz import quiz

CORE_SHARE = 0.5
PAGE_MILLISECONDS_MAX = 300.0  # p99
RSS_BYTES_MAX = 200_000_000
CROWD = 5_000
CROWD_AFTER_SECONDS = 3.0
CROWD_ADDRESS = "127.0.0.9"
LOOK_SECONDS = 1.0
_CLIENT = ["taskset", "-c", machine.CLIENT_CORE, sys.executable, "-m"]


def measure(
    school: BenchSchool, server: Server, *, seconds: float, crowd: int = 0
) -> dict[str, Any]:
    """Let the class work for so long, beside a crowd of so many sockets; return how that was."""
    with machine.share_of_a_core(server.pids[0], CORE_SHARE) as how:
        kept_before, used_before = _records(school), server.cpu()
        memory = _Memory(server.pids[0])
        memory.start()
        players = _start("players", server.port, school.film, school.film_bytes,
                         FILM_BYTES_PER_SECOND, PUPILS, seconds)  # fmt: skip
        pupils = _start("pupils", server.port, seconds, given=school.tokens)
        others = None
        if crowd:
            time.sleep(CROWD_AFTER_SECONDS)
            others = _start("crowd", server.port, crowd, seconds - 2 * CROWD_AFTER_SECONDS,
                            CROWD_ADDRESS)  # fmt: skip
        found = {"players": _result(players), "pupils": _result(pupils), "how": how}
        found["crowd"] = _result(others) if others else {}
        found["memory"] = memory.end()
        found["cpu share"] = (server.cpu() - used_before) / seconds
        found["records"] = _records(school) - kept_before
    return found


class _Memory(threading.Thread):
    """Looks now and then what a family of processes takes."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._ended = threading.Event()
        self._most = {"rss": 0, "pss": 0}

    def run(self) -> None:
        """Look, until the end."""
        while not self._ended.wait(LOOK_SECONDS):
            now = machine.memory(self._pid)
            self._most = {name: max(most, now[name]) for name, most in self._most.items()}

    def end(self) -> dict[str, int]:
        """Return the most that was seen."""
        self._ended.set()
        self.join()
        return self._most


def _start(module: str, *arguments: object, given: object = None) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [*_CLIENT, f"scripts.bench.serving.{module}", *map(str, arguments)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    if process.stdin:
        process.stdin.write(json.dumps(given).encode())
        process.stdin.close()
    return process


def _result(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    said = process.stdout.read() if process.stdout else b""
    if process.wait():
        raise RuntimeError(f"{process.args!r} failed")
    found: dict[str, Any] = json.loads(said)
    return found


def _records(school: BenchSchool) -> int:
    """Return how many tries at the exercise school.db has, as another process sees it."""
    place = Path(school.folder) / "school.db"
    with closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as database:
        answers = "SELECT count(*) FROM statement_row WHERE verb = 'answered'"
        return int(database.execute(answers).fetchone()[0]) // len(quiz().questions)


def table(found: dict[str, Any]) -> str:
    """Return it in words."""
    pupils, players = found["pupils"], found["players"]
    every, memory = pupils["all"], found["memory"]
    lines = [
        f"Half a core by {found['how']}; used: {found['cpu share']:.2f} of a core.",
        (
            f"Pages: {every['count']}, p50 {every['p50']:.0f} ms, p99 {every['p99']:.0f} ms, "
            f"most {every['max']:.0f} ms; failed: {pupils['failures'] or 'none'}."
        ),
        "|page|times|p50|p99|most|",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"|{kind}|{took['count']}|{took['p50']:.0f} ms|{took['p99']:.0f} ms|{took['max']:.0f} ms|"
        for kind, took in pupils["kinds"].items()
    ]
    lines += [
        f"Tries acknowledged: {pupils['recorded']}; in school.db, whole: {found['records']}.",
        (
            f"Films: {players['players']}, {players['bytes'] / 1e6:.0f} MB, stalls: "
            f"{players['stalls']}, {players['leaps']} began after p50 "
            f"{players['begin p50'] * 1e3:.0f} ms, at most {players['begin max'] * 1e3:.0f} ms."
        ),
        (
            f"Memory of all processes: RSS {memory['rss'] / 1e6:.0f} MB, "
            f"PSS {memory['pss'] / 1e6:.0f} MB."
        ),
    ]
    if found["crowd"]:
        happened = found["crowd"]["happened"]
        closed = sum(count for what, count in happened.items() if what.endswith("closed"))
        refused = {what: count for what, count in happened.items() if what[-3:].isdigit()}
        lines.append(
            f"Crowd: {found['crowd']['open at once']} sockets at once, {happened.get('opened', 0)} "
            f"opened, {closed} closed; answers: {refused}."
        )
    return "\n".join(lines)


def misses(found: dict[str, Any]) -> list[str]:
    """Return what wasn't reached."""
    pupils, missed = found["pupils"], []
    if pupils["all"]["p99"] > PAGE_MILLISECONDS_MAX:
        missed.append(f"a page: p99 {pupils['all']['p99']:.0f} ms, not {PAGE_MILLISECONDS_MAX:.0f}")
    if pupils["failures"]:
        missed.append(f"pages that failed: {pupils['failures']}")
    if found["records"] < pupils["recorded"]:
        missed.append(f"{pupils['recorded']} tries, {found['records']} of them kept")
    if found["players"]["stalls"]:
        missed.append(f"{found['players']['stalls']} films stalled")
    if found["memory"]["rss"] > RSS_BYTES_MAX:
        missed.append(f"RSS {found['memory']['rss'] / 1e6:.0f} MB, not {RSS_BYTES_MAX / 1e6:.0f}")
    return missed
