"""The meter of a link: counts its bytes, keeps to its rate, and ends it when it may not go on.

A transfer that is under way ends within about a second of its window's end, of its budget's end, or
of a pause; what it brought is kept. A person who says "now" lifts windows, rates, budgets and
pauses for one tick; its bytes are counted all the same.
"""

import threading
from collections.abc import Callable
from datetime import datetime

from sync_node.budget import Budgets
from sync_node.errors import NotNow, Reason
from sync_node.limits import BURST_SECONDS, METER_CHECK_SECONDS
from sync_node.orders import Orders, Pause
from sync_node.plan_model import Kind
from sync_node.trusted_time import in_words
from sync_node.windows import Rules, next_time, permit

_ANY: frozenset[Kind] = frozenset()


class TokenBucket:
    """Says how long to wait so that bytes keep to a rate. Not safe for several threads.

    What wasn't used is good for `BURST_SECONDS`.
    """

    def __init__(self) -> None:
        self._due = float("-inf")  # when all that was taken will have had its time

    def take(self, count: int, rate: float, now: float) -> float:
        """Take `count` bytes at `rate` bytes a second; return the seconds to wait afterwards."""
        if not rate:
            self._due = now
            return 0.0
        self._due = max(self._due, now - BURST_SECONDS) + count / rate
        return max(self._due - now, 0.0)


class SourceMeter:
    """The meter of the link to one source. Safe for several threads.

    `clock` gives the trusted time, `monotonic` seconds that pass evenly. `unbound`: nothing is
    forbidden, only counted.
    """

    def __init__(  # noqa: PLR0913  # what is outside comes in as parameters
        self,
        source: str,
        rules: Rules,
        budgets: Budgets,
        orders: Orders,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        unbound: bool = False,
    ) -> None:
        self.source = source
        self._rules = rules
        self._budgets = budgets
        self._orders = orders
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._unbound = unbound
        self._lock = threading.Lock()
        self._bucket = TokenBucket()
        self._carried: frozenset[Kind] = frozenset()
        self._checked = float("-inf")
        self._left: int | None = None
        self._rate = 0.0
        self._refusal: NotNow | None = None
        self._known: dict[frozenset[Kind], tuple[float, NotNow | None]] = {}
        self._on = clock().astimezone(rules.zone).date()

    def permits(self, kinds: frozenset[Kind]) -> bool:
        """Say whether content of all these kinds may cross the link; for none, metadata."""
        return self.refusal(kinds) is None

    def carry(self, kinds: frozenset[Kind]) -> None:
        """Note what crosses the link from now on; metadata where there are none."""
        with self._lock:
            self._carried = kinds
            self._checked = float("-inf")

    def refusal(self, kinds: frozenset[Kind]) -> NotNow | None:
        """Return why these kinds may not cross the link now; None where they may.

        Where they may, bytes are leased that are about to be spent. Raises `StorageFailed`.
        """
        with self._lock:
            known_at, known = self._known.get(kinds, (float("-inf"), None))
            if self._monotonic() - known_at >= METER_CHECK_SECONDS or self._is_over:
                known = self._refusal_of(kinds)
                self._known[kinds] = (self._monotonic(), known)
            if known is None:
                self._count(0)
            return known

    def bytes_left(self) -> int | None:
        """Return how many bytes of content may cross before a budget is spent; None for any."""
        with self._lock:
            if self._unbound:
                return None
            spent = self._budgets.spent(self.source, self._on)
            left = spent.left(self._rules, self._on)
            return None if left is None else max(left - self._rules.held_back, 0)

    def budget_refusal(self) -> NotNow:
        """Return that more than is left of the budget may not cross, and when more may."""
        with self._lock:
            now = self._clock()
            spent = self._budgets.spent(self.source, self._on)
            over = spent.and_more(spent.left(self._rules, self._on) or 0, self._on)
            return _refusal(self.source, "budget", _ANY, next_time(self._rules, now, over))

    def spend(self, down: int, up: int) -> None:
        """Count bytes that crossed the link, and wait as its rate asks.

        Raises `NotNow` where nothing more of what is carried may cross, `StorageFailed`.
        """
        with self._lock:
            count = down + up
            self._count(count)
            if self._left is not None:
                self._left -= count
            self._look()
            wait = self._bucket.take(count, self._rate, self._monotonic())
        self._wait(wait)

    def _count(self, count: int) -> None:
        self._budgets.spend(self.source, count, self._on, budget=self._rules.smallest_budget)

    def _wait(self, seconds: float) -> None:
        while seconds > 0:
            step = min(seconds, METER_CHECK_SECONDS)
            self._sleep(step)
            seconds -= step
            with self._lock:
                self._look()
                if not self._rate:
                    return

    @property
    def _is_over(self) -> bool:
        return self._left is not None and self._left <= 0

    def _look(self) -> None:
        """See, at most once a second, what is allowed; raise `NotNow` where it isn't."""
        if self._is_over or self._monotonic() - self._checked >= METER_CHECK_SECONDS:
            self._refusal = self._refusal_of(self._carried)
            self._checked = self._monotonic()
            self._known[self._carried] = (self._checked, self._refusal)
        if self._refusal:
            raise self._refusal

    def _refusal_of(self, kinds: frozenset[Kind]) -> NotNow | None:
        now = self._clock()
        self._on = now.astimezone(self._rules.zone).date()
        if self._unbound or self._orders.unbound_asked_for:
            self._unbound = True
            self._left, self._rate = None, 0.0
            return None
        if paused := self._orders.pause_at(now):
            return _paused(self.source, paused)
        spent = self._budgets.spent(self.source, self._on)
        found = permit(self._rules, now, spent)
        if kinds == self._carried:
            self._left = found.bytes_left if kinds else spent.left(self._rules, self._on)
            self._rate = found.rate
        if found.allows(kinds):
            return None
        until = next_time(self._rules, now, spent, kinds)
        return _refusal(self.source, found.reason or "window", kinds, until)


def _paused(source: str, pause: Pause) -> NotNow:
    until = f"until {in_words(pause.until)}" if pause.until else "until somebody resumes"
    return NotNow(
        f"{source}: paused {until}",
        reason="pause",
        until=pause.until,
        hint="`sync-node resume` ends the pause.",
    )


def _refusal(source: str, reason: Reason, kinds: frozenset[Kind], until: datetime | None) -> NotNow:
    what = " and ".join(sorted(kinds)) or "anything"
    words = "the budget is spent" if reason == "budget" else f"no window is open for {what}"
    when = f" until {in_words(until)}" if until else ""
    return NotNow(
        f"{source}: {words}{when}",
        reason=reason,
        until=until,
        hint="It goes on by itself then; `sync-node sync --now` goes on at once.",
    )
