"""Charts stay within their drawing, whatever they show."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sync_node.lan.technician import charts
from sync_node.lan.technician.charts import HEIGHT, WIDTH

FIRST = date(2026, 8, 3)
VALUES = st.lists(st.floats(0, 1e15, allow_nan=False), min_size=1, max_size=60)


@given(VALUES, st.none() | st.integers(1, 10**15))
def test_every_bar_lies_within_the_drawing(values: list[float], bound: int | None) -> None:
    days = [FIRST + timedelta(days=number) for number in range(len(values))]
    found = charts.bars(days, values, bound=bound)
    assert len(found.bars) == len(values)
    for bar, value in zip(found.bars, values, strict=True):
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH + 0.2
        assert 0 <= bar.y <= bar.y + bar.height <= HEIGHT
        assert (bar.height > 0) == (value > 0), "what is there can be seen"
    assert (found.line is None) == (bound is None)
    assert found.line is None or 0 <= found.line <= HEIGHT


def test_marks_stand_at_their_days() -> None:
    days = [FIRST, FIRST + timedelta(days=1)]
    found = charts.bars(days, [0.0, 4.0], marks=[True, False])
    assert [bar.mark for bar in found.bars] == [True, False]
    assert (found.first, found.last, found.most) == (*days, 4.0)
