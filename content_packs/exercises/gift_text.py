"""The texts of a GIFT file: questions apart from one another, escapes, and the formats of texts.

Escaped control characters become stand-ins, so that the rest can be cut at the control characters
that are left; `Format` turns what was cut out into Markdown.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Literal, TypeAlias

Format: TypeAlias = Literal["moodle", "html", "plain", "markdown"]

_ESCAPED = ":#={}~\\\n"
# Stand-ins: noncharacters, which no text has (Unicode 16, section 23.7).
_STAND_INS = {character: chr(0xFDD0 + n) for n, character in enumerate(_ESCAPED)}
_RESTORED = str.maketrans({stand_in: character for character, stand_in in _STAND_INS.items()})
# `\n` is a newline, but not where it begins one of these commands of a formula.
_COMMANDS = "e|eq|u|abla|eg|ot|i|mid|parallel|leq|geq|subseteq"
_ESCAPE = re.compile(rf"\\(?:([:#={{}}~\\])|(n)(?!(?:{_COMMANDS})(?![A-Za-z])))")
_PREFIX = re.compile(r"\s*\[(moodle|html|plain|markdown)\]")
_FORMULA = re.compile(r"(\$\$[^$]+\$\$|\$[^$\n]+\$|\\\((?:(?!\\[()])[^\n])+\\\))")
_MARKDOWN = re.compile(r"([\\`*_\[\]<&~])")
_TAG = re.compile(
    r"</?(?:p|br|b|i|em|strong|u|s|sub|sup|span|div|ul|ol|li|table|tr|td|th|img|a|h[1-6]|pre|code|"
    r"del|font)\b[^<>]*>",
    re.IGNORECASE,
)
_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*", "s": "~~", "del": "~~"}
_BLOCKS = {"p", "div", "br", "li", "tr", "ul", "ol", "table", "h1", "h2", "h3", "h4", "pre"}
_HIDDEN = {"script", "style"}


@dataclass(frozen=True)
class Block:
    """The text of one question, without comments, its escapes replaced; `line` is its first."""

    text: str
    line: int


def has_stand_ins(text: str) -> bool:
    """Say whether a text has characters that are taken as stand-ins."""
    return any(stand_in in text for stand_in in _STAND_INS.values())


def blocks(text: str) -> Iterator[Block]:
    """Return the questions of a file: a blank line ends each."""
    lines: list[str] = []
    first = 1
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.strip():
            lines.append("" if line.lstrip().startswith("//") else line)
            continue
        yield from _block(lines, first)
        lines, first = [], number + 1


def _block(lines: list[str], first: int) -> Iterator[Block]:
    while lines and (not lines[0].strip() or lines[0].startswith("$CATEGORY:")):
        lines = lines[1:]
        first += 1
    text = "\n".join(lines).strip()
    if text:
        yield Block(_ESCAPE.sub(_stand_in, text), first)


def _stand_in(match: re.Match[str]) -> str:
    return _STAND_INS["\n" if match.group(2) else match.group(1)]


def restored(text: str) -> str:
    """Return a text with its escaped characters, as plain words."""
    return text.translate(_RESTORED).strip()


def format_of(text: str, default: Format) -> tuple[Format, str]:
    """Return the format that a text's prefix names, and the text without it."""
    found = _PREFIX.match(text)
    if found is None:
        return default, text
    for known in ("moodle", "html", "plain", "markdown"):
        if found.group(1) == known:
            return known, text[found.end() :]
    return default, text


def as_markdown(text: str, default: Format) -> str:
    """Return a text as Markdown; formulas stand between `$` in every format."""
    format_, rest = format_of(text, default)
    words = rest.translate(_RESTORED).strip()
    if format_ == "html" or (format_ == "moodle" and _TAG.search(words)):
        words = _html_to_markdown(words)
    elif format_ != "markdown":
        words = _outside_formulas(words)
    return _FORMULA.sub(_as_inline_formula, words).strip()


def as_plain(text: str, default: Format) -> str:
    """Return a text as plain words, for answers that pupils type."""
    format_, rest = format_of(text, default)
    words = rest.translate(_RESTORED).strip()
    if format_ == "html" or (format_ == "moodle" and _TAG.search(words)):
        reader = _HtmlReader(emphasis=False)
        reader.feed(words)
        reader.close()
        words = "".join(reader.parts)
    return " ".join(words.split())


def _outside_formulas(text: str) -> str:
    """Escape what Markdown would take for marks, but not in formulas."""
    parts = _FORMULA.split(text)
    parts[::2] = [_MARKDOWN.sub(r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


def _as_inline_formula(match: re.Match[str]) -> str:
    r"""`$$x$$` and `\(x\)` are formulas in the line, to Moodle."""
    found = match.group()
    if found.startswith("\\("):
        return f"${found[2:-2].strip()}$"
    return f"${found.strip('$').strip()}$"


def _html_to_markdown(text: str) -> str:
    reader = _HtmlReader(emphasis=True)
    reader.feed(text)
    reader.close()
    paragraphs = "".join(reader.parts).split("\n\n")
    return "\n\n".join(stripped for one in paragraphs if (stripped := one.strip()))


class _HtmlReader(HTMLParser):
    """Turns what Moodle's editor writes into Markdown: emphasis, paragraphs; the rest is words."""

    def __init__(self, *, emphasis: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._emphasis = emphasis
        self._hidden = 0

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _HIDDEN
        if tag in _BLOCKS:
            self.parts.append("\n\n")
        elif self._emphasis:
            self.parts.append(_MARKS.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _HIDDEN and self._hidden > 0
        if tag in _BLOCKS:
            self.parts.append("\n\n")
        elif self._emphasis:
            self.parts.append(_MARKS.get(tag, ""))

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(_outside_formulas(data) if self._emphasis else data)


def names_pictures(text: str) -> bool:
    """Say whether a text shows a picture, in HTML or Markdown."""
    words = html.unescape(text.translate(_RESTORED))
    return bool(re.search(r"<img\b|!\[[^\]]*\]\(|@@PLUGINFILE@@", words, re.IGNORECASE))
