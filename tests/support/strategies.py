"""Hypothesis strategies for what the formats hold: JSON values, paths, manifests, folders."""

import string

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from content_packs.digests import digest_of
from content_packs.limits import INTEGER_MAX
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
from content_packs.names import RENDITIONS
from content_packs.paths import folded, problem_with

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)

json_values: SearchStrategy[object] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-INTEGER_MAX, INTEGER_MAX)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=5)
    ),
    max_leaves=20,
)

_edge = st.sampled_from(string.ascii_lowercase + string.digits)
_inside = st.text(string.ascii_lowercase + string.digits + "-", max_size=12)
names = st.builds(lambda a, b, c: a + b + c, _edge, _inside, _edge)
languages = st.sampled_from(["en", "zh", "zh-Hant", "bo", "mn", "ug", "ii", "za", "und"])

# Leans towards what file systems mind: cases, widths, accents, dots, spaces, reserved names.
path_characters = st.sampled_from("aAbB.. -_éＡﬁßſİıΩ分数０1/🙂\u0301") | st.characters()
any_paths = st.text(path_characters, min_size=1, max_size=20)
paths = any_paths.filter(lambda path: problem_with(path) is None)


def localised(values: SearchStrategy[str] = texts) -> SearchStrategy[dict[str, str]]:
    return st.dictionaries(languages, values, min_size=1, max_size=3)


@st.composite
def path_lists(draw: st.DrawFn, max_size: int = 8) -> list[str]:
    """Draw paths that can live in one pack, sorted."""
    found: dict[str, str] = {}
    for path in draw(st.lists(paths, max_size=max_size)):
        key = folded(path)
        crosses = any(
            key == other or key.startswith(other + "/") or other.startswith(key + "/")
            for other in found
        )
        if not crosses:
            found[key] = path
    return sorted(found.values())


@st.composite
def _files(draw: st.DrawFn, path: str) -> File:
    pieces = draw(st.lists(st.binary(min_size=1, max_size=30), max_size=4))
    whole = b"".join(pieces)
    chunks = tuple(Chunk(digest_of(piece), len(piece)) for piece in pieces)
    return File(path, len(whole), digest_of(whole), draw(texts), chunks if len(chunks) > 1 else ())


@st.composite
def _items(draw: st.DrawFn, name: str, known: list[str]) -> Item:
    kind = draw(st.sampled_from(["video", "audio", "page", "document", "exercise", "app"]))
    some = st.sampled_from(known)
    variants: list[Variant] = []
    captions: list[Captions] = []
    for language in draw(st.sets(languages, min_size=1, max_size=3)):
        needs = tuple(draw(st.lists(some, max_size=2)))
        if kind in {"video", "audio"}:
            which = sorted(draw(st.sets(st.sampled_from(["", *RENDITIONS]), min_size=1)))
            renditions = tuple(
                Rendition(draw(some), rendition, draw(st.integers(0, 9_000))) for rendition in which
            )
            variants.append(Variant(language, renditions=renditions, needs=needs))
            captions.append(Captions(language, draw(some)))
        else:
            variants.append(Variant(language, draw(some), needs=needs))
    return Item(
        name, kind, draw(localised()), tuple(variants), tuple(captions), draw(st.booleans())
    )


@st.composite
def _lessons(draw: st.DrawFn, name: str, known: list[str]) -> Lesson:
    items = draw(st.sets(names, max_size=3)) if known else set()
    return Lesson(
        name,
        draw(localised()),
        tuple(draw(_items(item, known)) for item in sorted(items)),
        tuple(draw(st.lists(localised(), max_size=2))),
        draw(st.integers(0, 4_000)),
    )


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    """Draw any manifest that keeps the rules."""
    known = draw(path_lists())
    files = tuple(draw(_files(path)) for path in known)
    return Manifest(
        format=FORMAT,
        pack=draw(names),
        version=draw(st.integers(1, 2**31 - 1)),
        languages=tuple(sorted(draw(st.sets(languages, min_size=1, max_size=3)))),
        title=draw(localised()),
        summary=draw(localised()),
        publisher=Publisher(draw(names), draw(localised())),
        licence=draw(texts),
        stage=draw(texts),
        grade=draw(texts),
        subject=draw(texts),
        lessons=tuple(
            draw(_lessons(name, known)) for name in draw(st.lists(names, unique=True, max_size=3))
        ),
        files=files,
        edition=draw(texts),
        authors=tuple(draw(st.lists(texts, max_size=2))),
        cover=draw(st.sampled_from(["", *known])),
        source=draw(texts),
    )


@st.composite
def folders(draw: st.DrawFn) -> dict[str, bytes]:
    """Draw a small tree of files: bytes by path, some of them alike."""
    alike = draw(st.lists(st.binary(max_size=200), min_size=1, max_size=4))
    content = st.sampled_from(alike) | st.binary(max_size=2_000)
    return {path: draw(content) for path in draw(path_lists())}
