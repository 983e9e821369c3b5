"""The form of a new rollout: its fields, as a browser sends them, and the plan that they mean."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from content_packs.errors import UsageError
from hub.rollouts.model import Group, Plan, Stage

ROWS: Final = 6  # stages that the form has room for; by API and command there may be more
_FOUR: Final = ("5", "20", "50", "100")
SAVED: Final = "saved:"  # before the name of a filter that somebody saved
_SPLIT = re.compile(r"[\s,;，；、]+")
_NUMBERS: Final = (
    "success_pct", "min_contacted", "soak_hours", "fail_pct", "fail_min_n", "max_days",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A stage's fields as they stand in the form."""

    kind: str
    who: str
    waits: bool


def rows(form: Mapping[str, str]) -> list[Row]:
    """Return the stages' fields, of an empty form those of four stages."""
    if "kind-1" not in form:
        given = [*_FOUR, *[""] * (ROWS - len(_FOUR))]
        return [Row("percent", who, waits=False) for who in given]
    return [
        Row(
            form.get(f"kind-{number}", "percent"),
            form.get(f"who-{number}", ""),
            f"waits-{number}" in form,
        )
        for number in range(1, ROWS + 1)
    ]


def terms(form: Mapping[str, str]) -> dict[str, str]:
    """Return the terms' fields, with their defaults."""
    defaults = {field.name: field.default for field in msgspec.structs.fields(Stage)}
    return {name: form.get(name, str(defaults[name])) for name in (*_NUMBERS, "abort")}


def plan_in(form: Mapping[str, str], saved: Mapping[str, str]) -> Plan:
    """Return the plan that a form means; `saved`: filters by name. Raises `UsageError`."""
    said = terms(form)
    common: dict[str, Any] = {name: _number(name, said[name]) for name in _NUMBERS}
    stages = [
        {
            "group": _group(row, number, saved),
            "on_success": "pause" if row.waits else "next",
            "abort": said["abort"],
            **common,
        }
        for number, row in enumerate(rows(form), 1)
        if row.who.strip() or row.kind.startswith(SAVED)
    ]
    pack, _, version = form.get("what", "").strip().partition(" ")
    found = {
        "pack": pack,
        "version": _number("version", version),
        "channel": form.get("channel", "").strip(),
        "stages": stages,
        "activate_at": form.get("activate_at", "").strip(),
        "needed_by": form.get("needed_by", "").strip(),
        "second_person": "second_person" in form,
        "note": form.get("note", "").strip(),
    }
    return read(found)


def read(found: object) -> Plan:
    """Return the plan in what JSON or a form holds. Raises `UsageError` with the field's name."""
    try:
        return msgspec.convert(found, Plan)
    except msgspec.ValidationError as error:
        raise UsageError(f"rollout: {error}") from error


def group_of(text: str, saved: Mapping[str, str]) -> Group:
    """Return the group that words mean: `25%`, `schools:a,b`, `saved:NAME`, or a filter.

    `saved`: filters by name. A rollout keeps what the filter says now. Raises `UsageError`.
    """
    said = text.strip()
    if re.fullmatch(r"[0-9]{1,3}\s*%", said):
        return Group("percent", _percent(said))
    if said.startswith("schools:"):
        return Group("schools", schools=_names(said.removeprefix("schools:")))
    if said.startswith(SAVED):
        return _saved(said.removeprefix(SAVED).strip(), saved)
    return Group("query", query=said.removeprefix("query:").strip())


def _saved(name: str, saved: Mapping[str, str]) -> Group:
    if name not in saved:
        raise UsageError(f"no filter is saved as {name[:80]!r}", hint="See: hub filters list")
    return Group("query", query=saved[name])


def _group(row: Row, number: int, saved: Mapping[str, str]) -> Group:
    if row.kind.startswith(SAVED):
        return _saved(row.kind.removeprefix(SAVED), saved)
    if row.kind == "percent":
        return Group("percent", _percent(row.who))
    if row.kind == "schools":
        return Group("schools", schools=_names(row.who))
    if row.kind == "query":
        return Group("query", query=row.who.strip())
    raise UsageError(f"stage {number}: {row.kind[:40]!r} is no kind of group")


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in _SPLIT.split(text) if name))


def _percent(text: str) -> int:
    found = _number("percent", text.strip().rstrip("%％").strip())
    if not 1 <= found <= 100:  # percent
        raise UsageError(f"percent: {found}, expected 1 to 100")
    return found


def _number(name: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text.strip()):
        raise UsageError(f"{name}: {text[:40]!r} is not a whole number")
    return int(text)
