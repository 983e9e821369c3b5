"""How a reader likes to read: letters, contrast, spacing. A cookie of this browser, no identity."""

from dataclasses import dataclass, fields

from flask import Blueprint, Flask, Response, g, render_template, request

from sync_node.lan.preferences import local_address, remember, way_back
from sync_node.lan.visitor import go_to

blueprint = Blueprint("reading", __name__)

COOKIE = "reading"
CHOICES = {
    "size": ("usual", "large", "huge"),
    "contrast": ("usual", "high"),
    "spacing": ("usual", "wide"),
}


@dataclass(frozen=True)
class Reading:
    """What was chosen; each one of `CHOICES`, the first of them where nothing was."""

    size: str = "usual"
    contrast: str = "usual"
    spacing: str = "usual"

    @property
    def classes(self) -> str:
        """Return the classes of the page's root, such as `size-large spacing-wide`."""
        named = ((field.name, getattr(self, field.name)) for field in fields(self))
        return " ".join(f"{name}-{value}" for name, value in named if value != "usual")


def set_up(app: Flask) -> None:
    """Give the templates `reading` and `way_back`."""
    app.jinja_env.globals.update(reading=reading, way_back=way_back)
    app.register_blueprint(blueprint)


def reading() -> Reading:
    """Return how whoever asks likes to read."""
    if "reading" not in g:
        words = request.cookies.get(COOKIE, "").split(".")
        g.reading = _chosen(dict(zip(CHOICES, words, strict=False)))
    found: Reading = g.reading
    return found


@blueprint.get("/reading")
def settings() -> str:
    """Show the choices, and how a page looks with them."""
    return render_template("reading/settings.html", choices=CHOICES, to=_to())


@blueprint.post("/reading")
def choose() -> Response:
    """Keep the choices, and show them; or go back to the page that was open."""
    g.reading = _chosen(request.form.to_dict())
    answer = go_to(_to())
    remember(answer, COOKIE, ".".join(getattr(g.reading, name) for name in CHOICES))
    return answer


def _chosen(values: dict[str, str]) -> Reading:
    """Return the choices that are known; what isn't is left as usual."""
    known = {name: value for name, value in values.items() if value in CHOICES.get(name, ())}
    return Reading(**known)


def _to() -> str:
    return local_address(request.values.get("next", "") or "/")
