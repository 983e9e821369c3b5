"""Values of a TOML table, read with patience: what isn't usable is noted and comes back empty."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from content_packs.exercises.drafting import Note
from content_packs.exercises.limits import OPTIONS_MAX
from content_packs.exercises.source_text import meant
from content_packs.limits import INTEGER_MAX, NAME_CHARACTERS_MAX

_UNKNOWN_TOLD = 10  # keys of one table; more is another file than an exercise


@dataclass
class Fields:
    """A table's values by key; `prefix` stands before keys in faults."""

    values: dict[str, Any]
    note: Note
    prefix: str = ""
    _asked: set[str] = field(default_factory=set)

    def _take(self, key: str) -> Any:
        self._asked.add(key)
        return self.values.get(key)

    def has(self, key: str) -> bool:
        """Say whether the key is given."""
        return key in self.values

    def error(self, key: str, message: str, hint: str) -> None:
        """Note an error in `key`."""
        self.note.error(self.prefix + key, message, hint)

    def _wrong(self, key: str, value: object, expected: str, example: str) -> None:
        self.error(key, f"{shown(value)}, expected {expected}", f"Write {key} = {example}")

    def text(self, key: str, *, example: str = '"..."') -> str:
        """Return a text, empty where there is none. Numbers are texts too: `text = 3`."""
        value = self._take(key)
        if value is None:
            return ""
        text = _as_text(value)
        if text is None:
            self._wrong(key, value, "a text", example)
        return text or ""

    def required(self, key: str, *, example: str = '"..."') -> str:
        """Return a text that has to be there."""
        text = self.text(key, example=example)
        if not text and not isinstance(self.values.get(key), dict | list | bool):
            self.error(key, "empty" if self.has(key) else "missing", f"Write {key} = {example}")
        return text

    def integer(self, key: str, default: int) -> int:
        """Return a whole number."""
        value = self._take(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > INTEGER_MAX:
            self._wrong(key, value, "a whole number", str(default))
            return default
        return value

    def boolean(self, key: str) -> bool:
        """Return whether it is given and true."""
        value = self._take(key)
        if value is None or isinstance(value, bool):
            return bool(value)
        self._wrong(key, value, "true or false", "true")
        return False

    def list_of(self, key: str, *, example: str, most: int = OPTIONS_MAX) -> list[Any]:
        """Return a list that has to be there, whatever is in it; of too long a one its start."""
        value = self._take(key)
        if isinstance(value, list):
            if len(value) > most:
                message = f"{len(value)} given, at most {most} are allowed"
                self.error(key, message, "Split it in two.")
            return value[:most]
        if value is None:
            self.error(key, "missing", f"Write {key} = {example}")
        else:
            self._wrong(key, value, "a list", example)
        return []

    def texts(self, key: str, *, example: str = '["...", "..."]') -> list[str]:
        """Return a list of texts that has to be there."""
        members = self.list_of(key, example=example)
        return [self.member_text(f"{key}[{n}]", member) for n, member in enumerate(members, 1)]

    def member_text(self, where: str, value: object) -> str:
        """Return a text that is in a list."""
        text = _as_text(value)
        if text is None:
            self.error(where, f"{shown(value)}, expected a text", 'Write it in quotes: "..."')
        return text or ""

    def tables(self, key: str, *, example: str) -> "list[Fields]":
        """Return a list of tables that has to be there."""
        return [
            self.inside(f"{key}[{number}]", member)
            for number, member in enumerate(self.list_of(key, example=example), 1)
            if self.is_table(f"{key}[{number}]", member, example)
        ]

    def is_table(self, where: str, value: object, example: str) -> bool:
        """Say whether a list's member is a table, noting it where it isn't."""
        if isinstance(value, dict):
            return True
        self.error(where, f"{shown(value)}, expected a table", f"Write it as in {example}")
        return False

    def inside(self, where: str, value: dict[str, Any]) -> "Fields":
        """Return a table that stands in a list."""
        return Fields(value, self.note, f"{self.prefix}{where}.")

    def table(self, key: str, *, example: str) -> "Fields":
        """Return a table, empty where there is none."""
        value = self._take(key)
        if value is not None and not isinstance(value, dict):
            self._wrong(key, value, "a table", example)
            value = None
        return Fields(value or {}, self.note, f"{self.prefix}{key}.")

    def close(self) -> None:
        """Warn of every key that nobody asked for: most are misspelt."""
        known = sorted(self._asked)
        unknown = [key[:NAME_CHARACTERS_MAX] for key in self.values if key not in self._asked]
        for key in unknown[:_UNKNOWN_TOLD]:
            message = "not a key that means anything here"
            self.note.warning(self.prefix + key, message, meant(key, known))


def shown(value: object) -> str:
    """Return what a value is, in words."""
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) > INTEGER_MAX:
        return "a number past 2^53 - 1"
    if isinstance(value, int | Decimal):
        return f"the number {str(value)[:40]}"
    if isinstance(value, dict):
        return "a table"
    return "a list" if isinstance(value, list) else "a date or time"


def _as_text(value: object) -> str | None:
    if isinstance(value, bool) or (isinstance(value, int) and abs(value) > INTEGER_MAX):
        return None
    return str(value).strip() if isinstance(value, str | int | Decimal) else None
