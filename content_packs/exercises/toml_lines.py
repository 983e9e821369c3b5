"""In which line of a TOML text a field stands. tomllib doesn't say, so this looks for it."""

import re

_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*question[ \t]*\]\]", re.MULTILINE)
_INDEX = re.compile(r"\[([0-9]+)\]")
_STRING_OR_OPENING = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|[\[{]', re.DOTALL
)


class Lines:
    """Lines of an exercise's text, counted from 1; 0 where one can't be told."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [match.start() for match in _HEADER.finditer(text)]

    def of_head(self, field: str) -> int:
        """Return the line of a field before the questions."""
        end = self._starts[0] if self._starts else len(self._text)
        at = self._find(field, 0, end)
        return 0 if at is None else self._line(at)

    def of_question(self, number: int, count: int, field: str) -> int:
        """Return the line of a field of one question of `count`; failing that, the question's."""
        if len(self._starts) != count:
            return 0  # written as an array of tables in one line, or a text looks like a header
        start = self._starts[number - 1]
        end = self._starts[number] if number < count else len(self._text)
        at = self._find(field, start, end)
        return self._line(start if at is None else at)

    def _line(self, at: int) -> int:
        at += len(self._text[at:]) - len(self._text[at:].lstrip())
        return self._text.count("\n", 0, at) + 1

    def _find(self, field: str, start: int, end: int) -> int | None:
        key = field.partition(".")[0]
        name = re.escape(key.partition("[")[0])
        index = _INDEX.search(key)
        if not name:
            return None
        tables = re.compile(rf"^[ \t]*\[+[ \t]*question\.{name}[ \t]*\]+", re.MULTILINE)
        headers = [match.start() for match in tables.finditer(self._text, start, end)]
        if headers:
            return headers[min(int(index.group(1)) if index else 1, len(headers)) - 1]
        pattern = re.compile(rf"^[ \t]*[\"']?{name}[\"']?[ \t]*=", re.MULTILINE)
        found = pattern.search(self._text, start, end)
        if found is None:
            return None
        if index is None:
            return found.start()
        return self._member(found.end(), end, int(index.group(1)), found.start())

    def _member(self, start: int, end: int, number: int, otherwise: int) -> int:
        """Return where the `number`th member of the list that starts after `start` stands."""
        depth = seen = 0
        at = start
        while at < end:
            match = _STRING_OR_OPENING.search(self._text, at, end)
            closing = self._text.count("]", at, match.start() if match else end) + self._text.count(
                "}", at, match.start() if match else end
            )
            depth -= closing
            if match is None or (seen and depth <= 0):
                break
            if depth == 1:
                seen += 1
                if seen == number:
                    return match.start()
            depth += match.group() in "[{"
            at = match.end()
        return otherwise
