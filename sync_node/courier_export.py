"""`sync-node export DIR` as a whole: the repository, then the papers, under the engine's lock."""

import secrets
from collections.abc import Callable
from datetime import datetime

from content_packs.courier import CourierPlan
from content_packs.reports import Report
from content_packs.stick import Stick
from sync_node import rebuilding
from sync_node.courier_papers import Exchanged, Papers
from sync_node.data_dir import DataDir
from sync_node.database import database_errors
from sync_node.disk import disk_free
from sync_node.exporting import Export, Exported, Progress
from sync_node.hardware import hardware
from sync_node.identity import Identity
from sync_node.in_force import config_in_force
from sync_node.limits import LOCK_WAIT_SECONDS
from sync_node.lock import engine_lock
from sync_node.outbox import Outbox
from sync_node.reporting import report_of
from sync_node.syncing import box_clock


def export(  # noqa: PLR0913  # what is outside comes in as parameters
    data_dir: DataDir,
    stick: Stick,
    *,
    clock: Callable[[], datetime],
    announce: Callable[[CourierPlan], None] = lambda _: None,
    progress: Progress = lambda _place, _done, _total: None,
    lock_wait_seconds: float = LOCK_WAIT_SECONDS,
) -> tuple[Exported, Exchanged]:
    """Write a stick with what this node can pass on, and exchange papers with it.

    Raises `Refused` where a tick is at work, or for another hub's stick; `Missing` where nothing
    was ever synced; `StorageFailed`, `SourceUnavailable` where the stick fails; `InvalidContent`
    where something on it is in the way.
    """
    found = config_in_force(data_dir)
    left = Exchanged()
    with (
        engine_lock(data_dir, wait_seconds=lock_wait_seconds),
        rebuilding.opened(data_dir, found, now=clock()),
        database_errors(data_dir),
    ):
        box = box_clock(data_dir, clock)

        def report(who: Identity) -> Report:
            return report_of(
                data_dir, found, who,
                clock=box, tick=None, hardware=hardware(), disk_free=disk_free,
                newest=max(Outbox(data_dir, who).sequences(), default=0),
            )  # fmt: skip

        done = Export(data_dir).write(stick, announce=announce, progress=progress)
        papers = Papers(data_dir, box, report, secrets.token_bytes)
        papers.take_in(stick, left)
        papers.leave(stick, left)
    return done, left
