"""Every fault of a pack folder at once: where it is, what was found, what to do.

`source` tells what is wrong with names, descriptions, pages and exercises, since it has to read
them; what lies inside the other files is looked at here: media and captions (`lint_media`),
pictures, PDFs and style sheets (`lint_files`).
"""

from collections.abc import Collection
from pathlib import Path

from content_packs import lint_files, lint_media
from content_packs.faults import Fault
from content_packs.findings import Findings
from content_packs.source import PackFolder, read_folder


def lint(folder: Path, *, version: int | None = None) -> list[Fault]:
    """Return every fault of a pack folder, in the order of its files. Raises nothing for them."""
    return list(check(read_folder(folder, version=version)))


def check(folder: PackFolder, looked_into: Collection[str] = ()) -> tuple[Fault, ...]:
    """Return the faults of a folder that was read, with those inside its files.

    Pictures and documents whose paths are in `looked_into` aren't opened: they passed before.
    """
    findings = Findings()
    for fault in folder.faults:
        findings.add(fault)
    lint_media.check(folder, findings)
    lint_files.check(folder, findings, looked_into)
    return findings.faults
