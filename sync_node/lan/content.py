"""Serving the files of packs: hostile bytes, in an origin of their own, with ranges.

Read whole before you change a header here: SITE.md gives the reason of each.
"""

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO
from urllib.parse import quote

from flask import Blueprint, Flask, Response, current_app, request, url_for

from content_packs import byte_ranges
from content_packs.errors import Missing, SatchelError
from sync_node.catalogue_model import ContentFile
from sync_node.lan.catalogue_access import catalogue
from sync_node.lan.interface_language import _
from sync_node.lan.known_files import KnownFile, KnownFiles
from sync_node.lan.limits import CONTENT_PIECE_BYTES, HOST_CHARACTERS_MAX

blueprint = Blueprint("content", __name__)

PDF = "application/pdf"
ANY_TYPE = "application/octet-stream"
# What a browser may show or use. Anything else is a file to save.
_SHOWN = frozenset(
    {
        "text/html", "text/css", "text/javascript", "text/plain", "text/csv", "text/vtt",
        "application/json", "application/wasm", PDF,
        "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/svg+xml",
        "image/x-icon",
        "video/mp4", "video/webm",
        "audio/mp4", "audio/mpeg", "audio/ogg", "audio/webm", "audio/wav",
        "font/woff", "font/woff2", "font/ttf", "font/otf",
    }
)  # fmt: skip
_KEY = "known_files"
_ALWAYS_UTF_8 = frozenset({"text/plain", "text/csv", "text/vtt", "application/json"})
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]+")


def set_up(app: Flask) -> None:
    """Serve the files of packs."""
    app.extensions[_KEY] = KnownFiles()
    app.register_blueprint(blueprint)


def known_files(app: Flask) -> KnownFiles:
    """Return what the site decided lately, for the server to answer alike."""
    found: KnownFiles = app.extensions[_KEY]
    return found


@blueprint.errorhandler(SatchelError)
def explain(error: SatchelError) -> Response:
    """Answer in one line: what asks is a player, an app or a frame, which show no page of ours."""
    status = 404 if isinstance(error, Missing) else 503
    response = Response(_("This file isn't here yet.") + "\n", status=status, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@blueprint.get("/content/<pack>/<int:version>/<path:path>")
def file(pack: str, version: int, path: str) -> Response:
    """Answer with a file of a pack, or a part of it. `?save` asks the browser to save it."""
    found = _find(pack, version, path)
    answer = byte_ranges.asked(found.size, f'"{found.digest}"', request.headers)
    own = _headers(found, pack=pack, path=path)
    asked_as = request.environ.get("REQUEST_URI")
    if asked_as:
        known = KnownFile(found.place, found.size, found.digest, tuple(own.items()))
        known_files(current_app).remember(asked_as, request.headers.get("Host", ""), known)
    response = Response(status=answer.status, headers={**answer.headers, **own})
    if answer.status == 304:
        del response.headers["Content-Type"]
        return response
    response.content_length = answer.length
    if answer.length and request.method == "GET":
        response.response = body(_open(found), answer.first, answer.length)
        response.direct_passthrough = True
    return response


def address(pack: str, version: int, path: str) -> str:
    """Return where a file of a pack is served."""
    return url_for("content.file", pack=pack, version=version, path=path)


def _find(pack: str, version: int, path: str) -> ContentFile:
    # A link to a folder means its index, as on any web server: manuals are full of them.
    return catalogue().content(pack, version, f"{path}index.html" if path.endswith("/") else path)


def _open(found: ContentFile) -> BinaryIO:
    """Open a file of the store, if it still is as long as it was when it was verified."""
    try:
        opened = found.place.open("rb")
    except FileNotFoundError as error:
        raise Missing(f"{found.place} isn't here any more") from error
    if opened.seek(0, 2) != found.size:
        opened.close()
        raise Missing(f"{found.place} has another size than it had", hint="Run `sync-node check`.")
    return opened


def body(opened: BinaryIO, first: int, length: int) -> Iterable[bytes]:
    """Return the bytes to send, through the server's file wrapper where it has one.

    The wrapper starts where the file stands and stops at Content-Length (PEP 3333); waitress then
    reads the file in its own loop, so that a slow phone holds no thread.
    """
    opened.seek(first)
    wrapper = request.environ.get("wsgi.file_wrapper")
    if wrapper is not None:
        wrapped: Iterable[bytes] = wrapper(opened, CONTENT_PIECE_BYTES)
        return wrapped
    return _pieces(opened, length)


def _pieces(opened: BinaryIO, length: int) -> Iterator[bytes]:
    with opened:
        while length > 0 and (piece := opened.read(min(length, CONTENT_PIECE_BYTES))):
            length -= len(piece)
            yield piece


def _headers(found: ContentFile, *, pack: str, path: str) -> dict[str, str]:
    base = found.media_type.split(";", 1)[0].strip().lower()
    shown = base in _SHOWN
    kind = base if shown else ANY_TYPE
    headers = {
        "Content-Type": f"{kind}; charset=utf-8" if kind in _ALWAYS_UTF_8 else kind,
        "Content-Security-Policy": _policy(kind, pack),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "public, max-age=31536000, immutable",
        # An app has an opaque origin: to it, its own modules, fonts and data are of another origin.
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }
    if not shown or "save" in request.args:
        name = quote(path.rsplit("/", 1)[-1], safe="")
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return headers


def _policy(kind: str, pack: str) -> str:
    """Return the Content-Security-Policy of a file: a sandbox that reaches its own pack only."""
    if kind == PDF:
        return "frame-ancestors 'none'"
    host = request.host
    here = ""
    if len(host) <= HOST_CHARACTERS_MAX and _HOST.fullmatch(host):
        here = f" {request.scheme}://{host}/content/{quote(pack, safe='')}/"
    inline = "'unsafe-inline' 'unsafe-eval'"
    return f"sandbox allow-scripts; default-src 'self'{here} {inline} data: blob:"
