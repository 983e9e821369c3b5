"""What the hub logs, a line for each thing: as text for people, or as JSON for programs.

Not every poll: ten thousand nodes ask every quarter of an hour, and metrics count them. A line is
written where an answer failed (5xx), took long, or changed something; and for what the hub does by
itself. No token, code, password or body ever stands in one.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO, TypeAlias

from content_packs.command_line import plain
from hub.monitoring.limits import LOG_VALUE_CHARACTERS_MAX, SLOW_SECONDS

Form: TypeAlias = Literal["text", "json"]

_FIELDS: Final = "satchel"  # where a record keeps its fields
_log = logging.getLogger("hub.answers")


def form_of(word: str) -> Form:
    """Return the form that hub.toml names."""
    return "json" if word == "json" else "text"


def set_up(form: Form, *, stream: TextIO = sys.stderr) -> None:
    """Let everything that the hub's modules log go to `stream` in this form."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(AsJson() if form == "json" else AsText())
    ours = logging.getLogger("hub")
    ours.handlers[:] = [handler]
    ours.setLevel(logging.INFO)
    ours.propagate = False


def event(log: logging.Logger, level: int, message: str, **fields: Any) -> None:
    """Log `message` with fields, each of which is a key in JSON."""
    log.log(level, message, extra={_FIELDS: fields})


def answered(  # noqa: PLR0913  # each is a field of the line
    method: str, path: str, status: int, *, seconds: float, size: int, address: str, actor: str
) -> None:
    """Log an answer, if it is worth a line."""
    changed = method not in {"GET", "HEAD", "OPTIONS"} and actor
    if status < 500 and seconds < SLOW_SECONDS and not changed:
        return
    level = logging.ERROR if status >= 500 else logging.INFO
    event(
        _log, level, "answered", method=method, path=path, status=status,
        milliseconds=round(seconds * 1000), bytes=size, address=address, actor=actor,
    )  # fmt: skip


def not_ready(name: str, problem: str) -> None:
    """Log that something that answers need isn't there."""
    event(_log, logging.WARNING, f"not ready: {name}: {problem}")


class AsText(logging.Formatter):
    """`warning: message  key=value`, on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record's line."""
        said = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        fields = "".join(f"  {name}={value}" for name, value in _fields(record).items())
        return f"{said}{_message(record)}{fields}"


class AsJson(logging.Formatter):
    """One object a line, with `time`, `level`, `part`, `message` and the fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record's line."""
        when = datetime.fromtimestamp(record.created, UTC)
        said: dict[str, Any] = {
            "time": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "part": record.name,
            "message": _message(record),
        }
        return json.dumps({**_fields(record), **said}, ensure_ascii=False)


def _message(record: logging.LogRecord) -> str:
    text = record.getMessage()
    if record.exc_info:
        text += " | " + logging.Formatter().formatException(record.exc_info).replace("\n", " | ")
    return plain(text)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    found: dict[str, Any] = getattr(record, _FIELDS, {})
    return {name: _bounded(value) for name, value in found.items()}


def _bounded(value: Any) -> Any:
    return plain(value)[:LOG_VALUE_CHARACTERS_MAX] if isinstance(value, str) else value
