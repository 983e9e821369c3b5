"""What a link cost is never told too little, and hardly too much, whatever happens to the node."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content_packs.errors import StorageFailed
from sync_node.budget import Budgets, folded, spent_on
from sync_node.limits import LEASE_AHEAD_BYTES, LEASE_BYTES_MAX, UNCOUNTED_BYTES_MAX

HUB = "http://hub/"
TODAY = date(2026, 6, 30)
MONTH = 300_000_000
ONE_LEASE = LEASE_BYTES_MAX + LEASE_AHEAD_BYTES


def begun(path: Path) -> Budgets:
    found = Budgets(path)
    found.begin_tick()
    return found


def spent(path: Path, on: date = TODAY, source: str = HUB) -> tuple[int, int]:
    found = begun(path).spent(source, on)
    return found.day, found.month


def test_what_was_spent_is_known_to_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "spent.json"
    budgets = begun(path)
    budgets.spend(HUB, 1_000, TODAY - timedelta(days=1), budget=MONTH)
    budgets.spend(HUB, 500, TODAY, budget=MONTH)
    budgets.spend("http://other/", 7, TODAY, budget=None)
    assert (budgets.spent(HUB, TODAY).day, budgets.spent(HUB, TODAY).month) == (500, 1_500)
    budgets.close()
    assert spent(path) == (500, 1_500)
    assert spent(path, source="http://other/") == (7, 7)
    assert spent(path, TODAY + timedelta(days=1)) == (0, 0)  # July


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 3_000_000),
            st.sampled_from(["go on", "go on", "go on", "killed", "tick", "close"]),
            st.booleans(),
        ),
        max_size=25,
    ),
    st.sampled_from([1_000_000, 20_000_000, MONTH]),
)
def test_a_kill_counts_at_most_one_lease_too_much_and_nothing_too_little(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str, bool]], budget: int
) -> None:
    path = tmp_path_factory.mktemp("node") / "spent.json"
    budgets, true, kills, on = begun(path), 0, 0, TODAY.replace(day=1)
    for count, what, next_day in steps:
        on = min(on + timedelta(days=next_day), TODAY)
        budgets.spend(HUB, count, on, budget=budget)
        true += count
        assert spent(path, on)[1] >= true  # what a power cut at this moment leaves
        if what == "killed":
            budgets, kills = begun(path), kills + 1
        elif what == "tick":
            budgets.end_tick()
            budgets.begin_tick()
        elif what == "close":
            budgets.close()
            assert true <= spent(path, on)[1] <= true + kills * ONE_LEASE
        assert true <= budgets.spent(HUB, on).month <= true + kills * ONE_LEASE
    assert spent(path, on)[1] <= true + (kills + 1) * ONE_LEASE


def test_a_day_of_asking_what_is_new_hardly_writes(tmp_path: Path) -> None:
    path = tmp_path / "spent.json"
    budgets = Budgets(path)
    seen = set()
    for _ in range(96):
        budgets.begin_tick()
        budgets.spend(HUB, 1_500, TODAY, budget=MONTH)
        budgets.spend("http://free/", 1_500, TODAY, budget=None)
        budgets.end_tick()
        seen.add(path.stat().st_ino)
    assert len(seen) <= 2
    assert budgets.spent(HUB, TODAY).day == 96 * 1_500


def test_a_large_transfer_writes_once_in_some_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "spent.json"
    budgets = begun(path)
    seen = set()
    for _ in range(1_600):
        budgets.spend(HUB, 64 * 1024, TODAY, budget=MONTH)
        seen.add(path.read_bytes())
    assert len(seen) <= 32  # 100 MB


def test_without_a_budget_little_is_left_uncounted(tmp_path: Path) -> None:
    path = tmp_path / "spent.json"
    budgets = begun(path)
    for number in range(200):
        budgets.spend(HUB, 64 * 1024, TODAY, budget=None)
        true = (number + 1) * 64 * 1024
        assert true - UNCOUNTED_BYTES_MAX <= (spent(path)[0] if path.exists() else 0) <= true


def test_another_process_may_spend_between_two_ticks(tmp_path: Path) -> None:
    path = tmp_path / "spent.json"
    ours = begun(path)
    ours.spend(HUB, 100, TODAY, budget=MONTH)
    ours.end_tick()
    theirs = begun(path)
    theirs.spend(HUB, 5_000_000, TODAY, budget=MONTH)
    theirs.close()
    ours.begin_tick()
    assert ours.spent(HUB, TODAY).day >= 5_000_100
    ours.close()
    assert spent(path)[0] == 5_000_100


@given(
    st.dictionaries(
        st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.integers(0, 10**9), max_size=8
    ),
    st.dates(date(2026, 4, 1), date(2026, 12, 31)),
)
def test_days_to_come_are_counted_today(days: dict[date, int], on: date) -> None:
    before, after = spent_on(days, on), spent_on(folded(days, on), on)
    assert before == after
    assert folded(folded(days, on), on) == folded(days, on)
    assert max(folded(days, on), default=on) <= on
    assert after.day <= after.month


def test_a_clock_that_ran_ahead_bars_nothing_for_long(tmp_path: Path) -> None:
    path = tmp_path / "spent.json"
    budgets = begun(path)
    budgets.spend(HUB, 1_000_000, date(2029, 1, 1), budget=MONTH)
    budgets.close()
    budgets.spend(HUB, 1_000_000, TODAY, budget=MONTH)
    budgets.close()
    assert spent(path) == (2_000_000, 2_000_000)
    assert spent(path, TODAY + timedelta(days=1)) == (0, 0)


@pytest.mark.parametrize("left", [b"", b"{", b'{"format":2,"sources":{}}', b"\xff", None])
def test_a_file_that_rotted_is_made_anew_from_what_else_is_known(
    tmp_path: Path, left: bytes | None
) -> None:
    path = tmp_path / "spent.json"
    if left is not None:
        path.write_bytes(left)
    budgets = Budgets(path, recall=lambda: [(HUB, TODAY, 40), (HUB, TODAY, 2)])
    budgets.begin_tick()
    assert budgets.spent(HUB, TODAY).day == 42


def test_a_file_on_a_bad_sector_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "spent.json"
    path.symlink_to("/proc/self/mem")  # reading it is EIO
    budgets = Budgets(path, recall=lambda: [(HUB, TODAY, 42)])
    budgets.begin_tick()
    budgets.spend(HUB, 8, TODAY, budget=MONTH)
    budgets.close()
    assert spent(path) == (50, 50)


def test_where_it_cannot_be_written_down_nothing_more_is_spent(tmp_path: Path) -> None:
    budgets = begun(tmp_path / "away" / "spent.json")
    with pytest.raises(StorageFailed):
        budgets.spend(HUB, 1, TODAY, budget=MONTH)
