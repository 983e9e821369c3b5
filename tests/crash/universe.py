"""Versions for a node's random life, published by a hub and not yet released.

| version | what it has |
|---|---|
| demo 1 | lessons one, two, three; films of several chunks in one and two |
| demo 2 | another footer in each page, films of two remuxed, four in place of three |
| demo 3 | a film of one with bytes put into its middle, else as 2 |
| demo 4 | one and two are renamed, with the films that they had in 1 |
| songs 1, 2 | captions that demo has, too; 2 has another page |
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from content_packs.packing import Content
from content_packs.repository import metadata_path
from hub.clock import system_clock
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from tests.crash.editions import bring, remuxed, write_version
from tests.support.packs import random_bytes

VERSIONS = {"demo": (1, 2, 3, 4), "songs": (1, 2)}
LESSONS = {
    ("demo", 1): {"one", "two", "three"},
    ("demo", 2): {"one", "two", "four"},
    ("demo", 3): {"one", "two", "four"},
    ("demo", 4): {"uno", "dos", "four"},
    ("songs", 1): {"hymn", "song"},
    ("songs", 2): {"hymn", "song"},
}
_ONE = "one/clip.480p.mp4"


def _grown(content: Content) -> Content:
    content = remuxed(content)
    if content.path != _ONE or not isinstance(content.content, bytes):
        return content
    at = len(content.content) // 2
    grown = content.content[:at] + random_bytes(99, 5_000) + content.content[at:]
    return content._replace(content=grown)


@dataclass(frozen=True)
class Universe:
    """A hub's folder to copy."""

    folder: Path

    def copy_to(self, folder: Path) -> Hub:
        """Return a hub of its own that has published everything and released nothing."""
        shutil.copytree(self.folder, folder)
        return open_hub(folder, system_clock)


def make_universe(folder: Path) -> Universe:
    """Publish all versions under `folder`."""
    initialise(folder / "hub", "main", system_clock)
    hub = open_hub(folder / "hub", system_clock)
    cpacks = (
        write_version(folder / "1", "demo", 1, {"one": 10, "two": 20, "three": 30}),
        write_version(
            folder / "2", "demo", 2, {"one": 10, "two": 20, "four": 40}, "<p>26</p>", edit=remuxed
        ),
        write_version(
            folder / "3", "demo", 3, {"one": 10, "two": 20, "four": 40}, "<p>26</p>", edit=_grown
        ),
        write_version(folder / "4", "demo", 4, {"uno": 10, "dos": 20, "four": 40}, "<p>26</p>"),
        write_version(folder / "s1", "songs", 1, {"hymn": 50, "song": 60}),
        write_version(folder / "s2", "songs", 2, {"hymn": 50, "song": 60}, "<p>sung</p>"),
    )
    for cpack in cpacks:
        bring(hub, cpack)
    return Universe(folder / "hub")


def root_of(hub: Hub) -> bytes:
    """Return the root of trust that a node is given."""
    return (hub.data.repository / metadata_path("1.root.json")).read_bytes()
