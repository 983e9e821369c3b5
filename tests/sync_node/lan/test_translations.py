"""Every message of the site stands in every catalogue, with the same values put in."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from jinja2.ext import babel_extract

import sync_node.lan
from sync_node.lan import interface_language
from sync_node.lan.interface_language import INTERFACE_LANGUAGES, SOURCE_LANGUAGE

LAN = Path(sync_node.lan.__file__).parent
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
VALUE = re.compile(r"%\((\w+)\)s")
OTHERS = [language for language in INTERFACE_LANGUAGES if language != SOURCE_LANGUAGE]


def _in_templates() -> Iterator[tuple[str, ...]]:
    for place in sorted((LAN / "templates").rglob("*.html")):
        source = BytesIO(place.read_bytes())
        for _, _, message, _ in babel_extract(source, ("_", "gettext", "ngettext"), (), OPTIONS):
            yield (
                (message,)
                if isinstance(message, str)
                else tuple(part for part in message if isinstance(part, str))
            )


def _in_code() -> Iterator[tuple[str, ...]]:
    for place in sorted(LAN.rglob("*.py")):
        for node in ast.walk(ast.parse(place.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_":
                yield (ast.literal_eval(node.args[0]),)


@cache
def messages() -> frozenset[tuple[str, ...]]:
    return frozenset((*_in_templates(), *_in_code()))


def test_messages_are_found() -> None:
    assert ("What would you like to learn today?",) in messages()
    assert ("%(num)s minute", "%(num)s minutes") in messages()
    assert ("This file isn't here yet.",) in messages()


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_is_translated_with_the_same_values(language: str) -> None:
    catalogue = interface_language.translations(language)
    for message in messages():
        texts = (
            {catalogue.gettext(message[0])}
            if len(message) == 1
            else {catalogue.ngettext(message[0], message[1], n) for n in (1, 2, 5)}
        )
        for text in texts:
            assert text not in message, f"{language}: {message} isn't translated"
            assert set(VALUE.findall(text)) == set(VALUE.findall(message[-1])), (language, message)


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_left_over(language: str) -> None:
    place = LAN / "locale" / language / "LC_MESSAGES" / "site.po"
    entries = re.findall(r'^msgid "(.+)"$', place.read_text(encoding="utf-8"), re.MULTILINE)
    known = {message[0] for message in messages()}
    assert {entry.replace('\\"', '"') for entry in entries} <= known
