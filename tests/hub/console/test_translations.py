"""Every message of the console stands in Chinese, with the same values put in, and none is left."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from jinja2.ext import babel_extract

import hub
from content_packs.po_files import read_po
from hub.console.language import LANGUAGES, translations

HUB = Path(hub.__file__).parent
CATALOGUES = HUB / "locale" / "zh" / "LC_MESSAGES"
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
VALUE = re.compile(r"%\((\w+)\)s")
NAMES = {  # which arguments are messages
    "_": (0,),
    "gettext": (0,),
    "ngettext": (0, 1),
    "Need": (2, 3),
    "Reason": (1,),
    "register": (2,),  # kinds of jobs
    "warned": (0,),
}


def _in_templates() -> Iterator[tuple[str, ...]]:
    for place in sorted((HUB / "templates" / "console").rglob("*.html")):
        source = BytesIO(place.read_bytes())
        for _, _, message, _ in babel_extract(source, ("_", "gettext", "ngettext"), (), OPTIONS):
            parts = (message,) if isinstance(message, str) else message or ()
            yield tuple(part for part in parts if isinstance(part, str))


def _in_code() -> Iterator[tuple[str, ...]]:
    for place in sorted(HUB.rglob("*.py")):
        for node in ast.walk(ast.parse(place.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            wanted = [node.args[at] for at in NAMES.get(name, ()) if at < len(node.args)]
            if wanted and all(isinstance(one, ast.Constant) for one in wanted):
                yield tuple(ast.literal_eval(one) for one in wanted)


@cache
def messages() -> frozenset[tuple[str, ...]]:
    return frozenset(found for found in (*_in_templates(), *_in_code()) if found)


def test_messages_are_found() -> None:
    assert ("What needs you",) in messages()
    assert ("%(num)s school", "%(num)s schools") in messages()
    assert any(found[0].startswith("wish of a teacher") for found in messages())


def test_every_message_is_translated_with_the_same_values() -> None:
    catalogue = translations("zh")
    missing, wrong = [], []
    for message in sorted(messages()):
        texts = (
            {catalogue.gettext(message[0])}
            if len(message) == 1
            else {catalogue.ngettext(message[0], message[1], n) for n in (1, 2, 5)}
        )
        if texts & set(message):
            missing.append(message)
        elif any(set(VALUE.findall(text)) != set(VALUE.findall(message[-1])) for text in texts):
            wrong.append(message)
    assert missing == [], f"{len(missing)} messages aren't translated"
    assert wrong == [], "other values are put in"


def _entries(place: Path) -> list[str]:
    text = place.read_text(encoding="utf-8")
    found = re.findall(r'^msgid ((?:"[^\n]*"\n)+)', text, re.MULTILINE)
    return ["".join(ast.literal_eval(line) for line in entry.splitlines()) for entry in found][1:]


@pytest.mark.parametrize("place", sorted(CATALOGUES.glob("*.po")), ids=lambda place: place.stem)
def test_no_translation_is_left_over_or_there_twice(place: Path) -> None:
    known = {message[0] for message in messages()}
    found = Counter(_entries(place))
    assert set(found) - known == set()
    assert [entry for entry, count in found.items() if count > 1] == []


def test_rooms_translate_the_same_words_alike() -> None:
    said: dict[str, dict[str, str]] = {}
    for place in sorted(CATALOGUES.glob("*.po")):
        catalogue = read_po(place.read_text(encoding="utf-8"), what=place.name)
        for entry in _entries(place):
            said.setdefault(entry, {})[catalogue.gettext(entry)] = place.stem
    assert {entry: found for entry, found in said.items() if len(found) > 1} == {}


def test_the_languages_are_those_of_the_school() -> None:
    assert LANGUAGES == ("en", "zh")
