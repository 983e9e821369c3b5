"""Layouts that somebody bent: what one says wrongly may cost bytes, never a wrong byte."""

import pytest

from content_packs import layout, manifest
from content_packs.errors import InvalidContent
from content_packs.limits import BLOCK_CHUNKS_MAX, INTEGER_MAX, MIB
from tests.support.documents import (
    Bend,
    drop,
    layout_value,
    put,
    repeat,
    sound_layout,
    sound_manifest,
    stored,
)

B = "c" * 64

HOSTILE: dict[str, tuple[Bend, str]] = {
    "a format to come": (put("format", 2), "format 2, expected 1"),
    "an unknown field": (put("evil", 1), "unknown field `evil`"),
    "no blocks": (drop("blocks"), "missing required field `blocks`"),
    "of another manifest": (put("manifest", B), "is of manifest 'cccc"),
    "a bundle named by a path": (
        put("bundles.0.0", "../../x"),
        "bundle: '../../x' is not a digest",
    ),
    "a bundle of minus bytes": (put("bundles.0.1", -1), "a bundle of -1 bytes"),
    "a bundle of more than any pack": (put("bundles.0.1", 2**50), "a bundle of 1125899906842624"),
    "a bundle twice": (repeat("bundles"), "a bundle stands twice"),
    "1,001 bundles": (
        put("bundles", [[f"{n:064x}", 1] for n in range(1_001)]),
        "1001 bundles, at most 1000",
    ),
    "a bundle that isn't there": (put("blocks.0.0", 1), "block 0: bundle 1, there are 1"),
    "a bundle before the first": (put("blocks.0.0", -1), "block 0: bundle -1, there are 1"),
    "bytes before the bundle": (put("blocks.0.1", -1), "bytes -1 to 39 don't lie in a bundle"),
    "bytes past the bundle": (put("blocks.0.1", INTEGER_MAX), "don't lie in a bundle of 170"),
    "a block of no bytes": (put("blocks.0.2", 0), "don't lie in a bundle"),
    "a block of minus bytes": (put("blocks.0.2", -40), "don't lie in a bundle"),
    "a coding to come": (put("blocks.0.4", 7), "coding 7, expected 0 or 1"),
    "a block of two sizes": (put("blocks.0.3", 41), "stored as it is, but of two sizes"),
    "a bomb of a block": (put("blocks.0.3", 4 * MIB + 1), "4194305 bytes, at most 4194304"),
    "a block without chunks": (put("blocks.0.5", []), "0 chunks, expected 1 to"),
    "a block of too many chunks": (
        put("blocks.0.5", [0] * (BLOCK_CHUNKS_MAX + 1)),
        "4097 chunks, expected 1 to 4096",
    ),
    "a chunk that isn't there": (put("blocks.0.5", [99]), "chunk 99, there are 5"),
    "a chunk before the first": (put("blocks.0.5", [-41]), "its chunks have 41 bytes, it has 40"),
    "chunks that don't add up": (put("blocks.0.5", [0, -1]), "its chunks have 41 bytes, it has 40"),
    "a chunk that lies nowhere": (drop("blocks.4"), "1 of 5 chunks lie nowhere"),
    "a chunk that is skipped instead": (put("blocks.0.5", [-40]), "1 of 5 chunks lie nowhere"),
    "a block with a part too many": (
        lambda value: value["blocks"][0].append(1),
        "Expected `array` of",
    ),
    "a block with a part too few": (lambda value: value["blocks"][0].pop(), "Expected `array` of"),
    "a number in words": (put("blocks.0.1", "16"), "Expected `int`, got `str`"),
}


def test_the_sound_layout_is_sound() -> None:
    of = sound_manifest()
    assert layout.unpack(stored(layout_value()), of, manifest.digest(of)) == sound_layout(of)


@pytest.mark.parametrize("name", HOSTILE)
def test_refused(name: str) -> None:
    bend, part = HOSTILE[name]
    value = layout_value()
    bend(value)
    of = sound_manifest()
    with pytest.raises(InvalidContent) as refusal:
        layout.unpack(stored(value), of, manifest.digest(of), what="the test")
    assert part in refusal.value.message
    assert refusal.value.message.startswith("the test")
