"""Publishing: what becomes a version, what is refused and why, and what is new in bytes."""

import os
from pathlib import Path

import pytest

from content_packs.cpack import open_cpack
from content_packs.errors import InvalidContent, Missing, Refused
from content_packs.faults import FaultyFolder
from hub.contents import read_layout, read_manifest
from hub.hub import Hub
from hub.publishing import Published, publish
from hub.releasing import Terms, release
from hub.versions import versions_of
from tests.hub.clients import client_of, tree


def content(hub: Hub) -> dict[str, bytes]:
    return tree(hub.data.repository)


def test_a_first_version_keeps_its_authors_bundles(hub: Hub, cpacks: dict[str, Path]) -> None:
    published = publish(hub, cpacks["1"])
    assert not published.already
    with open_cpack(cpacks["1"]) as made:
        assert published.version.manifest == made.digest
        assert published.version.layout == made.layout_digest
        for bundle in made.layout.bundles:
            path = hub.data.place(f"bundles/{bundle.digest}.bundle")
            assert path.stat().st_size == bundle.size


def test_an_update_brings_only_what_is_new(hub: Hub, cpacks: dict[str, Path]) -> None:
    first = publish(hub, cpacks["1"]).version
    second = publish(hub, cpacks["2"]).version
    assert first.new_bytes > 1_000_000
    assert second.new_bytes < 10_000  # a page, a manifest and a layout
    bundles = {name: data for name, data in content(hub).items() if name.startswith("bundles/")}
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
    names = [name for name in content(hub) if name.startswith("bundles/")]
    assert len(names) == 1
    assert published.new_bytes < 5_000


def test_the_same_again_is_no_error_and_changes_nothing(hub: Hub, cpacks: dict[str, Path]) -> None:
    first = publish(hub, cpacks["1"])
    before = content(hub)
    assert publish(hub, cpacks["1"]) == Published(first.version, already=True)
    assert content(hub) == before


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
    before = content(hub)
    with pytest.raises(Refused, match=says) as refused:
        publish(hub, cpacks[comes])
    assert refused.value.hint
    assert content(hub) == before
    assert list(hub.data.incoming.iterdir()) == []


@pytest.mark.parametrize("at", [0.3, 0.6, 0.9])
def test_a_version_that_is_not_intact_is_refused(
    hub: Hub, cpacks: dict[str, Path], tmp_path: Path, at: float
) -> None:
    data = bytearray(cpacks["1"].read_bytes())
    data[int(len(data) * at)] ^= 1
    broken = tmp_path / "broken.cpack"
    broken.write_bytes(data)
    before = content(hub)
    with pytest.raises(InvalidContent, match=r"broken\.cpack") as refused:
        publish(hub, broken)
    assert refused.value.hint
    assert "incoming" not in refused.value.message
    assert content(hub) == before
    assert versions_of(hub, "demo") == []


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
    manifest, stored = read_manifest(hub.data, "demo", version.manifest)
    assert manifest.version == 1
    assert stored
    assert read_layout(hub.data, manifest, version.layout)[0].bundles
