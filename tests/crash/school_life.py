"""A class answers and a teacher adds materials: `python -m tests.crash.school_life FOLDER`.

Writes a line for all that was acknowledged, once it was: `answer PUPIL WORD`, `material ID`.
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
from tests.support.school import EXERCISE, GIB, HALF_RIGHT, THING

PUPILS = 12
TRIES = 10
MATERIALS = 8
PIECE_BYTES = 20_000


def answer(school: School, pupil: str) -> None:
    """Answer so many times."""
    result = grading.grade(EXERCISE, HALF_RIGHT)
    for number in range(TRIES):
        who, word = Actor("learner", pupil), f"try-{number}"
        if school.recording.answered(who, THING, EXERCISE, result, submission=word):
            os.write(1, f"answer {pupil} {word}\n".encode())


def upload(school: School) -> None:
    """Add some documents, each in pieces; take one away again."""
    for number in range(MATERIALS):
        data = b"%PDF-1.7\n" + bytes([number + 1]) * (3 * PIECE_BYTES) + b"\n%%EOF\n"
        pieces = [data[at : at + PIECE_BYTES] for at in range(0, len(data), PIECE_BYTES)]
        made = school.materials.receive(
            pieces, len(data), title=f"Document {number}", class_id="", by="a teacher"
        )
        if number == 1:
            school.materials.withdraw(made.id)
            os.write(1, f"withdrawn {made.id}\n".encode())
        else:
            os.write(1, f"material {made.id}\n".encode())


def main() -> None:
    """Let all of them work, to their end."""
    school = open_school(
        DataDir(Path(sys.argv[1])),
        clock=lambda: datetime.now(UTC),
        disk_free=lambda _: GIB,
        hash_cost=2,
    )
    pupils = [f"00000000-0000-4000-8000-{number:012}" for number in range(PUPILS)]
    threads = [threading.Thread(target=answer, args=(school, pupil)) for pupil in pupils]
    threads.append(threading.Thread(target=upload, args=(school,)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    school.close()


if __name__ == "__main__":
    main()
