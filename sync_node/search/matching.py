"""Ways to match a question, from the best to the last that is tried.

    title     all of it in a title (or the whole of a title)
    sound     titles whose pinyin it is
    around    a part in the title, the rest in titles and labels around it
    text      all of it in one passage
    spread    a part in a passage, the rest in the titles around it
    some      some of its parts, the rarest counting most

Where nothing has a word, the nearest one that is there takes its place. Where all parts together
find nothing, the rarest is left out, up to three times; then whatever has some of them is found.
"""

import heapq
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from sync_node.search import question as asked
from sync_node.search import schema, spelling, words
from sync_node.search.index import title_token
from sync_node.search.limits import CANDIDATES_MAX, RANKED_MAX, RELAXED_MAX, VOTES_MAX
from sync_node.search.question import Question, Term

Way = Literal["whole", "title", "sound", "around", "text", "spread", "some"]
WAYS: tuple[Way, ...] = ("whole", "title", "sound", "around", "text", "spread", "some")

_TITLES = "SELECT rowid FROM title_index WHERE title_index MATCH ? LIMIT ?"
_PASSAGES = "SELECT rowid FROM passage_index WHERE passage_index MATCH ? LIMIT ?"


@dataclass
class Matches:
    """What was found: things by how they matched, with their shelves, and passages by thing.

    `things` holds each thing once, with the number of its best way, in the order found.
    """

    things: dict[int, int] = field(default_factory=dict)
    shelves: dict[int, int] = field(default_factory=dict)
    passages: dict[int, dict[int, None]] = field(default_factory=dict)
    more: bool = False

    def add_titles(self, rows: list[int], way: Way) -> None:
        """Note rows of title_index."""
        self._add(rows, rows, way)

    def add_passages(self, rows: list[int], way: Way) -> None:
        """Note passages."""
        keys = [row >> schema.PASSAGE_BITS for row in rows]
        self._add(rows, keys, way)
        passages, mask = self.passages, schema.THINGS_MAX - 1
        for row, key in zip(rows, keys, strict=True):
            passages.setdefault(key & mask, {})[row] = None

    def _add(self, rows: list[int], keys: list[int], way: Way) -> None:
        """Note the things of rows; `keys` are numbers of rows without a passage's part."""
        self.more |= len(rows) >= CANDIDATES_MAX
        number, things, mask = WAYS.index(way), self.things, schema.THINGS_MAX - 1
        for key in keys:
            thing = key & mask
            if thing not in things:
                things[thing] = number
                self.shelves[thing] = schema.shelf_of(key)


class Matcher:
    """Asks one open search.db. `facets` is an expression for the facets chosen, or empty.

    `passages`: whether texts are looked at, or only titles, as for suggestions.
    """

    def __init__(
        self, database: sqlite3.Connection, *, facets: str = "", passages: bool = True
    ) -> None:
        self._database = database
        self._facets = facets
        self._with_passages = passages
        self.matches = Matches()

    def match(self, question: Question) -> None:
        """Find what matches in any way, into `matches`."""
        if not question.terms:
            if self._facets:
                self.matches.add_titles(self._titles(), "title")
            return
        parts = question.parts()
        whole = asked.any_of("facets", [f'"{title_token(question.whole)}"'])
        self.matches.add_titles(self._titles(whole), "whole")
        in_titles = self._titles(asked.all_of("words", parts))
        self.matches.add_titles(in_titles, "title")
        if question.is_latin:
            self.matches.add_titles(self._titles(asked.sounds(question)), "sound")
        around = [asked.any_of("words", parts), asked.all_of("words context", parts)]
        if len(parts) > 1 and not self._is_enough():
            self.matches.add_titles(self._titles(*around), "around")
        # What a thousand titles have isn't looked for in texts: none of that would be shown.
        if not self._with_passages or len(in_titles) >= CANDIDATES_MAX:
            return
        self.matches.add_passages(self._passages(asked.all_of("words", parts)), "text")
        if len(parts) > 1 and not self._is_enough():
            self.matches.add_passages(self._passages(*around), "spread")

    def match_around(self, question: Question) -> None:
        """Find what has all parts, in itself or around it, into `matches`: a quicker `match`."""
        together = asked.all_of("words context", question.parts())
        self.matches.add_titles(self._titles(together), "around")
        if self._with_passages and not self._is_enough():
            self.matches.add_passages(self._passages(together), "spread")

    def _is_enough(self) -> bool:
        """Say whether so much was found that what is found another way wouldn't be shown."""
        enough = len(self.matches.things) >= RANKED_MAX
        self.matches.more |= enough
        return enough

    def mended(self, question: Question) -> tuple[Question, tuple[tuple[str, str], ...]]:
        """Return the question with words that nothing has replaced by the nearest, and which."""
        corrected = []
        for term in question.terms:
            absent = not term.is_run and not self._is_there(term)
            if absent and (best := self._nearest(term.text)):
                question = question.with_word(term.text, best)
                corrected.append((term.text, best))
        return question, tuple(corrected)

    def relaxed(self, question: Question) -> Iterator[tuple[Question, tuple[str, ...]]]:
        """Yield the question without its rarest part, then without the two rarest, and so on.

        Parts of a run are its pairs of characters: what two words make where they meet, with no
        blank between, is such a pair that is nowhere.
        """
        terms = [single for term in question.terms for single in _singles(term)]
        terms.sort(key=self._count)
        most = min(RELAXED_MAX, len(terms) // 2)
        for left_out in range(1, most + 1):
            kept = tuple(terms[left_out:])
            out = tuple(term.text for term in terms[:left_out])
            yield Question(kept, question.whole), out

    def match_some(self, question: Question) -> tuple[Question, tuple[str, ...]]:
        """Find what has some of the parts, into `matches`.

        Return the parts that are somewhere, as a question, and those that are nowhere.

        A part counts the more, the fewer rows have it; a title counts as two passages.
        """
        terms = [single for term in question.terms for single in _singles(term)]
        counts = {term: self._count(term) for term in terms}
        there = sorted((term for term in terms if counts[term]), key=counts.__getitem__)
        titles: dict[int, float] = {}
        passages: dict[int, float] = {}
        for term in there[:VOTES_MAX]:
            part = asked.all_of("words", term.parts())
            for row in self._titles(part):
                titles[row] = titles.get(row, 0.0) + 2 / counts[term]
            for row in self._passages(part) if self._with_passages else []:
                passages[row] = passages.get(row, 0.0) + 1 / counts[term]
        best = heapq.nlargest(
            RANKED_MAX,
            [(vote, -row, row, True) for row, vote in titles.items()]
            + [(vote, -row, row, False) for row, vote in passages.items()],
        )
        for _, _, row, is_title in best:
            add = self.matches.add_titles if is_title else self.matches.add_passages
            add([row], "some")
        kept = Question(tuple(there[:VOTES_MAX]), question.whole)
        return kept, tuple(term.text for term in terms if not counts[term])

    def _titles(self, *expressions: str) -> list[int]:
        return self._rows(_TITLES, expressions)

    def _passages(self, *expressions: str) -> list[int]:
        return self._rows(_PASSAGES, expressions)

    def _rows(self, statement: str, expressions: tuple[str, ...]) -> list[int]:
        match = asked.both([*expressions, *([self._facets] if self._facets else [])])
        found = self._database.execute(statement, (match, CANDIDATES_MAX))
        return [row for (row,) in found]

    def _is_there(self, term: Term) -> bool:
        expression = asked.all_of("words context", term.parts())
        statements = [_TITLES, _PASSAGES] if self._with_passages else [_TITLES]
        there = any(self._database.execute(s, (expression, 1)).fetchone() for s in statements)
        if there or not term.text.isalpha():
            return there
        sounds = asked.sounds(Question((term,), ""))
        return self._database.execute(_TITLES, (sounds, 1)).fetchone() is not None

    def _nearest(self, word: str) -> str:
        """Return the word one typo away that stands in most rows, or nothing."""
        found = {near: self._rows_with(near) for near in spelling.near(self._database, word)}
        best = max(found, key=lambda near: (found[near], near), default="")
        return best if best and found[best] else ""

    def _count(self, term: Term) -> int:
        return self._rows_with(words.stem(term.text) if not term.is_run else term.text)

    def _rows_with(self, token: str) -> int:
        found = self._database.execute(
            "SELECT coalesce((SELECT doc FROM title_words WHERE term = ?1), 0)"
            " + coalesce((SELECT doc FROM passage_words WHERE term = ?1), 0)",
            (token,),
        ).fetchone()
        return int(found[0])


def _singles(term: Term) -> list[Term]:
    """Return a run's pairs of characters as terms of their own; a word as it is."""
    if not term.is_run or len(term.text) < 3:
        return [term]
    return [Term(token, is_run=True) for token in words.run_tokens(term.text)]
