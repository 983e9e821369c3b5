"""Ways: each school once, neighbours after each other."""

from hypothesis import given
from hypothesis import strategies as st

from hub.visits.ways import Stop, length, ordered, proposed


def stop(name: str, place: tuple[float, float] | None = None, *, township: str = "north") -> Stop:
    return Stop(f"{name}-1", name, name, township, *(place or (None, None)))


places = st.none() | st.tuples(st.floats(-89, 89), st.floats(-179, 179))
stops = st.lists(
    st.builds(
        lambda number, place, township: stop(f"s{number}", place, township=township),
        st.integers(0, 9_999), places, st.sampled_from(["", "north", "south"]),
    ),
    unique_by=lambda each: each.node,
    max_size=60,
)  # fmt: skip


@given(stops, st.integers(1, 12))
def test_each_school_is_on_one_way_and_none_is_too_long(found: list[Stop], most: int):
    ways = proposed(found, most=most)
    assert sorted(each.node for way in ways for each in way.stops) == sorted(
        each.node for each in found
    )
    assert all(1 <= len(way.stops) <= most for way in ways)
    assert all(len({each.township for each in way.stops}) == 1 for way in ways)
    assert len({way.name for way in ways}) == len(ways)


def test_a_valley_is_driven_from_one_end_to_the_other():
    valley = [stop(f"s{number}", (31.0, 97.0 + number / 10)) for number in (2, 0, 4, 1, 3)]
    assert [each.school for each in ordered(valley)] in (
        ["s0", "s1", "s2", "s3", "s4"],
        ["s4", "s3", "s2", "s1", "s0"],
    )


def test_lengths_are_those_of_the_globe():
    lhasa, qamdo = stop("lhasa", (29.65, 91.10)), stop("qamdo", (31.14, 97.17))
    assert 590 < length([lhasa, qamdo]) < 620
    assert length([lhasa]) == 0
    assert length([lhasa, stop("somewhere"), qamdo]) == length([lhasa, qamdo])


def test_who_lies_nowhere_comes_last():
    assert [each.school for each in ordered([stop("b"), stop("a", (1, 1))])] == ["a", "b"]
