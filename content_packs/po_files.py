"""Reading gettext catalogues in their source form (`.po`), so that no compiled file is committed.

A `.po` file of a few hundred messages is read in a few milliseconds when the site starts. It is
turned into the binary form in memory and given to the standard library, which knows plural forms.
The syntax is that of GNU gettext's manual, section "The Format of PO Files"; obsolete and fuzzy
entries are left out, contexts are not used.
"""

import ast
import gettext
import io
import re
import struct
from collections.abc import Iterator

from content_packs.errors import InvalidContent

_LINE = re.compile(r'(?:(msgid|msgid_plural|msgstr(?:\[\d\])?)\s+)?(".*")')
_MAGIC = 0x950412DE
_HEAD_BYTES = 28


def read_po(text: str, *, what: str) -> gettext.GNUTranslations:
    """Return the catalogue in `text`; `what` names it in messages. Raises `InvalidContent`."""
    messages = dict(
        _message(entry) for entry in _entries(text, what=what) if entry.get("msgid") is not None
    )
    if "" not in messages:
        raise InvalidContent(f"{what}: it has no header entry")
    return gettext.GNUTranslations(io.BytesIO(_compiled(messages)))


def _entries(text: str, *, what: str) -> Iterator[dict[str, str]]:
    """Yield each entry as an object from keyword to text."""
    entry: dict[str, str] = {}
    fuzzy = False
    keyword = ""
    for number, line in enumerate([*text.splitlines(), ""], 1):
        stripped = line.strip()
        if stripped.startswith("#") or not stripped:
            if "msgid" in entry:
                if not fuzzy:
                    yield entry
                entry, fuzzy = {}, False
            fuzzy = fuzzy or (stripped.startswith("#,") and "fuzzy" in stripped)
            continue
        found = _LINE.fullmatch(stripped)
        if not found or not (found[1] or keyword):
            raise InvalidContent(f"{what}: line {number}: {stripped[:80]!r} can't be read")
        keyword = found[1] or keyword
        try:
            entry[keyword] = entry.get(keyword, "") + _text(found[2])
        except (SyntaxError, ValueError) as error:
            raise InvalidContent(f"{what}: line {number}: a broken string") from error


def _text(quoted: str) -> str:
    """Return what a quoted string says. Most have nothing in them that would have to be read."""
    plain = quoted[1:-1]
    return ast.literal_eval(quoted) if "\\" in plain or '"' in plain else plain


def _message(entry: dict[str, str]) -> tuple[str, str]:
    """Return an entry's key and value as the binary form joins them."""
    if "msgid_plural" not in entry:
        return entry["msgid"], entry.get("msgstr", "")
    forms = [entry[keyword] for keyword in sorted(entry) if keyword.startswith("msgstr[")]
    return entry["msgid"] + "\0" + entry["msgid_plural"], "\0".join(forms)


def _compiled(messages: dict[str, str]) -> bytes:
    """Return the binary form (the manual, "The Format of GNU MO Files"), without empty ones."""
    pairs = sorted(
        (key.encode(), value.encode()) for key, value in messages.items() if value.strip("\0")
    )
    table_bytes = 8 * len(pairs)
    at = _HEAD_BYTES + 2 * table_bytes
    tables: list[bytes] = []
    texts: list[bytes] = []
    for column in (0, 1):
        for pair in pairs:
            tables.append(struct.pack("<II", len(pair[column]), at))
            texts.append(pair[column] + b"\0")
            at += len(texts[-1])
    head = struct.pack("<7I", _MAGIC, 0, len(pairs), _HEAD_BYTES, _HEAD_BYTES + table_bytes, 0, 0)
    return b"".join((head, *tables, *texts))
