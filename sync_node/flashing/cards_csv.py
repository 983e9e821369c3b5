"""`cards.csv`: many cards in a row, as `hub seeds` writes it and spreadsheets change it.

| column | what |
|---|---|
| `seed` | the file of the card's seed, named from the table's folder on |
| `device` | the disk to write to; empty: the one that the command names |
| `preload` | packs that come along, by their names, apart by blanks, commas or semicolons |
| `label` | what the label adds, such as "staff room" |

UTF-8, with or without a byte order mark; cells apart by commas, or by semicolons or tabs as some
spreadsheets write them. Columns may be in any order, and further ones are passed over; empty rows,
too. An apostrophe that keeps a cell from being a formula (csv_cells.py) is taken away.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from content_packs import key_files
from content_packs.errors import InvalidContent
from content_packs.names import is_name
from sync_node.flashing.limits import (
    CARD_LABEL_CHARACTERS_MAX,
    CARD_PRELOADS_MAX,
    CARDS_BYTES_MAX,
    CARDS_MAX,
)

COLUMNS = ("seed", "device", "preload", "label")

_HINT = "hub seeds SCHOOL... --output FOLDER writes such a table: change only its cells."
_APART = re.compile(r"[\s,;]+")
_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class CardRow:
    """A row of the table; `line` is where it stands, for messages."""

    line: int
    seed: Path
    device: str = ""
    preload: tuple[str, ...] = ()
    label: str = ""


def read(file: Path) -> list[CardRow]:
    """Return the rows of a table. Raises `Missing`, `InvalidContent`, with the line."""
    return parse(key_files.read_bounded(file, CARDS_BYTES_MAX), file.parent, what=str(file))


def parse(data: bytes, folder: Path, *, what: str) -> list[CardRow]:
    """Return the rows of a table; files are named from `folder` on. Raises `InvalidContent`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidContent(
            f"{what}: byte {error.start} isn't UTF-8",
            hint="Save the table as CSV (UTF-8) in the spreadsheet.",
        ) from error
    lines = _lines(text, what)
    first = next(lines, None)
    if first is None:
        raise InvalidContent(f"{what}: is empty", hint=_HINT)
    places = _places(first[1], what)
    found = [_row(cells, places, line, folder, what) for line, cells in lines]
    if not found:
        raise InvalidContent(f"{what}: has no cards, only the line of its columns", hint=_HINT)
    if len(found) > CARDS_MAX:
        raise InvalidContent(f"{what}: {len(found)} cards, more than {CARDS_MAX}")
    _check_once(found, what)
    return found


def _lines(text: str, what: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that have anything in them, with the line at which each ends."""
    head = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InvalidContent(f"{what}: line {reader.line_num}: {error}", hint=_HINT) from error
        plain = [_plain(cell) for cell in cells]
        if any(plain):
            yield reader.line_num, plain


def _plain(cell: str) -> str:
    text = cell.strip()
    return text[1:] if text.startswith("'") and text[1:2] in {"=", "+", "-", "@"} else text


def _places(names: Sequence[str], what: str) -> dict[str, int]:
    lowered = [name.lower() for name in names]
    for name in COLUMNS:
        if lowered.count(name) > 1:
            raise InvalidContent(f"{what}: line 1: the column {name} stands twice", hint=_HINT)
    if "seed" not in lowered:
        raise InvalidContent(
            f"{what}: line 1: no column `seed`, but {', '.join(names)[:80] or 'nothing'}",
            hint=_HINT,
        )
    return {name: lowered.index(name) for name in COLUMNS if name in lowered}


def _row(
    cells: Sequence[str], places: dict[str, int], line: int, folder: Path, what: str
) -> CardRow:
    where = f"{what}: line {line}"
    values = {name: cells[at] if at < len(cells) else "" for name, at in places.items()}
    for name, value in values.items():
        if not value.isprintable():
            raise InvalidContent(f"{where}: {name}: has a character that can't be seen", hint=_HINT)
    seed, label = values["seed"], values.get("label", "")
    if not seed:
        raise InvalidContent(f"{where}: seed: is empty, expected the file of a seed", hint=_HINT)
    if len(label) > CARD_LABEL_CHARACTERS_MAX:
        raise InvalidContent(
            f"{where}: label: {len(label)} characters, at most {CARD_LABEL_CHARACTERS_MAX}"
        )
    packs = tuple(dict.fromkeys(filter(None, _APART.split(values.get("preload", "")))))
    for pack in packs:
        if not is_name(pack):
            raise InvalidContent(
                f"{where}: preload: {pack[:60]!r} can't be the name of a pack",
                hint="Write what packs are called at the hub, such as grade4-maths.",
            )
    if len(packs) > CARD_PRELOADS_MAX:
        raise InvalidContent(f"{where}: preload: {len(packs)} packs, at most {CARD_PRELOADS_MAX}")
    return CardRow(line, folder / seed, values.get("device", ""), packs, label)


def _check_once(rows: Sequence[CardRow], what: str) -> None:
    seen: dict[Path, int] = {}
    for row in rows:
        if row.seed in seen:
            raise InvalidContent(
                f"{what}: line {row.line}: the seed of line {seen[row.seed]} again",
                hint="A seed is for one card. Ask the hub for one for each: hub seeds.",
            )
        seen[row.seed] = row.line
