"""Publishing: what becomes a version, what is refused and why, and what is new in bytes."""

import os
from pathlib import Path

import msgspec
import pytest

from content_packs import builder, cpack
from content_packs.cpack import open_cpack
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Missing, Refused, UsageError
from content_packs.faults import FaultyFolder
from content_packs.layout import STORED, Block, BundleReference, Layout
from content_packs.manifest import File, Manifest
from hub.contents import read_layout, read_manifest
from hub.hub import Hub
from hub.publishing import Published, publish
from hub.releasing import Terms, release
from hub.versions import versions_of
from tests.hub.clients import client_of, content_of, tree
from tests.support.hostile_cpacks import sound_parts
from tests.support.hub_databases import HubDatabases
from tests.support.packs import make_demo, random_bytes


def test_a_first_version_keeps_its_authors_bundles(hub: Hub, cpacks: dict[str, Path]) -> None:
    published = publish(hub, cpacks["1"])
    assert not published.already
    with open_cpack(cpacks["1"]) as made:
        assert published.version.manifest == made.digest
        assert published.version.layout == made.layout_digest
        for bundle in made.layout.bundles:
            assert hub.objects.size(f"bundles/{bundle.digest}.bundle") == bundle.size


def test_an_update_brings_only_what_is_new(hub: Hub, cpacks: dict[str, Path]) -> None:
    first = publish(hub, cpacks["1"]).version
    second = publish(hub, cpacks["2"]).version
    assert first.new_bytes > 1_000_000
    assert second.new_bytes < 10_000  # a page, a manifest and a layout
    bundles = {name: data for name, data in content_of(hub).items() if name.startswith("bundles/")}
    assert len(bundles) == 2
    assert min(map(len, bundles.values())) < 2_000


def test_what_was_published_comes_out_again(
    hub: Hub, cpacks: dict[str, Path], tmp_path: Path
) -> None:
    client = client_of(hub.data.root, tmp_path / "client")
    for version in ("1", "2", "3"):
        publish(hub, cpacks[version])
        release(hub, "demo", int(version), "main", Terms())
        (offer,) = client.offers()
        with open_cpack(cpacks[version]) as made:
            files = {file.path: b"".join(made.chunks_of(file)) for file in made.manifest.files}
        assert client.files(offer) == files


def test_publishing_alone_tells_nodes_nothing(hub: Hub, cpacks: dict[str, Path]) -> None:
    before = tree(hub.data.metadata)
    publish(hub, cpacks["1"])
    assert tree(hub.data.metadata) == before


def test_a_version_without_new_content_needs_no_bundle(hub: Hub, cpacks: dict[str, Path]) -> None:
    publish(hub, cpacks["2"])
    published = publish(hub, cpacks["same-3"]).version
    names = [name for name in content_of(hub) if name.startswith("bundles/")]
    assert len(names) == 1
    assert published.new_bytes < 5_000


def test_the_same_again_is_no_error_and_changes_nothing(hub: Hub, cpacks: dict[str, Path]) -> None:
    first = publish(hub, cpacks["1"])
    before = content_of(hub)
    assert publish(hub, cpacks["1"]) == Published(first.version, already=True)
    assert content_of(hub) == before


@pytest.mark.parametrize(
    ("there", "comes", "says"),
    [
        (["1", "3"], "2", "demo 2 is not newer than 3, the newest published"),
        (["1", "2"], "other-2", "demo 2 is published already, with other content"),
        (["1"], "thief-3", "demo belongs to the publisher 'satchel'; this version says 'thief'"),
    ],
)
def test_a_version_that_may_not_come_to_be_is_refused(
    hub: Hub, cpacks: dict[str, Path], there: list[str], comes: str, says: str
) -> None:
    for name in there:
        publish(hub, cpacks[name])
    before = content_of(hub)
    with pytest.raises(Refused, match=says) as refused:
        publish(hub, cpacks[comes])
    assert refused.value.hint
    assert content_of(hub) == before
    assert list(hub.data.incoming.iterdir()) == []


@pytest.mark.parametrize("at", [0.3, 0.6, 0.9])
def test_a_version_that_is_not_intact_is_refused(
    hub: Hub, cpacks: dict[str, Path], tmp_path: Path, at: float
) -> None:
    data = bytearray(cpacks["1"].read_bytes())
    data[int(len(data) * at)] ^= 1
    broken = tmp_path / "broken.cpack"
    broken.write_bytes(data)
    before = content_of(hub)
    with pytest.raises(InvalidContent, match=r"broken\.cpack") as refused:
        publish(hub, broken)
    assert refused.value.hint
    assert "incoming" not in refused.value.message
    assert content_of(hub) == before
    assert versions_of(hub, "demo") == []


def test_a_file_of_no_bytes_with_somebodys_digest_is_refused(hub: Hub, tmp_path: Path) -> None:
    parts = sound_parts(tmp_path)
    nothing = File("zero.bin", 0, digest_of(b"somebody"), "x/y")
    bent = tmp_path / "bent.cpack"
    bent.write_bytes(parts.with_manifest(files=(*parts.manifest.files, nothing)).zip())
    before = content_of(hub)
    with pytest.raises(InvalidContent, match=r"bent\.cpack.*'zero\.bin': size 0 and digest"):
        publish(hub, bent)
    assert content_of(hub) == before
    empty = msgspec.structs.replace(nothing, digest=digest_of(b""))
    bent.write_bytes(parts.with_manifest(files=(*parts.manifest.files, empty)).zip())
    assert not publish(hub, bent).already


def test_a_version_that_was_cut_off_is_refused(
    hub: Hub, cpacks: dict[str, Path], tmp_path: Path
) -> None:
    cut = tmp_path / "cut.cpack"
    cut.write_bytes(cpacks["1"].read_bytes()[:-1000])
    with pytest.raises(InvalidContent, match=r"cut\.cpack: doesn't end as a cpack does"):
        publish(hub, cut)


def test_what_is_no_file_is_refused(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no such file"):
        publish(hub, tmp_path / "nothing.cpack")
    os.mkfifo(tmp_path / "pipe.cpack")
    with pytest.raises(InvalidContent, match="neither a file nor a folder"):
        publish(hub, tmp_path / "pipe.cpack")


def test_a_faulty_folder_is_refused_with_its_faults(hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "pack.toml").write_text("id = 7\n")
    with pytest.raises(FaultyFolder) as refused:
        publish(hub, folder)
    assert refused.value.faults


def test_progress_ends_with_all_bytes_done(hub: Hub, cpacks: dict[str, Path]) -> None:
    steps: dict[str, tuple[int, int]] = {}
    publish(hub, cpacks["1"], lambda doing, done, total: steps.update({doing: (done, total)}))
    assert set(steps) == {"copying", "checking"}
    assert all(done == total for done, total in steps.values())


def test_published_content_can_be_read_back(hub: Hub, cpacks: dict[str, Path]) -> None:
    version = publish(hub, cpacks["1"]).version
    manifest, stored = read_manifest(hub.objects, "demo", version.manifest)
    assert manifest.version == 1
    assert stored
    assert read_layout(hub.objects, manifest, version.layout)[0].bundles


# -- thin: only what the hub lacks ---------------------------------------------------------------


def make_folder(folder: Path, *, text: str = "Halves.") -> Path:
    """A pack folder of two lessons, a page and an archive that is cut into chunks in each."""
    for number, name in enumerate(("01-halves", "02-thirds")):
        lesson = folder / name
        (lesson / "archive").mkdir(parents=True)
        (lesson / "lesson.toml").write_text(f'title = {{ en = "{name}" }}\n')
        page = f"# {name}\n\n{text if not number else 'Thirds.'}\n"
        (lesson / "intro.md").write_text(page)
        (lesson / "archive" / "index.html").write_text("<!doctype html><title>Archive</title>")
        (lesson / "archive" / "data.bin").write_bytes(random_bytes(number, 2_000_000))
    (folder / "pack.toml").write_text(PACK_TOML)
    return folder


PACK_TOML = """
id = "halves"
version = 1
languages = ["en"]
title = { en = "Halves" }
summary = { en = "Halves and thirds" }
licence = "CC0-1.0"
publisher = { id = "satchel", title = { en = "Satchel" } }
stage = "primary"
grade = "4"
subject = "mathematics"
"""


def next_version(folder: Path, number: int, text: str) -> Path:
    toml = folder / "pack.toml"
    toml.write_text(PACK_TOML.replace("version = 1", f"version = {number}"))
    (folder / "01-halves" / "intro.md").write_text(f"# Halves\n\n{text}\n")
    return folder


def assert_all_comes_out(hub: Hub, memory: Path, manifest_: Manifest) -> None:
    release(hub, "halves", manifest_.version, "main", Terms())
    client = client_of(hub.data.root, memory)
    (offer,) = client.offers()
    found = client.files(offer)
    assert {path: digest_of(data) for path, data in found.items()} == {
        file.path: file.digest for file in manifest_.files
    }


def test_a_folder_is_built_against_what_the_hub_holds(hub: Hub, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "folder")
    publish(hub, folder)
    second = publish(hub, next_version(folder, 2, "Halves and more.")).version
    assert second.new_bytes < 10_000
    whole = builder.build(folder, tmp_path / "whole.cpack")
    assert second.manifest == whole.digest, "however it is built, the version is the same"
    assert_all_comes_out(hub, tmp_path / "client", whole.manifest)


def test_what_a_hub_remembers_of_pages_may_go_or_break(hub: Hub, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "folder")
    publish(hub, folder)
    (memo,) = hub.data.memos.iterdir()
    for number, left in enumerate((memo.read_bytes()[:-9], None), 2):
        memo.unlink()
        if left:
            memo.write_bytes(left)
        published = publish(hub, next_version(folder, number, f"Halves {number}.")).version
        assert published.manifest == builder.build(folder, tmp_path / "whole.cpack").digest
        assert memo.is_file()


def test_a_thin_cpack_has_only_what_the_hub_lacks(hub: Hub, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "folder")
    first = builder.build(folder, tmp_path / "1.cpack")
    next_version(folder, 2, "Halves and more.")
    second = builder.build(
        folder, tmp_path / "2.cpack", earlier_of=builder.after(tmp_path / "1.cpack")
    )
    assert first.path.stat().st_size > 4_000_000
    assert second.path.stat().st_size < 10_000
    publish(hub, first.path)
    published = publish(hub, second.path).version
    assert published.manifest == second.digest
    assert published.new_bytes < 10_000
    assert_all_comes_out(hub, tmp_path / "client", second.manifest)


def test_a_thin_cpack_that_leaves_out_what_the_hub_lacks_is_refused(
    hub: Hub, tmp_path: Path
) -> None:
    folder = make_folder(tmp_path / "folder")
    builder.build(folder, tmp_path / "1.cpack")
    next_version(folder, 2, "Halves and more.")
    builder.build(folder, tmp_path / "2.cpack", earlier_of=builder.after(tmp_path / "1.cpack"))
    before = content_of(hub)
    with pytest.raises(Missing, match=r"2\.cpack: is thin, and leaves out the bundle") as refused:
        publish(hub, tmp_path / "2.cpack")
    assert "without --after" in refused.value.hint
    assert content_of(hub) == before


def test_a_thin_cpack_whose_layout_lies_about_what_the_hub_has_is_refused(
    hub: Hub, tmp_path: Path
) -> None:
    """Its own bytes are sound; the earlier bundle's are said to be other chunks."""
    folder = make_folder(tmp_path / "folder")
    first = builder.build(folder, tmp_path / "1.cpack")
    publish(hub, first.path)
    next_version(folder, 2, "Halves and more.")
    thin = tmp_path / "2.cpack"
    builder.build(folder, thin, earlier_of=builder.after(first.path))
    with open_cpack(thin) as opened:
        blocks = list(opened.layout.blocks)
        of_one_size = [n for n, block in enumerate(blocks) if block.size == 2_000_000] or [
            n for n, block in enumerate(blocks) if len(block.chunks) == 1
        ]
        a, b = of_one_size[:2]
        moved = {a: blocks[a].offset + 1, b: blocks[b].offset}
        lying = [
            msgspec.structs.replace(block, offset=moved.get(n, block.offset))
            for n, block in enumerate(blocks)
        ]
        laid_out = msgspec.structs.replace(opened.layout, blocks=tuple(lying))
        new = opened.layout.bundles[-1]
        (tmp_path / "new.bundle").write_bytes(opened.open_bundle(new.digest).read())
        cpack.write(
            tmp_path / "lying.cpack", opened.manifest, laid_out, [(new, tmp_path / "new.bundle")]
        )
    before = content_of(hub)
    with pytest.raises(InvalidContent):
        publish(hub, tmp_path / "lying.cpack")
    assert content_of(hub) == before


def test_a_thin_cpack_alone_is_verified_as_far_as_it_goes(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "folder")
    builder.build(folder, tmp_path / "1.cpack")
    next_version(folder, 2, "Halves and more.")
    builder.build(folder, tmp_path / "2.cpack", earlier_of=builder.after(tmp_path / "1.cpack"))
    with open_cpack(tmp_path / "2.cpack") as opened:
        assert opened.left_out
        cpack.verify(opened)
        with pytest.raises(Missing, match="has no bundle") as told:
            cpack.extract(opened, tmp_path / "out")
    assert "thin" in told.value.hint


def test_a_cpack_is_built_only_after_one_of_its_own_pack(tmp_path: Path) -> None:
    make_demo(tmp_path / "demo.cpack")
    with pytest.raises(UsageError, match="is of the pack 'demo'"):
        builder.build(
            make_folder(tmp_path / "folder"),
            tmp_path / "2.cpack",
            earlier_of=builder.after(tmp_path / "demo.cpack"),
        )


def with_a_second_place(of: Path, out: Path) -> None:
    """Write a cpack whose layout says of one page that it lies in a second block, too: garbage."""
    with open_cpack(of) as sound:
        page = sound.manifest.by_path["two/intro.en.html"]
        number = sound.manifest.number_of_chunk[page.digest]
        bundle = sound.layout.bundles[0]
        with sound.open_bundle(bundle.digest) as file:
            data = file.read() + b"?" * page.size
        longer = BundleReference(digest_of(data), len(data))
        lie = Block(0, bundle.size, page.size, page.size, STORED, (number,))
        laid_out = Layout(sound.layout.format, sound.digest, (longer,), (*sound.layout.blocks, lie))
        stored = out.with_suffix(".bundle")
        stored.write_bytes(data)
        cpack.write(out, sound.manifest, laid_out, [(longer, stored)])


def test_a_block_that_no_one_checked_is_carried_to_no_later_version(
    hub: Hub, tmp_path: Path
) -> None:
    """The first block that holds a chunk is meant, so that only this one is read and checked."""
    paragraphs = {name: f"<p>{name}</p>" + random_bytes(7, 900).hex() for name in ("one", "two")}
    make_demo(tmp_path / "sound.cpack", pages=paragraphs)
    with_a_second_place(tmp_path / "sound.cpack", tmp_path / "1.cpack")
    publish(hub, tmp_path / "1.cpack")
    make_demo(tmp_path / "2.cpack", version=2, pages=paragraphs | {"one": "<p>Changed</p>"})
    second = publish(hub, tmp_path / "2.cpack").version
    release(hub, "demo", 2, "main", Terms())
    client = client_of(hub.data.root, tmp_path / "client")
    (offer,) = client.offers()
    assert offer.manifest == second.manifest
    assert paragraphs["two"].encode() in client.files(offer)["two/intro.en.html"]


def test_a_version_that_nodes_may_have_never_changes_though_hub_db_was_lost(
    filled: Hub, cpacks: dict[str, Path], databases: HubDatabases
) -> None:
    backup = databases.keep(filled)
    publish(filled, cpacks["3"])
    release(filled, "demo", 3, "main", Terms())
    databases.back(filled, backup)
    with pytest.raises(Refused, match=r"which main offers and hub\.db doesn't know") as refused:
        publish(filled, cpacks["same-3"])
    assert "version 4 or more" in refused.value.hint
    assert publish(filled, cpacks["3"]).version.version == 3
    with pytest.raises(Refused, match="published already, with other content"):
        publish(filled, cpacks["same-3"])
