"""Threads that decode at once, right after a start, find msgspec ready."""

import subprocess
import sys

from tests.support.source_code import CHECKOUT

_AT_ONCE = """
import sys, threading
from datetime import UTC, datetime
from content_packs import records, struct_types
from content_packs.records import Actor, Event, Place
sys.setswitchinterval(1e-6)
assert struct_types.prepare() > 10
start = threading.Barrier(16)
who = Actor("learner", "0dfdc2e3-096b-4ec0-8aa9-971b3107a158")
word = "0dfdc2e3-096b-5ec0-8aa9-971b3107a158"
event = Event("answered", Place("a", "b", "c"), 1, kind="choice", question="q", registration=word,
              score=1, points=2, success=True, response="x")
def answer():
    start.wait()
    records.statement(event, id_=word, node="unenrolled", actor=who, at=datetime.now(UTC))
threads = [threading.Thread(target=answer) for _ in range(16)]
for each in threads: each.start()
for each in threads: each.join()
"""


def test_sixteen_threads_make_their_first_record_at_once() -> None:
    """Without `prepare` one of seven such processes died (SIGSEGV)."""
    for _ in range(4):
        done = subprocess.run(
            [sys.executable, "-c", _AT_ONCE], cwd=CHECKOUT, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
