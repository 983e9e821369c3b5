"""What was written once stays readable: v1/ never changes. Add v2/ beside it, don't touch it."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from content_packs import cpack, manifest
from content_packs.digests import digest_of
from content_packs.manifest import Manifest
from content_packs.repository import delta_path, manifest_path
from sync_node.folder_source import FolderSource
from tests.support.nodes import Node

V1 = Path(__file__).parent / "v1"
REPOSITORY = V1 / "repository"
EXPECTED = json.loads((V1 / "expected.json").read_bytes())


@dataclass
class Root:
    """What a node is initialised with."""

    first_root: bytes = (REPOSITORY / "metadata" / "1.root.json").read_bytes()


def manifest_of(version: str) -> Manifest:
    digest = EXPECTED["manifests"][version]
    stored = (REPOSITORY / manifest_path("rivers", digest)).read_bytes()
    return manifest.unpack(stored, expected=digest)


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_manifest(version: str) -> None:
    found = {file.path: file.digest for file in manifest_of(version).files}
    assert found == EXPECTED["files"][version]


def test_a_cpack(tmp_path: Path) -> None:
    with cpack.open_cpack(V1 / "rivers-1.cpack") as opened:
        assert opened.digest == EXPECTED["manifests"]["1"]
        cpack.verify(opened)
        cpack.extract(opened, tmp_path / "out")
    found = {
        path.relative_to(tmp_path / "out").as_posix(): digest_of(path.read_bytes())
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert found == EXPECTED["files"]["1"]


def at_version_1(folder: Path) -> Path:
    """The repository as it was when it offered version 1, without its delta."""
    shutil.copytree(REPOSITORY, folder, ignore=shutil.ignore_patterns("deltas", "metadata"))
    shutil.copytree(V1 / "metadata-1", folder / "metadata")
    return folder


def check(node: Node, version: str) -> None:
    node.check_nothing_false()
    for path, digest in EXPECTED["files"][version].items():
        assert digest_of(node.data_dir.store_path(digest).read_bytes()) == digest, path


def test_a_repository_and_its_delta(tmp_path: Path) -> None:
    first = FolderSource(at_version_1(tmp_path / "first"))
    node = Node(tmp_path / "node", [first]).initialise(Root())  # type: ignore[arg-type]
    node.sync_well()
    assert node.lessons("rivers") == {"source": 1, "mouth": 1}
    check(node, "1")

    second = FolderSource(REPOSITORY)
    node.sources = [second]
    node.sync_well()
    assert node.lessons("rivers") == {"source": 2, "delta": 2}
    check(node, "2")
    delta = REPOSITORY / delta_path("rivers", *EXPECTED["manifests"].values())
    # No block of the new bundle: that alone is larger than all that came.
    assert delta.stat().st_size < second.traffic.bytes_in < EXPECTED["bundle"]
