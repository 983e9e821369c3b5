"""What a route is told: one message for all that is new and all that ended, in its language."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from content_packs import canonical_json
from hub.alerts import sayings
from hub.alerts.comparing import Alert, News
from hub.alerts.findings import REASONS
from hub.alerts.limits import SHOWN_OF_REASON
from hub.clock import in_words
from hub.console.language import speaking, translations

FORMAT = 1
_ORDER = list(REASONS)


@dataclass(frozen=True)
class Telling:
    """What every message needs: the hub's name, where its console is, its zone, a language."""

    hub: str
    address: str
    zone: str
    language: str


def subject(news: News, telling: Telling) -> str:
    """Return a mail's subject: how much is new, and the most urgent of it."""
    words = translations(telling.language)
    if not news.begun:
        number = len(news.ended)
        said = words.ngettext("%(num)s trouble has ended", "%(num)s troubles have ended", number)
        return f"{telling.hub}: {said % {'num': number}}"
    first = words.gettext(REASONS[_in_order(news.begun)[0].reason].title)
    if len(news.begun) == 1:
        return f"{telling.hub}: {first}"
    more = len(news.begun) - 1
    return f"{telling.hub}: {first} {words.gettext('(and %(num)s more)') % {'num': more}}"


def text(news: News, telling: Telling) -> str:
    """Return a mail's text: by reason, the worst first; what ended comes last."""
    words = translations(telling.language)
    parts = [
        "\n".join([words.gettext(REASONS[reason].title), *_lines(list(alerts), telling)])
        for reason, alerts in groupby(_in_order(news.begun), key=lambda alert: alert.reason)
    ]
    if news.ended:
        parts.append("\n".join([words.gettext("No longer so"), *_lines(news.ended, telling)]))
    if telling.address:
        parts.append(f"{telling.address.rstrip('/')}/console/")
    return "\n\n".join(parts) + "\n"


def body(news: News, telling: Telling) -> bytes:
    """Return what a webhook is sent: canonical JSON with `hub`, `begun` and `ended`.

    `reason`, `subject`, `code` and `figures` stay what they are in any language.
    """
    with speaking(telling.language):
        return canonical_json.encode(
            {
                "format": FORMAT,
                "hub": telling.hub,
                "address": telling.address,
                "text": text(news, telling),
                "begun": [_object(alert) for alert in _in_order(news.begun)],
                "ended": [_object(alert) for alert in news.ended],
            }
        )


def _in_order(alerts: Iterable[Alert]) -> list[Alert]:
    return sorted(
        alerts, key=lambda alert: (_ORDER.index(alert.reason), alert.since, alert.subject)
    )


def _lines(alerts: Iterable[Alert], telling: Telling) -> list[str]:
    words = translations(telling.language)
    found = list(alerts)
    lines = []
    with speaking(telling.language):
        for alert in found[:SHOWN_OF_REASON]:
            since = words.gettext("since %(time)s") % {"time": _shown(alert.since, telling)}
            more_words = sayings.words(alert)
            line = f"- {sayings.subject(alert)}, {since}"
            lines.append(f"{line}: {more_words}" if more_words else line)
    more = len(found) - SHOWN_OF_REASON
    if more > 0:
        lines.append(words.gettext("- and %(num)s more") % {"num": more})
    return lines


def _shown(time: datetime, telling: Telling) -> str:
    return time.astimezone(ZoneInfo(telling.zone)).strftime("%Y-%m-%d %H:%M")


def _object(alert: Alert) -> dict[str, object]:
    return {
        "id": alert.id,
        "reason": alert.reason,
        "subject": alert.subject,
        "name": sayings.subject(alert),
        "code": alert.code,
        "figures": alert.figures,
        "words": sayings.words(alert),
        "since": in_words(alert.since),
        "until": in_words(alert.until) if alert.until else "",
    }
