"""What the projector's page shows of a step: a lesson's item, a material of the school, a question.

All of it is what every pupil may open, or what its teacher shows just now.
"""

from flask import url_for
from werkzeug.datastructures import MultiDict

from content_packs.errors import InvalidContent, Missing
from content_packs.exercises.answers import right_answer
from content_packs.exercises.model import Exercise
from content_packs.values import Value
from sync_node.catalogue_model import ItemAddress, ItemView, RenditionView
from sync_node.lan import content, exercise, items, pages, presentation
from sync_node.lan.catalogue_access import catalogue
from sync_node.lan.exercise_form import fields
from sync_node.lan.interface_language import interface_language, wishes
from sync_node.lan.teacher.shows import Show, Step
from sync_node.lan.visitor import school
from sync_node.languages import Text

MOVING = ("page", "document")  # what may be longer than the wall is high


class Film(Value, frozen=True):
    """A film or a sound: its file, and captions as (address, language)."""

    source: str
    media_type: str
    pictures: bool
    captions: tuple[tuple[str, str], ...] = ()
    first: str = ""


def shown(show: Show) -> dict[str, object]:
    """Return what the page shows of a show's step; of one that can't be opened any more, nothing.

    Raises `StorageFailed`.
    """
    step = show.step
    try:
        if step.place.is_material:
            return _of_material(step)
        if step.kind == "cover":
            view = catalogue().lesson(*step.place[:2], wishes())
            hue = presentation.hue(view.card.facets.subject)
            return {"kind": "cover", "lesson": view, "hue": hue}
        item = catalogue().item(ItemAddress(*step.place), wishes())
        values = {
            "title": item.line.title,
            "language": item.language,
            "hue": presentation.hue(item.lesson.card.facets.subject),
        }
        return values | _of_item(step, item)
    except (Missing, InvalidContent):
        return {"kind": "gone"}


def _of_item(step: Step, view: ItemView) -> dict[str, object]:
    kind = view.line.kind
    if step.kind in {"question", "answer"}:
        held = catalogue().at_version(view.lesson.card.pack, view.lesson.version)
        values = _of_question(step, exercise.read(view))
        return values | {"picture_place": lambda link: pages.place_of(link, held, view.path)}
    if view.renditions:
        seen = [one for one in view.renditions if one.ready and one.pictures]
        finest = seen[-1] if seen else items.playing_rendition(view.renditions, "")
        return {"kind": "film", "film": _film(view, finest)}
    if kind == "page" and view.fragment:
        return {"kind": "page", "page": pages.page_of(view)}
    return {"kind": "frame" if kind in {"page", "app"} else kind, "source": items.source(view)}


def _film(view: ItemView, playing: RenditionView) -> Film:
    card, version = view.lesson.card, view.lesson.version
    captions = view.captions if playing.pictures else ()
    return Film(
        content.address(card.pack, version, playing.path),
        playing.media_type,
        playing.pictures,
        tuple((content.address(card.pack, version, one.path), one.language) for one in captions),
        presentation.captions_by_default([one.language for one in captions], wishes()),
    )


def _of_material(step: Step) -> dict[str, object]:
    found = school().materials.material(step.place.item)
    values: dict[str, object] = {
        "title": Text(found.title), "language": interface_language(), "hue": "sea",
    }  # fmt: skip
    if step.kind in {"question", "answer"}:
        asked = _of_question(step, school().materials.exercise(found))
        return values | asked | {"picture_place": lambda _: ""}
    source = url_for("materials.file", material=found.id)
    if found.kind == "video":
        return values | {"kind": "film", "film": Film(source, found.media_type, pictures=True)}
    return values | {"kind": "document", "source": source}


def _of_question(step: Step, found: Exercise) -> dict[str, object]:
    if step.question >= len(found.questions):
        raise Missing("the exercise has fewer questions now")
    field = fields(found, attempt=1, form=MultiDict(), result=None)[step.question]
    return {
        "kind": "question",
        "field": field,
        "number": step.question + 1,
        "total": len(found.questions),
        "answer": right_answer(field.question) if step.kind == "answer" else (),
    }


def titled(show: Show) -> list[tuple[Step, Text, str]]:
    """Return the steps of a show with the titles and kinds of what they show.

    None where it isn't here any more. Raises `StorageFailed`.
    """
    try:
        if show.place.is_material:
            found = school().materials.material(show.place.item)
            return [(step, Text(found.title), found.kind) for step in show.steps]
        view = catalogue().lesson(show.place.pack, show.place.lesson, wishes())
    except (Missing, InvalidContent):
        return []
    lines = {line.id: line for line in view.items}
    return [
        (step, lines[step.place.item].title, lines[step.place.item].kind)
        if step.place.item in lines
        else (step, view.title if step.kind == "cover" else Text("?"), "")
        for step in show.steps
    ]
