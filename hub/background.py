"""What a hub does beside answering: jobs that were asked for, what is dropped, and chores.

`hub serve` and `hub work` run it. Each chore is done by one of all processes (`jobs.chores`), each
job by a process of its own (`jobs.working`): answering nodes goes first, and what a job took goes
back to the machine when it ends.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from content_packs.errors import Refused
from hub.alerts.limits import LOOK_SECONDS
from hub.alerts.sources import SOURCES
from hub.alerts.watching import watch
from hub.audit import checkpoints
from hub.backup import nightly
from hub.backup.limits import LOOK_SECONDS as LOOK_FOR_BACKUP_SECONDS
from hub.config import FOLDER
from hub.deltas import missing, wanted
from hub.drop_folder import DropFolder
from hub.fleet.bringing_up import bring_up
from hub.fleet.limits import STATES_CHECK_SECONDS
from hub.forgetting import chore as forgetting
from hub.forgetting.limits import LOOK_SECONDS as LOOK_FOR_OLD_SECONDS
from hub.hub import Hub
from hub.jobs import service as jobs
from hub.jobs.chores import Chore, ChoreMaker, tidy
from hub.jobs.limits import TIDY_SECONDS
from hub.jobs.model import OF_HUB
from hub.jobs.working import Workers
from hub.limits import DELTAS_CHECK_SECONDS, DELTAS_PRIORITY, DELTAS_RETRY_SECONDS
from hub.objects.limits import PUBLISH_CHECK_SECONDS
from hub.rollouts.evaluating import evaluate_all
from hub.rollouts.limits import EVALUATE_SECONDS
from hub.uploads import handing_over
from hub.uploads.limits import UPLOADS_CHECK_SECONDS
from hub.visits import planning, sticks
from hub.visits.limits import SETTLE_SECONDS


def ask_for_deltas(hub: Hub) -> None:
    """Have missing deltas made; not at once again where that failed. Raises `SatchelError`."""
    if not missing(hub, wanted(hub)):
        return
    for last in jobs.find(hub, OF_HUB, kind="deltas", state="failed", limit=1).items:
        again = datetime.fromisoformat(last.ended_at) + timedelta(seconds=DELTAS_RETRY_SECONDS)
        if hub.clock() < again:
            return
    jobs.start(hub, OF_HUB, "deltas", {}, once="deltas", priority=DELTAS_PRIORITY)


def watch_for_trouble(hub: Hub) -> None:
    """Keep and tell what is wrong now. Raises `SatchelError`: Refused, where a route fails."""
    problems = watch(hub, SOURCES).problems
    if problems:
        raise Refused("; ".join(problems))


def look_after_rollouts(hub: Hub) -> None:
    """Let rollouts go on as they should. Raises `SatchelError`: Refused, where one can't."""
    problems = evaluate_all(hub)
    if problems:
        raise Refused("; ".join(problems))


def judge_anew(hub: Hub) -> None:
    """Judge anew how nodes stand, where a release has changed it. Raises `SatchelError`."""
    bring_up(hub)


def publish_metadata(hub: Hub) -> None:
    """Copy signed metadata to the store, where that failed when it was signed.

    Raises `Busy`, `StorageFailed`.
    """
    if hub.config.objects != FOLDER:
        with hub.locked("copying metadata to the store"):
            hub.objects.publish()


CHORES: Final = (
    Chore("alerts", LOOK_SECONDS, watch_for_trouble),
    Chore("rollouts", EVALUATE_SECONDS, look_after_rollouts),
    Chore("fleet-states", STATES_CHECK_SECONDS, judge_anew),
    Chore("deltas", DELTAS_CHECK_SECONDS, ask_for_deltas),
    Chore("publish-metadata", PUBLISH_CHECK_SECONDS, publish_metadata),
    Chore("backup", LOOK_FOR_BACKUP_SECONDS, nightly.ask_if_due),
    Chore("forget", LOOK_FOR_OLD_SECONDS, forgetting.ask_if_due),
    Chore("tidy-jobs", TIDY_SECONDS, tidy),
    Chore("audit-checkpoint", checkpoints.LOOK_SECONDS, checkpoints.make_if_due),
    Chore("visits", SETTLE_SECONDS, planning.settle),
    Chore("tidy-sticks", TIDY_SECONDS, sticks.tidy),
    Chore("uploads", UPLOADS_CHECK_SECONDS, handing_over.settle),
)


class Background:
    """Threads that do all of it until stopped; `report` hears what goes wrong.

    `workers`: how many jobs run at once; 0 leaves them to other processes.
    """

    def __init__(self, hub: Hub, report: Callable[[str], None], *, workers: int) -> None:
        self._chores = ChoreMaker(hub, CHORES, report)
        self._workers = Workers(hub, workers, report)
        self._drops = DropFolder(hub, lambda said: report(f"drop folder: {said}"))

    def start(self) -> None:
        """Begin."""
        self._chores.start()
        self._workers.start()
        self._drops.start()

    def stop(self) -> None:
        """End; a job that is being done is begun anew by the next process."""
        self._drops.stop()
        self._chores.stop()
        self._workers.stop()
