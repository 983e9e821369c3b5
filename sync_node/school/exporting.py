"""A CSV file of results and one of answers for each class, in a folder such as a stick's."""

import re
from pathlib import Path

from content_packs import durable
from sync_node.school.school import School

_UNFIT = re.compile(r"[^\w]+")
_NAME_CHARACTERS_MAX = 40
_ID_CHARACTERS = 4  # of the class's id, so that two names can't become one file's


def export_all(school: School, folder: Path) -> list[Path]:
    """Write the files, over those of before; return where they are. Raises `StorageFailed`."""
    made: list[Path] = []
    for one in school.people.classes():
        stem = _UNFIT.sub("-", one.name).strip("-")[:_NAME_CHARACTERS_MAX] or "class"
        stem = f"{stem}-{one.id[:_ID_CHARACTERS]}"
        for kind, lines in (
            ("results", school.exports.results(one.id)),
            ("answers", school.exports.answers(one.id)),
        ):
            path = folder / f"{stem}-{kind}.csv"
            durable.write(path, lines)
            made.append(path)
    return made
