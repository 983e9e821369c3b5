"""Sixty pupils answer until this process is killed: `python -m tests.support.school_killed FOLDER`.

Writes a line for each answer that was acknowledged: the pupil's id and the try's word. A line is
one write to the pipe, so that what the killer reads was acknowledged before.
"""

import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from content_packs.exercises import grading
from content_packs.records import Actor
from sync_node.data_dir import DataDir
from sync_node.school.school import School, open_school
from tests.support.school import EXERCISE, HALF_RIGHT, THING

PUPILS = 60
TRIES_MAX = 10_000


def answer(school: School, pupil: str, life: str) -> None:
    result = grading.grade(EXERCISE, HALF_RIGHT)
    for number in range(TRIES_MAX):
        word = f"{life}-{number}"
        if school.recording.answered(
            Actor("learner", pupil), THING, EXERCISE, result, submission=word
        ):
            os.write(1, f"{pupil} {word}\n".encode())


def main() -> None:
    folder, life = sys.argv[1:3]
    school = open_school(DataDir(Path(folder)), clock=lambda: datetime.now(UTC))
    pupils = [f"00000000-0000-4000-8000-{number:012}" for number in range(PUPILS)]
    threads = [threading.Thread(target=answer, args=(school, pupil, life)) for pupil in pupils]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
