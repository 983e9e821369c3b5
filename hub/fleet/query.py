"""The filter language of the list of schools: `township:north behind>5MB overdue -courier`.

Pure: text in, terms out; `selecting.py` makes a database's condition of them. All terms have to
hold. A term is one of these, and `-` before it turns it around:

- a word or `"several words"`: part of the school's name, title, township or box
- `field:value`, `field:one,other`: the field is one of these, whole
- `field>number`, also `<`, `>=`, `<=`, `=`: bytes with `kB`, `MB`, `GB`; times of silence and age
  with `h`, `d`, `w`; days as `2026-12-24`
- a mark alone: `overdue`, `unreached`, `failed`, and so on

`shown` writes terms in the one way that reads back as the same terms.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from content_packs.errors import UsageError
from hub.clock import read_day
from hub.fleet.limits import QUERY_CHARACTERS_MAX, QUERY_TERMS_MAX

Sign: TypeAlias = Literal["=", ">", ">=", "<", "<="]
Kind: TypeAlias = Literal["bytes", "count", "duration", "day"]

TEXTS: Final = (
    "school", "township", "district", "group", "node", "state", "by", "software", "trouble",
)  # fmt: skip
MEASURES: Final[Mapping[str, Kind]] = {
    "behind": "bytes",  # bytes to come
    "free": "bytes",  # on the box's disk
    "packs": "count",  # not at the version that they should be at
    "records": "count",  # that no receipt covers
    "age": "duration",  # of the oldest of these
    "silent": "duration",  # since it was heard of
    "stations": "count",  # phones on its Wi-Fi
    "cuts": "count",  # of power
    "done": "day",  # by the late estimate
    "expected": "day",  # to be heard of again
}
FLAGS: Final = (
    "overdue", "unreached", "failed", "courier", "superseded", "rolled-back", "alarm", "claim",
    "paused", "disk", "power", "stick", "stalled",
)  # fmt: skip

_BYTES = {"GB": 10**9, "MB": 10**6, "kB": 10**3, "B": 1}
_TIMES = {"w": 604_800, "d": 86_400, "h": 3_600, "s": 1}
_FACTORS: Mapping[Kind, Mapping[str, int]] = {"bytes": _BYTES, "duration": _TIMES, "count": {"": 1}}
_TOKEN = re.compile(r'(?:"[^"]*"|[^\s"])+')
_FIELD = re.compile(r"([a-z][a-z-]*)(:|>=|<=|=|>|<)(.*)", re.DOTALL)
_VALUE = re.compile(r'"([^"]*)"|([^",]+)')
_NUMBER = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,3}))?([A-Za-z]*)")
_PLAIN = re.compile(r'[^\s",:<>=-][^\s",:<>=]*')
_AMOUNT_MAX = 2**53 - 1


@dataclass(frozen=True)
class Word:
    """Words that stand somewhere in what names a school."""

    text: str


@dataclass(frozen=True)
class Flag:
    """A mark that a school has; `name` is one of `FLAGS`."""

    name: str


@dataclass(frozen=True)
class Among:
    """A field that is one of some values; `field` is one of `TEXTS`."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Compare:
    """A measure against an amount: bytes, a number, seconds; or a day, as text."""

    field: str
    sign: Sign
    amount: int | str


What: TypeAlias = Word | Flag | Among | Compare


@dataclass(frozen=True)
class Term:
    """One thing that has to hold, or mustn't."""

    what: What
    negated: bool = False


Query: TypeAlias = tuple[Term, ...]


def parse(text: str) -> Query:
    """Return the terms of a filter; of an empty one, none. Raises `UsageError`."""
    if len(text) > QUERY_CHARACTERS_MAX:
        raise UsageError(f"filter: more than {QUERY_CHARACTERS_MAX} characters")
    text = " ".join(text.split())
    if not text.isprintable():
        raise UsageError("filter: it has a character that can't be shown")
    if text.count('"') % 2:
        raise UsageError(
            "filter: a quotation mark is missing", hint='Write "several words" in two of them.'
        )
    found = tuple(_term(token) for token in _TOKEN.findall(text))
    if len(found) > QUERY_TERMS_MAX:
        raise UsageError(f"filter: {len(found)} terms, at most {QUERY_TERMS_MAX}")
    return found


def shown(query: Query) -> str:
    """Return the text of a filter, in the one way it is written."""
    return " ".join(("-" if term.negated else "") + _shown(term.what) for term in query)


def _term(token: str) -> Term:
    negated = token.startswith("-") and len(token) > 1
    bare = token[1:] if negated else token
    field = _FIELD.fullmatch(bare)
    return Term(_of_field(*field.groups()) if field else _of_word(bare), negated)


def _of_word(token: str) -> What:
    text = token.replace('"', "").strip()
    if token in FLAGS:
        return Flag(token)
    if not text:
        raise UsageError(f"filter: {token[:40]!r} says nothing")
    return Word(text)


def _of_field(name: str, sign: str, said: str) -> What:
    if name in TEXTS:
        if sign not in {":", "="}:
            raise UsageError(f"filter: {name} is a text", hint=f"Write {name}:value.")
        values = tuple(_values(said))
        if not values:
            raise UsageError(f"filter: {name}: which one?", hint=f"Write {name}:value.")
        return Among(name, values)
    kind = MEASURES.get(name)
    if kind is None:
        raise UsageError(
            f"filter: there is no field {name[:40]!r}",
            hint=f"Fields: {', '.join((*TEXTS, *MEASURES))}. Marks: {', '.join(FLAGS)}.",
        )
    return Compare(name, _SIGNS[sign], _amount(name, kind, said.replace('"', "").strip()))


_SIGNS: Mapping[str, Sign] = {":": "=", "=": "=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}


def _values(said: str) -> Iterator[str]:
    for quoted, plain in _VALUE.findall(said):
        value = (quoted or plain).strip()
        if value:
            yield value


def _amount(name: str, kind: Kind, said: str) -> int | str:
    if kind == "day":
        return read_day(said, f"filter: {name}")
    units = _FACTORS[kind]
    match = _NUMBER.fullmatch(said)
    factor = units.get(match[3] or min(units, key=lambda unit: units[unit])) if match else None
    if match is None or factor is None:
        raise UsageError(
            f"filter: {name}: {said[:40]!r} is no number",
            hint=f"Write a number{' with ' + ', '.join(units) if kind != 'count' else ''}.",
        )
    amount = int(match[1]) * factor + int((match[2] or "0").ljust(3, "0")) * factor // 1000
    if amount > _AMOUNT_MAX:
        raise UsageError(f"filter: {name}: {said[:40]} is too much")
    return amount


def _shown(what: What) -> str:
    if isinstance(what, Flag):
        return what.name
    if isinstance(what, Word):
        return what.text if _is_plain_word(what.text) else f'"{what.text}"'
    if isinstance(what, Among):
        return f"{what.field}:{','.join(map(_quoted, what.values))}"
    return f"{what.field}{what.sign}{_spelled(MEASURES[what.field], what.amount)}"


def _is_plain_word(text: str) -> bool:
    return bool(_PLAIN.fullmatch(text)) and text not in FLAGS


def _quoted(value: str) -> str:
    return value if re.fullmatch(r'[^\s",]+', value) else f'"{value}"'


def _spelled(kind: Kind, amount: int | str) -> str:
    if isinstance(amount, str):
        return amount
    for unit, factor in _FACTORS[kind].items():
        if amount and amount % factor == 0:
            return f"{amount // factor}{unit}"
    return "0"
