from pathlib import Path

import pytest

from content_packs import cpack, manifest, packing
from content_packs.errors import DigestMismatch, InvalidContent
from content_packs.limits import CHUNK_BYTES_MAX
from content_packs.packing import Content
from tests.support.packs import contents_of, describe, lesson, make_demo, random_bytes


def test_a_cpack_gives_back_every_file(tmp_path: Path) -> None:
    video_bytes = 3 * CHUNK_BYTES_MAX
    made = make_demo(tmp_path / "a.cpack", video_bytes=video_bytes)
    with cpack.open_cpack(tmp_path / "a.cpack") as opened:
        cpack.verify(opened)
        cpack.extract(opened, tmp_path / "out")
    one = lesson("one", video_bytes=video_bytes)
    for content in contents_of(one, seed=0, video_bytes=video_bytes):
        assert (tmp_path / "out" / content.path).read_bytes() == content.content
    assert {file.path for file in made.files} == {
        str(path.relative_to(tmp_path / "out"))
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    make_demo(tmp_path / "a.cpack", video_bytes=CHUNK_BYTES_MAX + 1)
    make_demo(tmp_path / "b.cpack", video_bytes=CHUNK_BYTES_MAX + 1)
    assert (tmp_path / "a.cpack").read_bytes() == (tmp_path / "b.cpack").read_bytes()


def test_a_file_on_disk_and_the_same_bytes_in_memory_make_the_same_pack(tmp_path: Path) -> None:
    one = lesson("one", video_bytes=2_000_000)
    contents = contents_of(one, video_bytes=2_000_000)
    on_disk = []
    for content in contents:
        place = tmp_path / content.path
        place.parent.mkdir(parents=True, exist_ok=True)
        assert isinstance(content.content, bytes)
        place.write_bytes(content.content)
        on_disk.append(Content(content.path, content.media_type, place))
    packing.make_cpack(describe((one,)), contents, tmp_path / "a.cpack")
    packing.make_cpack(describe((one,)), on_disk, tmp_path / "b.cpack")
    assert (tmp_path / "a.cpack").read_bytes() == (tmp_path / "b.cpack").read_bytes()


def test_a_file_that_changes_while_it_is_packed_is_noticed(tmp_path: Path) -> None:
    one = lesson("one")
    contents = contents_of(one)
    picture = tmp_path / "picture.png"
    picture.write_bytes(random_bytes(1, 20_000))
    contents[1] = Content(contents[1].path, "image/png", picture)

    def change_once_measured(done: int, total: int) -> None:
        if done * 2 == total:
            picture.write_bytes(random_bytes(2, 20_000))

    with pytest.raises(DigestMismatch, match="changed while being packed"):
        packing.make_cpack(describe((one,)), contents, tmp_path / "a.cpack", change_once_measured)
    assert [path.name for path in tmp_path.iterdir()] == ["picture.png"]


def test_a_lesson_that_names_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    one = lesson("one")
    with pytest.raises(InvalidContent, match=r"picture\.png.*not among the files"):
        packing.make_cpack(describe((one,)), contents_of(one)[:1], tmp_path / "a.cpack")
    assert not list(tmp_path.iterdir())


def test_empty_files_take_no_chunk_and_no_bundle(tmp_path: Path) -> None:
    made = packing.make_cpack(
        describe(()), [Content("empty.txt", "text/plain", b"")], tmp_path / "a.cpack"
    )
    assert made.chunk_table == ()
    with cpack.open_cpack(tmp_path / "a.cpack") as opened:
        cpack.verify(opened)
        cpack.extract(opened, tmp_path / "out")
        assert opened.layout.bundles == ()
    assert (tmp_path / "out" / "empty.txt").read_bytes() == b""


def test_the_manifest_does_not_depend_on_where_bytes_lie(tmp_path: Path) -> None:
    made = make_demo(tmp_path / "a.cpack")
    with cpack.open_cpack(tmp_path / "a.cpack") as opened:
        assert opened.digest == manifest.digest(made)
        assert b"bundle" not in manifest.encode(made)
