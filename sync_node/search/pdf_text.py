"""The text of a PDF's pages, read in a process of its own (`pdf_main`) with bounds on all it takes.

A PDF of a pack is foreign: what takes too much time or memory, or can't be read, has no text here,
and the process that fills search.db goes on.
"""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import msgspec

from sync_node.search.limits import PDF_BYTES_MAX, PDF_SECONDS_MAX


def pages_of(place: Path) -> tuple[str, ...]:
    """Return the text of each page of a PDF, nothing where it can't be read."""
    if find_spec("pypdf") is None or place.stat().st_size > PDF_BYTES_MAX:
        return ()
    command = [sys.executable, "-m", "sync_node.search.pdf_main", str(place)]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=2 * PDF_SECONDS_MAX, check=True,
        )  # fmt: skip
        return tuple(msgspec.json.decode(done.stdout, type=list[str]))
    except (subprocess.SubprocessError, OSError, msgspec.DecodeError, UnicodeDecodeError):
        return ()
