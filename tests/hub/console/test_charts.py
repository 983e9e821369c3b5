"""Charts: what is drawn is what is said."""

from hypothesis import given
from hypothesis import strategies as st

from hub.console.charts import HEIGHT, WIDTH, draw

values = st.none() | st.integers(0, 10**15) | st.floats(0, 1e15, allow_nan=False)


@given(st.lists(st.tuples(st.text(max_size=5), values), max_size=60))
def test_all_marks_stand_inside_and_as_high_as_their_value(
    points: list[tuple[str, float | None]],
) -> None:
    drawing = draw(points)
    assert len(drawing.marks) == len(points)
    top = drawing.scale[0]
    for mark, (label, value) in zip(drawing.marks, points, strict=True):
        assert mark.label == label
        assert mark.value == value
        assert 0 <= mark.x <= mark.x + mark.width <= WIDTH + 1
        assert 0 <= mark.y <= HEIGHT
        assert abs(mark.height / HEIGHT - (value or 0) / top) < 0.001


def test_a_line_breaks_where_nothing_is_known() -> None:
    drawing = draw([("a", 1), ("b", 2), ("c", None), ("d", 4)])
    assert len(drawing.paths) == 2
    assert drawing.scale == (5.0, 2.5, 0.0)
    assert drawing.labels == ("a", "c", "d")


def test_nothing_is_no_drawing() -> None:
    assert draw([]).marks == ()
    assert draw([("a", 0)]).marks[0].height == 0
