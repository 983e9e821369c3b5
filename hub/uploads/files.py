"""The bytes of uploads: `uploads/<id>` in the data directory, 0600.

One process at a time writes to one: it holds the file locked (flock), so that a request whose
client is gone and the one that goes on never mix their bytes. What lies past the bytes that were
noted was never acknowledged, and is cut off before more is written.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from content_packs import durable
from content_packs.errors import StorageFailed
from hub.hub import Hub
from hub.uploads.errors import UploadBusy

_ID = re.compile(r"[0-9a-f]{32}")


def is_id(text: str) -> bool:
    """Say whether `text` can name an upload."""
    return bool(_ID.fullmatch(text))


def folder_of(hub: Hub) -> Path:
    """Return where uploads lie."""
    return hub.data.root / "uploads"


def path_of(hub: Hub, upload: str) -> Path:
    """Return where the bytes of an upload lie. Raises `ValueError` for what is no id."""
    if not is_id(upload):
        raise ValueError(upload)
    return folder_of(hub) / upload


def disk_free(folder: Path) -> int:
    """Return the bytes that are free where `folder` lies. Raises `StorageFailed`."""
    with durable.storage_errors(folder):
        return shutil.disk_usage(folder).free


@contextmanager
def held(path: Path) -> Iterator[BinaryIO]:
    """Yield an upload's file, made if it isn't there, for this process alone.

    Raises `UploadBusy` where another writes to it, `StorageFailed`.
    """
    durable.make_folder(path.parent, mode=0o700)
    with durable.storage_errors(path):
        new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            if new:
                durable.fsync_folder(path.parent)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UploadBusy(
                    "another request is still writing to this upload", hint="Try again shortly."
                ) from error
            yield file


def cut_to(file: BinaryIO, size: int, path: Path) -> None:
    """Forget what lies past `size` bytes, and stand there. Raises `StorageFailed`."""
    if file.seek(0, os.SEEK_END) < size:
        raise StorageFailed(
            f"{path}: {file.tell()} bytes, but {size} had come: something took bytes away",
            hint="Begin the upload anew, and check the disk.",
        )
    file.truncate(size)
    file.seek(size)


def write_all(file: BinaryIO, data: bytes) -> None:
    """Write all of `data`; an unbuffered file may take only some at a time."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def sync(file: BinaryIO) -> None:
    """Make what was written durable."""
    os.fsync(file.fileno())


def remove(hub: Hub, upload: str) -> None:
    """Remove the bytes of an upload, and what was unpacked of them. Raises `StorageFailed`."""
    durable.remove(path_of(hub, upload))
    forget_unpacked(hub, upload)


def unpacked_folder(hub: Hub, upload: str) -> Path:
    """Return where an uploaded zip is unpacked."""
    return path_of(hub, upload).with_name(f"{upload}.folder")


def forget_unpacked(hub: Hub, upload: str) -> None:
    """Remove what was unpacked of an upload. Raises `StorageFailed`."""
    folder = unpacked_folder(hub, upload)
    with durable.storage_errors(folder):
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)


def lying(hub: Hub) -> set[str]:
    """Return the ids of all uploads that have a file or a folder here. Raises `StorageFailed`."""
    folder = folder_of(hub)
    with durable.storage_errors(folder):
        if not folder.is_dir():
            return set()
        names = {path.name.partition(".")[0] for path in folder.iterdir()}
    return {name for name in names if is_id(name)}
