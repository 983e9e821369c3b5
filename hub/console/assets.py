"""Style sheets and scripts of the console: ours in `static/`, those from npm in `vendor/`.

They are read once, at the start, and kept in memory, packed too: together they have some hundred
kilobytes. An address holds a part of the content's digest, so browsers keep it for ever. What
isn't there (nobody ran `scripts/front_assets.py`) has no address, and the pages work without it.
"""

import gzip
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, abort, request

from content_packs.digests import digest_of
from hub.console.limits import ASSET_BYTES_MAX, ASSET_SECONDS

ROUTE = "/console/assets/<stamp>/<name>"
_FOLDERS = ("static", "vendor")
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_STAMP_DIGITS = 12


@dataclass(frozen=True)
class Asset:
    """A file: its bytes, the same packed, its type, and the part of its digest for the address."""

    data: bytes
    packed: bytes
    media_type: str
    stamp: str


def read(root: Path) -> dict[str, Asset]:
    """Return the files by name; `root` is the package's folder."""
    found: dict[str, Asset] = {}
    for folder in _FOLDERS:
        for place in sorted((root / folder).glob("*")):
            media_type = _TYPES.get(place.suffix)
            if media_type and place.stat().st_size <= ASSET_BYTES_MAX:
                data = place.read_bytes()
                packed = gzip.compress(data, compresslevel=9, mtime=0)
                found[place.name] = Asset(data, packed, media_type, digest_of(data)[:_STAMP_DIGITS])
    return found


def set_up(app: Flask) -> None:
    """Serve what is there, and give the templates `asset(name)`: its address, empty for none."""
    held = read(Path(app.root_path))

    def asset(name: str) -> str:
        one = held.get(name)
        return f"/console/assets/{one.stamp}/{name}" if one else ""

    @app.get(ROUTE)
    def console_asset(stamp: str, name: str) -> Response:
        one = held.get(name)
        if one is None:
            abort(404)
        is_packed = request.accept_encodings.quality("gzip") > 0
        response = Response(one.packed if is_packed else one.data)
        response.headers.update(
            {
                "Content-Type": one.media_type,
                "Vary": "Accept-Encoding",
                "Cache-Control": f"public, max-age={ASSET_SECONDS}, immutable"
                if stamp == one.stamp
                else "no-cache",
            }
        )
        if is_packed:
            response.headers["Content-Encoding"] = "gzip"
        return response

    app.jinja_env.globals["asset"] = asset
