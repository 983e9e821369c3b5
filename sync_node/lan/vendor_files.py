"""What the site takes from npm, served from the disk: pdf.js, its tables of letters and its fonts.

`scripts/front_assets.py` makes the folder. Where it is missing the site does without: a document is
opened by its link. Addresses hold a part of the folder's stamp. Scripts lie there packed too: over
a school's Wi-Fi the reader weighs 0.5 MB instead of 1.6.
"""

import os
from pathlib import Path

import msgspec
from flask import Blueprint, Flask, Response, abort, current_app, request, url_for
from werkzeug.wsgi import wrap_file

from content_packs.values import Value
from sync_node.lan.limits import CONTENT_PIECE_BYTES, STATIC_SECONDS

blueprint = Blueprint("vendor_files", __name__)

FOLDER = Path(__file__).parent / "vendor"
_STAMP = ".made"
_STAMP_CHARACTERS = 12
_PACKED = ".gz"
_SCRIPT = "text/javascript; charset=utf-8"
_POLICY = "default-src 'none'"
# A worker has the policy of its own file, not that of the page: decoders of pictures in PDFs are
# WebAssembly, and where that isn't known a script that the worker imports.
_WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"
_WORKER = "pdf.worker.js"


class VendorFiles(Value, frozen=True):
    """The folder: its stamp, empty where it isn't made, and what may be served of it."""

    folder: Path
    stamp: str = ""
    names: frozenset[str] = msgspec.field(default_factory=frozenset)


def read_folder(folder: Path) -> VendorFiles:
    """Return what is in the folder."""
    stamp = folder / _STAMP
    if not stamp.is_file():
        return VendorFiles(folder)
    names = {  # os.walk asks the disk for each folder, Path.rglob for each file
        Path(above, name).relative_to(folder).as_posix()
        for above, _, names in os.walk(folder)
        for name in names
    } - {_STAMP}
    text = stamp.read_text(encoding="ascii").strip()
    return VendorFiles(folder, text[:_STAMP_CHARACTERS], frozenset(names))


def set_up(app: Flask, folder: Path = FOLDER) -> None:
    """Look what is there, and give the templates `vendor_url`: empty for what isn't."""
    held = read_folder(folder)

    def vendor_url(name: str) -> str:
        """Return the address of a file; of the folder for `""`."""
        if not held.stamp or (name and name not in held.names):
            return ""
        base = url_for("vendor_files.file", stamp=held.stamp, path="x")
        return base.removesuffix("x") + name

    app.extensions["vendor_files"] = held
    app.jinja_env.globals["vendor_url"] = vendor_url
    app.register_blueprint(blueprint)


@blueprint.get("/vendor/<stamp>/<path:path>", endpoint="file")
def serve(stamp: str, path: str) -> Response:
    """Answer with a file, packed where the browser takes that; under another stamp not to keep."""
    held: VendorFiles = current_app.extensions["vendor_files"]
    if path not in held.names or path.endswith(_PACKED):
        abort(404)
    takes = request.accept_encodings.quality("gzip") > 0
    is_packed = takes and path + _PACKED in held.names
    place = held.folder / (path + _PACKED if is_packed else path)
    try:
        opened = place.open("rb")
    except FileNotFoundError:
        abort(404)
    size = opened.seek(0, 2)
    opened.seek(0)
    body = wrap_file(request.environ, opened, CONTENT_PIECE_BYTES)
    response = Response(body, direct_passthrough=True)
    response.content_length = size
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    _add_headers(response, path, is_kept=stamp == held.stamp)
    return response


def _add_headers(response: Response, path: str, *, is_kept: bool) -> None:
    headers = response.headers
    headers["Content-Type"] = _SCRIPT if path.endswith(".js") else "application/octet-stream"
    headers["Content-Security-Policy"] = _WORKER_POLICY if path == _WORKER else _POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Vary"] = "Accept-Encoding"
    headers["Cache-Control"] = (
        f"public, max-age={STATIC_SECONDS}, immutable" if is_kept else "no-cache"
    )
