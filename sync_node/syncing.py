"""Ticks as a process does them: configuration, lock, node.db, sources, engine."""

from collections.abc import Callable
from datetime import UTC, datetime

from sync_node import config, rebuilding, sources
from sync_node.data_dir import DataDir
from sync_node.engine import Engine
from sync_node.installing import Progress
from sync_node.limits import LOCK_WAIT_SECONDS
from sync_node.lock import engine_lock
from sync_node.ticks import Tick


def system_clock() -> datetime:
    """Return the system's time in UTC."""
    return datetime.now(UTC)


def sync_once(
    data_dir: DataDir,
    *,
    clock: Callable[[], datetime] = system_clock,
    progress: Callable[[Progress], None] = lambda _: None,
    lock_wait_seconds: float = LOCK_WAIT_SECONDS,
) -> Tick:
    """Do one tick; what goes wrong in it is in it.

    Raises `UsageError` for a configuration that can't be used, `Refused` where another process
    syncs, `StorageFailed`.
    """
    found = config.read(data_dir)
    with engine_lock(data_dir, wait_seconds=lock_wait_seconds):
        data_dir.make()
        opened = sources.from_config(found)
        try:
            with rebuilding.opened(data_dir, found, now=clock()) as rebuilt:
                engine = Engine(data_dir, found, opened, clock=clock, progress=progress)
                tick = engine.tick()
        finally:
            opened.close()
    if rebuilt:
        tick.notes.append("node.db was missing or damaged, and was made anew")
    return tick
