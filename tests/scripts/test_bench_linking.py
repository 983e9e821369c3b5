"""The link bench on small packs and quicker links: the real programs, from start to end."""

import pytest

from scripts.bench.linking.__main__ import run, table
from scripts.bench.linking.cases import Case
from tests.support.bad_link import Weather


@pytest.mark.parametrize(
    "weather",
    [
        pytest.param(Weather(rate=1_000_000, round_trip=0.2), id="thin", marks=pytest.mark.long),
        pytest.param(
            Weather(rate=1_000_000, round_trip=0.2, cut_seconds=2.5),
            id="cut",
            marks=pytest.mark.long,
        ),
        pytest.param(
            Weather(rate=1_000_000, round_trip=0.1, failing=0.1, cut_seconds=3.0, cuts=["rst"]),
            id="failing",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_first_sync_over_a_bad_link_is_whole_and_brings_hardly_a_byte_twice(
    weather: Weather,
) -> None:
    result = run(Case("small", weather, 4_000_000, bytes_max_share=1.02))
    assert not result.misses
    assert result.payload > 3_900_000
    assert 0 < result.busy < result.carried <= 1.0
    assert "small" in table([result])
