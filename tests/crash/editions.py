"""What a hub offers at four moments, each a folder: what the crash tests bring to a node.

| edition | demo | songs |
|---|---|---|
| 1 | 1 | 1 |
| 2 | 2: every page changed, films remuxed, a lesson added, one dropped; by a delta | 1 |
| 3 | 3: another film changed | withdrawn |
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from content_packs import packing
from content_packs.limits import KIB
from content_packs.packing import Content
from hub import delta_files, deltas
from hub.clock import system_clock
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.publishing import publish
from hub.releasing import Terms, release, withdraw
from tests.support.packs import contents_of, describe, lesson, random_bytes

FILM_BYTES = {
    "one": 700 * KIB,
    "uno": 700 * KIB,
    "two": 300 * KIB,
    "dos": 300 * KIB,
    "hymn": 200 * KIB,
}
SONGS = {"songs/hymn": 1, "songs/song": 1}
# What a node shows that has all of an edition. Songs stay after 3 where nobody needs their room.
LESSONS = {
    1: {"demo/one": 1, "demo/two": 1, "demo/three": 1, **SONGS},
    2: {"demo/one": 2, "demo/two": 2, "demo/four": 2, **SONGS},
    3: {"demo/one": 3, "demo/two": 3, "demo/four": 3},
}


def write_version(
    out: Path,
    pack: str,
    version: int,
    lessons: dict[str, int],
    footer: str = "",
    *,
    edit: Callable[[Content], Content] = lambda content: content,
) -> Path:
    """Write a version whose `lessons` map to the seeds of their films, as a cpack at `out`."""
    made = tuple(lesson(name, video_bytes=FILM_BYTES.get(name, 0)) for name in lessons)
    contents = [
        edit(content)
        for one in made
        for content in contents_of(
            one,
            seed=lessons[one.id],
            page=f"<h1>{one.id}</h1>" + "<p>Water and fractions.</p>" * 40 + footer,
            video_bytes=FILM_BYTES.get(one.id, 0),
        )
    ]
    packing.make_cpack(describe(made, pack=pack, version=version), contents, out)
    return out


def remuxed(content: Content) -> Content:
    """Give the films of lesson two another head, as remuxing does: a delta costs a head."""
    if not content.path.startswith("two/clip.") or not isinstance(content.content, bytes):
        return content
    return content._replace(content=random_bytes(98, 3_000) + content.content[1_000:])


def bring(hub: Hub, cpack: Path) -> None:
    """Publish a version, and make the deltas to it."""
    publish(hub, cpack)
    delta_files.make(hub, deltas.wanted(hub))


def _offer(hub: Hub, cpack: Path, pack: str, version: int) -> None:
    bring(hub, cpack)
    release(hub, pack, version, "main", Terms())


def make_editions(folder: Path) -> Path:
    """Make the editions under `folder`: `1`, `2`, `3`; return it."""
    initialise(folder / "hub", "main", system_clock)
    hub = open_hub(folder / "hub", system_clock)
    demo = {
        1: write_version(folder / "demo-1.cpack", "demo", 1, {"one": 10, "two": 20, "three": 30}),
        2: write_version(
            folder / "demo-2.cpack", "demo", 2, {"one": 10, "two": 20, "four": 40}, "<p>2026</p>",
            edit=remuxed,
        ),
        3: write_version(
            folder / "demo-3.cpack", "demo", 3, {"one": 11, "two": 20, "four": 40}, "<p>2026</p>",
            edit=remuxed,
        ),
    }  # fmt: skip
    songs = write_version(folder / "songs.cpack", "songs", 1, {"hymn": 50, "song": 60})
    _offer(hub, demo[1], "demo", 1)
    _offer(hub, songs, "songs", 1)
    shutil.copytree(hub.data.repository, folder / "1")
    _offer(hub, demo[2], "demo", 2)
    shutil.copytree(hub.data.repository, folder / "2")
    _offer(hub, demo[3], "demo", 3)
    withdraw(hub, "songs", 1, channel="main")
    shutil.copytree(hub.data.repository, folder / "3")
    return folder
