"""What is written out of seeds that were just made: a folder for a technician's laptop, or a zip.

```
<school>-<card>.seed.json   one for each school
cards.csv                   seed, device, preload, label: what `sync-node flash --cards` goes by
sheet.html                  the fingerprint to compare, and what each school is told
```
Every file can be read by its owner alone: who has them can be those schools' boxes.
"""

import io
import os
import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path

from content_packs import card_seeds, csv_cells, durable
from content_packs.errors import Refused
from hub.cards import sheet
from hub.cards.limits import LABEL_CHARACTERS_MAX
from hub.cards.seeding import MadeSeed

CARDS = "cards.csv"
SHEET = "sheet.html"
COLUMNS = ("seed", "device", "preload", "label")

_FOLDER_MODE = 0o700
_A_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say: its files have no day of interest
_UNIX, _MODE_BITS = 3, 16


def files(made: Sequence[MadeSeed], *, title: str) -> dict[str, bytes]:
    """Return the files by their names; `title` is the hub's."""
    rows = [(one.file, "", "", _label(one)) for one in made]
    return {
        **{one.file: one.document for one in made},
        CARDS: b"".join(csv_cells.lines(COLUMNS, rows)),
        SHEET: sheet.page(made, title=title).encode(),
    }


def check(folder: Path) -> None:
    """Make the folder, and see that it can be written, is ours, and has no seeds of another call.

    Their table and their sheet would be gone, and a code is shown once. Where others can make
    folders, such as /tmp, one that is there already may be a trap. Raises `Refused`,
    `StorageFailed`.
    """
    durable.make_folder(folder, mode=_FOLDER_MODE)
    owners = {folder.lstat().st_uid, folder.stat().st_uid}
    if owners != {os.geteuid()} or folder.stat().st_mode & stat.S_IWOTH:
        raise Refused(
            f"{folder}: belongs to another user, or every user may write to it",
            hint="Who has these files can be those schools' boxes. Name a folder that isn't there "
            "yet: --output FOLDER.",
        )
    for name in (CARDS, SHEET):
        if os.path.lexists(folder / name):
            raise Refused(
                f"{folder / name}: is there already, of seeds that were made before",
                hint="Name another folder: --output FOLDER. Or remove this one, if all of its "
                "cards are written.",
            )
    durable.check_writable(folder)


def write(folder: Path, made: Sequence[MadeSeed], *, title: str) -> None:
    """Write the files, the seeds first. Raises `StorageFailed`."""
    for name, data in files(made, title=title).items():
        durable.write(folder / name, data, mode=card_seeds.FILE_MODE)


def packed(made: Sequence[MadeSeed], *, title: str) -> bytes:
    """Return the files as a zip whose entries are stored."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files(made, title=title).items():
            entry = zipfile.ZipInfo(name, _A_DAY)
            entry.create_system = _UNIX
            entry.external_attr = card_seeds.FILE_MODE << _MODE_BITS
            archive.writestr(entry, content)
    return data.getvalue()


def _label(made: MadeSeed) -> str:
    """Return what is printed large on a card's label: its number, and for whom it is."""
    seed = made.seed
    return f"{seed.card} {seed.school_title or seed.school}"[:LABEL_CHARACTERS_MAX]
