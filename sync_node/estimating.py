"""What a forecast rests on, gathered from this node: its plan, links, ticks, orders and disk."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sync_node import following, forecast, outlook, state, teachers_pins, ticks, trusted_time
from sync_node.budget import Budgets
from sync_node.config import Config, rules_of
from sync_node.data_dir import DataDir
from sync_node.database import database_errors
from sync_node.forecast import Forecast, LessonForecast, LinkState, Situation
from sync_node.limits import DISK_RESERVE_BYTES
from sync_node.models import PackRow
from sync_node.orders import Orders
from sync_node.outlook import Outlook
from sync_node.plan_model import Plan
from sync_node.planning import plan_on_disk
from sync_node.teachers_pins import TeachersPin


@dataclass(frozen=True)
class Estimate:
    """A plan and its times, from a situation."""

    plan: Plan
    situation: Situation
    forecast: Forecast

    def outlook(self) -> Outlook:
        """Return what of it is shown on a page."""
        return outlook.outlook(self.plan, self.forecast, self.situation.now)


def estimate(
    data_dir: DataDir,
    config: Config,
    *,
    now: datetime,
    budgets: Budgets,
    disk_free: Callable[[Path], int],
) -> Estimate:
    """Plan what is to come, from what is on disk, and say when. Asks nobody.

    node.db is open, and `budgets` were read. Raises `StorageFailed`; `InvalidContent` for a
    manifest that rotted.
    """
    plan = plan_on_disk(data_dir)
    situation = situation_of(data_dir, config, now=now, budgets=budgets, disk_free=disk_free)
    found = forecast.forecast(plan, situation)
    coming = {(each.pack, each.lesson) for each in found.lessons}
    waiting = [each for each in _waiting(situation) if (each.pack, each.lesson) not in coming]
    return Estimate(plan, situation, Forecast(found.steps, (*found.lessons, *waiting), found.done))


def situation_of(
    data_dir: DataDir,
    config: Config,
    *,
    now: datetime,
    budgets: Budgets,
    disk_free: Callable[[Path], int],
) -> Situation:
    """Return what a forecast rests on."""
    records = ticks.records()
    observed = state.links()
    links = []
    for source in config.sources:
        if source.hub:
            rules = rules_of(source, config)
            rate = forecast.goodput(records, source.hub)
            bounded = rules.rate or any(window.rate for window in rules.windows)
            if source.hub in observed and (bounded or not rate):
                rate = observed[source.hub].rate  # what it gave was what it was allowed to
            spent = budgets.spent(source.hub, now.astimezone(rules.zone).date())
            links.append(LinkState(rules, spent, rate))
    return Situation(
        now,
        tuple(links),
        forecast.duty(records),
        Orders(data_dir).pause_at(now),
        max(disk_free(data_dir.root) - DISK_RESERVE_BYTES, 0),
        _activations(now),
    )


def _activations(now: datetime) -> dict[tuple[str, int], datetime]:
    found = {}
    for followed in following.followed():
        at = trusted_time.parse(followed.offer.activate_at)
        if at and at > now and followed.held_version is None:
            found[followed.pack, followed.offer.version] = at
    return found


def _waiting(situation: Situation) -> list[LessonForecast]:
    """Return versions that wait for their time; the empty lesson stands for all that is here."""
    return [
        LessonForecast(pack, version, "", 0, at, "activate-at")
        for (pack, version), at in situation.activate_at.items()
    ]


@dataclass(frozen=True)
class Reasons:
    """Why packs that are offered aren't in the plan: held, or not reached by a rollout.

    `held` by a rollback; `pins` are what teachers pinned, whether it holds or not.
    """

    held: tuple[str, ...]
    rollout: tuple[str, ...]
    pins: tuple[TeachersPin, ...] = ()


def reasons(data_dir: DataDir) -> Reasons:
    """Return the packs that are offered and not planned. node.db is open."""
    with database_errors(data_dir):
        rows = list(PackRow.select().where(~PackRow.retired).order_by(PackRow.pack))
        pins = teachers_pins.known()
    return Reasons(
        tuple(row.pack for row in rows if row.rolled_back_from is not None),
        tuple(row.pack for row in rows if not row.offer and row.held_version is None),
        tuple(pins.values()),
    )
