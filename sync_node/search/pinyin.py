"""Chinese titles as pupils type them without an input method: whole pinyin, and initials.

`readings.txt` has, for some 13,000 characters, the syllables that each is read as (without tones, ü
as `v`), the usual one first. It is made from Unicode's Unihan by `scripts/pinyin_readings`; why a
table of our own, DECISIONS.md says. Which reading is meant isn't worked out: a character that has
two gets both, so that 音乐 is found by `yinyue` (and by `yinle`).

From each character of a run on, the syllables that follow make a token of up to 16 letters, and
their initials one of up to 8: a question is the beginning of such a token.
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from content_packs.digests import digest_of
from sync_node.search.limits import (
    PINYIN_INITIALS_MAX,
    PINYIN_LETTERS_MAX,
    PINYIN_READINGS_MAX,
)
from sync_node.search.words import fold

VERSION = 1  # of these rules

Readings = dict[str, tuple[str, ...]]


@cache
def _data() -> bytes:
    return files("sync_node.search").joinpath("readings.txt").read_bytes()


def identity() -> str:
    """Return what tells this table and these rules from others."""
    return f"{VERSION}-{digest_of(_data())[:16]}"


@cache
def readings() -> Readings:
    """Return the syllables of each character."""
    found: Readings = {}
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}
    for line in _data().decode().splitlines():
        if line.startswith("#"):
            continue
        syllables, characters = line.split(" ")
        read = tuple(syllables.split("/"))
        read = shared.setdefault(read, read)
        found.update(dict.fromkeys(characters, read))
    return found


def tokens(text: str) -> list[str]:
    """Return the distinct tokens of the Chinese in a text."""
    table = readings()
    found: dict[str, None] = {}
    run: list[tuple[str, ...]] = []
    for character in (*fold(text), ""):
        read = table.get(character)
        if read:
            run.append(read)
        elif run:
            _add(run, found)
            run = []
    return list(found)


def _add(run: list[tuple[str, ...]], found: dict[str, None]) -> None:
    for syllables in _ways(run):
        whole, initials = "".join(syllables), "".join(syllable[0] for syllable in syllables)
        at = 0
        for number, syllable in enumerate(syllables):
            found[whole[at : at + PINYIN_LETTERS_MAX]] = None
            found[initials[number : number + PINYIN_INITIALS_MAX]] = None
            at += len(syllable)


def _ways(run: list[tuple[str, ...]]) -> Iterator[list[str]]:
    """Yield the usual way to read a run, then those where one character is read otherwise."""
    usual = [read[0] for read in run]
    yield usual
    others = [(at, other) for at, read in enumerate(run) for other in read[1:]]
    for at, other in others[: PINYIN_READINGS_MAX - 1]:
        yield [*usual[:at], other, *usual[at + 1 :]]
