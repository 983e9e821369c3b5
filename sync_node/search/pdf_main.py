"""Writes the text of a PDF's pages as a JSON array: `python -m sync_node.search.pdf_main FILE`."""

import contextlib
import json
import logging
import resource
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pypdf

from sync_node.search.limits import (
    PDF_MEMORY_BYTES_MAX,
    PDF_PAGES_MAX,
    PDF_SECONDS_MAX,
    PDF_TEXT_BYTES_MAX,
)


def texts(place: Path) -> Iterator[str]:
    """Yield the text of each page; it ends early where the file is broken or says too much."""
    left = PDF_TEXT_BYTES_MAX
    # pypdf raises anything for a broken file: what was read until then is what there is.
    with contextlib.suppress(Exception):
        for page in islice(pypdf.PdfReader(place).pages, PDF_PAGES_MAX):
            text = ""
            with contextlib.suppress(Exception):
                text = page.extract_text()[:left].encode(errors="replace").decode()
            left -= len(text)
            yield text


def main() -> None:
    """Read the PDF named by the argument, within bounds."""
    resource.setrlimit(resource.RLIMIT_AS, (PDF_MEMORY_BYTES_MAX, PDF_MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (PDF_SECONDS_MAX, PDF_SECONDS_MAX))
    logging.disable()
    sys.stdout.write(json.dumps(list(texts(Path(sys.argv[1])))))


if __name__ == "__main__":
    main()
