"""The engine as a process of its own, beside the school's site: ticks until it is told to end.

Between two ticks it looks at a slice of the store (scrubbing.py), and every few seconds at what
people asked for (orders.py). What is activated is made known to search by a process that it starts
(search/indexer.py).

It is apart from the site so that what it takes in memory, and whatever goes wrong in it, stays out
of what students use. It ends on SIGTERM, SIGINT, or when its standard input is closed: then the
site's process is gone.
"""

import contextlib
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType

from content_packs.command_line import megabytes
from content_packs.errors import Refused, SatchelError
from sync_node import config, power_cuts, ticks
from sync_node.asked_check import AskedCheck
from sync_node.box_clock import system_clock, uptime
from sync_node.budget import Budgets
from sync_node.courier_disks import CourierDisks
from sync_node.data_dir import DataDir
from sync_node.database import reading_database
from sync_node.limits import (
    ORDERS_SECONDS,
    POLL_SECONDS_DEFAULT,
    RETRY_TICK_SECONDS,
    WINDOW_SPREAD_SECONDS,
)
from sync_node.lock import engine_lock
from sync_node.log_files import LogFile
from sync_node.lookout import Lookout
from sync_node.orders import Orders
from sync_node.own_name import OwnName
from sync_node.peer_address import Peer
from sync_node.school_network import NetworkReader
from sync_node.scrubbing import Scrubber
from sync_node.search.indexer import Indexer
from sync_node.supervising import Signs
from sync_node.syncing import box_clock, budgets_of, sync_once
from sync_node.system.steward import Steward
from sync_node.ticks import Tick


class Stop(BaseException):
    """The process was told to end. Whatever it was doing is safe to leave."""


class Rhythm:
    """How long to wait after a tick. Pure, but for the random share.

    After a cut soon, then twice as long each time, up to the poll interval; else the interval. Up
    to a tenth is taken off at random, so that a district's nodes don't come in step.
    """

    def __init__(self, random_share: Callable[[], float]) -> None:
        self._random_share = random_share
        self._cuts = 0

    def seconds_after(self, *, cut: bool, poll_seconds: float) -> float:
        """Return the seconds to wait before the next tick."""
        self._cuts = self._cuts + 1 if cut else 0
        seconds = poll_seconds
        if cut:
            seconds = min(RETRY_TICK_SECONDS * 2.0 ** min(self._cuts - 1, 20), poll_seconds)
        return seconds * (1 - self._random_share() / 10)

    def seconds_until(self, opens_in: float, *, poll_seconds: float) -> float:
        """Return the seconds to wait where a link may be used again in `opens_in` seconds."""
        spread = self._random_share() * WINDOW_SPREAD_SECONDS
        return min(
            max(opens_in, 0.0) + spread, self.seconds_after(cut=False, poll_seconds=poll_seconds)
        )


def line_of(tick: Tick) -> str:
    """Return a tick as a line of a log."""
    words = (
        f"{tick.outcome}: {megabytes(tick.traffic.bytes_in)} in {tick.traffic.requests} requests"
    )
    if tick.activated:
        words += f", {len(tick.activated)} lessons activated"
    return f"{words}; {tick.detail}" if tick.detail else words


def run(  # noqa: PLR0913  # what is outside comes in as parameters
    data_dir: DataDir,
    *,
    sleep: Callable[[float], None],
    log: Callable[[str], None],
    disks: CourierDisks | None = None,
    peers: Callable[[], Iterable[Peer]] = list,
    look: Callable[[], None] = lambda: None,
    between: Callable[[], object] = lambda: None,
) -> None:
    """Tick until `Stop` is raised. What goes wrong is logged, and the next tick tries again.

    `peers` says which neighbours are there; `look` is called while a tick brings lessons,
    `between` before each tick.
    """
    disks = disks or CourierDisks()
    rhythm = Rhythm(random.random)
    budgets = budgets_of(data_dir)
    try:
        while True:
            between()
            sleep(_tick(data_dir, rhythm, budgets, disks, peers(), log, look))
    finally:
        _settle(data_dir, budgets)


def _tick(  # noqa: PLR0913, PLR0917  # what a tick needs that outlives it
    data_dir: DataDir,
    rhythm: Rhythm,
    budgets: Budgets,
    disks: CourierDisks,
    peers: Iterable[Peer],
    log: Callable[[str], None],
    look: Callable[[], None],
) -> float:
    """Do a tick; return the seconds to wait after it."""
    cut = False
    poll_seconds: float = POLL_SECONDS_DEFAULT
    orders = Orders(data_dir)
    asked = orders.tick_asked_for
    try:
        poll_seconds = config.read(data_dir).engine.poll_seconds
        tick = sync_once(
            data_dir, budgets=budgets, disks=disks, peers=peers, progress=lambda _: look()
        )
        cut = tick.outcome == "cut"
        log(line_of(tick))
        if tick.not_now and tick.not_now.until:
            opens_in = (tick.not_now.until - (tick.ended_at or tick.started_at)).total_seconds()
            return rhythm.seconds_until(opens_in, poll_seconds=poll_seconds)
    except Refused as error:
        cut = True  # somebody runs `sync` or `check`: soon again
        log(error.message)
    except SatchelError as error:
        log(f"{error.message} {error.hint}".strip())
        with contextlib.suppress(SatchelError):
            orders.done(asked)  # what can't be done isn't tried without a rest
    return rhythm.seconds_after(cut=cut, poll_seconds=poll_seconds)


def _settle(data_dir: DataDir, budgets: Budgets) -> None:
    """Give back what is leased and not spent, unless another process is at work."""
    with contextlib.suppress(SatchelError), engine_lock(data_dir, wait_seconds=0):
        budgets.begin_tick()
        budgets.close()


def sleep_until_asked(
    orders: Orders,
    *,
    sleep: Callable[[float], None],
    monotonic: Callable[[], float],
    news: Callable[[], bool] = lambda: False,
    sign: Callable[[], None] = lambda: None,
) -> Callable[[float], None]:
    """Return what sleeps, but for no longer than until somebody asks for a tick, or has `news`.

    `sign` is called before, and every now and then meanwhile.
    """

    def sleep_for(seconds: float) -> None:
        until = monotonic() + seconds
        sign()
        while (left := until - monotonic()) > 0:
            sleep(min(left, ORDERS_SECONDS))
            sign()
            if orders.tick_asked_for or news():
                return

    return sleep_for


def _stop(_signal: int, _frame: FrameType | None) -> None:
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    raise Stop


def _end_with_parent() -> None:
    """Wait for the end of standard input, then end this process as a signal would."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _begin(data_dir: DataDir, log: Callable[[str], None]) -> None:
    """Leave the mark by which a power cut is known, and tell of one that was."""
    last, now = "", system_clock()
    with contextlib.suppress(SatchelError), reading_database(data_dir):
        last = max((each.ended_at for each in ticks.records()), default="")
        now = box_clock(data_dir, system_clock).now()
    known = power_cuts.begin(data_dir, boot=uptime().boot, now=now, last_sign=last)
    if known.cuts and known.cuts[0].found == known.since:
        what = "power was cut" if known.cuts[0].kind == "power" else "this program was ended"
        log(f"{what} after {known.cuts[0].after or 'an unknown time'}")


def _end(data_dir: DataDir) -> None:
    """Take the mark away."""
    now = system_clock()
    with contextlib.suppress(SatchelError), reading_database(data_dir):
        now = box_clock(data_dir, system_clock).now()
    power_cuts.end(data_dir, now=now)


def main() -> None:
    """Run on the data directory named by the first argument; the second is the site's port."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _stop)
    data_dir = DataDir(Path(sys.argv[1]))
    log = LogFile(data_dir, "engine", clock=system_clock)
    try:
        threading.Thread(target=_end_with_parent, daemon=True).start()
        _begin(data_dir, log)
        _run(data_dir, int(sys.argv[2]), log)
    except Stop:
        _end(data_dir)
        log("stopped")


def _run(data_dir: DataDir, port: int, log: Callable[[str], None]) -> None:
    signs = Signs(sys.stdin.fileno())
    disks = CourierDisks()
    indexer = Indexer(data_dir, monotonic=time.monotonic, log=log)

    def look() -> None:
        signs.give()
        indexer.look()

    def pace(seconds: float) -> None:
        signs.give()
        time.sleep(seconds)

    asked = AskedCheck(data_dir, clock=system_clock, log=log, sleep=pace)
    steward = Steward(
        data_dir, clock=system_clock, uptime=uptime, monotonic=time.monotonic, log=log
    )

    own_name = OwnName(NetworkReader(time.monotonic).current, port, log, time.monotonic)

    def has_news() -> bool:
        indexer.look()
        steward.look()
        own_name.look()
        return asked.is_asked or disks.has_news()

    sleep = sleep_until_asked(
        Orders(data_dir), sleep=time.sleep, monotonic=time.monotonic, news=has_news, sign=signs.give
    )
    scrubber = Scrubber(
        data_dir, sleep=sleep, monotonic=time.monotonic, clock=system_clock, log=log
    )
    lookout = Lookout(data_dir, port, log=log)
    try:
        run(
            data_dir,
            sleep=scrubber.wait,
            log=log,
            disks=disks,
            peers=lookout.peers,
            look=look,
            between=asked.look,
        )
    finally:
        own_name.close()
        lookout.close()
        indexer.close()


if __name__ == "__main__":
    main()
