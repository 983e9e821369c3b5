"""A film of two gigabytes goes all the way without being held in memory anywhere."""

import os
import shutil
import struct
from pathlib import Path

import pytest

from content_packs.digests import digest_of_file
from content_packs.limits import GIB, MIB
from scripts.demonstration.programs import Server, command, run
from tests.support import media
from tests.support.folders import sound_files, write_folder
from tests.support.memory import peak_bytes, run_watched

PEAK_BYTES_MAX = 200_000_000
CHANNEL = "county-primary"


def write_film(path: Path, size: int) -> None:
    """A real film, made large by a box at its end that players skip (ISO/IEC 14496-12, 8.1.2)."""
    film = media.mp4()
    filler = size - len(film) - 16
    with path.open("wb") as file:
        file.write(film)
        file.write(struct.pack(">I4sQ", 1, b"free", filler + 16))
        for start in range(0, filler, MIB):
            file.write(os.urandom(min(MIB, filler - start)))


@pytest.mark.timeout(1_200)
@pytest.mark.parametrize(
    "size", [128 * MIB, pytest.param(2 * GIB, marks=pytest.mark.long)], ids=["128-mib", "2-gib"]
)
def test_a_large_film_is_never_held_in_memory(tmp_path: Path, size: int) -> None:
    folder = write_folder(tmp_path / "pack", sound_files())
    film = next(folder.glob("*/*.mp4"))
    write_film(film, size)
    digest = digest_of_file(film)
    cpack, hub, node = tmp_path / "big.cpack", tmp_path / "hub", tmp_path / "node"
    peaks = {}
    peaks["build"] = run_watched(command("content-packs", "build", folder, "-o", cpack))
    shutil.rmtree(folder)
    run("hub", "init", "--data", hub, "--channel", CHANNEL)
    peaks["publish"] = run_watched(
        command("hub", "publish", cpack, "--data", hub, "--release", CHANNEL)
    )
    cpack.unlink()
    server = Server("hub", "serve", "--data", hub, "--port", "0", log=tmp_path / "hub.log")
    try:
        root = hub / "repository" / "metadata" / "1.root.json"
        run(
            "sync-node", "init", "--data", node, "--hub", server.address, "--trust", root,
            "--channel", CHANNEL,
        )  # fmt: skip
        peaks["sync"] = run_watched(command("sync-node", "sync", "--data", node))
        peaks["serve"] = peak_bytes(server.process.pid)
    finally:
        server.stop()
    stored = node / "store" / digest[:2] / digest
    assert stored.stat().st_size == size
    assert digest_of_file(stored) == digest
    print(  # noqa: T201 - a figure that the notes quote, seen with -s
        "peak resident memory in MB:", {name: peak // 10**6 for name, peak in peaks.items()}
    )
    assert max(peaks.values()) < PEAK_BYTES_MAX, peaks
