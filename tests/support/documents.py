"""A sound manifest and layout as plain values, and small ways to bend them."""

import json
from collections.abc import Callable
from typing import Any

from content_packs import canonical_json, compression, layout, manifest
from content_packs.digests import digest_of
from content_packs.layout import STORED, Block, BundleReference, Layout
from content_packs.manifest import (
    FORMAT,
    Captions,
    Chunk,
    File,
    Item,
    Lesson,
    Manifest,
    Publisher,
    Rendition,
    Variant,
)

Value = dict[str, Any]
Bend = Callable[[Value], None]


def _file(path: str, *pieces: bytes) -> File:
    chunks = tuple(Chunk(digest_of(piece), len(piece)) for piece in pieces)
    whole = b"".join(pieces)
    return File(path, len(whole), digest_of(whole), "x/y", chunks if len(chunks) > 1 else ())


def sound_manifest() -> Manifest:
    """A small manifest that uses every part of the model."""
    item_of = {"en": "Item"}
    clip = Item(
        "clip",
        "video",
        {"en": "Clip", "zh": "短片"},
        (Variant("en", renditions=(Rendition("a/clip.mp4", "240p", 9),), needs=("a/z.png",)),),
        (Captions("en", "a/clip.vtt"), Captions("zh", "a/clip.vtt")),
    )
    page = Item("page", "page", item_of, (Variant("en", "a/page.html"),), fragment=True)
    return Manifest(
        format=FORMAT,
        pack="demo",
        version=3,
        languages=("en", "zh"),
        title={"en": "Demo"},
        summary={"en": "A pack to bend"},
        publisher=Publisher("satchel", {"en": "Satchel"}),
        licence="CC0-1.0",
        stage="primary",
        grade="4",
        subject="mathematics",
        lessons=(
            Lesson("one", {"en": "One"}, (clip, page), ({"en": "Know"},), 20),
            Lesson("two", {"en": "Two"}, (page,)),
        ),
        files=(
            _file("a/clip.mp4", b"film" * 10, b"more film" * 10),
            _file("a/clip.vtt", b"WEBVTT"),
            _file("a/empty"),
            _file("a/page.html", b"<p>page</p>"),
            _file("a/z.png", b"picture"),
        ),
        authors=("A", "B"),
        cover="a/z.png",
    )


def sound_layout(of: Manifest) -> Layout:
    """A layout of `of` with one stored block for each chunk."""
    blocks = []
    at = 16
    for number, chunk in enumerate(of.chunk_table):
        blocks.append(Block(0, at, chunk.size, chunk.size, STORED, (number,)))
        at += chunk.size
    return Layout(FORMAT, manifest.digest(of), (BundleReference("b" * 64, at),), tuple(blocks))


def manifest_value() -> Value:
    value: Value = json.loads(manifest.encode(sound_manifest()))
    return value


def layout_value() -> Value:
    value: Value = json.loads(layout.encode(sound_layout(sound_manifest())))
    return value


def stored(value: object) -> bytes:
    """Return a value as a repository holds documents."""
    return compression.compress_document(canonical_json.encode(value))


def put(where: str, new: object) -> Bend:
    """Return a bend that sets what stands at `where`, such as `files.0.size`."""

    def bend(value: Value) -> None:
        at, last = _walk(value, where)
        at[last] = new

    return bend


def drop(where: str) -> Bend:
    """Return a bend that takes away what stands at `where`."""

    def bend(value: Value) -> None:
        at, last = _walk(value, where)
        del at[last]

    return bend


def repeat(where: str, times: int = 2) -> Bend:
    """Return a bend that repeats the first member of the array at `where`."""

    def bend(value: Value) -> None:
        at, last = _walk(value, where)
        at[last] = [at[last][0]] * times

    return bend


def _walk(value: Any, where: str) -> tuple[Any, Any]:
    parts = [int(part) if part.lstrip("-").isdigit() else part for part in where.split(".")]
    for part in parts[:-1]:
        value = value[part]
    return value, parts[-1]
