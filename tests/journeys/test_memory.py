"""A film of gigabytes goes the whole way within 200 MB of memory on each side.

An update of such a file, which its hub makes a delta of, takes its publisher 500 MB at most.
"""

from pathlib import Path

import pytest

from content_packs.limits import GIB, KIB, MIB
from scripts.demonstration.programs import peak_memory, run
from scripts.demonstration.story import Stage
from tests.support.packs import random_bytes
from tests.support.source_code import CHECKOUT

LIMIT_BYTES = 200_000_000
ROW_BYTES, CHANGED_EVERY_BYTES = 32, 4 * KIB
PACK_TOML = """\
id = "large"
version = 1
languages = ["en"]
title = { en = "Large" }
summary = { en = "One large file" }
licence = "CC0-1.0"
publisher = { id = "tests", title = { en = "Tests" } }
stage = "primary"
grade = "4"
subject = "mathematics"
"""


def make_folder(folder: Path, size: int) -> Path:
    """Write a pack folder with one file of `size` bytes that doesn't compress."""
    app = folder / "01-large" / "archive"
    app.mkdir(parents=True)
    (folder / "pack.toml").write_text(PACK_TOML)
    (app.parent / "lesson.toml").write_text(
        'title = { en = "Large" }\nitems = [{ id = "archive", title = { en = "Archive" } }]\n'
    )
    (app / "index.html").write_text('<!doctype html><html lang="en"><title>Archive</title></html>')
    with (app / "archive.dat").open("wb") as file:
        for number in range(size // (8 * MIB)):
            file.write(random_bytes(number, 8 * MIB))
    return folder


@pytest.mark.long
@pytest.mark.parametrize(
    "size",
    [
        pytest.param(256 * MIB, id="256-MiB"),
        pytest.param(2 * GIB, id="2-GiB", marks=[pytest.mark.long, pytest.mark.timeout(1_800)]),
    ],
)
def test_every_program_stays_small(tmp_path: Path, size: int) -> None:
    stage = Stage(tmp_path, print)
    cpack = stage.cpack("large", 1)
    folder = make_folder(tmp_path / "folder", size)
    data = ("--data", stage.hub_data)
    peaks = {"build": peak_memory("content-packs", "build", folder, "--output", cpack)}
    peaks["verify"] = peak_memory("content-packs", "verify", cpack)
    try:
        stage.start_hub()
        stage.make_node()
        peaks["publish"] = peak_memory("hub", "publish", cpack, "--release", "main", *data)
        peaks["sync"] = peak_memory("sync-node", "sync", "--data", stage.node_data)
        peaks["check"] = peak_memory("sync-node", "check", "--data", stage.node_data)
        peaks["serve"] = stage.servers[0].peak_memory()
    finally:
        stage.close()
    report = CHECKOUT / ".cache" / f"memory-{size // MIB}.txt"
    report.parent.mkdir(exist_ok=True)
    report.write_text("".join(f"{name} {peak // 1_000_000} MB\n" for name, peak in peaks.items()))
    assert stage.cpack("large", 1).stat().st_size > size
    assert max(peaks.values()) < LIMIT_BYTES, peaks


def change(folder: Path) -> None:
    """Make the next version: one row of 128 is another, all over the large file."""
    description = folder / "pack.toml"
    description.write_text(description.read_text().replace("version = 1", "version = 2"))
    with (folder / "01-large" / "archive" / "archive.dat").open("r+b") as file:
        for at in range(0, file.seek(0, 2), CHANGED_EVERY_BYTES):
            file.seek(at)
            file.write(f"{at:>{ROW_BYTES}}".encode())


@pytest.mark.parametrize(
    ("size", "limit_bytes"),
    [
        pytest.param(160 * MIB, 300_000_000, id="160-MiB", marks=pytest.mark.long),
        pytest.param(
            2 * GIB, 500_000_000, id="2-GiB", marks=[pytest.mark.long, pytest.mark.timeout(1_800)]
        ),
    ],
)
def test_publishing_an_update_stays_small(tmp_path: Path, size: int, limit_bytes: int) -> None:
    folder, cpack = make_folder(tmp_path / "folder", size), tmp_path / "new.cpack"
    hub = tmp_path / "hub"
    data = ("--data", hub)
    run("hub", "init", "--channel", "main", *data)
    peaks = []
    for number in (1, 2):
        if number == 2:
            change(folder)
        run("content-packs", "build", folder, "--output", cpack)
        peaks.append(peak_memory("hub", "publish", cpack, *data))
    deltas = [one.stat().st_size for one in hub.rglob("*.delta")]
    assert len(deltas) == 1
    assert deltas[0] < size // 10
    assert max(peaks) < limit_bytes, peaks
