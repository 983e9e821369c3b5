"""A packed stick over HTTP: for the console's page and for the API."""

from pathlib import Path

from flask import Response, send_file


def sent(path: Path) -> Response:
    """Return a packed stick, or the range of it that is asked for."""
    return send_file(path, "application/zip", as_attachment=True, download_name="stick.zip")
