"""Small versions made by hand, straight into a cpack: no folder, no lint.

Hundreds of tests ask for the same few: each is made once in a test process, and kept in memory.
"""

import random
from collections.abc import Sequence
from pathlib import Path

from content_packs import packing
from content_packs.digests import digest_of
from content_packs.manifest import (
    FORMAT,
    Captions,
    Item,
    Lesson,
    Manifest,
    Publisher,
    Rendition,
    Variant,
)
from content_packs.packing import Content
from tests.support.kept import Kept

_made: Kept[Manifest] = Kept()


def random_bytes(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)


def lesson(name: str, *, video_bytes: int = 0) -> Lesson:
    """A lesson with a page and a picture, and, if asked for, a video in two renditions."""
    items = [
        Item(
            "intro",
            "page",
            {"en": f"About {name}"},
            (Variant("en", f"{name}/intro.en.html", needs=(f"{name}/picture.png",)),),
            fragment=True,
        )
    ]
    if video_bytes:
        renditions = tuple(
            Rendition(f"{name}/clip.{size}.mp4", size, seconds=30) for size in ("240p", "480p")
        )
        items.append(
            Item(
                "clip",
                "video",
                {"en": "Clip"},
                (Variant("en", renditions=renditions),),
                captions=(Captions("en", f"{name}/clip.en.vtt"),),
            )
        )
    return Lesson(name, {"en": name.title()}, tuple(items))


def contents_of(
    lesson_: Lesson, *, seed: int = 0, page: str = "", video_bytes: int = 0
) -> list[Content]:
    """The files of such a lesson, as bytes. The seed decides the picture and the videos."""
    name = lesson_.id
    text = page or f"<h1>{name}</h1>" + "<p>A lesson about water and fractions.</p>" * 40
    found = [
        Content(f"{name}/intro.en.html", "text/html", text.encode()),
        Content(f"{name}/picture.png", "image/png", random_bytes(seed + 1, 20_000)),
    ]
    if video_bytes:
        captions = "WEBVTT\n\n00:01.000 --> 00:04.000\nHello\n"
        found += [
            Content(f"{name}/clip.en.vtt", "text/vtt", captions.encode()),
            Content(f"{name}/clip.240p.mp4", "video/mp4", random_bytes(seed + 2, video_bytes)),
            Content(f"{name}/clip.480p.mp4", "video/mp4", random_bytes(seed + 3, 2 * video_bytes)),
        ]
    return found


def describe(
    lessons: tuple[Lesson, ...],
    *,
    pack: str = "demo",
    version: int = 1,
    publisher: str = "satchel",
) -> Manifest:
    """A manifest without files."""
    return Manifest(
        format=FORMAT,
        pack=pack,
        version=version,
        languages=("en",),
        title={"en": pack.title()},
        summary={"en": "A pack for tests"},
        publisher=Publisher(publisher, {"en": "Satchel"}),
        licence="CC-BY-4.0",
        stage="primary",
        grade="4",
        subject="mathematics",
        lessons=lessons,
        files=(),
    )


def make_demo(
    out: Path,
    *,
    pack: str = "demo",
    version: int = 1,
    publisher: str = "satchel",
    lessons: tuple[str, ...] = ("one", "two"),
    video_bytes: int = 0,
    pages: dict[str, str] | None = None,
    seeds: dict[str, int] | None = None,
) -> Manifest:
    """Write a cpack of some lessons to `out`. `pages` and `seeds` change one lesson's content."""
    made = tuple(lesson(name, video_bytes=video_bytes) for name in lessons)
    contents = [
        content
        for number, one in enumerate(made)
        for content in contents_of(
            one,
            seed=(seeds or {}).get(one.id, 100 * number),
            page=(pages or {}).get(one.id, ""),
            video_bytes=video_bytes,
        )
    ]
    return write_cpack(
        describe(made, pack=pack, version=version, publisher=publisher), contents, out
    )


def write_cpack(description: Manifest, contents: Sequence[Content], out: Path) -> Manifest:
    """Write a cpack as `packing.make_cpack` does, or as it did for the same before."""
    if any(isinstance(one.content, Path) for one in contents):
        return packing.make_cpack(description, contents, out)
    named = [(one.path, one.media_type, digest_of(bytes(one.content))) for one in contents]  # type: ignore[arg-type]
    key = digest_of(repr((description, named)).encode())
    if found := _made.find(key):
        manifest, data = found
        out.write_bytes(data)
        return manifest
    manifest = packing.make_cpack(description, contents, out)
    _made.keep(key, manifest, out.read_bytes())
    return manifest
