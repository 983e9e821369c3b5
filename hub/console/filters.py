"""Times, numbers and bytes, as the console's pages write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Flask
from markupsafe import Markup

from content_packs.command_line import megabytes
from hub.console.language import _, ngettext

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def set_up(app: Flask, zone: str) -> None:
    """Add the filters `time`, `day`, `number`, `bytes` and `duration`; `zone` is the hub's."""
    here = ZoneInfo(zone)
    app.add_template_filter(lambda value: _time(value, here), "time")
    app.add_template_filter(lambda value: _day(value, here), "day")
    app.add_template_filter(number, "number")
    app.add_template_filter(megabytes, "bytes")
    app.add_template_filter(duration, "duration")


def number(value: float) -> str:
    """Return a number with its thousands apart."""
    return f"{value:,}"


def duration(seconds: float) -> str:
    """Return a length of time in words, in its largest unit."""
    if seconds < _MINUTE:
        return _("less than a minute")
    if seconds < _HOUR:
        return ngettext("%(num)s minute", "%(num)s minutes", round(seconds / _MINUTE))
    if seconds < 2 * _DAY:
        return ngettext("%(num)s hour", "%(num)s hours", round(seconds / _HOUR))
    return ngettext("%(num)s day", "%(num)s days", round(seconds / _DAY))


def _read(value: str | datetime) -> datetime:
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _time(value: str | datetime | None, zone: ZoneInfo) -> Markup:
    """Return a moment as `<time>`: to the minute, in the hub's zone. Nothing for nothing."""
    return _marked(value, zone, "%Y-%m-%d %H:%M")


def _day(value: str | datetime | None, zone: ZoneInfo) -> Markup:
    """Return the day of a moment as `<time>`, in the hub's zone."""
    return _marked(value, zone, "%Y-%m-%d")


def _marked(value: str | datetime | None, zone: ZoneInfo, form: str) -> Markup:
    if not value:
        return Markup()
    moment = _read(value)
    said = moment.astimezone(zone).strftime(form)
    exact = moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Markup('<time datetime="{}">{}</time>').format(exact, said)
