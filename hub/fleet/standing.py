"""Where each node stands, kept in a row that lists are made of.

A row is derived, and written in the transaction of what it follows from: a check-in, a report on a
stick, a claim, a revocation. A release concerns thousands of nodes: their rows are judged anew some
at a time (`bringing_up.py`). `Judge` is for one transaction of a caller.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from content_packs.reports import Report
from hub import rows
from hub.clock import in_words
from hub.edition import Edition, read_edition
from hub.fleet import calendars, days, desired, reports
from hub.fleet.estimates import Link, estimate_over, link_of
from hub.fleet.limits import (
    ESTIMATE_DAYS_LOOKED_AT,
    REASON_CHARACTERS_MAX,
    RECORDS_IN_DANGER_DAYS,
    SILENCE_HOURS_MIN,
    UNHEARD_OVERDUE_SECONDS,
)
from hub.fleet.links import carried
from hub.fleet.reports import By, KeptReport
from hub.fleet.rhythm import Rhythm, expected_at, hour_of, overdue_at, rhythm_of
from hub.fleet.school_calendar import SchoolCalendar, after
from hub.fleet.state_tables import NodeStateRow
from hub.fleet.states import Key, Standing, judge
from hub.fleet.tables import NodeKeyRow, NodeRow, SchoolRow
from hub.fleet.targets import Offered, Offers, moment
from hub.hub import Hub

NOT_WITHIN_A_YEAR: Final = "9999-12-31T00:00:00Z"
_URGENCY_RECORDS = 60
_COURIER_DAYS = 45  # that a stick's visit is told of
_Columns = dict[str, Any]


class Judge:
    """Judges nodes against one edition, inside the caller's writing transaction."""

    def __init__(self, hub: Hub, edition: Edition | Offers | None = None) -> None:
        self._now = hub.clock()
        self._zone = ZoneInfo(hub.config.zone)
        self._offered = Offered(edition or read_edition(hub.data.metadata))
        self._calendars = calendars.by_name()

    @property
    def edition(self) -> int:
        """The number of the edition that is judged against."""
        return self._offered.number

    def heard(
        self,
        node: NodeRow,
        by: By,
        settings: desired.Settings | None = None,
        report: Report | None = None,
    ) -> None:
        """Note that a node was heard of now.

        `settings` of its desired state, and the `report` that it has just given, where known.
        """
        self._write(node, by, settings, report)

    def judge(self, node: str) -> None:
        """Judge a node anew, by what is known of it."""
        self._write(rows.get(NodeRow, node=node), "")

    def judge_school(self, school: str) -> None:
        """Judge all nodes of a school, or say that it has none."""
        names = [row.node for row in NodeRow.select().where(NodeRow.school == school)]
        for name in names:
            self.judge(name)
        if not names:
            row = SchoolRow.get_by_id(school)
            _put({**_of_school(row, ""), "state": "no-box", "urgency": 40, "edition": self.edition})

    def _write(
        self,
        of: NodeRow,
        by: By | str,
        settings: desired.Settings | None = None,
        said: Report | None = None,
    ) -> None:
        node = str(of.node)
        school = rows.get(SchoolRow, school=of.school)
        before = rows.one(NodeStateRow, school=of.school, node=node)
        kept = self._newest(node, by, before, said)
        heard_at, heard_by = self._heard(by, before, kept)
        if settings is None:
            settings = desired.settings_for(node, list(of.groups))
        report = kept.report if kept else None
        key, claim = _key_of(node, by, before)
        standing = judge(
            key,
            report,
            self._offered.for_node(node, report, settings),
            heard_at=moment(heard_at) if heard_at else None,
            alarm=bool(of.alarm),
        )
        if by:
            days.note(node, self._now, report, standing)
        calendar = calendars.of_school(self._calendars, school.calendar)
        columns = _of_school(school, node) | _of_standing(standing) | self._of_report(kept)
        columns |= self._of_rhythm(node, by, before, heard_at, calendar)
        columns |= self._of_link(node, by, before, calendar)
        columns |= self._of_estimate(columns, heard_at, report, calendar)
        columns |= {
            "groups": f" {' '.join(of.groups)} " if of.groups else "",
            "heard_at": heard_at,
            "heard_by": heard_by,
            "courier": int(heard_by == "stick" or self._by_courier(report)),
            "alarm": int(bool(of.alarm)),
            "claim": int(claim),
            "edition": self.edition,
        }
        if claim or self._in_danger(columns):
            columns["urgency"] = max(columns["urgency"], _URGENCY_RECORDS)
        _put(columns)
        if before is None:
            _forget(of.school, "")

    def _newest(
        self, node: str, by: str, before: NodeStateRow | None, said: Report | None
    ) -> KeptReport | None:
        """Return the newest report; one just given is it where its time lies behind all others'."""
        is_newest = (
            said is not None
            and before is not None
            and before.reported_at < in_words(said.at) <= in_words(self._now)
        )
        if said is None or not is_newest:
            return reports.newest(node)
        return KeptReport(said, in_words(self._now), by)

    def _heard(
        self, by: str, before: NodeStateRow | None, kept: KeptReport | None
    ) -> tuple[str, str]:
        """Return when a node was last heard of, and by what."""
        if by:
            return in_words(self._now), by
        if before is not None and before.heard_at:
            return before.heard_at, before.heard_by
        if kept is None:
            return "", ""
        return kept.taken_at, kept.by

    def _of_report(self, kept: KeptReport | None) -> _Columns:
        if kept is None:
            return {}
        said = kept.report
        records, stations, power = said.records, said.stations, said.power
        return {
            "reported_at": in_words(said.at),
            "records": records.count if records else 0,
            "records_oldest": in_words(records.oldest_at) if records and records.oldest_at else "",
            "disk_free": said.disk.free,
            "disk_total": said.disk.total,
            "disk_trouble": said.disk.trouble,
            "stations": stations.count if stations else 0,
            "power_cuts": power.cuts if power else 0,
            "undervoltage": int(bool(power and power.undervoltage)),
            "software": said.versions.satchel,
            "paused": int(said.paused),
        }

    def _of_rhythm(
        self,
        node: str,
        by: str,
        before: NodeStateRow | None,
        heard_at: str,
        calendar: SchoolCalendar,
    ) -> _Columns:
        """Return the rhythm; while a node stays on its link, that of before holds.

        Who was never heard of has none: it is overdue a while after it was confirmed.
        """
        if not heard_at:
            since = _confirmed_at(node)
            late = since and after(calendar, moment(since), UNHEARD_OVERDUE_SECONDS, self._zone)
            return {"overdue_at": in_words(late)} if late else {}
        last = moment(heard_at)
        if by and before is not None and _stays(before, last):
            found = _rhythm_before(before)
        else:
            found = rhythm_of(days.hours_of(node), calendar, self._zone)
        return {
            "silence_median": found.median,
            "silence_p95": found.p95,
            "silence_rare": found.rare,
            "rhythm_learnt": int(found.learnt),
            "expected_at": in_words(expected_at(last, found, calendar, self._zone)),
            "overdue_at": in_words(overdue_at(last, found, calendar, self._zone)),
        }

    def _of_link(
        self, node: str, by: str, before: NodeStateRow | None, calendar: SchoolCalendar
    ) -> _Columns:
        """Return what the link carries in a day; it is reckoned once a day, from those before."""
        today = self._now.astimezone(self._zone).date()
        if by and before is not None and before.link_on == today.isoformat():
            link = Link(before.link_mean, before.link_spread, before.link_days)
        else:
            since = today - timedelta(days=ESTIMATE_DAYS_LOOKED_AT)
            link = link_of(carried(days.links_of(node, since), calendar, today))
        return {
            "link_mean": link.mean,
            "link_spread": link.spread,
            "link_days": link.days,
            "link_on": today.isoformat(),
        }

    def _of_estimate(
        self, columns: _Columns, heard_at: str, report: Report | None, calendar: SchoolCalendar
    ) -> _Columns:
        """Return by when all has come; the node's own word where the hub knows too little."""
        if not columns["behind"]:
            return {}
        link = Link(columns["link_mean"], columns["link_spread"], columns["link_days"])
        silent = None
        if heard_at and hour_of(self._now) - hour_of(moment(heard_at)) > SILENCE_HOURS_MIN:
            silent = Rhythm(columns["silence_median"], columns["silence_p95"])
        found = estimate_over(link, columns["behind"], silent)
        if found is None:
            own = report.coming.done_at if report and report.coming else None
            return {"done_p50": in_words(own) if own else ""}
        return {
            "done_p50": self._in_days(found.p50, calendar),
            "done_p90": self._in_days(found.p90, calendar),
        }

    def _in_days(self, number: float | None, calendar: SchoolCalendar) -> str:
        if number is None:
            return NOT_WITHIN_A_YEAR
        return in_words(after(calendar, self._now, number * 86_400, self._zone))

    def _by_courier(self, report: Report | None) -> bool:
        if report is None or report.courier is None:
            return False
        return self._now - report.courier.at < timedelta(days=_COURIER_DAYS)

    def _in_danger(self, columns: _Columns) -> bool:
        return bool(columns.get("records_oldest")) and moment(columns["records_oldest"]) < (
            records_in_danger_before(self._now)
        )


def _stays(before: NodeStateRow, last: datetime) -> bool:
    """Return whether a node that is heard of once more hasn't been silent in between."""
    if not before.heard_at or not before.silence_median:
        return False
    return hour_of(last) - hour_of(moment(before.heard_at)) <= SILENCE_HOURS_MIN


def _rhythm_before(row: NodeStateRow) -> Rhythm:
    learnt = bool(row.rhythm_learnt)
    return Rhythm(row.silence_median, row.silence_p95, learnt, row.silence_rare)


def records_in_danger_before(now: datetime) -> datetime:
    """Return before when a record was made that should have been carried away long since."""
    return now - timedelta(days=RECORDS_IN_DANGER_DAYS)


def forget(schools: Iterable[str]) -> None:
    """Remove the rows of schools, inside the caller's transaction."""
    NodeStateRow.delete().where(NodeStateRow.school << list(schools)).execute()


def _forget(school: str, node: str) -> None:
    of_it = (NodeStateRow.school == school) & (NodeStateRow.node == node)
    NodeStateRow.delete().where(of_it).execute()


def _put(columns: _Columns) -> None:
    """Write a row; what isn't named is at its default."""
    row = {**_DEFAULTS, **columns}
    key = {name: row.pop(name) for name in ("school", "node")}
    rows.put(NodeStateRow, key, row)


_DEFAULTS: Final[_Columns] = {
    name: [] if name == "packs" else field.default
    for name, field in NodeStateRow._meta.fields.items()  # noqa: SLF001  # peewee's own way to them
    if name not in {"school", "node"}
}


def _key_of(node: str, by: str, before: NodeStateRow | None) -> tuple[Key, bool]:
    """Return what a node's keys come to, and whether a claim waits for a person.

    Who checks in has a valid key, or would have been turned away.
    """
    if by == "check-in" and before is not None:
        return "valid", bool(before.claim)
    query = NodeKeyRow.select(NodeKeyRow.state).where(NodeKeyRow.node == node)
    states = {str(row.state) for row in query}
    order: tuple[Key, ...] = ("valid", "pending", "revoked", "refused")
    for state in order:
        if state in states:
            return state, "pending" in states
    return "none", False


def _confirmed_at(node: str) -> str:
    """Return since when a node's key counts; empty for one without."""
    valid = (NodeKeyRow.node == node) & (NodeKeyRow.state == "valid")
    row = NodeKeyRow.select().where(valid).order_by(NodeKeyRow.number.desc()).first()
    return str(row.decided_at or row.claimed_at) if row else ""


def _of_school(row: SchoolRow, node: str) -> _Columns:
    words = (row.school, row.title, row.township, row.district, node)
    return {
        "school": row.school,
        "node": node,
        "district": row.district,
        "township": row.township,
        "title": row.title,
        "found_by": " ".join(filter(None, words)).casefold(),
    }


def _of_standing(standing: Standing) -> _Columns:
    ready, total = standing.lessons
    return {
        "state": standing.state,
        "urgency": standing.urgency,
        "trouble": standing.failed,
        "reason": standing.reason[:REASON_CHARACTERS_MAX],
        "behind": standing.behind,
        "packs_behind": standing.packs_behind,
        "lessons_ready": ready,
        "lessons_total": total,
        "unreached": int(standing.unreached),
        "superseded": int(standing.superseded),
        "rolled_back": int(standing.rolled_back),
        "packs": msgspec.to_builtins(standing.packs),
    }
