"""The known codes of stage, grade, subject, edition and volume, with labels in English and Chinese.

They follow the dimensions of the national platform of basic education. They are data in `codes/`:
a district adds a line there; no program changes.
"""

import difflib
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

FOR_TEACHERS = "teachers"  # the stage of packs that aren't for pupils, whatever their grade
DIMENSIONS = {
    "stage": "stages",
    "grade": "grades",
    "subject": "subjects",
    "edition": "editions",
    "volume": "volumes",
}


@cache
def _read(name: str) -> dict[str, Any]:
    text = files("content_packs").joinpath("codes", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def known(dimension: str) -> tuple[str, ...]:
    """Return the known codes of a dimension, such as `subject`, in their usual order."""
    return tuple(_read(DIMENSIONS[dimension]))


def label(dimension: str, code: str, language: str) -> str:
    """Return the label of `code` in `language` (`zh-Hant` falls back to `zh`), or `code` itself."""
    labels = _read(DIMENSIONS[dimension]).get(code, {})
    for tag in (language, language.split("-", 1)[0], "en"):
        if tag in labels:
            return str(labels[tag])
    return code


def stage_of(grade: str) -> str:
    """Return the stage that a grade belongs to, or an empty string."""
    return str(_read(DIMENSIONS["grade"]).get(grade, {}).get("stage", ""))


def licences() -> tuple[str, ...]:
    """Return the SPDX identifiers that are known."""
    return tuple(_read("licences")["known"])


def nearest(word: str, words: tuple[str, ...]) -> str:
    """Return the one of `words` that `word` was probably meant to be, or an empty string."""
    lowered = {candidate.lower(): candidate for candidate in words}
    found = difflib.get_close_matches(word.lower().replace(" ", "-"), lowered, n=1, cutoff=0.6)
    return lowered[found[0]] if found else ""


def code_meant(dimension: str, word: str) -> str:
    """Return the code that `word` was probably meant to be, by its code or a label, or ``."""
    table = _read(DIMENSIONS[dimension])
    by_label = {
        str(text).lower(): code
        for code, labels in table.items()
        for key, text in labels.items()
        if key != "stage"
    }
    if word.lower() in by_label:
        return by_label[word.lower()]
    return nearest(word, tuple(table))
