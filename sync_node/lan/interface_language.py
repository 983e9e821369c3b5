"""In which language the site speaks, and in which order content's languages are preferred.

The switch's cookie decides, else the browser's `Accept-Language`, else English. Content is chosen
by the same wishes, so that a pupil who switches to Chinese also gets Chinese videos where there
are some.
"""

import gettext
from functools import cache
from importlib.resources import files

from flask import Flask, g, request

from content_packs.po_files import read_po
from sync_node.lan.limits import LANGUAGE_WISHES_MAX
from sync_node.languages import choose

COOKIE = "language"
SOURCE_LANGUAGE = "en"  # the messages in the code are in English
_PAGE_LANGUAGES = {SOURCE_LANGUAGE: "en", "zh": "zh-Hans"}  # what each is in BCP 47
INTERFACE_LANGUAGES = tuple(_PAGE_LANGUAGES)


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the catalogue of an interface language. Raises `InvalidContent`."""
    if language == SOURCE_LANGUAGE:
        return gettext.NullTranslations()
    place = files("sync_node.lan").joinpath("locale", language, "LC_MESSAGES", "site.po")
    return read_po(place.read_text(encoding="utf-8"), what=f"{language}/site.po")


def interface_language() -> str:
    """Return the language in which this request is answered."""
    if "interface_language" not in g:
        g.interface_language = choose(INTERFACE_LANGUAGES, wishes())
    return str(g.interface_language)


def page_language(language: str = "") -> str:
    """Return the tag for `lang=` of an interface language, this request's by default."""
    return _PAGE_LANGUAGES[language or interface_language()]


def wishes() -> tuple[str, ...]:
    """Return the languages that this reader prefers, the most wanted first."""
    chosen = request.cookies.get(COOKIE, "")
    asked = [tag for tag, _ in request.accept_languages][:LANGUAGE_WISHES_MAX]
    return ((chosen,) if chosen in INTERFACE_LANGUAGES else ()) + tuple(asked)


def _(message: str, **values: object) -> str:
    """Return `message` in this request's language, with `values` put in."""
    text = translations(interface_language()).gettext(message)
    return text % values if values else text


def set_up(app: Flask) -> None:
    """Give the templates `_`, `ngettext` and `interface_language`. Reads every catalogue now."""
    for language in INTERFACE_LANGUAGES:
        translations(language)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        lambda message: translations(interface_language()).gettext(message),
        lambda one, many, n: translations(interface_language()).ngettext(one, many, n),
        newstyle=True,
    )
    app.jinja_env.globals.update(
        interface_language=interface_language,
        interface_languages=INTERFACE_LANGUAGES,
        page_language=page_language,
    )
