"""How values look on a page: sizes, durations, names of codes, a subject's colour and picture."""

from itertools import groupby
from typing import NamedTuple

from flask import Flask
from markupsafe import Markup

from content_packs import code_lists
from content_packs.command_line import megabytes
from content_packs.exercises.grading import shown_score
from content_packs.names import NO_LANGUAGE
from sync_node.catalogue_model import PackCard
from sync_node.lan.interface_language import interface_language
from sync_node.languages import Text, choose, direction, own_name

# A subject's colour (a class of site.css) and its picture (a symbol of pictures.html).
_SUBJECT_LOOKS = {
    "mathematics": ("sun", "numbers"),
    "chinese": ("rose", "letters"),
    "english": ("sky", "letters"),
    "japanese": ("sky", "letters"),
    "russian": ("sky", "letters"),
    "german": ("sky", "letters"),
    "french": ("sky", "letters"),
    "spanish": ("sky", "letters"),
    "science": ("leaf", "nature"),
    "biology": ("leaf", "nature"),
    "physics": ("sea", "nature"),
    "chemistry": ("sea", "nature"),
    "geography": ("sea", "world"),
    "history": ("clay", "world"),
    "history-and-society": ("clay", "world"),
    "morality-and-law": ("rose", "people"),
    "politics": ("rose", "people"),
    "music": ("plum", "arts"),
    "fine-art": ("plum", "arts"),
    "arts": ("plum", "arts"),
    "calligraphy": ("plum", "arts"),
    "mental-health": ("rose", "people"),
    "safety": ("clay", "people"),
}
_OTHER_LOOK = ("clay", "book")
_SECONDS_IN_MINUTE = 60
_MINUTES_IN_HOUR = 60


class Shelf(NamedTuple):
    """The packs of one subject, by grade."""

    subject: str
    cards: tuple[PackCard, ...]


def shelves(cards: tuple[PackCard, ...], *, grade: str = "") -> list[Shelf]:
    """Return the packs by subject and grade, in the order of the code lists, then by title."""
    wanted = [card for card in cards if not grade or card.facets.grade == grade]
    wanted.sort(
        key=lambda card: (
            _rank("subject", card.facets.subject),
            card.facets.subject,
            _rank("grade", card.facets.grade),
            card.facets.grade,
            card.title.value,
        )
    )
    groups = groupby(wanted, key=lambda card: card.facets.subject)
    return [Shelf(subject, tuple(found)) for subject, found in groups]


def grades(cards: tuple[PackCard, ...]) -> list[str]:
    """Return the grades that packs are for, in their usual order."""
    found = {card.facets.grade for card in cards}
    return sorted(found, key=lambda grade: (_rank("grade", grade), grade))


def hue(subject: str) -> str:
    """Return the colour of a subject, as a class of the style sheet."""
    return _SUBJECT_LOOKS.get(subject, _OTHER_LOOK)[0]


def picture(subject: str) -> str:
    """Return the picture that stands for a subject."""
    return _SUBJECT_LOOKS.get(subject, _OTHER_LOOK)[1]


def label(dimension: str, code: str) -> str:
    """Return the name of a code in the site's language."""
    return code_lists.label(dimension, code, interface_language())


def duration(seconds: int) -> str:
    """Return a length as `3:05` or `1:02:00`."""
    minutes, rest = divmod(seconds, _SECONDS_IN_MINUTE)
    hours, minutes = divmod(minutes, _MINUTES_IN_HOUR)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def language_attributes(text: Text | str) -> Markup:
    """Return ` lang=… dir=…` for an element whose text isn't in the page's language, or nothing."""
    tag = text.language if isinstance(text, Text) else text
    if tag in {"", NO_LANGUAGE} or tag.split("-")[0] == interface_language():
        return Markup()
    return Markup(' lang="{}" dir="{}"').format(tag, direction(tag))


def captions_by_default(languages: list[str], wishes: tuple[str, ...]) -> str:
    """Return which captions to show at first: those in the reader's language, or none."""
    if not languages:
        return ""
    chosen = choose(languages, wishes)
    wanted = {wish.split("-")[0] for wish in wishes} or {interface_language()}
    return chosen if chosen.split("-")[0] in wanted else ""


def set_up(app: Flask) -> None:
    """Give the templates these functions."""
    app.jinja_env.filters.update(
        score=shown_score, size=megabytes, duration=duration, own_name=own_name
    )
    app.jinja_env.globals.update(
        hue=hue, picture=picture, label=label, la=language_attributes, direction=direction
    )


def _rank(dimension: str, code: str) -> int:
    known = code_lists.known(dimension)
    return known.index(code) if code in known else len(known)
