"""TOML that people write, read with patience: every fault at once, each with its line.

A `Table` gives typed values and notes what is wrong; a value that isn't usable comes back empty, so
that reading goes on. `close()` warns of keys that nobody asked for: most are misspelt.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

from content_packs.code_lists import nearest
from content_packs.findings import Findings
from content_packs.limits import TEXT_CHARACTERS_MAX, TEXTS_IN_LIST_MAX, TOML_BYTES_MAX
from content_packs.manifest import LocalisedText
from content_packs.names import is_language

_AT_LINE = re.compile(r"\s*\(at line ([0-9]+), column ([0-9]+)\)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f]")


def read_text(location: Path, path: str, bytes_max: int, findings: Findings) -> str | None:
    """Return a file's text; None, with an error noted, where it is too large or not UTF-8."""
    try:
        with location.open("rb") as file:
            data = file.read(bytes_max + 1)
    except OSError as error:
        findings.error(path, f"can't be read: {error.strerror}", hint="Check its permissions.")
        return None
    if len(data) > bytes_max:
        findings.error(
            path, f"more than {bytes_max} bytes", hint="Make it smaller, or split it in two."
        )
        return None
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        findings.error(
            path,
            f"not UTF-8: byte {data[error.start]:#04x}",
            line=data.count(b"\n", 0, error.start) + 1,
            hint="Save it as UTF-8 (an old Chinese file is often GB 18030).",
        )
        return None


def read_toml(location: Path, path: str, findings: Findings) -> "Table | None":
    """Return a TOML file's table; None, with an error noted, where it isn't TOML."""
    text = read_text(location, path, TOML_BYTES_MAX, findings)
    if text is None:
        return None
    try:
        return Table(tomllib.loads(text), path, text, findings)
    except (ValueError, ArithmeticError) as error:  # also for a number of 5,000 digits, a year 0
        at = _AT_LINE.search(str(error))
        findings.error(
            path,
            f"not TOML: {_AT_LINE.sub('', str(error))}",
            line=int(at.group(1)) if at else 0,
            hint='Texts stand in quotes, as in key = "text"; see https://toml.io.',
        )
    except RecursionError:
        findings.error(path, "not TOML that can be read: nested too deep", hint="Make it flatter.")
    return None


class Table:
    """One table of a TOML file; `prefix` is its own key with a dot, for messages."""

    def __init__(
        self, values: dict[str, Any], path: str, text: str, findings: Findings, prefix: str = ""
    ) -> None:
        self._values = values
        self._path = path
        self._text = text
        self._findings = findings
        self._prefix = prefix
        self._asked: set[str] = set()

    def line_of(self, key: str) -> int:
        """Return the line where `key` is given first, 0 if it can't be told."""
        last = re.escape(key.rpartition(".")[2].partition("[")[0])
        pattern = rf"(?m)^\s*(?:\[+\s*[\w.\-\"]*\b{last}\s*\]+|[\"']?{last}[\"']?\s*=)"
        found = re.search(pattern, self._text)
        if found is None:
            return 0
        at = found.start() + len(found.group()) - len(found.group().lstrip())
        return self._text.count("\n", 0, at) + 1

    def error(self, key: str, message: str, *, hint: str) -> None:
        """Note an error in `key`."""
        self._findings.error(
            self._path, message, field=self._prefix + key, line=self.line_of(key), hint=hint
        )

    def warning(self, key: str, message: str, *, hint: str) -> None:
        """Note a warning about `key`."""
        self._findings.warning(
            self._path, message, field=self._prefix + key, line=self.line_of(key), hint=hint
        )

    def has(self, key: str) -> bool:
        """Say whether `key` is there."""
        return key in self._values

    def _take(self, key: str, required: str) -> Any:
        self._asked.add(key)
        value = self._values.get(key)
        if value is None and required:
            self._findings.error(
                self._path, "missing", field=self._prefix + key, hint=f"Add {required}"
            )
        return value

    def string(self, key: str, *, required: str = "") -> str:
        """Return a text; `required` is an example of what to add where it is missing."""
        value = self._take(key, required)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.error(key, f"{_kind(value)}, expected a text", hint=f'Write {key} = "..."')
            return ""
        if not value.strip():
            self.error(key, "empty", hint="Write a text, or leave the key out if it may be.")
            return ""
        return value if self._fits(key, value) else ""

    def _fits(self, key: str, value: str) -> bool:
        if len(value) > TEXT_CHARACTERS_MAX:
            self.error(
                key,
                f"{len(value)} characters, at most {TEXT_CHARACTERS_MAX} are allowed",
                hint="Shorten it; long texts belong on a page.",
            )
            return False
        if _CONTROL.search(value):
            self.error(key, "has control characters", hint="Type the text again.")
            return False
        return True

    def integer(self, key: str, *, least: int, most: int, required: str = "") -> int:
        """Return a whole number from `least` to `most`, 0 where there is none that is right."""
        value = self._take(key, required)
        if value is None:
            return 0
        if isinstance(value, bool) or not isinstance(value, int):
            self.error(key, f"{_kind(value)}, expected a number", hint=f"Write {key} = {least}")
            return 0
        if not least <= value <= most:
            self.error(key, f"is {value}", hint=f"Write a number from {least} to {most}.")
            return 0
        return value

    def strings(self, key: str, *, required: str = "") -> tuple[str, ...]:
        """Return a list of texts."""
        value = self._take(key, required)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.error(key, f"{_kind(value)}, expected texts", hint=f'Write {key} = ["...", "..."]')
            return ()
        if len(value) > TEXTS_IN_LIST_MAX:
            self.error(key, f"{len(value)} texts", hint=f"Write at most {TEXTS_IN_LIST_MAX}.")
            return ()
        return tuple(one for one in value if self._fits(key, one))

    def table(self, key: str, *, required: str = "") -> "Table | None":
        """Return the table at `key`."""
        value = self._take(key, required)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.error(key, f"{_kind(value)}, expected a table", hint=f"Write [{key}]")
            return None
        return Table(value, self._path, self._text, self._findings, f"{self._prefix}{key}.")

    def tables(self, key: str) -> "list[Table]":
        """Return the list of tables at `key`."""
        value = self._take(key, "")
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.error(key, f"{_kind(value)}, expected tables", hint=f"Write [[{key}]]")
            return []
        return [
            Table(one, self._path, self._text, self._findings, f"{self._prefix}{key}[{n}].")
            for n, one in enumerate(value, 1)
        ]

    def localised(
        self, key: str, languages: tuple[str, ...], *, required: bool = False
    ) -> LocalisedText:
        """Return a localised text, with a warning for each of `languages` that it lacks."""
        example = self._example(key, languages)
        return self._localised(key, self._take(key, example if required else ""), languages)

    def localised_list(self, key: str, languages: tuple[str, ...]) -> tuple[LocalisedText, ...]:
        """Return a list of localised texts."""
        value = self._take(key, "")
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > TEXTS_IN_LIST_MAX:
            self.error(
                key,
                f"{_kind(value)}, expected at most {TEXTS_IN_LIST_MAX} localised texts",
                hint=f'Write {key} = [{{ {languages[0]} = "..." }}]',
            )
            return ()
        texts = (self._localised(key, one, languages) for one in value)
        return tuple(text for text in texts if text)

    @staticmethod
    def _example(key: str, languages: tuple[str, ...]) -> str:
        inside = ", ".join(f'{language} = "..."' for language in languages)
        return f"{key} = {{ {inside} }}"

    def _localised(self, key: str, value: Any, languages: tuple[str, ...]) -> LocalisedText:
        if value is None:
            return {}
        example = self._example(key, languages)
        if not isinstance(value, dict) or not value:
            found = "no text" if value == {} else _kind(value)
            self.error(key, f"{found}, expected a text per language", hint=f"Write {example}")
            return {}
        text = {}
        for language, words in value.items():
            if not is_language(language):
                self.error(
                    key, f"{language!r} is not a language", hint="Use a tag such as en or zh-Hant."
                )
            elif not isinstance(words, str) or not words.strip():
                self.error(key, f"no text in {language!r}", hint=f"Write {example}")
            elif self._fits(key, words):
                text[language] = words.strip()
        self._say_missing(key, value, languages)
        return text

    def _say_missing(self, key: str, value: dict[str, Any], languages: tuple[str, ...]) -> None:
        first, *others = languages
        if first not in value:
            self.error(
                key,
                f"no text in {first!r}, the pack's first language",
                hint=f'Add {first} = "..."',
            )
        for language in others:
            if language not in value:
                self.warning(key, f"no text in {language!r}", hint=f'Add {language} = "..."')
        for language in value:
            if is_language(language) and language not in languages:
                self.warning(
                    key,
                    f"a text in {language!r}, which is not one of the pack's languages",
                    hint="Add the language to languages in pack.toml, or take the text out.",
                )

    def close(self, *known: str) -> None:
        """Warn of every key that is neither asked for nor among `known`."""
        names = tuple(sorted(self._asked | set(known)))
        for key in self._values:
            if key not in names:
                meant = nearest(key, names)
                self.warning(
                    key,
                    "not a key that means anything here",
                    hint=f"Did you mean {meant!r}?" if meant else f"Known: {', '.join(names)}.",
                )


def _kind(value: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a fraction", str: "a text"}
    if isinstance(value, list):
        return "a list"
    return names.get(type(value), "a table" if isinstance(value, dict) else "a date or time")
