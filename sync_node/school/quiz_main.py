"""Reads a quiz: `python -m sync_node.school.quiz_main toml|gift LANGUAGE`, its text on stdin.

Writes `{"exercise", "faults"}` as JSON: the exercise's canonical text, empty where there is none.
"""

import json
import resource
import sys

from content_packs.errors import InvalidContent
from content_packs.exercises import codec, gift_source, toml_source
from content_packs.faults import Fault
from sync_node.school.limits import (
    QUIZ_MEMORY_BYTES_MAX,
    QUIZ_SECONDS_MAX,
    QUIZ_SOURCE_BYTES_MAX,
)

_PARSERS = {
    "toml": (toml_source.parse, "quiz.{}.quiz.toml"),
    "gift": (gift_source.parse, "quiz.{}.gift"),
}


def main() -> None:
    """Read a quiz, within bounds."""
    resource.setrlimit(resource.RLIMIT_AS, (QUIZ_MEMORY_BYTES_MAX, QUIZ_MEMORY_BYTES_MAX))
    seconds = int(QUIZ_SECONDS_MAX)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    kind, language = sys.argv[1:3]
    text = sys.stdin.buffer.read(QUIZ_SOURCE_BYTES_MAX + 1).decode("utf-8-sig", errors="replace")
    parse, name = _PARSERS[kind]
    exercise, faults = parse(text, name=name.format(language))
    data = ""
    if exercise is not None and exercise.pictures:
        hint = "Leave them out."
        faults = [*faults, Fault("error", "", "a quiz made here has no pictures", hint)]
    elif exercise is not None:
        try:
            data = codec.encode(exercise).decode()
        except InvalidContent as error:
            faults = [*faults, Fault("error", "", error.message, error.hint)]
    said = [
        {key: getattr(fault, key) for key in ("severity", "line", "field", "message", "hint")}
        for fault in faults
    ]
    sys.stdout.write(json.dumps({"exercise": data, "faults": said}))


if __name__ == "__main__":
    main()
