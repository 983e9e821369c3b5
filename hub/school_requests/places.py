"""Where the files lie that schools were asked for.

```
offered/<school>/<id>.part                  what has come, fsynced, up to `file_bytes` of its row
offered/<school>/<title>-<digest>.<ext>     a whole file, whose digest is that of the offer
```
"""

import re
from pathlib import PurePosixPath

from hub.school_requests.limits import FILE_NAME_CHARACTERS_MAX
from hub.school_requests.tables import RequestRow

FOLDER = "offered"
_ENDINGS = {
    "video/mp4": "mp4",
    "video/webm": "webm",
    "application/pdf": "pdf",
    "application/vnd.satchel.exercise+json": "quiz.json",
}
_DIGITS = 16  # of a digest, in a name


def part_of(row: RequestRow) -> PurePosixPath:
    """Return where the beginning of an offer's file lies, in the hub's data directory."""
    return PurePosixPath(FOLDER, row.school, f"{row.id}.part")


def place_of(row: RequestRow) -> PurePosixPath:
    """Return where the whole file of an offer lies, or will."""
    words = re.sub(r"\W+", "-", row.text).strip("-")[:FILE_NAME_CHARACTERS_MAX]
    ending = _ENDINGS.get(row.media_type, "bin")
    name = f"{words or row.kind}-{row.digest[:_DIGITS]}.{ending}"
    return PurePosixPath(FOLDER, row.school, name)
