"""Deltas that somebody bent: nothing but `InvalidContent`, and never a wrong version."""

import json
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content_packs import compression, delta, delta_applying, manifest
from content_packs import delta_recipe as recipes
from content_packs.errors import InvalidContent
from content_packs.limits import (
    DELTA_COPIES_MAX,
    DELTA_EDITS_MAX,
    DELTA_OLD_FILES_MAX,
    DELTA_RENAMES_MAX,
    MIB,
)
from tests.support.documents import Bend, drop, put, repeat
from tests.support.packs import random_bytes
from tests.support.versions import Made, Version, applied, derive, head_of

_SIZES = struct.Struct("<IIII")


def _make() -> Made:
    page = b"<p>A page about water, fractions and whatever else is taught in a county.</p>\n"
    film = random_bytes(1, MIB + 200_000)
    before = {f"unit-12/{n}.html": page * 9 + b"%d" % n for n in range(5)}
    before |= {"film.mp4": film, "other.html": page * 3 + b"an other page"}
    after = {
        path.replace("unit-12", "water"): data.replace(b"county", b"country")
        for path, data in before.items()
        if path != "film.mp4"
    }
    after |= {"film.mp4": film[:500_000] + random_bytes(2, 3_000) + film[500_500:]}
    after |= {"new.png": random_bytes(3, 5_000)}
    old = Version(before)
    return Made(old, Version(after, old))


MADE = _make()


def _parts(data: bytes) -> tuple[tuple[int, ...], bytes, bytes, bytes]:
    sizes = _SIZES.unpack_from(data, 16)
    middle = delta.START_BYTES + sizes[0]
    end = middle + sizes[1]
    return sizes, data[delta.START_BYTES : middle], data[middle:end], data[end:]


def _value() -> dict[str, Any]:
    recipe = _parts(MADE.bytes)[1]
    found: dict[str, Any] = json.loads(
        compression.decompress(recipe, bytes_max=MIB, what="", prefix=recipes.PREFIX)
    )
    return found


def _with_recipe(data: bytes) -> bytes:
    """Return the delta with another recipe's bytes."""
    sizes, _, template, groups = _parts(MADE.bytes)
    frame = compression.compress(data, level=3, prefix=recipes.PREFIX)
    start = delta.MAGIC + _SIZES.pack(len(frame), *sizes[1:])
    return start + frame + template + groups


def _canonical(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _apply(data: bytes) -> None:
    """Apply a delta as a node does; what comes of it is right, or `InvalidContent`."""
    try:
        found = applied(data, MADE.old, MADE.new)
    except InvalidContent:
        raise
    except (KeyError, AssertionError):
        return  # a file that nothing makes, or that isn't what its digest says: blocks serve it
    assert found == MADE.new.content


def test_the_sound_delta_is_sound_and_uses_every_part() -> None:
    value = _value()
    assert set(value) == {
        "blocks", "bundles", "derived", "edits", "format", "groups", "large", "renames",
    }  # fmt: skip
    _apply(MADE.bytes)
    _apply(_with_recipe(_canonical(value)))


LARGE = "large 0|large file 0"
HOSTILE: dict[str, tuple[Bend, str]] = {
    "a format to come": (put("format", 2), "format 2, expected 1"),
    "an unknown field": (put("evil", 1), "unknown field `evil`"),
    "a default spelt out": (lambda v: v.update(edits=[]), "a default is spelt out"),
    "a number in words": (put("derived", "1"), "Expected `int`, got `str`"),
    "a fraction": (put("derived", 0.5), "Expected `int`, got `float`"),
    "more derived groups than there are": (put("derived", 99), "99 derived groups of"),
    "fewer derived groups than none": (put("derived", -1), "-1 derived groups of"),
    "a group of no files": (put("groups.0.2", []), "0 new, "),
    "columns of other lengths": (lambda v: v["groups"][0][4].pop(), "6 old, 5 sizes"),
    "an old file that isn't there": (put("groups.0.3.0", 900), "old file 9"),
    "an old file before the first": (put("groups.0.3.0", -900), "old file -"),
    "a new file before the first": (put("groups.0.2.0", -900), "old file -"),
    "a new file past the last": (put("groups.0.2.0", 2**40), "old file 1"),
    "a small file of a gibibyte": (put("groups.0.4.0", 2**30), "of 10737"),
    "a small file of minus bytes": (put("groups.0.4.0", -9_999), "of -"),
    "a group of no bytes": (put("groups.0.0", 0), "0 bytes stored"),
    "a group of minus bytes": (put("groups.0.0", -5), "-5 bytes stored"),
    "a group larger than any": (put("groups.0.0", 2**40), "1099511627776 bytes stored"),
    "a coding to come": (put("groups.0.1", 2), "coding 2"),
    "a group of two sizes": (put("groups.0.1", 0), "coding 0"),
    "a file made twice": (put("groups.0.2.1", 0), "a file is made twice"),
    "an edit of nothing": (put("edits.0.0", ""), "an empty text stands everywhere"),
    "an edit too long": (put("edits.0.1", "x" * 5_000), "edits: bytes: 5000, at most 4096"),
    "too many edits": (
        put("edits", [["a", "b"]] * (DELTA_EDITS_MAX + 1)), "edits: 17, at most 16",
    ),
    "too many renames": (
        put("renames", [["a", "b"]] * (DELTA_RENAMES_MAX + 1)), "renames: 65, at most 64",
    ),
    "a name too long": (put("renames.0.1", "x" * 600), "renames: bytes: 600, at most 512"),
    "a large file of minus one": (put("large.0.0", -1), "file -1"),
    "a large file from nothing": (put("large.0.1", []), "made from 0"),
    "a large file from one twice": (repeat("large.0.1"), "made from 2"),
    "a large file from too many": (
        put("large.0.1", list(range(DELTA_OLD_FILES_MAX + 1))), "large file 0: old f",
    ),
    "a large file from one that isn't there": (put("large.0.1", [99]), "old file 99"),
    "literals of minus bytes": (put("large.0.2.1", -1), "copy 1 after -1 bytes"),
    "a copy from before S": (put("large.0.3.0", -1), "takes 500000 bytes at -1"),
    "a copy past S": (put("large.0.3.0", 2**40), "copy 0 after 0 bytes takes"),
    "a copy of nothing": (put("large.0.4.0", 0), "takes 0 bytes"),
    "a copy longer than S": (put("large.0.4.0", 2**50), "takes 1125899906842624 bytes"),
    "copies of other lengths": (lambda v: v["large"][0][4].pop(), "2, 2 and 1 numbers"),
    "too few literals": (put("large.0.5", []), "0 bytes of literals are too few"),
    "literals that no one holds": (put("large.0.5.0.2", 5 * MIB), "at most 4194304 are allowed"),
    "a prefix past U": (put("large.0.5.0.4", 2 * MIB), "a prefix that isn't there"),
    "a prefix before U": (put("large.0.5.0.3", -1), "a prefix that isn't there"),
    "a prefix of minus bytes": (put("large.0.5.0.4", -1), "with a prefix of -1"),
    "a block of no bundle": (put("blocks.0.0", 9), "bundle 9, there are 1"),
    "a block past its bundle": (put("blocks.0.1", 2**40), "don't lie in a bundle"),
    "a chunk that isn't there": (put("blocks.0.5.0", 999), "chunk 999, there are"),
    "a bundle named by a path": (put("bundles.0.0", "../../etc"), "is not a digest"),
    "a size that the manifest doesn't say": (put("groups.0.4.0", 5), "|expected "),
    "an old file that another is made of": (put("groups.0.3.0", 1), "|"),
    "no renames": (drop("renames"), "|"),
    "no edits": (drop("edits"), "|"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_refused(name: str) -> None:
    bend, part = HOSTILE[name]
    value = _value()
    bend(value)
    with pytest.raises(InvalidContent) as refusal:
        _apply(_with_recipe(_canonical(value)))
    assert any(one in refusal.value.message for one in part.split("|")), refusal.value.message
    assert refusal.value.message.startswith("delta")


def test_too_many_copies() -> None:
    value = _value()
    value["large"][0][2:5] = [[0] * (DELTA_COPIES_MAX + 1)] * 3
    with pytest.raises(InvalidContent, match="copies: 100001, at most 100000 are allowed"):
        head_of(_with_recipe(_canonical(value)), MADE.old)


@pytest.mark.parametrize(
    ("derived", "part"),
    [
        (0, r"bytes of prefixes: 3745\d+, at most"),
        (150, r"prefixes of derived bytes: 1872\d+, at most"),
    ],
)
def test_a_few_bytes_that_ask_for_much_work(derived: int, part: str) -> None:
    """300 groups of one byte each have a whole film as prefix, and nobody has vouched for that."""
    number, film = next(
        (n, file) for n, file in enumerate(MADE.old.manifest.files) if file.path == "film.mp4"
    )
    groups = [
        [12, 1, [1], [number - 1 if n == 0 else -1], [1 - film.size]] for n in range(300)
    ]  # fmt: skip
    value = {"derived": derived, "format": 1, "groups": groups}
    with pytest.raises(InvalidContent, match=part):
        head_of(_with_recipe(_canonical(value if derived else _without_derived(value))), MADE.old)


def _without_derived(value: dict[str, Any]) -> dict[str, Any]:
    """A recipe says nothing of no derived groups."""
    return {key: one for key, one in value.items() if key != "derived"}


@pytest.mark.parametrize(
    ("bytes_", "part"),
    [
        (b"", "malformed|truncated"),
        (b"[" * 100_000, "Expected `object`"),
        (b'{"large":' + b"[" * 100_000, "recursion|Expected|truncated"),
        (b'{"format":1,"format":1}', "not canonical"),
        (b' {"format":1}', "not canonical"),
        (b'{"format":1e400}', "out of range|Expected"),
        (b'{"format":1,"renames":[["\\ud800","a"]]}', "malformed"),
        (b'{"format":1,"renames":[["\xed\xa0\x80","a"]]}', "utf-8"),
        (b'{"derived":' + b"9" * 5_000 + b',"format":1}', "out of range"),
        (b"x" * (5 * MIB), "more than the 2097152 bytes allowed"),
    ],
)
def test_a_recipe_that_is_none(bytes_: bytes, part: str) -> None:
    with pytest.raises(InvalidContent) as refusal:
        head_of(_with_recipe(bytes_), MADE.old)
    assert any(one in refusal.value.message for one in part.split("|")), refusal.value.message


def _start(*sizes: int, magic: bytes = delta.MAGIC) -> bytes:
    return magic + _SIZES.pack(*sizes)


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (b"", "starts with b''"),
        (delta.MAGIC, "starts with"),
        (_start(1, 1, 0, 0, magic=b"satchel-delta\x00\x02\n"), "starts with"),
        (b"<!doctype html><title>Log in to this network</title>", "starts with b'<!doctype"),
        (_start(2**32 - 1, 0, 0, 0), "4294967295 bytes of recipe"),
        (_start(0, 2**32 - 1, 0, 0), "4294967295 of template"),
    ],
)
def test_a_start_that_is_none(head: bytes, part: str) -> None:
    with pytest.raises(InvalidContent) as refusal:
        delta.head_size(head)
    assert part in refusal.value.message


@pytest.mark.parametrize("ends", [(2**32 - 1, 0), (0, 2**32 - 1), (600, 99_999)])
def test_ends_of_a_template_that_the_old_manifest_hasnt(ends: tuple[int, int]) -> None:
    sizes, recipe, template, groups = _parts(MADE.bytes)
    with pytest.raises(InvalidContent, match="bytes of the old manifest's"):
        head_of(_start(*sizes[:2], *ends) + recipe + template + groups, MADE.old)


EMPTY_FILE = b'{"digest":"","media_type":"","path":"","size":0},'


def _template(data: bytes) -> bytes:
    sizes, recipe, _, groups = _parts(MADE.bytes)
    old = manifest.encode(MADE.old.manifest).replace(b'"unit-12/', b'"water/')
    frame = compression.compress(data, level=3, prefix=old)
    return _start(sizes[0], len(frame), 0, 0) + recipe + frame + groups


@pytest.mark.parametrize(
    ("template", "part"),
    [
        (b"", "no files in it"),
        (b'{"files":[]}', "files are not in it"),
        (b'{"files":[{"digest":"","size":0}]}', "no file at byte 10"),
        (b'{"files":[' + EMPTY_FILE * 100_002, "decompresses to more than"),
        (b'{"files":[{"digest":"' + b'\\"' * 500_000, "no file at byte 10"),
        (b'{"files":[{"chunks":[' + b'"a",' * 500_000, "no file at byte 10"),
    ],
)  # fmt: skip
def test_a_template_that_is_no_manifest(template: bytes, part: str) -> None:
    with pytest.raises(InvalidContent) as refusal:
        derive(_template(template), MADE.old, MADE.new.digest)
    assert part in refusal.value.message


def test_a_template_much_larger_than_the_old_manifest() -> None:
    """A node has little memory, and nobody has vouched for these bytes."""
    with pytest.raises(InvalidContent, match=r"more than the 4\d{6} bytes allowed"):
        head_of(_template(bytes(5 * MIB)), MADE.old)


def test_a_template_of_another_manifest() -> None:
    """The signed digest decides before anything is made of it."""
    with pytest.raises(InvalidContent, match="the manifest that it makes: expected digest"):
        derive(_template(manifest.encode(MADE.new.manifest) * 2), MADE.old, MADE.new.digest)


def test_edits_and_renames_that_make_much_of_little() -> None:
    value = _value()
    value["edits"] = [["<p>", "x" * 4_096], ["x", "y" * 4_096]]
    with pytest.raises(InvalidContent, match="what it replaces makes"):
        _apply(_with_recipe(_canonical(value)))
    value = _value()
    value["renames"] = [["unit-12", "/".join("y" * 200)]] * 64
    value["renames"][1:] = [["y", "/".join("y" * 256)]] * 63
    with pytest.raises(InvalidContent):
        _apply(_with_recipe(_canonical(value)))


def test_an_old_file_that_isnt_what_it_was() -> None:
    head = head_of(MADE.bytes, MADE.old)
    span = head.group_spans[0]
    stored = MADE.bytes[span.offset : span.offset + span.stored]
    with pytest.raises(InvalidContent, match=r"other\.html: 3 bytes, expected"):
        delta_applying.make_files(head, 0, stored, lambda _: b"rot")
    with pytest.raises(InvalidContent, match=r"group 0: \d+ bytes, expected"):
        delta_applying.make_files(head, 0, stored[:-1], MADE.old.read)


def test_a_delta_for_another_version() -> None:
    other = Version(MADE.old.content | {"z.html": b"one more"})
    with pytest.raises(InvalidContent):
        derive(MADE.bytes, other, MADE.new.digest)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_bytes_bent_anywhere(data: st.DataObject) -> None:
    size = delta.head_size(MADE.bytes)
    bent = bytearray(MADE.bytes)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, min(len(bent), size + 500) - 1))
        how = data.draw(st.sampled_from(["flip", "cut", "put"]))
        if how == "flip":
            bent[at] ^= data.draw(st.integers(1, 255))
        elif how == "cut":
            del bent[at : at + data.draw(st.integers(1, 9))]
        else:
            bent[at:at] = data.draw(st.binary(min_size=1, max_size=9))
    _bent(bytes(bent))


def _bent(data: bytes) -> None:
    try:
        _apply(data)
    except InvalidContent:
        return


NUMBERS = st.sampled_from([-(2**53), -(2**31), -1, 0, 1, 2, 3, 7, 4096, 2**20, 2**31, 2**53])


def _places(value: Any, put_: Callable[[Any], None]) -> list[Callable[[Any], None]]:
    found = [put_]
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        found += _places(value[key], lambda new, key=key: value.__setitem__(key, new))
    return found


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_recipes_with_any_numbers(data: st.DataObject) -> None:
    value = _value()
    places = _places(value, lambda _: None)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.sampled_from(range(1, len(places))))
        places[place](
            data.draw(NUMBERS | st.none() | st.just([]) | st.just("") | st.integers(-9, 9))
        )
    _bent(_with_recipe(_canonical(value)))
