"""The pictures that pupils are known by, and that a PIN can be made of: drawn into the page itself.

A class of forty then costs no request, and an old browser needs to know nothing of sprites.
"""

import re
from functools import cache
from importlib.resources import files

from flask import Flask
from markupsafe import Markup

_SYMBOL = re.compile(r'<symbol id="([a-z]+)" viewBox="0 0 48 48">(.*?)</symbol>', re.DOTALL)


@cache
def drawings() -> dict[str, str]:
    """Return the drawing of each picture, by its name, 48 by 48."""
    text = files("sync_node.lan").joinpath("drawings", "faces.svg").read_text(encoding="utf-8")
    return dict(_SYMBOL.findall(text))


def face(name: str) -> Markup:
    """Return a picture for a page; hidden from screen readers, for a name stands beside it."""
    drawing = Markup(drawings().get(name, ""))  # noqa: S704  # our own file
    return Markup('<svg class="face" viewBox="0 0 48 48" aria-hidden="true">{}</svg>').format(
        drawing
    )


def set_up(app: Flask) -> None:
    """Give the templates `face`."""
    drawings()
    app.jinja_env.globals["face"] = face
