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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sync_node.search import question as asked
from sync_node.search import schema, spelling, words
from sync_node.search.index import title_token
from sync_node.search.limits import (
    CANDIDATES_MAX,
    COUNTED_MAX,
    PARTS_AROUND_MAX,
    PARTS_MAX,
    RANKED_MAX,
    RELAXED_MAX,
    RUN_TOKENS_MAX,
    VOTED_MAX,
    VOTES_MAX,
)
from sync_node.search.question import Question, Term

Way = Literal["whole", "title", "sound", "around", "text", "spread", "some"]
WAYS: tuple[Way, ...] = ("whole", "title", "sound", "around", "text", "spread", "some")

_TITLES = "SELECT rowid FROM title_index WHERE title_index MATCH ? LIMIT ?"
_PASSAGES = "SELECT rowid FROM passage_index WHERE passage_index MATCH ? LIMIT ?"
_COUNT = f"SELECT (SELECT count(*) FROM ({_TITLES})), (SELECT count(*) FROM ({_PASSAGES}))"  # noqa: S608  # of ours


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
    """Asks one open search.db.

    `facets` is an expression for the facets chosen, `without` for those left out; both may be
    empty. `passages`: whether texts are looked at, or only titles, as for suggestions. `check` is
    called before each question to SQLite; what it raises leaves `matches` with what was found until
    then.
    """

    def __init__(
        self,
        database: sqlite3.Connection,
        *,
        check: Callable[[], None],
        facets: str = "",
        without: str = "",
        passages: bool = True,
    ) -> None:
        self._database = database
        self._check = check
        self._facets = facets
        self._without = without
        self._with_passages = passages
        self._counts: dict[Term, int] = {}
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
        if len(parts) > 1 and not self._is_enough(parts):
            self.matches.add_titles(self._titles(*around), "around")
        # What a thousand titles have isn't looked for in texts: none of that would be shown.
        if not self._with_passages or len(in_titles) >= CANDIDATES_MAX:
            return
        parts = question.parts(of_texts=True)
        self.matches.add_passages(self._passages(asked.all_of("words", parts)), "text")
        if len(parts) > 1 and not self._is_enough(parts):
            around = [asked.any_of("words", parts), asked.all_of("words context", parts)]
            self.matches.add_passages(self._passages(*around), "spread")

    def match_around(self, question: Question) -> None:
        """Find what has all parts, in itself or around it, into `matches`: a quicker `match`."""
        together = asked.all_of("words context", question.parts())
        self.matches.add_titles(self._titles(together), "around")
        if self._with_passages and not self._is_enough():
            together = asked.all_of("words context", question.parts(of_texts=True))
            self.matches.add_passages(self._passages(together), "spread")

    def _is_enough(self, parts: Sequence[str] = ()) -> bool:
        """Say whether so much was found that what is found another way wouldn't be shown.

        Of a question of many parts, anything that has them all in one place is enough.
        """
        found = len(self.matches.things)
        self.matches.more |= found >= RANKED_MAX
        return found >= RANKED_MAX or (found > 0 and len(parts) > PARTS_AROUND_MAX)

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
        terms = sorted(_singles(question), key=self._count)
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
        terms = _singles(question)
        counts = {term: self._count(term) for term in terms}
        there = sorted((term for term in terms if counts[term]), key=counts.__getitem__)
        titles: dict[int, float] = {}
        passages: dict[int, float] = {}
        for term in there[:VOTES_MAX]:
            part = asked.all_of("words", term.parts())
            for row in self._titles(part, most=VOTED_MAX):
                titles[row] = titles.get(row, 0.0) + 2 / counts[term]
            part = asked.all_of("words", term.parts(of_texts=True))
            for row in self._passages(part, most=VOTED_MAX) if self._with_passages else []:
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

    def _titles(self, *expressions: str, most: int = CANDIDATES_MAX) -> list[int]:
        return self._rows(_TITLES, expressions, most)

    def _passages(self, *expressions: str, most: int = CANDIDATES_MAX) -> list[int]:
        return self._rows(_PASSAGES, expressions, most)

    def _rows(self, statement: str, expressions: tuple[str, ...], most: int) -> list[int]:
        match = asked.both([*expressions, *([self._facets] if self._facets else [])])
        if self._without:
            match = f"({match}) NOT ({self._without})"
        self._check()
        return [row for (row,) in self._database.execute(statement, (match, most))]

    def _is_there(self, term: Term) -> bool:
        if self._has(_TITLES, asked.all_of("words context", term.parts())):
            return True
        of_texts = asked.all_of("words context", term.parts(of_texts=True))
        if self._with_passages and self._has(_PASSAGES, of_texts):
            return True
        return term.text.isalpha() and self._has(_TITLES, asked.sounds(Question((term,), "")))

    def _has(self, statement: str, expression: str) -> bool:
        self._check()
        return self._database.execute(statement, (expression, 1)).fetchone() is not None

    def _nearest(self, word: str) -> str:
        """Return the word one typo away that stands in most rows, or nothing."""
        nearest = spelling.near(self._database, word)
        found = {near: self._count(Term(near, is_run=False)) for near in nearest}
        best = max(found, key=lambda near: (found[near], near), default="")
        return best if best and found[best] else ""

    def _count(self, term: Term) -> int:
        """Return how many rows have a word, or a pair, as far as they are counted."""
        if term not in self._counts:
            self._check()
            token = asked.any_of("words", [f'"{term.token}"'])
            values = (token, COUNTED_MAX) * 2
            self._counts[term] = sum(self._database.execute(_COUNT, values).fetchone())
        return self._counts[term]


def _singles(question: Question) -> list[Term]:
    """Return a question's words, and the pairs of characters of its runs as terms of their own."""
    found: dict[Term, None] = {}
    for term in question.terms:
        if term.is_run:
            pairs = words.run_tokens(term.text)[:RUN_TOKENS_MAX]
            found.update(dict.fromkeys(Term(pair, is_run=True) for pair in pairs))
        else:
            found[term] = None
    return list(found)[:PARTS_MAX]
