"""A desired state as a form has it, and back. Pure.

What a form leaves open is left to the boxes. What it has no field for (`pins`) stays as it was.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from content_packs.errors import UsageError
from content_packs.names import RENDITIONS
from hub.fleet.desired import Settings

WINDOWS: Final = 4  # rows of the form
CLASSES: Final = ("text", "other", "audio", "video")
_BUDGET: Final = ("megabytes_per_day", "megabytes_per_month", "kbit_per_second")
_KEPT: Final = ("pins",)


class Fields(Protocol):
    """What was sent: a field's value, and all values of one that stands there more than once."""

    def get(self, key: str, default: str) -> str:
        """Return a field's value."""

    def getlist(self, key: str) -> list[str]:
        """Return all values of a field."""


def settings_of(form: Fields, before: Settings) -> Settings:
    """Return the settings that a form says. Raises `UsageError` for what is no number."""
    found: Settings = {name: before[name] for name in _KEPT if name in before}
    if form.get("say_channels", ""):
        found["channels"] = form.getlist("channel")
    if form.get("say_packs", ""):
        found["packs"] = _words(form.get("packs", ""))
    if form.get("say_renditions", ""):
        chosen = form.getlist("rendition")
        found["renditions"] = [name for name in RENDITIONS if name in chosen]
    if form.get("say_windows", ""):
        found["windows"] = _windows(form)
    if form.get("say_budget", ""):
        found["budget"] = _budget(form)
    if zone := form.get("time_zone", "").strip():
        found["time_zone"] = zone
    return found


def windows_shown(settings: Settings) -> list[Mapping[str, Any]]:
    """Return the rows of windows that a form shows: those that are set, and empty ones."""
    known = list(settings.get("windows") or ())
    return known + [{} for _ in range(max(WINDOWS - len(known), 1))]


def _windows(form: Fields) -> list[dict[str, Any]]:
    found = []
    for opens, closes, rate, classes in zip(
        form.getlist("from"),
        form.getlist("to"),
        form.getlist("rate"),
        form.getlist("classes"),
        strict=False,
    ):
        if not opens.strip() and not closes.strip():
            continue
        window: dict[str, Any] = {"from": opens.strip() or "00:00", "to": closes.strip() or "24:00"}
        if rate.strip():
            window["kbit_per_second"] = _number(rate, "rate")
        if named := _words(classes):
            window["classes"] = named
        found.append(window)
    return found


def _budget(form: Fields) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: _number(said, name) for name in _BUDGET if (said := form.get(name, "").strip())
    }
    if form.get("metered", ""):
        found["metered"] = True
    return found


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(text.replace(",", " ").split()))


def _number(text: str, name: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise UsageError(f"{name}: {text[:40]!r} is no number")
    return int(text)
