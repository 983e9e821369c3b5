"""What is new, what has ended, and what is to be told now: without database, clock or network."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.alerts.findings import REASONS, Finding
from hub.alerts.limits import TELL_AGAIN_SECONDS


@dataclass(frozen=True)
class Alert:
    """Something that is or was wrong. `until` is None while it is; the rest is as in `Finding`."""

    id: str
    reason: str
    subject: str
    words: str
    since: datetime
    until: datetime | None = None
    code: str = ""
    figures: dict[str, str | int] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same trouble as before."""
        return self.reason, self.subject


@dataclass(frozen=True)
class Changes:
    """What a look at the world changes: `begun` to be opened, `ended` to be closed, `reworded`."""

    begun: tuple[Finding, ...]
    ended: tuple[Alert, ...]
    reworded: tuple[tuple[Alert, Finding], ...]


@dataclass(frozen=True)
class News:
    """What one route is to be told: `begun` are open, `ended` are those that it heard of."""

    begun: tuple[Alert, ...]
    ended: tuple[Alert, ...]

    def __bool__(self) -> bool:
        return bool(self.begun or self.ended)


def changes(
    open_now: Iterable[Alert], found: Iterable[Finding], looked: Collection[str]
) -> Changes:
    """Compare what was open with what is found now.

    `looked`: the reasons whose sources could be asked; an alert of another one stays open, since
    nobody knows.
    """
    by_key = {finding.key: finding for finding in found}
    known = {alert.key: alert for alert in open_now}
    return Changes(
        begun=tuple(finding for key, finding in by_key.items() if key not in known),
        ended=tuple(
            alert for key, alert in known.items() if key not in by_key and alert.reason in looked
        ),
        reworded=tuple(
            (alert, by_key[key])
            for key, alert in known.items()
            if key in by_key and by_key[key].more != (alert.code, alert.figures, alert.words)
        ),
    )


def news(
    alerts: Iterable[Alert],
    told: Mapping[str, bool],
    reasons: Collection[str],
    *,
    now: datetime,
    last: datetime | None,
) -> News:
    """Return what a route is to be told now, nothing if that can wait.

    `told`: by alert, whether its end was told, too; `reasons`: those that the route wants, all if
    empty; `last`: when it was told something last.
    """
    wanted = [alert for alert in alerts if not reasons or alert.reason in reasons]
    begun = tuple(
        alert
        for alert in wanted
        if alert.until is None
        and alert.id not in told
        and now - alert.since >= REASONS[alert.reason].grace
    )
    ended = tuple(alert for alert in wanted if alert.until and told.get(alert.id) is False)
    urgent = any(REASONS[alert.reason].urgent for alert in begun)
    waited = last is None or now - last >= timedelta(seconds=TELL_AGAIN_SECONDS)
    return News(begun, ended) if urgent or waited else News((), ())
