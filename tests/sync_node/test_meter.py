"""A transfer keeps to its rate, and ends with its window or budget, or when a person says so."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_node.budget import Budgets
from sync_node.data_dir import DataDir
from sync_node.errors import NotNow
from sync_node.meter import SourceMeter, TokenBucket
from sync_node.orders import Orders
from sync_node.plan_model import Kind
from sync_node.windows import Rules, Window

HUB = "http://hub/"
TEXT: frozenset[Kind] = frozenset({"text"})
VIDEO: frozenset[Kind] = frozenset({"video"})
METADATA: frozenset[Kind] = frozenset()
NIGHT = Window(22 * 60, 6 * 60, VIDEO)
PIECE = 64 * 1024


@dataclass
class Box:
    """A node's directory and a clock that only its own sleep moves on."""

    root: Path
    now: datetime = datetime(2026, 6, 1, 21, 59, tzinfo=UTC)
    slept: float = 0.0

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.now += timedelta(seconds=seconds)

    def monotonic(self) -> float:
        return self.now.timestamp()

    @property
    def orders(self) -> Orders:
        return Orders(DataDir(self.root))

    def meter(self, rules: Rules, *, unbound: bool = False) -> SourceMeter:
        budgets = Budgets(self.root / "spent.json")
        budgets.begin_tick()
        return SourceMeter(
            HUB, rules, budgets, self.orders, clock=lambda: self.now,
            monotonic=self.monotonic, sleep=self.sleep, unbound=unbound,
        )  # fmt: skip

    def spent(self) -> int:
        budgets = Budgets(self.root / "spent.json")
        budgets.begin_tick()
        return budgets.spent(HUB, self.now.date()).day


def spend_until_refused(meter: SourceMeter) -> tuple[NotNow, int]:
    """Spend piece by piece; return what ended it, and how much was spent."""
    for number in range(1, 10**6):
        try:
            meter.spend(PIECE, 0)
        except NotNow as error:
            return error, number * PIECE
    raise AssertionError("nothing ended it")


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


@given(
    st.lists(st.tuples(st.integers(0, 200_000), st.floats(0, 3)), min_size=1, max_size=40),
    st.sampled_from([1_000.0, 64_000.0, 1e6]),
)
def test_no_stretch_of_time_carries_more_than_the_rate(
    steps: list[tuple[int, float]], rate: float
) -> None:
    bucket, now = TokenBucket(), 100.0
    moments = []
    for count, idle in steps:
        now += idle
        moments.append((now, count))
        now += bucket.take(count, rate, now)
        for start, _ in moments:
            carried = sum(n for at, n in moments if at >= start)
            assert carried <= rate * (now - start + 0.5) + 1e-6 * rate


def test_a_link_is_kept_busy_at_its_rate(box: Box) -> None:
    meter = box.meter(Rules(rate=64_000.0))
    for _ in range(100):
        meter.spend(PIECE, 0)
    assert box.slept == pytest.approx(100 * PIECE / 64_000 - 0.5, abs=0.01)


def test_a_window_that_closes_ends_what_is_under_way(box: Box) -> None:
    meter = box.meter(Rules(rate=64_000.0, windows=(NIGHT, Window(0, 1440, TEXT))))
    assert not meter.permits(VIDEO)
    assert meter.permits(TEXT)
    meter.carry(TEXT)
    box.sleep(61)  # 22:00
    meter.carry(VIDEO)
    assert meter.permits(VIDEO)
    box.now = datetime(2026, 6, 2, 5, 58, tzinfo=UTC)
    refused, _ = spend_until_refused(meter)
    assert refused.reason == "window"
    assert refused.until == datetime(2026, 6, 2, 22, tzinfo=UTC)
    assert (
        datetime(2026, 6, 2, 6, tzinfo=UTC) <= box.now < datetime(2026, 6, 2, 6, 0, 3, tzinfo=UTC)
    )


def test_a_budget_is_not_overdrawn(box: Box) -> None:
    meter = box.meter(Rules(bytes_per_month=20_000_000))
    meter.carry(VIDEO)
    refused, count = spend_until_refused(meter)
    assert 20_000_000 - 256_000 <= count < 20_000_000 - 256_000 + PIECE
    assert (refused.reason, refused.until) == ("budget", datetime(2026, 7, 1, tzinfo=UTC))
    assert meter.permits(METADATA)  # what is held back is for asking what is new
    meter.carry(METADATA)
    refused, more = spend_until_refused(meter)
    assert more <= 256_000 + PIECE
    assert box.spent() >= count + more


def test_what_a_technician_asks_for_now_is_still_counted(box: Box) -> None:
    rules = Rules(rate=8.0, windows=(NIGHT,), bytes_per_day=1_000)
    box.orders.pause(None)
    meter = box.meter(rules, unbound=True)
    meter.carry(VIDEO)
    assert meter.permits(VIDEO)
    for _ in range(100):
        meter.spend(PIECE, 0)
    assert box.slept == 0
    assert box.spent() >= 100 * PIECE


def test_a_pause_ends_a_transfer_within_seconds(box: Box) -> None:
    meter = box.meter(Rules(rate=64_000.0))
    meter.carry(VIDEO)
    meter.spend(PIECE, 0)
    end = datetime(2026, 6, 1, 23, tzinfo=UTC)
    box.orders.pause(end)
    asked = box.now
    refused, _ = spend_until_refused(meter)
    assert box.now - asked <= timedelta(seconds=3)
    assert (refused.reason, refused.until) == ("pause", end)
    assert not meter.permits(METADATA)
    box.orders.resume()
    box.sleep(1)
    assert meter.permits(METADATA)


def test_a_pause_ends_by_itself(box: Box) -> None:
    box.orders.pause(box.now + timedelta(hours=1))
    meter = box.meter(Rules())
    assert not meter.permits(TEXT)
    box.now += timedelta(hours=1)
    assert meter.permits(TEXT)


def test_now_lifts_the_rate_of_what_is_under_way(box: Box) -> None:
    meter = box.meter(Rules(rate=1_000.0))
    meter.carry(TEXT)
    meter.spend(10_000, 0)
    box.orders.ask_for_tick(unbound=True)
    box.sleep(1)
    before = box.slept
    for _ in range(100):
        meter.spend(PIECE, 0)
    assert box.slept == before


def test_a_long_wait_for_the_rate_notices_a_pause(box: Box) -> None:
    meter = box.meter(Rules(rate=10.0))
    meter.carry(TEXT)
    box.orders.pause(None)
    with pytest.raises(NotNow):
        meter.spend(PIECE, 0)  # more than an hour of it
    assert box.slept <= 2


def test_what_is_asked_for_while_the_work_goes_on_is_asked_for_anew(box: Box) -> None:
    box.orders.ask_for_tick(unbound=False)
    begun = box.orders.tick_asked_for
    box.orders.ask_for_tick(unbound=True)
    box.orders.done(begun)
    assert box.orders.unbound_asked_for
    box.orders.ask_for_check()
    begun = box.orders.check_asked_for
    box.orders.ask_for_check()
    box.orders.check_done(begun)
    assert box.orders.check_asked_for
    box.orders.check_done(box.orders.check_asked_for)
    assert not box.orders.check_asked_for


def test_orders_can_be_given_twice_and_rotten_ones_mean_stop(box: Box) -> None:
    for _ in range(2):
        box.orders.ask_for_tick(unbound=False)
        assert box.orders.tick_asked_for
        assert not box.orders.unbound_asked_for
    box.orders.ask_for_tick(unbound=True)
    box.orders.ask_for_tick(unbound=False)
    assert box.orders.unbound_asked_for
    for _ in range(2):
        box.orders.done(box.orders.tick_asked_for)
        assert not box.orders.tick_asked_for
    (box.root / "pause.json").write_bytes(b"\xff{")
    assert box.orders.pause_at(box.now)
    for _ in range(2):
        box.orders.resume()
        assert box.orders.pause_at(box.now) is None


def test_several_threads_keep_to_one_rate(tmp_path: Path) -> None:
    box = Box(tmp_path)
    lock = threading.Lock()
    waited: list[float] = []

    def note(seconds: float) -> None:
        with lock:
            waited.append(seconds)

    budgets = Budgets(tmp_path / "spent.json")
    budgets.begin_tick()
    meter = SourceMeter(
        HUB, Rules(rate=1e6, bytes_per_day=10**9), budgets, box.orders,
        clock=lambda: box.now, monotonic=lambda: 0.0, sleep=note,
    )  # fmt: skip
    threads = [
        threading.Thread(target=lambda: [meter.spend(1_000, 10) for _ in range(200)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert budgets.spent(HUB, box.now.date()).day == 4 * 200 * 1_010
    # The clock stood still: the last waits for all that went before it, less the burst.
    assert max(waited) <= 4 * 200 * 1_010 / 1e6 - 0.5 + 1e-6


def test_bytes_are_counted_before_the_first_is_spent(box: Box) -> None:
    assert box.meter(Rules(bytes_per_month=300_000_000)).permits(METADATA)
    assert box.spent() > 0
