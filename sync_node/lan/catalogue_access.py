"""Where views find the catalogue of their application."""

from flask import Flask, current_app

from sync_node.catalogue import Catalogue

_KEY = "catalogue"


def set_up(app: Flask, found: Catalogue) -> None:
    """Make `found` the application's catalogue."""
    app.extensions[_KEY] = found


def catalogue() -> Catalogue:
    """Return the catalogue of the application that handles this request."""
    found: Catalogue = current_app.extensions[_KEY]
    return found
