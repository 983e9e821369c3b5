"""What is said of an alert, in the reader's language: what it is about, and more about it."""

from dataclasses import replace
from typing import Final

from hub.alerts.comparing import Alert
from hub.alerts.findings import Figures
from hub.console.language import SOURCE_LANGUAGE, _, ngettext, speaking
from hub.fleet.words import disk
from hub.jobs import kinds
from hub.rollouts import sayings as of_rollouts
from hub.rollouts.decide import Reason

DISK: Final = "disk-"  # what codes of a disk's trouble begin with
_ROLLOUTS: Final = ("rollout-stopped", "rollout-waits")


def subject(alert: Alert) -> str:
    """Return what an alert is about, as people call it: a rollout by its pack and version."""
    if alert.reason in _ROLLOUTS and "pack" in alert.figures:
        return _("%(pack)s %(version)s on %(channel)s", **alert.figures)
    if alert.reason == "job-failed":
        kind, _space, number = alert.subject.partition(" ")
        if kind in kinds.names():
            return f"{_(kinds.find(kind).title)} ({number[-8:]})"
    return alert.subject


def words(alert: Alert) -> str:
    """Return what more there is to say; what others wrote stays as it came."""
    if alert.reason in _ROLLOUTS and alert.code:
        reason = of_rollouts.reason(Reason(alert.code, dict(alert.figures)))
        return f"{reason} {alert.words}" if alert.words else reason
    return _of_box(alert.code, alert.figures) or alert.words


def in_english(alert: Alert) -> Alert:
    """Return an alert with its words, for those who are sent figures and codes beside them."""
    with speaking(SOURCE_LANGUAGE):
        return replace(alert, words=words(alert))


def _of_box(code: str, figures: Figures) -> str:
    if code.startswith(DISK):
        return disk(code.removeprefix(DISK))
    if code == "records":
        return ngettext(
            "%(num)s record, the oldest of %(oldest)s",
            "%(num)s records, the oldest of %(oldest)s",
            int(figures["count"]),
            oldest=figures["oldest"],
        )
    if code == "silent":
        return _("last heard of on %(day)s", **figures)
    if code == "stalled":
        return _("nothing has come since %(day)s, though it is in contact", **figures)
    return {
        "never-heard": _("never heard of"),
        "trial": _("Nothing is wrong: this is a test."),
    }.get(code, "")
