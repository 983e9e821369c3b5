"""Where jobs keep what they work on.

```
jobs/<id>/    the folder of one job; it goes when the job has ended
```
"""

import shutil
from pathlib import Path

from content_packs.durable import storage_errors
from hub.hub import Hub
from hub.jobs.model import OPEN
from hub.jobs.tables import JobRow

FOLDER = "jobs"


def folder_of(hub: Hub, job: str) -> Path:
    """Return where a job's own folder lies, or would."""
    return hub.data.root / FOLDER / job


def remove(hub: Hub, job: str) -> None:
    """Remove a job's folder, if there is one. Raises `StorageFailed`."""
    folder = folder_of(hub, job)
    with storage_errors(folder):
        if folder.is_dir():
            shutil.rmtree(folder)


def remove_left(hub: Hub) -> None:
    """Remove the folders of jobs that have ended. Raises `StorageFailed`."""
    of_all = hub.data.root / FOLDER
    if not of_all.is_dir():
        return
    found = {path.name for path in of_all.iterdir()}
    with hub.database.transaction():
        still = {row.id for row in JobRow.select(JobRow.id).where(JobRow.state << list(OPEN))}
    for name in found - still:
        remove(hub, name)
