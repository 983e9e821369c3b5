"""An exercise as a file of a pack: canonical JSON, strict and bounded.

What is read is sound by `rules`, and its HTML is cleaned again: a pack may come from a builder that
isn't ours. So a reader can show and grade it without a further look.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from content_packs import canonical_json
from content_packs.errors import InvalidContent
from content_packs.exercises import rules
from content_packs.exercises.model import FORMAT, Exercise
from content_packs.fragments import clean_fragment
from content_packs.limits import EXERCISE_BYTES_MAX

_HTML_ENDING = "html"


def encode(exercise: Exercise) -> bytes:
    """Return the canonical bytes of an exercise. Raises `InvalidContent` if it isn't sound."""
    _check(exercise)
    data = canonical_json.encode(msgspec.to_builtins(exercise))
    if len(data) > EXERCISE_BYTES_MAX:
        raise InvalidContent(
            f"the exercise has {len(data)} bytes, at most {EXERCISE_BYTES_MAX} are allowed",
            hint="Split it in two.",
        )
    return data


def decode(data: bytes, *, address: Callable[[str], str | None] = str) -> Exercise:
    """Return the exercise in `data`, its HTML cleaned.

    `address` as in `fragments.clean_fragment`. Raises `InvalidContent` for anything but the
    canonical bytes of a sound exercise of a format that is known.
    """
    value = canonical_json.decode(data, bytes_max=EXERCISE_BYTES_MAX, what="exercise")
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise InvalidContent(
            f"exercise: not of format {FORMAT}", hint="Update Satchel: it may be of a newer one."
        )
    _clean(value, address)
    try:
        exercise = msgspec.convert(value, Exercise)
    except msgspec.ValidationError as error:
        raise InvalidContent(f"exercise: {error}", hint="Build the pack again.") from error
    _check(exercise)
    return exercise


def _check(exercise: Exercise) -> None:
    found = [("", problem) for problem in rules.problems_around(exercise)]
    for number, question in enumerate(exercise.questions, 1):
        found += [(f"question[{number}].", problem) for problem in rules.problems(question)]
    for where, problem in found:
        raise InvalidContent(
            f"exercise: {where}{problem.field}: {problem.message}", hint=problem.hint
        )


def _clean(value: Any, address: Callable[[str], str | None]) -> None:
    """Clean every text whose key says that it is HTML, in place."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in members:
        if isinstance(key, str) and key.endswith(_HTML_ENDING):
            if isinstance(member, str):
                value[key] = clean_fragment(member, address=address)
            elif isinstance(member, list):
                value[key] = [
                    clean_fragment(one, address=address) if isinstance(one, str) else one
                    for one in member
                ]
        elif isinstance(member, dict | list):
            _clean(member, address)
