"""Made-up words with the frequencies of a language, so that text compresses as text does."""

import itertools
import random

_STARTS = ("b", "br", "c", "ch", "d", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "r", "s", "st")
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "ou")
_ENDS = ("", "n", "r", "s", "t", "l", "nd", "st", "m")
_VOCABULARY = 4_000
_SENTENCE_WORDS = (6, 16)


class Words:
    """A source of sentences; the same seed gives the same sentences."""

    def __init__(self, seed: int) -> None:
        made = random.Random(0)  # noqa: S311 - one vocabulary for the whole course
        syllables = ["".join(parts) for parts in itertools.product(_STARTS, _VOWELS, _ENDS)]
        self._words = [
            "".join(made.choices(syllables, k=made.choice((1, 2, 2, 3))))
            for _ in range(_VOCABULARY)
        ]
        # Zipf's law: the nth word comes 1/n as often as the first.
        self._weights = list(itertools.accumulate(1 / rank for rank in range(1, _VOCABULARY + 1)))
        self.chance = random.Random(seed)  # noqa: S311 - the same bytes in every run

    def phrase(self, count: int) -> str:
        """Return `count` words."""
        return " ".join(self.chance.choices(self._words, cum_weights=self._weights, k=count))

    def sentence(self) -> str:
        """Return a sentence."""
        return self.phrase(self.chance.randint(*_SENTENCE_WORDS)).capitalize() + "."

    def paragraph(self, sentences: int) -> str:
        """Return a paragraph."""
        return " ".join(self.sentence() for _ in range(sentences))
