"""What a report says of the box and of its links, beyond what `status` does. Nothing about anybody.

Each is left out where the box can't tell.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from content_packs import messages
from content_packs.reports import Coming, CourierVisit, HubLink, Power, WifiStations
from sync_node import budget, forecast, state, stations, windows
from sync_node.config import Config, rules_of
from sync_node.data_dir import DataDir
from sync_node.hardware import Hardware
from sync_node.limits import REPORT_DAYS
from sync_node.link_times import minutes_per_day
from sync_node.moments import as_moment, moment
from sync_node.orders import Orders
from sync_node.status import Status
from sync_node.ticks import Record
from sync_node.trusted_time import Reading

_PERCENT = 100


def wifi(data_dir: DataDir, time: Reading) -> WifiStations | None:
    """Return who is on the Wi-Fi now, by the access point's word; None where it gives none."""
    found = stations.read(data_dir, now=time.clock.timestamp())
    if found.known != "fresh":
        return None
    return WifiStations(
        count=len(found.stations), weak=found.weak, weakest_dbm=found.weakest, limit=found.limit
    )


def power(found: Status, hardware: Hardware) -> Power:
    """Return the power cuts of the last days, and whether the supply is too weak."""
    now = found.time.now
    since = as_moment(now - timedelta(days=REPORT_DAYS)) or messages.to_second(now)
    cuts = found.power.power_cuts(since)
    return Power(
        since=since,
        cuts=len(cuts),
        cuts_in_all=found.power.cuts_in_all,
        last_at=moment(cuts[0].found) if cuts else None,
        undervoltage=hardware.undervoltage,
    )


def hub_link(
    data_dir: DataDir, config: Config, records: Sequence[Record], now: datetime
) -> HubLink | None:
    """Return the link to the first hub of the configuration, as `records` saw it; None without."""
    source = next((each for each in config.sources if each.hub), None)
    if source is None:
        return None
    first = moment(records[0].started_at) if records else None
    since = min(first or messages.to_second(now), messages.to_second(now))
    observed = state.links().get(source.hub)
    rate = forecast.goodput(records, source.hub) or (observed.rate if observed else 0.0)
    poll_seconds = config.engine.poll_seconds
    return HubLink(
        since=since,
        bytes_per_second=int(rate),
        minutes_per_day=minutes_per_day(
            records, source.hub, since=since, now=now, poll_seconds=poll_seconds
        ),
        duty_percent=round(forecast.duty(records) * _PERCENT),
        next_contact=_next_contact(data_dir, config, source.hub, now),
    )


def coming(found: Status) -> Coming | None:
    """Return what is to come, as the last tick left it; None where everything is here."""
    left = [each.bytes_to_come for each in found.packs if not each.retired]
    outlook = found.outlook
    if outlook is None or outlook.is_empty or not (any(left) or None in left or outlook.lessons):
        return None
    known = sum(each for each in left if each is not None)
    return Coming(
        bytes=outlook.size if None in left else min(outlook.size, known),
        lessons=outlook.lessons_to_come,
        done_at=moment(outlook.done),
        waits_for=outlook.waits_for,
        goes_on=moment(outlook.goes_on),
    )


def courier(found: Status) -> CourierVisit | None:
    """Return the newest courier's disk, None where none ever came."""
    newest = next(iter(found.couriers), None)
    at = moment(newest.at) if newest else None
    if newest is None or at is None:
        return None
    return CourierVisit(at=at, state=newest.state, bytes_in=newest.bytes_in, batches=newest.batches)


def _next_contact(data_dir: DataDir, config: Config, hub: str, now: datetime) -> datetime | None:
    """Return when the hub is asked next, as windows, budgets and a pause let it."""
    then = now + timedelta(seconds=config.engine.poll_seconds)
    pause = Orders(data_dir).pause_at(now)
    if pause is not None:
        if pause.until is None:
            return None
        then = max(then, pause.until)
    source = next(each for each in config.sources if each.hub == hub)
    rules = rules_of(source, config)
    on = now.astimezone(rules.zone).date()
    days = budget.recorded(data_dir.root / budget.NAME).get(hub, {})
    spent = budget.spent_on(budget.folded(days, on), on)
    at = windows.next_time(rules, then, spent)
    return as_moment(at) if at else None
