"""The filter language reads what people type, and writes it back in one way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import UsageError
from hub.fleet.limits import QUERY_CHARACTERS_MAX, QUERY_TERMS_MAX
from hub.fleet.query import (
    FLAGS,
    MEASURES,
    TEXTS,
    Among,
    Compare,
    Flag,
    Term,
    Word,
    parse,
    shown,
)

_texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters='"'),
    min_size=1,
    max_size=8,
)
_words = st.lists(_texts, min_size=1, max_size=2).map(" ".join)
_amounts = {
    "bytes": st.integers(0, 10**12),
    "count": st.integers(0, 10**6),
    "duration": st.integers(0, 10**8),
    "day": st.dates().map(str),
}
_whats = st.one_of(
    st.builds(Word, _words),
    st.builds(Flag, st.sampled_from(FLAGS)),
    st.builds(Among, st.sampled_from(TEXTS), st.lists(_words, min_size=1, max_size=3).map(tuple)),
    st.sampled_from(sorted(MEASURES)).flatmap(
        lambda name: st.builds(
            Compare,
            st.just(name),
            st.sampled_from(("=", ">", ">=", "<", "<=")),
            _amounts[MEASURES[name]],
        )
    ),
)
queries = st.lists(st.builds(Term, _whats, st.booleans()), max_size=8).map(tuple)


@given(queries)
def test_what_is_shown_reads_back_as_the_same(query: tuple[Term, ...]) -> None:
    text = shown(query)
    if len(text) <= QUERY_CHARACTERS_MAX:
        assert parse(text) == query
        assert shown(parse(text)) == text


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    try:
        query = parse(text)
    except UsageError:
        return
    assert parse(shown(query)) == query


def test_the_example_of_the_list() -> None:
    assert parse("township:north behind>5MB overdue -courier") == (
        Term(Among("township", ("north",))),
        Term(Compare("behind", ">", 5_000_000)),
        Term(Flag("overdue")),
        Term(Flag("courier"), negated=True),
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("behind>0", Compare("behind", ">", 0)),
        ("behind>=1.5GB", Compare("behind", ">=", 1_500_000_000)),
        ("silent>3d", Compare("silent", ">", 259_200)),
        ("age>36h", Compare("age", ">", 129_600)),
        ("done<2026-12-24", Compare("done", "<", "2026-12-24")),
        ("packs:2", Compare("packs", "=", 2)),
        ('township:"Upper Valley",north', Among("township", ("Upper Valley", "north"))),
        ("state:failed", Among("state", ("failed",))),
        ("failed", Flag("failed")),
        ('"failed"', Word("failed")),
        ('"No. 7"', Word("No. 7")),
        ("第七小学", Word("第七小学")),
        ("qamdo-7", Word("qamdo-7")),
    ],
)
def test_terms(text: str, what: object) -> None:
    assert parse(text) == (Term(what),)
    assert parse(f"-{text}") == (Term(what, negated=True),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("behnd>3", "no field 'behnd'"),
        ("township>3", "township is a text"),
        ("township:", "which one?"),
        ("behind>much", "'much' is no number"),
        ("behind>3d", "'3d' is no number"),
        ("behind>1,2", "'1,2' is no number"),
        ("done<soon", "'soon' is no day"),
        ('"half', "a quotation mark is missing"),
        ('""', "says nothing"),
        ("a\0b", "can't be shown"),
        ("a " * (QUERY_TERMS_MAX + 1), "at most"),
        ("a" * (QUERY_CHARACTERS_MAX + 1), "characters"),
        ("behind>999999999999999GB", "too much"),
    ],
)
def test_what_is_wrong_is_named(text: str, says: str) -> None:
    with pytest.raises(UsageError, match="filter: ") as error:
        parse(text)
    assert says in error.value.message
