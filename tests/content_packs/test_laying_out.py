import io
from pathlib import Path

import msgspec

from content_packs import cpack, layout, manifest
from content_packs.bundle import BlockReader
from content_packs.digests import digest_of
from content_packs.laying_out import lay_out
from content_packs.layout import STORED, Block, BundleReference, Layout
from content_packs.limits import BUNDLES_IN_LAYOUT_MAX
from content_packs.manifest import File, Manifest
from tests.support.packs import describe, make_demo


class Shelf:
    """Lays versions out one after another, as a hub does, and keeps their bundles."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bundles: dict[str, bytes] = {}
        self.versions: list[tuple[Manifest, Layout]] = []

    def publish(self, path: Path) -> int:
        """Lay the cpack out; return the bytes of its new bundle."""
        with cpack.open_cpack(path) as opened:
            out = io.BytesIO()
            laid_out, new = lay_out(opened.manifest, opened.blocks.read, self.versions, out)
            if new:
                self.bundles[new.digest] = out.getvalue()
                assert new.size == len(out.getvalue())
            layout.unpack(layout.pack(laid_out), opened.manifest, opened.digest)
            self.versions.append((opened.manifest, laid_out))
            return new.size if new else 0

    def check(self) -> None:
        """Every chunk of every version can be read."""
        for manifest_, layout_ in self.versions:
            reader = BlockReader(manifest_, layout_, lambda d: io.BytesIO(self.bundles[d]))
            for number in range(len(manifest_.chunk_table)):
                reader.read(number)


def test_an_update_writes_only_what_is_new(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    make_demo(tmp_path / "1.cpack", video_bytes=2_000_000)
    make_demo(
        tmp_path / "2.cpack", version=2, video_bytes=2_000_000, pages={"one": "<p>Changed</p>"}
    )
    first = shelf.publish(tmp_path / "1.cpack")
    second = shelf.publish(tmp_path / "2.cpack")
    assert first > 12_000_000
    assert second < 1_000
    shelf.check()


def test_the_same_content_again_needs_no_new_bundle(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    make_demo(tmp_path / "1.cpack")
    make_demo(tmp_path / "2.cpack", version=2)
    shelf.publish(tmp_path / "1.cpack")
    assert shelf.publish(tmp_path / "2.cpack") == 0
    shelf.check()


def test_what_comes_back_from_an_earlier_version_is_not_written_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    make_demo(tmp_path / "1.cpack", video_bytes=1_000_000)
    make_demo(tmp_path / "2.cpack", version=2, lessons=("one",), video_bytes=1_000_000)
    make_demo(tmp_path / "3.cpack", version=3, video_bytes=1_000_000)
    shelf.publish(tmp_path / "1.cpack")
    assert shelf.publish(tmp_path / "2.cpack") < 1_000, (
        "the text that two lessons shared a block of"
    )
    assert shelf.publish(tmp_path / "3.cpack") == 0
    shelf.check()


def test_a_block_with_little_of_use_left_is_not_carried(tmp_path: Path) -> None:
    """A newcomer should not fetch a megabyte for one page of it."""
    shelf = Shelf(tmp_path)
    names = tuple(f"lesson-{n}" for n in range(20))
    make_demo(tmp_path / "1.cpack", lessons=names)
    changed = {name: f"<p>{name} is quite another lesson now</p>" * 30 for name in names[1:]}
    make_demo(tmp_path / "2.cpack", version=2, lessons=names, pages=changed)
    shelf.publish(tmp_path / "1.cpack")
    shelf.publish(tmp_path / "2.cpack")
    shelf.check()
    manifest_, layout_ = shelf.versions[-1]
    page = manifest_.number_of_chunk[manifest_.by_path["lesson-0/intro.en.html"].digest]
    assert all(number >= 0 for number in layout_.blocks[layout_.block_of_chunk[page]].chunks)


def test_blocks_are_shared_by_texts_of_all_lessons(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    make_demo(tmp_path / "1.cpack", lessons=tuple(f"l{n}" for n in range(50)))
    shelf.publish(tmp_path / "1.cpack")
    manifest_, layout_ = shelf.versions[-1]
    pages = [file for file in manifest_.files if file.path.endswith(".html")]
    blocks = {layout_.block_of_chunk[manifest_.number_of_chunk[page.digest]] for page in pages}
    assert len(blocks) == 1
    assert manifest.digest(manifest_) == layout_.manifest


def test_a_pack_that_had_more_versions_than_a_layout_may_name_bundles_goes_on() -> None:
    """Each version brought a bundle with one small file, and all are of use still."""
    most = BUNDLES_IN_LAYOUT_MAX

    def data_of(number: int) -> bytes:
        return b"%08d" % number

    def version_with(files: int) -> Manifest:
        found = tuple(
            File(f"{n:05}.bin", 8, digest_of(data_of(n)), "image/png") for n in range(files)
        )
        return msgspec.structs.replace(describe((), version=files), files=found)

    before, after = version_with(most), version_with(most + 1)
    laid_out = Layout(
        1,
        manifest.digest(before),
        tuple(BundleReference(digest_of(data_of(n)), 24) for n in range(most)),
        tuple(Block(n, 16, 8, 8, STORED, (n,)) for n in range(most)),
    )
    out = io.BytesIO()
    found, new = lay_out(after, data_of, [(before, laid_out)], out)
    assert layout.unpack(layout.pack(found), after, manifest.digest(after)) == found
    assert len(found.bundles) == most // 2 + 1, "there is room for hundreds of versions more"
    assert new
    bundles = {**{b.digest: bytes(16) + data_of(n) for n, b in enumerate(laid_out.bundles)}}
    bundles[new.digest] = out.getvalue()
    reader = BlockReader(after, found, lambda digest: io.BytesIO(bundles[digest]))
    assert [reader.read(n) for n in range(most + 1)] == [data_of(n) for n in range(most + 1)]
