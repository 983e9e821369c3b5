"""Packs by stage, grade and subject: the way through a catalogue that is too large for one page."""

from urllib.parse import urlencode

import msgspec
from flask import Blueprint, Flask, current_app, render_template, request, url_for

from content_packs import code_lists
from content_packs.code_lists import FOR_TEACHERS
from sync_node.lan.audience import shelves_for_pupils
from sync_node.lan.interface_language import wishes
from sync_node.search.limits import SHELF_PACKS_SHOWN
from sync_node.shelves import Shelf, Shelves

blueprint = Blueprint("browse", __name__)

_KEY = "shelves"
_FIELDS = ("stage", "grade", "subject")


def set_up(app: Flask, found: Shelves) -> None:
    """Make `found` the application's shelves."""
    app.extensions[_KEY] = found
    app.register_blueprint(blueprint)


def shelves() -> Shelves:
    """Return the shelves of the application that handles this request."""
    found: Shelves = current_app.extensions[_KEY]
    return found


@blueprint.get("/browse")
def browse() -> str:
    """Show the packs of `?stage=`, `?grade=` and `?subject=`, `?from=` later ones."""
    shelf = Shelf(*(request.args.get(each, "") for each in _FIELDS))
    return page(shelf, start=max(request.args.get("from", 0, type=int), 0))


def page(shelf: Shelf, *, start: int = 0, home: bool = False, **values: object) -> str:
    """Return the page of a shelf; of the shelf of everything, what there is to choose among.

    `values`: what else the home page shows.
    """
    counts = shelves().counts()
    if shelf.stage != FOR_TEACHERS:
        counts = shelves_for_pupils(counts)
    found = None
    if shelf != Shelf():
        found = shelves().browse(shelf, wishes(), offset=start)
    further = start + SHELF_PACKS_SHOWN
    return render_template(
        "student/browse.html",
        shelf=shelf,
        choices={each: _choices(counts, shelf, each) for each in _FIELDS},
        found=found,
        home=home,
        start=start,
        before=max(start - SHELF_PACKS_SHOWN, 0),
        further=further if found and further < found.total else 0,
        address=_address,
        **values,
    )


def _choices(counts: dict[Shelf, int], shelf: Shelf, field: str) -> list[tuple[str, int]]:
    """Return the codes that a field can have beside what else is chosen, and how many packs."""
    others = msgspec.structs.replace(shelf, **{field: ""})
    found: dict[str, int] = {}
    for each, count in counts.items():
        if others.holds(each):
            code = getattr(each, field)
            found[code] = found.get(code, 0) + count
    known = code_lists.known(field)
    order = {code: number for number, code in enumerate(known)}
    return sorted(found.items(), key=lambda item: (order.get(item[0], len(known)), item[0]))


def _address(shelf: Shelf, start: int = 0, **changed: str) -> str:
    """Return the address of a shelf with fields changed."""
    changed_shelf = msgspec.structs.replace(shelf, **changed)
    values = {each: getattr(changed_shelf, each) for each in _FIELDS} | {"from": start}
    kept = {name: value for name, value in values.items() if value}
    return f"{url_for('browse.browse')}?{urlencode(kept)}"
