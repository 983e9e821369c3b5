"""Pages leave packed: a page of 16 kB is 4 kB of a Wi-Fi that sixty share, in its first packets.

Only what pages say is packed, not files of packs: films are packed already, and ranges are of bytes
as they lie. There is nothing to guess from a page's length: no page holds a secret beside words
that another chose, and on plain http a listener reads it all anyhow.
"""

import gzip

from flask import Flask, Response, request

from sync_node.lan.limits import PACKED_BYTES_MIN, PACKING_LEVEL

_PACKED_TYPES = frozenset({"text/html", "application/json"})


def set_up(app: Flask) -> None:
    """Pack what pages say, for browsers that take it."""
    app.after_request(_pack)


def takes_packed() -> bool:
    """Say whether the browser that asks takes gzip."""
    return request.accept_encodings.quality("gzip") > 0


def packed(data: bytes, level: int = PACKING_LEVEL) -> bytes:
    """Return data packed, the same each time."""
    return gzip.compress(data, level, mtime=0)


def _pack(response: Response) -> Response:
    if response.direct_passthrough or response.is_streamed:
        return response  # a file
    if response.mimetype not in _PACKED_TYPES or not response.data:
        return response
    if "Content-Encoding" in response.headers or "Content-Range" in response.headers:
        return response
    response.vary.add("Accept-Encoding")
    if len(response.data) >= PACKED_BYTES_MIN and takes_packed():
        response.data = packed(response.data)
        response.headers["Content-Encoding"] = "gzip"
    return response
