"""What is asked of every engine: the kinds of question that the issue names, drawn from the text.

Each question but those with a typo or of pinyin stands in some item as it is asked. The last three
are what costs most: nothing has all of it.
"""

import random
from collections.abc import Callable, Iterable, Iterator

from scripts.bench.searching.catalogue import SUBJECTS
from sync_node.search import pinyin
from sync_node.search.contents import Unit

KINDS = (
    "two characters", "one character", "a longer phrase", "two words", "in a caption",
    "grade and topic", "an English word", "two English words", "prefix of 1",
    "prefix of 2", "prefix of 3", "a typo",
    "pinyin", "initials", "a wrong character", "forty words", "single letters",
)  # fmt: skip
HARDEST = ("a wrong character", "forty words", "single letters")
_GRADES = "一二三四五六七八九"
_KEPT = 4_000  # titles and captions that questions are drawn from


class Sample:
    """Some titles and captions of the catalogue, kept while it goes by."""

    def __init__(self) -> None:
        self._chance = random.Random(11)  # noqa: S311  # the same each time
        self._seen = 0
        self.titles: list[str] = []
        self.captions: list[str] = []
        self.packs: list[tuple[str, str]] = []

    def watch(self, units: Iterable[Unit]) -> Iterator[Unit]:
        """Yield the units, keeping a sample of what they say (Vitter's algorithm R)."""
        for unit in units:
            for thing in unit.things:
                if thing.item:
                    self._keep(self.titles, thing.title["zh"])
                    said = [p.text for p in thing.passages if p.language == "zh" and p.places]
                    if said:
                        self._keep(self.captions, said[0])
            yield unit

    def _keep(self, kept: list[str], text: str) -> None:
        self._seen += 1
        if len(kept) < _KEPT:
            kept.append(text)
        elif self._chance.random() < _KEPT / self._seen:
            kept[self._chance.randrange(_KEPT)] = text


def questions(kind: str, count: int, sample: Sample) -> list[str]:
    """Return so many questions of a kind, the same for everybody who is asked."""
    chance = random.Random(f"{kind} {count}")  # noqa: S311  # the same for everybody
    return [_MAKERS[kind](chance, sample) for _ in range(count)]


def _stretch(chance: random.Random, text: str, length: int) -> str:
    """Return neighbouring Chinese characters of a text."""
    for _ in range(50):
        at = chance.randrange(max(len(text) - length, 0) + 1)
        found = text[at : at + length]
        if len(found) == length and all("一" <= character <= "鿿" for character in found):
            return found
    return chance.choice(_TOPICS)[:length]


def _typo(chance: random.Random) -> str:
    word = chance.choice([word for word in _ENGLISH if len(word) >= 6])
    at = chance.randrange(1, len(word) - 1)
    letter = chance.choice("abcdefghijklmnopqrstuvwxyz")
    return chance.choice([
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    ])  # fmt: skip


def _wrong(stretch: str) -> str:
    return f"{stretch[:2]}鼻{stretch[3:]}"  # a character that the made-up texts don't have


def _sound(chance: random.Random, length: int) -> str:
    """Return the pinyin of a topic, or its initials where `length` is theirs."""
    topic = chance.choice(_TOPICS)
    found = [token for token in pinyin.tokens(topic) if not length or len(token) == length]
    return max(found, key=len) if found else "fs"


_TOPICS = [word for chinese, _ in SUBJECTS.values() for word in chinese.split() if len(word) == 2]
_ENGLISH = sorted({word for _, english in SUBJECTS.values() for word in english.split()})
_MAKERS: dict[str, Callable[[random.Random, Sample], str]] = {
    "two characters": lambda c, s: c.choice(
        (c.choice(_TOPICS), _stretch(c, c.choice(s.titles), 2))
    ),
    "one character": lambda c, s: _stretch(c, c.choice(s.titles), 1),
    "a longer phrase": lambda c, s: _stretch(c, c.choice(s.titles), 4),
    "two words": lambda c, s: " ".join(_stretch(c, t, 2) for t in [c.choice(s.captions)] * 2),
    "in a caption": lambda c, s: _stretch(c, c.choice(s.captions), 5),
    "grade and topic": lambda c, _: f"{c.choice(_GRADES)}年级{c.choice(_TOPICS)}",
    "an English word": lambda c, _: c.choice(_ENGLISH),
    "two English words": lambda c, _: f"{c.choice(_ENGLISH)} {c.choice(_ENGLISH)}",
    "prefix of 1": lambda c, _: c.choice(_ENGLISH)[:1],
    "prefix of 2": lambda c, _: c.choice(_ENGLISH)[:2],
    "prefix of 3": lambda c, _: c.choice(_ENGLISH)[:3],
    "a typo": lambda c, _: _typo(c),
    "pinyin": lambda c, _: _sound(c, 0),
    "initials": lambda c, _: _sound(c, 2),
    "a wrong character": lambda c, s: _wrong(_stretch(c, c.choice(s.captions), 5)),
    "forty words": lambda c, s: " ".join(_stretch(c, c.choice(s.captions), 2) for _ in range(40)),
    "single letters": lambda c, _: " ".join(c.choices("abcdefghijklmnopqrstuvwxyz", k=8)),
}
