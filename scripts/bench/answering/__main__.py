"""Pupils who answer at once: answers a second, answers a commit, and how long each waits."""

import argparse
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.support.school import HALF_RIGHT, SchoolRig

PUPILS = 60
SITE_THREADS = 8
RECORDS_OF_A_TRY = 3


@dataclass(frozen=True)
class Measured:
    """What so many threads reached. Times in milliseconds."""

    threads: int
    answers: int
    seconds: float
    commits: int
    p50: float
    p99: float

    def line(self) -> str:
        """Return it in words."""
        each = self.answers / max(1, self.commits)
        return (
            f"{self.threads:>3} at once: {self.answers / self.seconds:6.0f} answers/s "
            f"({RECORDS_OF_A_TRY} records each), {each:5.1f} answers a commit, "
            f"p50 {self.p50:6.1f} ms, p99 {self.p99:6.1f} ms"
        )


def measure(rig: SchoolRig, pupils: list[str], threads: int, tries: int) -> Measured:
    writer = rig.school.ground.writer
    by_id = {one.id: one for each in rig.school.people.classes()
             for one in rig.school.people.learners(each.id)}  # fmt: skip
    took: list[float] = []

    def go(pupil: str) -> None:
        for _ in range(tries):
            began = time.perf_counter()
            rig.answer(by_id[pupil], HALF_RIGHT)
            took.append((time.perf_counter() - began) * 1_000)

    rig.move(hours=1)
    before = writer.batches
    began = time.perf_counter()
    running = [threading.Thread(target=go, args=(pupil,)) for pupil in pupils[:threads]]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    seconds = time.perf_counter() - began
    took.sort()
    return Measured(
        threads, len(took), seconds, writer.batches - before,
        took[len(took) // 2], took[len(took) * 99 // 100],
    )  # fmt: skip


def fsync_milliseconds(folder: Path) -> float:
    """Return how long the disk takes to make 4 KiB durable."""
    with (folder / "fsync").open("wb", buffering=0) as file:
        began = time.perf_counter()
        for _ in range(50):
            file.write(bytes(4_096))
            os.fsync(file.fileno())
        return (time.perf_counter() - began) * 1_000 / 50


@contextmanager
def a_folder(chosen: Path | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="answers-", dir=chosen) as folder:
        yield Path(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    with a_folder(wanted.folder) as folder:
        fsync = fsync_milliseconds(folder)
        print(f"an fsync of 4 KiB takes {fsync:.1f} ms here")
        rig = SchoolRig(folder / "node")
        _, learners = rig.a_class(*(f"Pupil {number}" for number in range(PUPILS)))
        pupils = [one.id for one in learners]
        found = []
        for threads in (1, SITE_THREADS, PUPILS):
            found.append(measure(rig, pupils, threads, wanted.tries))
            print(found[-1].line())
        rig.close()
    if wanted.json:
        figures = {"fsync_ms": fsync, "measured": [asdict(one) for one in found]}
        wanted.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
