"""The site's own style sheets, scripts and pictures: a few kB, kept in memory, cached for ever.

Their addresses hold a part of their digest, so that a new release is seen at once.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable

from flask import Blueprint, Flask, Response, abort, current_app, request, url_for

from content_packs.digests import digest_of
from sync_node.lan import packing
from sync_node.lan.limits import STATIC_SECONDS

blueprint = Blueprint("static_files", __name__)

_MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_STAMP_CHARACTERS = 12
_LEVEL = 9  # of gzip: they are packed once
_ICON = "satchel.svg"
_SHARED = (("content_packs", "maths.css"),)  # how maths in pages looks belongs to the pages' maker


class StaticFile:
    """One file: its bytes, also packed, its media type, and the stamp in its address."""

    def __init__(self, place: Traversable) -> None:
        self.data = place.read_bytes()
        self.media_type = _MEDIA_TYPES[place.name.rsplit(".", 1)[-1]]
        self.packed = packing.packed(self.data, _LEVEL)
        self.stamp = digest_of(self.data)[:_STAMP_CHARACTERS]


def set_up(app: Flask) -> None:
    """Read the files, and give the templates `static_url`."""
    places = [*files("sync_node.lan").joinpath("static").iterdir()]
    places += [files(package).joinpath(name) for package, name in _SHARED]
    held = {place.name: StaticFile(place) for place in places}

    def static_url(name: str) -> str:
        return url_for("static_files.file", stamp=held[name].stamp, name=name)

    app.extensions["static_files"] = held
    app.jinja_env.globals["static_url"] = static_url
    app.register_blueprint(blueprint)


@blueprint.get("/static/<stamp>/<name>", endpoint="file")
def serve(stamp: str, name: str) -> Response:
    """Answer with a file of the site. With another stamp it is sent too, but not to be kept."""
    held = _held()
    if name not in held:
        abort(404)
    file = held[name]
    is_packed = packing.takes_packed()
    data = file.packed if is_packed else file.data
    response = Response(data, content_type=file.media_type)
    response.set_etag(f"{file.stamp}-gzip" if is_packed else file.stamp)
    response.vary.add("Accept-Encoding")
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = (
        f"public, max-age={STATIC_SECONDS}, immutable" if stamp == file.stamp else "no-cache"
    )
    response.make_conditional(request)
    return response


@blueprint.get("/favicon.ico")
def icon() -> Response:
    """Answer the browser that looks for an icon beside a file of a pack, which names none."""
    return serve("", _ICON)


def _held() -> dict[str, StaticFile]:
    held: dict[str, StaticFile] = current_app.extensions["static_files"]
    return held
