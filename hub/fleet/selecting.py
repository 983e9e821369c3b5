"""A filter as a database's condition on the rows of where nodes stand. See `query.py`."""

import operator
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import peewee

from hub.clock import in_words
from hub.fleet.query import Among, Compare, Flag, Query, Sign, Term, Word
from hub.fleet.stalled import is_stalled
from hub.fleet.standing import NOT_WITHIN_A_YEAR
from hub.fleet.state_tables import NodeStateRow
from hub.people.actor import Actor

Condition = Any  # peewee is untyped

_DAY_CHARACTERS = len("2026-12-24")
_OPERATORS: Final[Mapping[Sign, Callable[[Any, Any], Condition]]] = {
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_BACKWARDS: Final[Mapping[Sign, Sign]] = {"=": "=", ">": "<", ">=": "<=", "<": ">", "<=": ">="}
_TEXTS: Final[Mapping[str, Any]] = {
    "school": NodeStateRow.school,
    "township": NodeStateRow.township,
    "district": NodeStateRow.district,
    "node": NodeStateRow.node,
    "state": NodeStateRow.state,
    "by": NodeStateRow.heard_by,
    "software": NodeStateRow.software,
    "trouble": NodeStateRow.trouble,
}
_COUNTS: Final[Mapping[str, Any]] = {
    "behind": NodeStateRow.behind,
    "free": NodeStateRow.disk_free,
    "packs": NodeStateRow.packs_behind,
    "records": NodeStateRow.records,
    "stations": NodeStateRow.stations,
    "cuts": NodeStateRow.power_cuts,
}
_MOMENTS: Final[Mapping[str, Any]] = {
    "silent": NodeStateRow.heard_at,
    "age": NodeStateRow.records_oldest,
}
_DAYS: Final[Mapping[str, Any]] = {
    "done": NodeStateRow.done_p90,
    "expected": NodeStateRow.expected_at,
}
_MARKS: Final[Mapping[str, Any]] = {
    "unreached": NodeStateRow.unreached,
    "courier": NodeStateRow.courier,
    "superseded": NodeStateRow.superseded,
    "rolled-back": NodeStateRow.rolled_back,
    "alarm": NodeStateRow.alarm,
    "claim": NodeStateRow.claim,
    "paused": NodeStateRow.paused,
}


def of_actor(actor: Actor) -> Condition:
    """Return that a row is of a school that somebody may see."""
    if actor.townships is None:
        return peewee.Value(1) == 1
    return NodeStateRow.township << sorted(actor.townships)


def condition(query: Query, now: datetime) -> Condition:
    """Return that all terms of a filter hold."""
    found: Condition = peewee.Value(1) == 1
    for term in query:
        found &= _of_term(term, now)
    return found


def is_overdue(now: datetime) -> Condition:
    """Return that a row's node has been silent for longer than is usual with it, or for ever."""
    at = NodeStateRow.overdue_at
    return (at != "") & (at < in_words(now)) & (NodeStateRow.state != "revoked")


def is_too_slow() -> Condition:
    """Return that what is to come would take a row's link longer than a year."""
    return (NodeStateRow.behind > 0) & (NodeStateRow.done_p90 == NOT_WITHIN_A_YEAR)


def needs_stick(now: datetime) -> Condition:
    """Return that what is to come won't by the link: it is too slow, or nobody hears of it.

    Which of these it is, `why_stick` says.
    """
    unheard = NodeStateRow.heard_at == ""
    return is_too_slow() | ((NodeStateRow.behind > 0) & (is_overdue(now) | unheard))


def is_late(by: str) -> Condition:
    """Return that what is to come won't have come by a day, as far as can be said.

    Where the hub can't tell, the box's own word counts.
    """
    row = NodeStateRow
    done = peewee.Case(None, [(row.done_p90 != "", row.done_p90)], row.done_p50)
    return (row.behind > 0) & (peewee.fn.SUBSTR(done, 1, _DAY_CHARACTERS) > by)


def has_no_estimate() -> Condition:
    """Return that something is to come to a row's node, and nobody can say when."""
    row = NodeStateRow
    return (row.behind > 0) & (row.heard_at != "") & (row.done_p90 == "") & (row.done_p50 == "")


def _of_term(term: Term, now: datetime) -> Condition:
    what = term.what
    if isinstance(what, Word):
        found = NodeStateRow.found_by.contains(what.text.casefold())
    elif isinstance(what, Flag):
        found = _of_flag(what.name, now)
    elif isinstance(what, Among):
        found = _of_text(what)
    else:
        found = _of_measure(what, now)
    return ~found if term.negated else found


def _of_flag(name: str, now: datetime) -> Condition:
    if name == "overdue":
        return is_overdue(now)
    if name == "stick":
        return needs_stick(now)
    if name == "stalled":
        return is_stalled()
    if name == "failed":
        return NodeStateRow.trouble != ""
    if name == "disk":
        return NodeStateRow.disk_trouble != ""
    if name == "power":
        return (NodeStateRow.power_cuts > 0) | (NodeStateRow.undervoltage == 1)
    return _MARKS[name] == 1


def _of_text(what: Among) -> Condition:
    if what.field != "group":
        return _TEXTS[what.field] << list(what.values)
    found: Condition = peewee.Value(0) == 1
    for value in what.values:
        found |= NodeStateRow.groups.contains(f" {value} ")
    return found


def _of_measure(what: Compare, now: datetime) -> Condition:
    compare = _OPERATORS[what.sign]
    if what.field in _COUNTS:
        return compare(_COUNTS[what.field], what.amount)
    if what.field in _MOMENTS:  # silent for longer: heard of earlier
        column = _MOMENTS[what.field]
        at = in_words(_before(now, int(what.amount)))
        return (column != "") & _OPERATORS[_BACKWARDS[what.sign]](column, at)
    column = _DAYS[what.field]
    day = peewee.fn.SUBSTR(column, 1, _DAY_CHARACTERS)
    return (column != "") & compare(day, what.amount)


def _before(now: datetime, seconds: int) -> datetime:
    try:
        return now - timedelta(seconds=seconds)
    except OverflowError:
        return datetime(1970, 1, 1, tzinfo=now.tzinfo)
