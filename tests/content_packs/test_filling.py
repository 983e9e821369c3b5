"""Which chunks share a block: what a school pays for, and when its first lesson opens."""

import random
from pathlib import Path

import pytest

from content_packs import cpack, packing
from content_packs.layout import STORED, ZSTD, Block
from content_packs.limits import BLOCK_BYTES_FIRST, BLOCK_BYTES_MAX, KIB, MIB
from content_packs.manifest import Item, Lesson, Manifest, Rendition, Variant
from content_packs.packing import Content
from tests.support.packs import describe, lesson, random_bytes

NAMES = tuple(f"lesson-{number:02}" for number in range(20))


def words(seed: int, size: int) -> bytes:
    chance = random.Random(seed)
    known = [bytes(chance.choices(b"abcdefghij", k=6)) for _ in range(500)]
    return b" ".join(chance.choices(known, k=size // 7 + 1))[:size]


def pictures(seed: int) -> bytes:
    """A picture as cameras make them: the same head in each, and noise."""
    return words(0, 600) + random_bytes(seed, 20_000)


class Laid:
    """A cpack's blocks in their order, and what each holds."""

    def __init__(self, path: Path) -> None:
        with cpack.open_cpack(path) as opened:
            cpack.verify(opened)
            self.manifest: Manifest = opened.manifest
            self.blocks = sorted(opened.layout.blocks, key=lambda block: block.offset)

    def paths(self, block: Block) -> list[str]:
        table = self.manifest.chunk_table
        digests = {table[number].digest for number in block.chunks}
        return [f.path for f in self.manifest.files if digests & {c.digest for c in f.pieces}]

    def of(self, path: str) -> list[Block]:
        return [block for block in self.blocks if path in self.paths(block)]


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Laid:
    """20 lessons of a 40 kB page, two pictures and a film; and an archive of 6 MB in the last."""
    contents, lessons = [], []
    for number, name in enumerate(NAMES):
        more = f"{name}/more.png"
        film = f"{name}/clip.mp4"
        one = lesson(name)
        clip = Item(
            "clip", "video", {"en": "Clip"}, (Variant("en", renditions=(Rendition(film),)),)
        )
        app = Item("app", "app", {"en": "App"}, (Variant(path=more, needs=("archive.db",)),))
        items = (clip, *one.items, *([app] if name == NAMES[-1] else []))
        lessons.append(Lesson(name, {"en": name}, items))
        contents += [
            Content(f"{name}/intro.en.html", "text/html", words(number, 40_000)),
            Content(f"{name}/picture.png", "image/png", pictures(100 + number)),
            Content(more, "image/png", pictures(200 + number)),
            Content(film, "video/mp4", words(1, 40_000) + random_bytes(300 + number, MIB)),
        ]
    contents.append(Content("archive.db", "application/octet-stream", words(7, 6 * MIB)))
    path = tmp_path_factory.mktemp("laid") / "a.cpack"
    packing.make_cpack(describe(tuple(lessons)), contents, path)
    return Laid(path)


def test_texts_come_first_and_share_blocks_that_grow(laid: Laid) -> None:
    texts = [b for b in laid.blocks if laid.paths(b)[0].endswith(".html")]
    assert texts == laid.blocks[: len(texts)]
    assert [block.size > size for block, size in zip(texts, (200_000, 500_000), strict=True)]
    assert texts[0].size <= BLOCK_BYTES_FIRST
    assert f"{NAMES[0]}/intro.en.html" in laid.paths(texts[0])
    assert all(block.coding == ZSTD for block in texts)


def test_a_lessons_small_files_share_a_block_before_its_film(laid: Laid) -> None:
    name = NAMES[-1]
    (block,) = laid.of(f"{name}/picture.png")
    assert laid.paths(block) == [f"{name}/more.png", f"{name}/picture.png"]
    assert block.offset < laid.of(f"{name}/clip.mp4")[0].offset


def test_of_a_film_only_its_head_is_compressed(laid: Laid) -> None:
    first, *others = laid.of(f"{NAMES[3]}/clip.mp4")
    assert first.coding == ZSTD
    assert others
    assert all(block.coding == STORED and len(block.chunks) == 1 for block in others)


def test_a_large_file_that_shrinks_is_packed_in_large_blocks(laid: Laid) -> None:
    blocks = laid.of("archive.db")
    assert len(blocks) == 2
    assert all(laid.paths(block) == ["archive.db"] for block in blocks)
    assert all(block.coding == ZSTD and len(block.chunks) > 1 for block in blocks)


def test_no_block_is_larger_than_a_node_holds(laid: Laid) -> None:
    assert max(block.size for block in laid.blocks) <= BLOCK_BYTES_MAX
    assert max(block.size for block in laid.blocks) > BLOCK_BYTES_MAX - MIB


def test_pictures_that_no_lesson_names_share_blocks_whose_heads_cost_nothing(
    tmp_path: Path,
) -> None:
    contents = [Content(f"{n:03}.png", "image/png", pictures(n)) for n in range(40)]
    packing.make_cpack(describe(()), contents, tmp_path / "a.cpack")
    one_by_one = 40 * (20_000 + 500)
    assert (tmp_path / "a.cpack").stat().st_size < one_by_one - 5 * KIB
