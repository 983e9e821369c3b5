"""Alerts in the database: opened, closed, listed."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from content_packs.command_line import plain
from hub.alerts.comparing import Alert, changes
from hub.alerts.findings import Finding
from hub.alerts.limits import (
    ENDED_KEPT_DAYS,
    OPEN_MAX,
    SUBJECT_CHARACTERS_MAX,
    WORDS_CHARACTERS_MAX,
)
from hub.alerts.tables import AlertRow, AlertToldRow
from hub.clock import in_words
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right


@dataclass(frozen=True)
class Looked:
    """What a look changed: how many alerts began, and how many ended."""

    begun: int
    ended: int


def keep(hub: Hub, found: Iterable[Finding], looked: Collection[str]) -> Looked:
    """Open what is new, close what has ended. Raises `StorageFailed`.

    Nothing is written where nothing changed.
    """
    bounded = [_bounded(finding) for finding in found][:OPEN_MAX]
    compared = changes(open_now(hub), bounded, looked)
    if not (compared.begun or compared.ended or compared.reworded):
        return Looked(0, 0)
    now = hub.clock()
    with hub.database.writing():
        for finding in compared.begun:
            AlertRow.create(
                force_insert=True, id=str(uuid.uuid4()), reason=finding.reason,
                subject=finding.subject, words=_stored(finding), since=in_words(now),
            )  # fmt: skip
        for alert in compared.ended:
            AlertRow.update(until=in_words(now)).where(AlertRow.id == alert.id).execute()
        for alert, finding in compared.reworded:
            AlertRow.update(words=_stored(finding)).where(AlertRow.id == alert.id).execute()
        _forget(now)
    return Looked(len(compared.begun), len(compared.ended))


def open_now(hub: Hub) -> list[Alert]:
    """Return what is wrong now, the oldest first. Raises `StorageFailed`."""
    with hub.database.transaction():
        rows = (
            AlertRow.select().where(AlertRow.until == "").order_by(AlertRow.since, AlertRow.subject)
        )
        return [_alert(row) for row in rows]


def to_tell(hub: Hub) -> list[Alert]:
    """Return what is open, and what ended that somebody was told of. Raises `StorageFailed`."""
    told = AlertToldRow.select(AlertToldRow.alert).where(AlertToldRow.ended == False)  # noqa: E712  # SQL's
    with hub.database.transaction():
        rows = AlertRow.select().where((AlertRow.until == "") | (AlertRow.id << told))
        return [_alert(row) for row in rows.order_by(AlertRow.since, AlertRow.subject)]


def listed(hub: Hub, actor: Actor, *, ended: bool = False, most: int = 200) -> list[Alert]:
    """Return alerts for a person: open ones by age, or the newest that have ended.

    Raises `Refused`, `StorageFailed`.
    """
    actor.expect(Right.OPERATE)
    if not ended:
        return open_now(hub)[:most]
    with hub.database.transaction():
        rows = AlertRow.select().where(AlertRow.until != "").order_by(AlertRow.until.desc())
        return [_alert(row) for row in rows.limit(most)]


def _forget(now: datetime) -> None:
    before = in_words(now - timedelta(days=ENDED_KEPT_DAYS))
    gone = AlertRow.select(AlertRow.id).where((AlertRow.until != "") & (AlertRow.until < before))
    AlertToldRow.delete().where(AlertToldRow.alert << gone).execute()
    AlertRow.delete().where((AlertRow.until != "") & (AlertRow.until < before)).execute()


def _bounded(finding: Finding) -> Finding:
    figures = finding.figures.items()
    return Finding(
        finding.reason,
        plain(finding.subject)[:SUBJECT_CHARACTERS_MAX],
        plain(finding.words)[:WORDS_CHARACTERS_MAX],
        finding.code,
        {
            name: plain(said)[:WORDS_CHARACTERS_MAX] if isinstance(said, str) else said
            for name, said in figures
        },
    )


def _stored(finding: Finding) -> str:
    return msgspec.json.encode(finding.more).decode()


def _more(stored: str) -> tuple[str, dict[str, str | int], str]:
    """Return a row's code, figures and words; an earlier hub wrote words alone."""
    try:
        return msgspec.json.decode(stored, type=tuple[str, dict[str, str | int], str])
    except msgspec.DecodeError:
        return "", {}, stored


def _alert(row: AlertRow) -> Alert:
    until = datetime.fromisoformat(row.until) if row.until else None
    since = datetime.fromisoformat(row.since)
    code, figures, words = _more(row.words)
    return Alert(row.id, row.reason, row.subject, words, since, until, code, figures)
