"""Where views find the catalogue of their application, and note what is opened."""

from flask import Flask, current_app

from sync_node.catalogue import Catalogue
from sync_node.openings import Openings

_KEY = "catalogue"
_OPENINGS = "openings"


def set_up(app: Flask, found: Catalogue, openings: Openings) -> None:
    """Make `found` the application's catalogue, and `openings` where it notes what is opened."""
    app.extensions[_KEY] = found
    app.extensions[_OPENINGS] = openings


def note_opened(pack: str, lesson: str) -> None:
    """Note that a lesson was opened; by whom is of no interest."""
    openings: Openings = current_app.extensions[_OPENINGS]
    openings.note(pack, lesson)


def catalogue() -> Catalogue:
    """Return the catalogue of the application that handles this request."""
    found: Catalogue = current_app.extensions[_KEY]
    return found
