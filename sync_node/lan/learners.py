"""Where views find what somebody learns: the `Learning` of their application."""

from flask import Flask, current_app

from sync_node.learning import Learning

_KEY = "learning"


def set_up(app: Flask, found: Learning) -> None:
    """Make `found` the application's."""
    app.extensions[_KEY] = found


def learning() -> Learning:
    """Return what is learned, of the application that handles this request."""
    found: Learning = current_app.extensions[_KEY]
    return found
