"""The console's language: the switch's cookie decides, else the browser, else English.

Messages stand in English in code and templates. Each room has a Chinese catalogue of its own,
`hub/locale/zh/LC_MESSAGES/<room>.po`; all are read when the hub starts and asked in turn.
"""

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files

from flask import Flask, g, has_request_context, request

from content_packs.po_files import read_po
from hub.console import cookies

SOURCE_LANGUAGE = "en"  # the messages in the code are in English
_PAGE_LANGUAGES = {SOURCE_LANGUAGE: "en", "zh": "zh-Hans"}  # what each is in BCP 47
_OWN_NAMES = {SOURCE_LANGUAGE: "English", "zh": "中文"}
LANGUAGES = tuple(_PAGE_LANGUAGES)
_spoken: ContextVar[str] = ContextVar("spoken", default="")


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Return all catalogues of a language as one. Raises `InvalidContent` for a broken one."""
    found = gettext.NullTranslations()
    if language == SOURCE_LANGUAGE:
        return found
    folder = files("hub").joinpath("locale", language, "LC_MESSAGES")
    places = [place for place in folder.iterdir() if place.name.endswith(".po")]
    for place in sorted(places, key=lambda place: place.name, reverse=True):
        one = read_po(place.read_text(encoding="utf-8"), what=f"{language}/{place.name}")
        one.add_fallback(found)
        found = one
    return found


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say everything in a language for the length of the block: what is sent to somebody."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def interface_language() -> str:
    """Return the language in which this request is answered, or that of `speaking`."""
    if spoken := _spoken.get():
        return spoken
    if not has_request_context():
        return SOURCE_LANGUAGE
    if "console_language" not in g:
        chosen = cookies.language(request)
        if chosen not in LANGUAGES:
            chosen = request.accept_languages.best_match(LANGUAGES) or SOURCE_LANGUAGE
        g.console_language = chosen
    return str(g.console_language)


def page_language(language: str = "") -> str:
    """Return the tag for `lang=` of a language, this request's by default."""
    return _PAGE_LANGUAGES[language or interface_language()]


def own_name(language: str) -> str:
    """Return what a language calls itself; of those that this hub doesn't speak, the tag."""
    return _OWN_NAMES.get(language, language)


def _(message: str, **values: object) -> str:
    """Return `message` in this request's language, with `values` put in."""
    text = translations(interface_language()).gettext(message)
    return text % values if values else text


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """Return the message for the number `num`, which is put in as `%(num)s`."""
    text = translations(interface_language()).ngettext(one, many, num)
    return text % {"num": num, **values}


def set_up(app: Flask) -> None:
    """Give the templates `_`, `ngettext` and the languages. Reads every catalogue now."""
    for language in LANGUAGES:
        translations(language)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        lambda message: translations(interface_language()).gettext(message),
        lambda one, many, n: translations(interface_language()).ngettext(one, many, n),
        newstyle=True,
    )
    app.jinja_env.globals.update(
        interface_language=interface_language,
        interface_languages=LANGUAGES,
        page_language=page_language,
        own_name=own_name,
    )
