"""Manifests that somebody bent: each refused, naming the field and what was found."""

import pytest
from hypothesis import given

from content_packs import canonical_json, compression, manifest
from content_packs.digests import digest_of
from content_packs.errors import DigestMismatch, InvalidContent
from content_packs.limits import CHUNK_BYTES_MAX, FILE_BYTES_MAX, MIB
from content_packs.manifest import Manifest
from tests.support.documents import Bend, drop, manifest_value, put, repeat, sound_manifest, stored
from tests.support.strategies import manifests

D = digest_of(b"somebody")
ITEM = "lessons.0.items.0"
PAGE = "lessons.0.items.1"


def _file(path: str, size: int = 1, **more: object) -> dict[str, object]:
    return {"path": path, "size": size, "digest": D, "media_type": "x/y", **more}


def _many(count: int, member: str) -> list[dict[str, object]]:
    page = {"kind": "page", "title": {"en": "x"}, "variants": [{"path": "a/page.html"}]}
    whole = {"item": page, "lesson": {"title": {"en": "x"}, "items": []}}[member]
    return [{"id": f"n{number}", **whole} for number in range(count)]


HOSTILE: dict[str, tuple[Bend, str]] = {
    "a format to come": (put("format", 2), "format 2, expected 1"),
    "no format": (drop("format"), "format None, expected 1"),
    "a format in words": (put("format", "1"), "format '1', expected 1"),
    "a format that is true": (put("format", True), "Expected `int`, got `bool` - at `$.format`"),
    "an unknown field": (put("evil", 1), "unknown field `evil`"),
    "an unknown field deep inside": (put(f"{ITEM}.onload", "x"), "unknown field `onload`"),
    "no title": (drop("title"), "missing required field `title`"),
    "a default spelt out": (put("edition", ""), "a default value is spelt out"),
    "a default spelt out deep inside": (
        put(f"{PAGE}.captions", []),
        "a default value is spelt out",
    ),
    "a pack with a path for a name": (put("pack", "../x"), "pack: '../x' is not a name"),
    "a pack with an upper-case name": (put("pack", "Demo"), "pack: 'Demo' is not a name"),
    "a pack with a name for a flag": (put("pack", "-rf"), "pack: '-rf' is not a name"),
    "a pack with too long a name": (put("pack", "a" * 65), "is not a name"),
    "version nought": (put("version", 0), "version: 0 is not a version"),
    "a version past 31 bits": (put("version", 2**31), "2147483648 is not a version"),
    "a version in words": (put("version", "3"), "Expected `int`, got `str` - at `$.version`"),
    "a publisher with no name": (put("publisher.id", ""), "publisher.id: '' is not a name"),
    "no language": (put("languages", []), "languages is empty"),
    "a language twice": (put("languages", ["en", "en"]), "languages: 'en' stands twice"),
    "a language that is none": (put("languages", ["en_US"]), "'en_US' is not a language"),
    "65 languages": (
        put("languages", [f"en-x{n:02}" for n in range(65)]),
        "languages: 65, at most 64",
    ),
    "a title in no language": (put("title", {}), "title: no text in any language"),
    "a title in the language of scripts": (put("title", {"<s>": "x"}), "is not a language"),
    "a title with an escape sequence": (put("title.en", "\x1b[2J"), "title: has control"),
    "a summary of 4,001 characters": (put("summary.en", "x" * 4_001), "characters: 4001, at most"),
    "a licence with a NUL": (put("licence", "CC0\0"), "licence: has control characters"),
    "101 authors": (put("authors", ["x"] * 101), "authors: 101, at most 100"),
    "a cover that isn't there": (put("cover", "a/none.png"), "cover: 'a/none.png' is not among"),
    "a file outside": (put("files.0.path", "../clip.mp4"), "the component '..'"),
    "a file at an absolute path": (put("files.0.path", "/clip.mp4"), "it is absolute"),
    "files out of order": (
        lambda value: value["files"].reverse(),
        "files are not sorted by path",
    ),
    "files that meet when folded": (
        put("files", [_file("A"), _file("a")]),
        "are the same on some file systems",
    ),
    "a file that is a folder": (
        put("files", [_file("a"), _file("a/b")]),
        "needs it to be a folder",
    ),
    "the same file twice": (repeat("files"), "are the same on some file systems"),
    "a digest in capitals": (put("files.1.digest", D.upper()), "is not a digest"),
    "a digest that is a path": (put("files.1.digest", "../" + D), "is not a digest"),
    "a digest with a new line": (put("files.1.digest", D[:63] + "\n"), "is not a digest"),
    "a file of minus one byte": (put("files.1.size", -1), "size -1, expected 0 to"),
    "a file of no bytes with somebody's digest": (
        put("files.2.digest", D),
        f"file 'a/empty': size 0 and digest {D}, expected that of no bytes",
    ),
    "a file of a digest and no bytes": (put("files.1.size", 0), "file 'a/clip.vtt': size 0"),
    "a file past 16 GiB": (put("files.0.size", FILE_BYTES_MAX + 1), "size 17179869185"),
    "a file past 1 MiB in one chunk": (
        put("files.1.size", CHUNK_BYTES_MAX + 1),
        "bytes in one chunk: 1048577",
    ),
    "one chunk spelt out": (repeat("files.0.chunks", 1), "one chunk spelt out"),
    "a chunk of no bytes": (put("files.0.chunks.0", [D, 0]), "a chunk of 0 bytes"),
    "a chunk past 1 MiB": (put("files.0.chunks.0", [D, MIB + 1]), "a chunk of 1048577 bytes"),
    "a chunk of minus bytes": (put("files.0.chunks.0", [D, -5]), "a chunk of -5 bytes"),
    "a chunk without its size": (put("files.0.chunks.0", [D]), "Expected `array` of"),
    "a chunk named by a path": (put("files.0.chunks.0", ["x", 40]), "chunk: 'x' is not a digest"),
    "chunks that don't add up": (
        put("files.0.chunks.0", [D, 41]),
        "its chunks have 131 bytes, its size is 130",
    ),
    "a chunk of two sizes": (
        put("files", [_file("a", 1), _file("b", 2)]),
        "has two sizes",
    ),
    "2,001 lessons": (put("lessons", _many(2_001, "lesson")), "lessons: 2001, at most 2000"),
    "the same lesson twice": (repeat("lessons"), "lessons: 'one' stands twice"),
    "a lesson with a path for an id": (put("lessons.0.id", "a/b"), "id: 'a/b' is not a name"),
    "a lesson of minus minutes": (put("lessons.0.minutes", -1), "minutes -1"),
    "501 items": (put("lessons.0.items", _many(501, "item")), "items: 501, at most 500"),
    "the same item twice": (repeat("lessons.0.items"), "items: 'clip' stands twice"),
    "a kind to come": (put(f"{ITEM}.kind", "plugin"), "Invalid enum value 'plugin'"),
    "an item without variants": (put(f"{ITEM}.variants", []), "no variants"),
    "an item in one language twice": (repeat(f"{ITEM}.variants"), "variants: 'en' stands twice"),
    "a video that is a page": (
        put(f"{ITEM}.variants.0", {"path": "a/page.html"}),
        "a variant of kind video needs renditions and no path",
    ),
    "a page that is a video": (
        put(f"{ITEM}.kind", "page"),
        "a variant of kind page needs a path and no renditions",
    ),
    "a rendition nobody knows": (
        put(f"{ITEM}.variants.0.renditions.0.name", "8k"),
        "rendition '8k'",
    ),
    "a rendition twice": (
        repeat(f"{ITEM}.variants.0.renditions"),
        "renditions: '240p' stands twice",
    ),
    "a rendition that isn't there": (
        put(f"{ITEM}.variants.0.renditions.0.path", "a/none.mp4"),
        "rendition: 'a/none.mp4' is not among the files",
    ),
    "a rendition of minus seconds": (
        put(f"{ITEM}.variants.0.renditions.0.seconds", -1),
        "seconds -1",
    ),
    "a page that isn't there": (
        put(f"{PAGE}.variants.0.path", "../../etc/passwd"),
        "'../../etc/passwd' is not among the files",
    ),
    "a need that isn't there": (
        put(f"{ITEM}.variants.0.needs", ["b"]),
        "needs: 'b' is not among the files",
    ),
    "captions of a page": (
        put(f"{PAGE}.captions", [{"language": "en", "path": "a/clip.vtt"}]),
        "captions of kind page",
    ),
    "captions twice in a language": (repeat(f"{ITEM}.captions"), "captions: 'en' stands twice"),
    "captions that aren't there": (
        put(f"{ITEM}.captions.0.path", "a/none.vtt"),
        "captions: 'a/none.vtt' is not among the files",
    ),
    "a list of files that is an object": (put("files", {}), "Expected `array`, got `object`"),
    "a manifest that is a list": (lambda value: value.clear(), "format None"),
}


def test_the_sound_manifest_is_sound() -> None:
    assert manifest.decode(canonical_json.encode(manifest_value())) == sound_manifest()


@pytest.mark.parametrize("name", HOSTILE)
def test_refused(name: str) -> None:
    bend, part = HOSTILE[name]
    value = manifest_value()
    bend(value)
    with pytest.raises(InvalidContent) as refusal:
        manifest.unpack(stored(value), what="the test")
    assert part in refusal.value.message
    assert refusal.value.message.startswith("the test")
    assert refusal.value.message.isprintable()
    assert len(refusal.value.message) < 500


def test_a_pack_past_256_gib_is_refused() -> None:
    chunks = [[D, MIB]] * (16 << 10)
    files = [_file(f"{n:02}", 16 << 30, chunks=chunks) for n in range(17)]
    with pytest.raises(InvalidContent, match="bytes of all files: 292057776128, at most"):
        manifest.decode(canonical_json.encode(manifest_value() | {"files": files}))


def test_bytes_that_were_not_expected_are_never_parsed() -> None:
    stored_ = compression.compress_document(b"[" * 1_000)
    with pytest.raises(InvalidContent, match="nested"):
        manifest.unpack(stored_)
    with pytest.raises(DigestMismatch):
        manifest.unpack(stored_, expected=D)


@given(manifests())
def test_a_manifest_comes_back_as_it_went(value: Manifest) -> None:
    data = manifest.encode(value)
    assert manifest.decode(data) == value
    assert manifest.unpack(manifest.pack(value)) == value
    assert manifest.digest(value) == digest_of(data)


@given(manifests())
def test_what_a_lesson_requires_and_what_comes_after_are_apart_and_known(value: Manifest) -> None:
    for lesson in value.lessons:
        required, finer = lesson.required_paths(), lesson.finer_paths()
        assert not required & finer
        assert required | finer <= set(value.by_path)
        assert not (required | finer) & value.shared_paths()
    assert len({chunk.digest for chunk in value.chunk_table}) == len(value.chunk_table)
