"""What the hub offers beside operations, as OpenAPI 3.1: uploads by tus, and what probes ask."""

from collections.abc import Iterable
from typing import Any

from hub.api import staff_openapi
from hub.uploads import tus
from hub.uploads.limits import UPLOAD_BYTES_MAX

UPLOADS = "/api/v1/uploads/files"  # as hub.uploads.web has it: it imports this package
_TOKEN: list[dict[str, list[str]]] = [{staff_openapi.SCHEME: []}]
_PROBLEM = "application/problem+json"
_NUMBER = {"type": "string", "pattern": "^[0-9]{1,15}$"}
_TEXT = {"type": "string"}
_REFUSED = {
    "400": "A header isn't what it has to be.",
    "401": "No token that counts came with the request. One answer for all reasons.",
    "403": "The token's person, or the token, hasn't the right.",
    "404": "There is no such upload of this person.",
    "409": "The offset isn't where the upload is.",
    "410": "The upload has ended.",
    "412": "The version of tus isn't the one that is spoken here.",
    "413": "It is too large, or the disk has no room.",
    "415": "The body isn't said to be a piece.",
    "423": "Another request is at it.",
    "429": "Too often of late.",
    "460": "The checksum isn't that of the piece.",
    "503": "The hub can't answer now.",
}


def paths() -> dict[str, Any]:
    """Return the paths, each as an OpenAPI path item."""
    return {
        "/healthz": {"get": _probe("Is the server there", ("200",))},
        "/readyz": {"get": _probe("Is all there that the hub needs", ("200", "503"))},
        "/metrics": {"get": _metrics()},
        UPLOADS: {"options": _options(), "post": _begin()},
        f"{UPLOADS}/{{upload}}": {
            "parameters": [{"name": "upload", "in": "path", "required": True, "schema": _TEXT}],
            "options": _options(),
            "head": _tus("How far an upload is", "200", ()),
            "patch": _tus("The next piece of an upload", "204", (*_PIECE, _OFFSET), body=True),
            "delete": _tus("End an upload and forget it", "204", ()),
        },
    }


def _probe(summary: str, statuses: tuple[str, ...]) -> dict[str, Any]:
    words = {"200": "Yes.", "503": "No: each line names what isn't ready."}
    content = {"text/plain": {"schema": _TEXT}}
    return {
        "summary": summary,
        "responses": {
            status: {"description": words[status], "content": content} for status in statuses
        },
    }


def _metrics() -> dict[str, Any]:
    content = {"text/plain": {"schema": _TEXT}}
    return {
        "summary": "Counts for Prometheus",
        "description": "Needs the right `operate`.",
        "security": _TOKEN,
        "responses": {
            "200": {"description": "Prometheus's text format.", "content": content},
            **_refusals(("401", "503")),
        },
    }


def _options() -> dict[str, Any]:
    headers = _headers("Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm")
    return {
        "summary": "What this server does of tus; anybody may ask",
        "responses": {"204": {"description": "In headers.", "headers": headers}},
    }


def _begin() -> dict[str, Any]:
    said = [
        _header("Upload-Length", {**_NUMBER, "description": f"At most {UPLOAD_BYTES_MAX} bytes."}),
        _header("Upload-Metadata", _TEXT),
    ]
    return _tus("Begin an upload (tus 1.0.0)", "201", (*_PIECE, *said), body=True, also="Location")


def _tus(
    summary: str,
    status: str,
    parameters: tuple[dict[str, Any], ...],
    *,
    body: bool = False,
    also: str = "Upload-Offset",
) -> dict[str, Any]:
    version = _header("Tus-Resumable", {"const": tus.VERSION}, required=True)
    answer = {"description": "Done.", "headers": _headers("Tus-Resumable", also)}
    found: dict[str, Any] = {
        "summary": summary,
        "description": "https://tus.io/protocols/resumable-upload",
        "security": _TOKEN,
        "parameters": [version, *parameters],
        "responses": {status: answer, **_refusals(_REFUSED)},
    }
    if body:
        found["requestBody"] = {"content": {tus.PIECE: {"schema": {}}}}
    return found


def _header(name: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "schema": schema}


_OFFSET = _header("Upload-Offset", _NUMBER, required=True)
_PIECE = (_header("Upload-Checksum", _TEXT),)


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"schema": _TEXT} for name in names}


def _refusals(statuses: Iterable[str]) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": _REFUSED[status], "content": {_PROBLEM: {"schema": schema}}}
        for status in statuses
    }
