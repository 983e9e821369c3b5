"""A file of a pack before it is built: its pack path, and where its bytes come from."""

from dataclasses import dataclass
from pathlib import Path

from content_packs.source_names import media_type_of
from content_packs.source_places import Places
from content_packs.source_tree import Found


@dataclass(frozen=True)
class SourceFile:
    """A file of the pack. `origin` is the path in the folder that it was made from."""

    path: str
    media_type: str
    content: bytes | Path
    origin: str


def carried(found: Found, places: Places) -> SourceFile:
    """Return a file that goes into the pack as it is."""
    path = places.of(found.path)
    return SourceFile(path, media_type_of(path), found.location, found.path)
