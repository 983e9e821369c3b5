"""Structured header fields: RFC 8941's dictionaries, as far as signed requests need them.

A dictionary's members are items or inner lists, with parameters. Bare items are integers, strings,
tokens, byte sequences and booleans; decimals are refused, nothing here has any. Reading is strict
and linear in the length of a field; writing gives the one serialisation of RFC 8941, section 4.1.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TypeAlias

from content_packs.errors import InvalidContent
from content_packs.limits import FIELD_MEMBERS_MAX, FIELD_VALUE_CHARACTERS_MAX


class Token(str):
    """A token: a word without quotes."""

    __slots__ = ()


BareItem: TypeAlias = int | str | bytes | bool  # a Token is a str
Parameters: TypeAlias = dict[str, BareItem]

_INTEGER_MAX = 999_999_999_999_999  # RFC 8941, section 3.3.1

_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*+")
_INTEGER = re.compile(r"-?[0-9]{1,15}(?![0-9.])")
_STRING = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*+)"')
_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*+")
_BYTES = re.compile(r":([A-Za-z0-9+/]*+={0,2}):")
_BOOLEAN = re.compile(r"\?([01])")
_SPACES = re.compile(r" *+")
_BLANKS = re.compile(r"[ \t]*+")


@dataclass(frozen=True, slots=True)
class Item:
    """A bare item with its parameters."""

    value: BareItem
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class InnerList:
    """Items in parentheses, with parameters of the whole."""

    items: tuple[Item, ...]
    parameters: Parameters


Member: TypeAlias = Item | InnerList


def parse_dictionary(text: str, *, what: str) -> dict[str, Member]:
    """Return the members of a dictionary by key, in order; of one key twice the last counts.

    `what` names the field in messages. Raises `InvalidContent` for anything else, and for more
    than `FIELD_VALUE_CHARACTERS_MAX` characters or `FIELD_MEMBERS_MAX` members.
    """
    if len(text) > FIELD_VALUE_CHARACTERS_MAX:
        raise InvalidContent(
            f"{what}: {len(text)} characters, more than {FIELD_VALUE_CHARACTERS_MAX}"
        )
    return _Reader(text.strip(" "), what).dictionary()


def serialise(member: Member) -> str:
    """Return a member's one serialisation. Raises `InvalidContent` for what has none."""
    if isinstance(member, Item):
        return _bare(member.value) + _parameters(member.parameters)
    inner = " ".join(serialise(item) for item in member.items)
    return f"({inner})" + _parameters(member.parameters)


def serialise_dictionary(members: dict[str, Member]) -> str:
    """Return a dictionary's one serialisation. Raises `InvalidContent` for what has none."""
    found = []
    for key, member in members.items():
        if isinstance(member, Item) and member.value is True:
            found.append(_checked_key(key) + _parameters(member.parameters))
        else:
            found.append(f"{_checked_key(key)}={serialise(member)}")
    return ", ".join(found)


def _parameters(parameters: Parameters) -> str:
    return "".join(
        f";{_checked_key(key)}" + ("" if value is True else f"={_bare(value)}")
        for key, value in parameters.items()
    )


def _bare(value: BareItem) -> str:
    if isinstance(value, bool):
        return f"?{value:d}"
    if isinstance(value, int) and abs(value) <= _INTEGER_MAX:
        return str(value)
    if isinstance(value, bytes):
        return f":{base64.b64encode(value).decode()}:"
    if isinstance(value, Token) and _TOKEN.fullmatch(value):
        return value
    if isinstance(value, str) and not isinstance(value, Token):
        text = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        if _STRING.fullmatch(text):
            return text
    raise InvalidContent(f"structured field: {str(value)[:80]!r} can't stand in a header")


def _checked_key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise InvalidContent(f"structured field: {key[:80]!r} is no key")
    return key


class _Reader:
    """Reads one field from the left, looking at no character twice but at places of choice."""

    def __init__(self, text: str, what: str) -> None:
        self._text = text
        self._what = what
        self._at = 0

    def dictionary(self) -> dict[str, Member]:
        found: dict[str, Member] = {}
        while self._at < len(self._text):
            key = self._take(_KEY, "a key")
            found.pop(key, None)
            found[key] = self._member()
            self._bounded(found)
            self._pass(_BLANKS)
            if self._at == len(self._text):
                break
            self._expect(",")
            self._pass(_BLANKS)
            if self._at == len(self._text):
                raise self._wrong("another member after the comma")
        return found

    def _member(self) -> Member:
        if not self._skips("="):
            return Item(value=True, parameters=self._parameters())
        if self._text.startswith("(", self._at):
            return self._inner_list()
        return self._item()

    def _inner_list(self) -> InnerList:
        self._expect("(")
        items: list[Item] = []
        while True:
            self._pass(_SPACES)
            if self._skips(")"):
                return InnerList(tuple(items), self._parameters())
            if items and self._text[self._at - 1] != " ":
                raise self._wrong("a space or ')'")
            items.append(self._item())
            self._bounded(items)

    def _item(self) -> Item:
        value = self._bare_item()
        return Item(value, self._parameters())

    def _parameters(self) -> Parameters:
        found: Parameters = {}
        while self._skips(";"):
            self._pass(_SPACES)
            key = self._take(_KEY, "a parameter's key")
            value = self._bare_item() if self._skips("=") else True
            found.pop(key, None)
            found[key] = value
            self._bounded(found)
        return found

    def _bare_item(self) -> BareItem:
        first = self._text[self._at : self._at + 1]
        if first == '"':
            return re.sub(r"\\(.)", r"\1", self._take(_STRING, "a string", group=1))
        if first == ":":
            return self._bytes()
        if first == "?":
            return self._take(_BOOLEAN, "?0 or ?1", group=1) == "1"
        if first == "-" or first.isdigit():
            return int(self._take(_INTEGER, "an integer"))
        return Token(self._take(_TOKEN, "a value"))

    def _bytes(self) -> bytes:
        text = self._take(_BYTES, "base64 between colons", group=1)
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise InvalidContent(f"{self._what}: not base64: {error}") from error

    def _take(self, pattern: re.Pattern[str], expected: str, *, group: int = 0) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise self._wrong(expected)
        self._at = match.end()
        return str(match[group])

    def _pass(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _skips(self, character: str) -> bool:
        there = self._text.startswith(character, self._at)
        self._at += there
        return there

    def _expect(self, character: str) -> None:
        if not self._skips(character):
            raise self._wrong(repr(character))

    def _bounded(self, found: dict[str, Member] | Parameters | list[Item]) -> None:
        if len(found) > FIELD_MEMBERS_MAX:
            raise InvalidContent(f"{self._what}: more than {FIELD_MEMBERS_MAX} members")

    def _wrong(self, expected: str) -> InvalidContent:
        found = self._text[self._at : self._at + 24]
        return InvalidContent(
            f"{self._what}: at character {self._at + 1}: found {found!r}, expected {expected}"
        )
