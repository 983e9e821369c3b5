"""What goes from a disk that is too small: the order, and that no more goes than has to."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sync_node.eviction import (
    Claim,
    Going,
    enough,
    how_many_fit,
    lightly,
    order_of_going,
)

MB = 1_000_000


def finer(lesson: str, digest: str, **facts: int | bool) -> Claim:
    claim = Claim("maths", lesson, "active", (digest,), finer=True, path=f"{lesson}/{digest}.mp4")
    return replace(claim, **facts)  # type: ignore[arg-type]


def order(claims: list[Claim], **sizes: int) -> list[str]:
    return [" ".join(going.digests) for going in order_of_going(claims, sizes)]


def test_the_kinds_go_one_after_the_other() -> None:
    claims = [
        Claim("maths", "one", "active", ("needed",)),
        finer("one", "hd"),
        Claim("maths", "one", "before", ("old",), since="2026-01-01T00:00:00Z"),
        Claim("maths", "one", "before", ("old hd",), finer=True),
        Claim("songs", "a", "active", ("song",), retired=True),
    ]
    found = order_of_going(
        claims, dict.fromkeys(["needed", "hd", "old", "old hd", "song", "left"], MB)
    )
    assert [(going.why, going.digests) for going in found] == [
        ("nothing uses it", ("left",)),
        ("retired", ("song",)),
        ("finer, of the version before", ("old hd",)),
        ("for a rollback", ("old",)),
        ("finer", ("hd",)),
    ]


def test_of_finer_renditions_the_least_used_goes_first_then_the_last_lesson_then_the_largest() -> (
    None
):
    claims = [
        finer("one", "a", position=0, opened=2),
        finer("two", "b", position=1, opened=1),
        finer("three", "c", position=2),
        finer("four", "d", position=3),
        finer("four", "e", position=3),
    ]
    assert order(claims, a=1, b=1, c=1, d=5, e=9) == ["e", "d", "c", "b", "a"]


def test_the_version_before_goes_first_of_the_pack_that_has_run_longest() -> None:
    claims = [
        Claim("maths", "one", "before", ("m",), since="2026-05-01T00:00:00Z"),
        Claim("songs", "one", "before", ("s",), since="2026-03-01T00:00:00Z"),
    ]
    assert order(claims, m=1, s=1) == ["s", "m"]


def test_a_file_goes_with_the_last_that_claims_it() -> None:
    claims = [
        Claim("songs", "a", "active", ("both", "mine"), retired=True),
        Claim("maths", "one", "before", ("both",)),
        Claim("maths", "one", "active", ("kept",)),
        Claim("maths", "one", "before", ("kept",)),
    ]
    found = order_of_going(claims, {"both": 3, "mine": 2, "kept": 7})
    assert [(going.why, going.size) for going in found] == [
        ("retired", 2),
        ("for a rollback", 3),
    ]


def test_what_is_pinned_never_goes() -> None:
    claims = [
        Claim("songs", "a", "active", ("song",), retired=True, pinned=True),
        Claim("songs", "b", "active", ("other",), retired=True),
        Claim("maths", "one", "before", ("old",), pinned=True),
        finer("one", "hd", pinned=True),
    ]
    assert order(claims, song=1, other=1, old=1, hd=1) == ["other"]


def going(*sizes: int) -> list[Going]:
    return [
        Going("finer", "maths", "", "", (str(number),), size) for number, size in enumerate(sizes)
    ]


def test_no_more_goes_than_has_to() -> None:
    assert [each.size for each in enough(going(5, 5, 5), 10)] == [5, 5]
    assert enough(going(5), 0) == []
    assert [each.size for each in enough(going(1, 2, 50), 50)] == [50], "the small ones may stay"


def test_nothing_goes_for_a_step_that_doesnt_fit_even_so() -> None:
    count, gone = how_many_fit([10, 10, 100], 5, going(10, 10))
    assert count == 2
    assert sum(each.size for each in gone) == 20
    assert how_many_fit([100], 5, going(10, 10)) == (0, [])
    assert how_many_fit([0, 0], -50, going(10, 10)) == (2, []), "they are here already"


def test_for_a_finer_rendition_only_that_goes_which_nobody_would_use() -> None:
    claims = [
        Claim("songs", "a", "active", ("song",), retired=True),
        Claim("maths", "one", "before", ("old",)),
        finer("one", "hd"),
    ]
    found = lightly(order_of_going(claims, {"song": 1, "old": 1, "hd": 1, "left": 1}))
    assert [each.why for each in found] == ["nothing uses it", "retired"]


DIGESTS = [f"d{number}" for number in range(12)]
CLAIMS = st.lists(
    st.builds(
        Claim,
        pack=st.sampled_from(["maths", "songs"]),
        lesson=st.sampled_from(["one", "two", "three"]),
        role=st.sampled_from(["active", "offered", "before"]),
        digests=st.lists(st.sampled_from(DIGESTS), min_size=1, max_size=1).map(tuple),
        finer=st.booleans(),
        retired=st.booleans(),
        pinned=st.booleans(),
        position=st.integers(0, 3),
        opened=st.integers(0, 3),
        since=st.sampled_from(["", "2026"]),
    ),
    max_size=20,
)
SIZES = st.dictionaries(st.sampled_from(DIGESTS), st.integers(1, 100))


@given(CLAIMS, SIZES, st.integers(-50, 500))
def test_whatever_is_claimed(claims: list[Claim], sizes: dict[str, int], wanted: int) -> None:
    found = order_of_going(claims, sizes)
    digests = [digest for each in found for digest in each.digests]
    assert len(digests) == len(set(digests)), "each file goes once"
    assert all(each.size == sum(sizes[digest] for digest in each.digests) for each in found)
    for claim in claims:
        needed = not (claim.retired or claim.finer or claim.role == "before")
        if claim.pinned or needed:
            assert not set(claim.digests) & set(digests)
    gone = enough(found, wanted)
    freed = sum(each.size for each in gone)
    assert freed >= min(wanted, sum(each.size for each in found))
    surplus = freed - wanted
    if surplus >= 0:
        assert all(each.size > surplus for each in gone if each.why == "finer")
