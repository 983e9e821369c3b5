"""Asking search.db: `Searcher.search` for the page, `Searcher.suggest` while somebody types."""

import re
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from content_packs.manifest import LocalisedText
from sync_node.data_dir import DataDir
from sync_node.languages import Text, text_for
from sync_node.search import question as asked
from sync_node.search import schema, snippets, words
from sync_node.search.connections import Connections, OutOfTime
from sync_node.search.database import IndexUnusable
from sync_node.search.index import decoded
from sync_node.search.limits import (
    HITS_OFFSET_MAX,
    HITS_SHOWN,
    HITS_WITH_PLACES,
    PLACES_LOOKED_AT,
    PLACES_SHOWN,
    QUERY_SECONDS_MAX,
    RANKED_MAX,
    SHOW_SECONDS_MAX,
    SUGGESTIONS_SHOWN,
)
from sync_node.search.matching import WAYS, Matcher, Matches
from sync_node.search.question import Question, Term
from sync_node.search.results import (
    DIMENSIONS,
    Chosen,
    FacetCount,
    Hit,
    Place,
    Results,
)

_FITS_NOT = 5
_KIND_ORDER = (schema.PACK, schema.LESSON)


class _Found(NamedTuple):
    """A thing that matched, as its rows say."""

    id: int
    kind: str
    item: str
    title: LocalisedText
    pack: str
    lesson: str
    pack_title: bytes
    lesson_title: bytes
    grade: str
    subject: str


class _Passage(NamedTuple):
    """A passage that matched, as its row says."""

    language: str
    text: str
    places: bytes


class Searcher:
    """Answers questions. Safe for several threads. `monotonic` returns seconds."""

    def __init__(self, data_dir: DataDir, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._connections = Connections(data_dir, monotonic)

    def search(
        self,
        text: str,
        *,
        chosen: Chosen = Chosen(),  # noqa: B008  # frozen
        languages: Sequence[str] = (),
        limit: int = HITS_SHOWN,
        offset: int = 0,
    ) -> Results:
        """Return what any text finds, the best first. `languages`: what the reader prefers.

        Raises `StorageFailed` where the disk fails; a missing or damaged index isn't `ready`.
        """
        offset = min(max(offset, 0), HITS_OFFSET_MAX)
        return self._answer(_Asking(text, chosen, languages, limit, offset))

    def suggest(
        self,
        text: str,
        *,
        chosen: Chosen = Chosen(),  # noqa: B008  # frozen
        languages: Sequence[str] = (),
    ) -> tuple[Hit, ...]:
        """Return a few titles for what is being typed. Raises as `search` does."""
        asking = _Asking(text, chosen, languages, SUGGESTIONS_SHOWN, 0, passages=False)
        return self._answer(asking).hits

    def _answer(self, asking: "_Asking") -> Results:
        try:
            with self._connections.reading() as database:
                return asking.answer(database, self._connections)
        except OutOfTime:
            return Results(late=True)
        except IndexUnusable:
            return Results(ready=False)


class _Asking:
    """One question on its way."""

    def __init__(  # noqa: PLR0913  # what a question is
        self,
        text: str,
        chosen: Chosen,
        languages: Sequence[str],
        limit: int,
        offset: int,
        *,
        passages: bool = True,
    ) -> None:
        self._question = asked.ask(text)
        self._chosen = chosen
        self._languages = languages
        self._limit = limit
        self._offset = offset
        self._passages = passages
        self._corrected: tuple[tuple[str, str], ...] = ()
        self._left_out: tuple[str, ...] = ()

    def answer(self, database: sqlite3.Connection, connections: Connections) -> Results:
        """Return what is found, as far as there is time. SQLite's errors come out as they are."""
        facets = self._facets(database)
        if facets is None:
            return Results()  # nothing here has such a facet
        matcher = Matcher(
            database,
            check=connections.check,
            facets=facets,
            without=_of_stage(database, self._chosen.without_stage),
            passages=self._passages,
        )
        late = False
        try:
            with connections.within(QUERY_SECONDS_MAX):
                self._match(matcher)
        except OutOfTime:
            late = True
        with connections.within(SHOW_SECONDS_MAX):
            return self._shown(database, matcher.matches, late=late)

    def _shown(self, database: sqlite3.Connection, matches: Matches, *, late: bool) -> Results:
        return Results(
            self._hits(database, matches, self._question),
            self._counts(database, matches) if self._passages else {},
            len(matches.things),
            matches.more or late,
            self._corrected,
            self._left_out,
            late=late,
        )

    def _match(self, matcher: Matcher) -> None:
        """Find matches; note the question that found them, and how it isn't what was asked."""
        found = matcher.matches.things
        matcher.match(self._question)
        if found or not self._question.terms:
            return
        self._question, self._corrected = matcher.mended(self._question)
        if self._corrected:
            matcher.match(self._question)
        if found:
            return
        whole = self._question
        for self._question, self._left_out in matcher.relaxed(whole):
            matcher.match_around(self._question)
            if found:
                return
        self._question, self._left_out = matcher.match_some(whole)

    def _facets(self, database: sqlite3.Connection) -> str | None:
        """Return the expression for the facets chosen; None where nothing has one of them."""
        parts = []
        for dimension in DIMENSIONS:
            code = getattr(self._chosen, dimension)
            if code:
                found = database.execute(
                    "SELECT id FROM code WHERE dimension = ? AND code = ?", (dimension, code)
                ).fetchone()
                if not found:
                    return None
                parts.append(f'"f{found[0]}"')
        return asked.all_of("facets", parts) if parts else ""

    def _hits(
        self, database: sqlite3.Connection, matches: Matches, question: Question
    ) -> tuple[Hit, ...]:
        ranked = _look_at(database, _worth_a_look(matches))
        ranked.sort(key=lambda found: self._rank(found, matches, question))
        shown = ranked[self._offset : self._offset + self._limit]
        passages = _passages_of(database, [found.id for found in shown], matches)
        several = shown[:HITS_WITH_PLACES]
        return tuple(
            self._hit(
                found, matches, question,
                _places(
                    found.kind, passages[found.id], question, self._languages,
                    PLACES_SHOWN if found in several else 1,
                ),
            )
            for found in shown
        )  # fmt: skip

    def _rank(self, found: _Found, matches: Matches, question: Question) -> tuple[int, ...]:
        """Return what puts hits in order: the smallest comes first."""
        titles = [words.fold(text).strip() for text in found.title.values()]
        fit = min((_fit(title, question.whole) for title in titles), default=_FITS_NOT)
        way = matches.things[found.id]
        if WAYS[way] == "some":
            return fit, way, list(matches.things).index(found.id)  # as they were voted for
        lacking = sum(
            not any(_begins(term) in title for title in titles) for term in question.terms
        )
        kind = _KIND_ORDER.index(found.kind) if found.kind in _KIND_ORDER else len(_KIND_ORDER)
        length = len(text_for(found.title, self._languages).value)
        return fit, way, lacking, kind, length, found.id

    def _hit(self, found: _Found, matches: Matches, question: Question, places: list[Place]) -> Hit:
        title = _title_that_has(found.title, question, self._languages)
        if matches.things[found.id] == WAYS.index("sound"):
            title = _read_aloud(found.title) or title
        above = []
        if found.kind != schema.PACK:
            above.append(text_for(decoded(found.pack_title), self._languages))
        if found.item:
            above.append(text_for(decoded(found.lesson_title), self._languages))
        return Hit(
            kind=found.kind,
            pack=found.pack,
            lesson=found.lesson,
            item=found.item,
            title=snippets.marked(title.value, snippets.spans(title.value, question).spans),
            title_language=title.language,
            above=tuple(above),
            grade=found.grade,
            subject=found.subject,
            places=tuple(places),
        )

    @staticmethod
    def _counts(
        database: sqlite3.Connection, matches: Matches
    ) -> dict[str, tuple[FacetCount, ...]]:
        """Return how many of what was counted have each value of each facet."""
        on_shelf = Counter(matches.shelves.values())
        counts: dict[str, Counter[str]] = {dimension: Counter() for dimension in DIMENSIONS}
        for shelf, stage, grade, subject, kind, languages in _in_turn(
            database,
            "SELECT id, stage, grade, subject, kind, languages FROM shelf WHERE id IN",
            list(on_shelf),
        ):
            count = on_shelf[shelf]
            values = {"stage": [stage], "grade": [grade], "subject": [subject], "kind": [kind],
                      "language": languages.split()}  # fmt: skip
            for dimension, codes in values.items():
                for code in codes:
                    counts[dimension][code] += count
        return {
            dimension: tuple(FacetCount(code, n) for code, n in found.most_common())
            for dimension, found in counts.items()
        }


def _of_stage(database: sqlite3.Connection, stage: str) -> str:
    """Return the expression for what is of a stage; empty where nothing is."""
    found = database.execute(
        "SELECT id FROM code WHERE dimension = 'stage' AND code = ?", (stage,)
    ).fetchone()
    return asked.all_of("facets", [f'"f{found[0]}"']) if stage and found else ""


def _begins(term: Term) -> str:
    return term.text if term.is_run else words.stem(term.text)


def _fit(title: str, whole: str) -> int:
    """Return how well a title fits the whole question, both folded; 0 is the best.

    It is the question; begins with it, as a word; begins so; has it, as a word; has it; or not.
    """
    if title == whole:
        return 0
    if not whole or whole not in title:
        return _FITS_NOT
    begins = title.startswith(whole)
    if re.search(rf"(?<![a-z0-9]){re.escape(whole)}(?![a-z0-9])", title):
        return 1 if begins else 3
    return 2 if begins else 4


def _worth_a_look(matches: Matches) -> list[int]:
    """Return the things that are put in order: the first that were found the best way."""
    by_way: list[list[int]] = [[] for _ in WAYS]
    for thing, way in matches.things.items():
        by_way[way].append(thing)
    return [thing for of_way in by_way for thing in of_way][:RANKED_MAX]


def _look_at(database: sqlite3.Connection, things: list[int]) -> list[_Found]:
    rows = _in_turn(
        database,
        "SELECT thing.id, thing.kind, item, title, pack, lesson, pack_title,"
        " lesson_title, grade, subject FROM thing JOIN unit ON unit.id = thing.unit"
        " JOIN shelf ON shelf.id = thing.shelf WHERE thing.id IN",
        things,
    )
    return [_Found._make((*row[:3], decoded(row[3]), *row[4:])) for row in rows]


def _in_turn(database: sqlite3.Connection, statement: str, ids: list[int]) -> list[Any]:
    """Return the rows with these ids: integers of ours, put into the statement."""
    listed = ", ".join(map(str, ids))
    return database.execute(f"{statement} ({listed})").fetchall()


def _title_that_has(title: LocalisedText, question: Question, languages: Sequence[str]) -> Text:
    """Return the title for a reader, but one in another language where that is what was found."""
    wanted = text_for(title, languages)
    if snippets.spans(wanted.value, question).spans:
        return wanted
    for language, value in title.items():
        if snippets.spans(value, question).spans:
            return text_for({language: value}, (language,))
    return wanted


def _read_aloud(title: LocalisedText) -> Text | None:
    """Return the Chinese title: somebody who types pinyin reads that."""
    return next((Text(title[tag], tag) for tag in title if tag.split("-")[0] == "zh"), None)


def _passages_of(
    database: sqlite3.Connection, things: list[int], matches: Matches
) -> dict[int, list[_Passage]]:
    """Return the first passages of each thing that matched."""
    numbers = {
        thing: list(islice(matches.passages.get(thing, ()), PLACES_LOOKED_AT)) for thing in things
    }
    rows = _in_turn(
        database,
        "SELECT id, language, text, places FROM passage WHERE id IN",
        [number for each in numbers.values() for number in each],
    )
    found = {row[0]: _Passage(*row[1:]) for row in rows}
    return {thing: [found[number] for number in each] for thing, each in numbers.items()}


def _places(
    kind: str,
    passages: list[_Passage],
    question: Question,
    languages: Sequence[str],
    most: int,
) -> list[Place]:
    spoken = {tag.split("-")[0] for tag in languages[:1]}
    passages.sort(key=lambda passage: passage.language.split("-")[0] not in spoken)
    return [_place(kind, *passage, question=question) for passage in passages[:most]]


def _place(kind: str, language: str, text: str, marks: bytes, *, question: Question) -> Place:
    found = snippets.spans(text, question)
    known = msgspec.json.decode(marks, type=list[tuple[int, int]]) if marks else []
    value = next((value for offset, value in reversed(known) if offset <= found.first), None)
    is_page = kind == "document"
    return Place(
        language=language,
        parts=snippets.snippet(text, found),
        second=None if is_page else value,
        page=value if is_page else None,
        words=next((text[a:b] for a, b in found.spans if a == found.first), ""),
    )
