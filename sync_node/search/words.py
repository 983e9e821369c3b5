"""How texts become tokens, the same for what is indexed and for what is asked.

1. A text is folded: compatibility forms to plain ones (NFKD), case, and the accents of Latin,
   Greek and Cyrillic (U+0300 to U+036F) go.
2. A **run** is a stretch of Chinese characters, kana or Hangul; a **word** one of any other letters
   and digits. Everything else parts them.
3. A run gives each of its characters, and each two neighbours: so a question of one or of two
   characters is one token.
4. A word gives itself, and itself without an English plural's ending.

Tokens hold letters, digits and marks alone: nothing in them means anything to FTS5.
"""

import re
import sys
import unicodedata
from array import array
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from sync_node.search.limits import WORD_CHARACTERS_MAX

VERSION = 2  # of these rules: an index made by others is made anew

_RUN = (
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
# Marks that are part of words: Hebrew, Arabic, the Indic scripts, Tibetan, Mongolian.
_MARKS = (
    "\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0f18-\u0f19\u0f35"
    "\u0f37\u0f39\u0f3e-\u0f3f\u0f71-\u0f84\u0f8d-\u0fbc\u180b-\u180f"
)
_RUNS = f"[{_RUN}]+"
_WORDS = rf"(?:[^\W_{_RUN}]|[{_MARKS}])+"
_UTF_32 = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"
_BLANKS = array("I", [ord(" ")])
_ACCENTS = re.compile("[\u0300-\u036f]")


class _Patterns(NamedTuple):
    runs: re.Pattern[str]
    words: re.Pattern[str]
    pieces: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    """Return the patterns. Compiled late: sets of letters as large as these take a start's time."""
    return _Patterns(re.compile(_RUNS), re.compile(_WORDS), re.compile(f"({_RUNS})|({_WORDS})"))


class Piece(NamedTuple):
    """A run (`is_run`) or a word of a folded text."""

    text: str
    is_run: bool


def fold(text: str) -> str:
    """Return a text with what doesn't matter to a reader who searches taken away."""
    if text.isascii():
        return text.lower()
    if unicodedata.is_normalized("NFKD", text):  # most Chinese
        return text.casefold()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFKC", plain).casefold()


def pieces(text: str) -> Iterator[Piece]:
    """Yield the runs and words of any text, folded, in their order."""
    for found in _patterns().pieces.finditer(fold(text)):
        run, word = found.groups()
        yield Piece(run, is_run=True) if run else Piece(word[:WORD_CHARACTERS_MAX], is_run=False)


def run_tokens(run: str) -> list[str]:
    """Return what a run is asked for by: each two neighbours, or its only character."""
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def stem(word: str) -> str:
    """Return an English word without a plural's ending; any other word as it is."""
    if len(word) < 4 or not word.isascii() or not word.endswith("s"):
        return word
    if word.endswith(("ss", "us", "is")):
        return word
    return word[:-3] + "y" if word.endswith("ies") and len(word) > 4 else word[:-1]


class Tokens(NamedTuple):
    """Tokens as FTS5 is given them, with blanks between, some twice; those that are of words."""

    text: str
    words: set[str]


def tokens(*texts: str) -> Tokens:
    """Return the tokens of texts."""
    folded = "\n".join(map(fold, texts))
    patterns = _patterns()
    runs = " ".join(patterns.runs.findall(folded))
    if runs:
        folded = patterns.runs.sub(" ", folded)
    found: set[str] = set()
    for word in patterns.words.findall(folded):
        found.add(word[:WORD_CHARACTERS_MAX])
        found.add(stem(word[:WORD_CHARACTERS_MAX]))
    if not runs:
        return Tokens(" ".join(found), found)
    return Tokens(" ".join((_pairs(runs), *set(runs), *found)), found)


def _pairs(runs: str) -> str:
    """Return each two neighbouring characters of runs with blanks between: AB CD as A AB B  C CD D.

    Each character is put down twice, with a blank between. This is done to the whole of a text at
    once: a loop over its characters takes most of the time that indexing does.
    """
    characters = array("I", runs.encode(_UTF_32))
    twice = _BLANKS * (3 * len(characters))
    twice[::3] = twice[2::3] = characters
    return twice.tobytes().decode(_UTF_32)
