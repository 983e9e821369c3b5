"""Serving the files of a version to who previews it: hostile bytes, at an address of their own.

Read whole before you change a header. The console's cookie must be out of reach of what a pack
brings, though it comes from the same host:
- `Content-Security-Policy: sandbox allow-scripts` gives a document an opaque origin: it reads no
  cookie, no storage, nothing of another page; no form, no pop-up, no way to lead the page away.
- It may fetch below its own ticket's address and nowhere else; no cookie goes along.
- `nosniff`, and a list of types that a browser may show: anything else is a file to save. PDF too:
  a sandbox blocks the browser's viewer, and without one it would have the console's origin.
"""

import re
from urllib.parse import quote

from flask import Request, Response

from content_packs import byte_ranges
from content_packs.manifest import File
from hub.hub import Hub
from hub.packs import contents, tickets
from hub.packs.limits import HOST_CHARACTERS_MAX

ANY_TYPE = "application/octet-stream"
_SHOWN = frozenset(
    {
        "text/html", "text/css", "text/javascript", "text/plain", "text/csv", "text/vtt",
        "application/json", "application/wasm",
        "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/svg+xml",
        "image/x-icon", "video/mp4", "video/webm",
        "audio/mp4", "audio/mpeg", "audio/ogg", "audio/webm", "audio/wav",
        "font/woff", "font/woff2", "font/ttf", "font/otf",
    }
)  # fmt: skip
_ALWAYS_UTF_8 = frozenset({"text/plain", "text/csv", "text/vtt", "application/json"})
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]+")


def answer(hub: Hub, request: Request, ticket: str, path: str) -> Response:
    """Return a file of the version that a ticket is for, or the part of it that is asked for.

    Raises `Missing`, `Damaged`, `StorageFailed`.
    """
    found = contents.of_version(hub, *tickets.expect(hub, ticket))
    file = contents.file_of(found, path)
    part = byte_ranges.asked(file.size, f'"{file.digest}"', request.headers)
    headers = {**part.headers, **_headers(request, file, ticket)}
    response = Response(status=part.status, headers=headers)
    if part.status == 304:
        del response.headers["Content-Type"]
        return response
    response.content_length = part.length
    if part.length and request.method == "GET":
        response.response = contents.pieces(hub, found, file, part.first, part.length)
    return response


def _headers(request: Request, file: File, ticket: str) -> dict[str, str]:
    base = file.media_type.split(";", 1)[0].strip().lower()
    kind = base if base in _SHOWN else ANY_TYPE
    headers = {
        "Content-Type": f"{kind}; charset=utf-8" if kind in _ALWAYS_UTF_8 else kind,
        "Content-Security-Policy": policy(request, ticket),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=3600",
        "Access-Control-Allow-Origin": "*",  # to a page's own modules and fonts it is another's
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "unsafe-none",  # else no browser opens a sandboxed page alone
    }
    if kind == ANY_TYPE or "save" in request.args:
        name = quote(file.path.rsplit("/", 1)[-1], safe="")
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return headers


def policy(request: Request, ticket: str) -> str:
    """Return the Content-Security-Policy of a file: a sandbox that reaches its own version only."""
    here = ""
    if len(request.host) <= HOST_CHARACTERS_MAX and _HOST.fullmatch(request.host):
        here = f"{request.scheme}://{request.host}/console/preview/{quote(ticket)}/ "
    inline = "'unsafe-inline' 'unsafe-eval'"
    return (
        f"sandbox allow-scripts; default-src {here}{inline} data: blob:; "
        "form-action 'none'; frame-ancestors 'self'; base-uri 'none'"
    )
