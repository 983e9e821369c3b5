"""Manuals that Debian packages carry go the whole way, and come out byte for byte.

Nobody here wrote them: thousands of pages, pictures, style sheets and PDFs, as they are found.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from content_packs.cpack import open_cpack
from content_packs.digests import digest_of, digest_of_file
from scripts.demonstration.programs import run, run_json
from scripts.demonstration.story import Stage
from sync_node.data_dir import DataDir
from sync_node.lan.app import create_app
from tests.support.real_material import make_pack_folder

SMALL = ("octave-doc", "r-doc-pdf")
ALL = (*SMALL, "sqlite3-doc", "python3.11-doc")


@dataclass(frozen=True)
class Amount:
    """How much material it has to be at the least."""

    files: int
    bytes: int


@pytest.mark.registry
@pytest.mark.parametrize(
    ("packages", "least"),
    [
        pytest.param(SMALL, Amount(2_500, 40_000_000), id="small", marks=pytest.mark.long),
        pytest.param(
            ALL,
            Amount(4_500, 120_000_000),
            id="all",
            marks=[pytest.mark.long, pytest.mark.timeout(1_800)],
        ),
    ],
)
def test_manuals_go_from_folder_to_phone(
    tmp_path: Path, packages: tuple[str, ...], least: Amount
) -> None:
    folder = tmp_path / "manuals"
    assert len(make_pack_folder(folder, *packages)) >= least.files
    stage = Stage(tmp_path, print)
    cpack = stage.cpack("manuals", 1)
    run("content-packs", "build", folder, "--output", cpack)
    run("content-packs", "verify", cpack)
    try:
        stage.start_hub()
        stage.make_node()
        stage.release("manuals", 1)
        sync = stage.sync()
    finally:
        stage.close()
    assert sync.tick["outcome"] == "updated"
    assert sync.down < cpack.stat().st_size * 1.02
    assert run_json("sync-node", "check", "--data", stage.node_data)["clean"]
    _compare(cpack, folder, DataDir(stage.node_data), least)


def _compare(cpack: Path, folder: Path, node: DataDir, least: Amount) -> None:
    """Compare every file of the folder with what the node holds, and some with what it serves."""
    with open_cpack(cpack) as opened:
        manifest = opened.manifest
    assert manifest.size >= least.bytes
    folders = {path.name.split("-", 1)[1]: path for path in folder.glob("[0-9]*-*")}
    site = create_app(node).test_client()
    for number, file in enumerate(manifest.files):
        first, _, rest = file.path.partition("/")
        source = folders.get(first, folder / first) / rest
        assert file.digest == digest_of_file(source), file.path
        assert digest_of_file(node.store_path(file.digest)) == file.digest, file.path
        if number % 20 == 0:
            answer = site.get(f"/content/manuals/1/{file.path}")
            assert (answer.status_code, digest_of(answer.data)) == (200, file.digest), file.path
    for lesson in manifest.lessons:
        answer = site.get(f"/packs/manuals/{lesson.id}")
        assert answer.status_code == 200
        assert answer.text.count("/packs/manuals/") >= len(lesson.items)
