"""An image of a box in small: a table by sgdisk, FAT by mtools, systems of random bytes."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import pytest

from content_packs.card_seeds import CardSeed, open_seed
from content_packs.limits import MIB
from sync_node.flashing.flashing import CardJob
from sync_node.flashing.mapping import write_map
from tests.support.cards import a_seed, document_of

PARTS = {"boot": (1, 4), "system-a": (5, 6), "system-b": (11, 6), "data": (17, 3)}  # from, MiB
IMAGE_MIB = 21
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
RELEASE = 'system = 3\nsatchel = "0.1.0"\narch = "arm64"\nbuilt = 1700000000\n'


@dataclass(frozen=True)
class SmallImage:
    path: Path
    digest: str  # of its map


def need_programs() -> None:
    """Skip where a program is missing that only scripts/test installs."""
    for name in ("sgdisk", "mcopy", "mke2fs", "debugfs"):
        if not shutil.which(name, path=_PATH):
            pytest.skip(f"{name} isn't installed: scripts/test installs it where it may")


@cache
def _bytes() -> bytes:
    return Random(7).randbytes(3 * MIB + 17 * 4096)


def make_image(folder: Path, name: str = "satchel-node-arm64.img", release: str = RELEASE) -> Path:
    """Make an image in `folder`: its first system has bytes, its second none."""
    path = folder / name
    path.write_bytes(_image(release))
    return path


@cache
def _image(release: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="image-") as folder:
        return _made(Path(folder) / "image", release).read_bytes()


def _made(path: Path, release: str) -> Path:
    with path.open("wb") as file:
        file.truncate(IMAGE_MIB * MIB)
    words = []
    for number, (label, (start, size)) in enumerate(PARTS.items(), 1):
        words += [f"--new={number}:{start * 2048}:{(start + size) * 2048 - 1}"]
        words += [f"--change-name={number}:{label}"]
    sgdisk = ["sgdisk", "--clear", "--disk-guid=11111111-2222-4333-8444-555555555555", *words]
    run(*sgdisk, str(path))
    boot = f"{path}@@{PARTS['boot'][0] * MIB}"
    run("mformat", "-i", boot, "-T", str(PARTS["boot"][1] * 2048), "-v", "SATCHEL", "::")
    run("mmd", "-i", boot, "::a")
    run("mcopy", "-i", boot, "-", "::a/release.toml", text=release)
    with path.open("r+b") as file:
        file.seek(PARTS["system-a"][0] * MIB)
        file.write(_bytes())
    return path


def mapped_image(folder: Path, release: str = RELEASE) -> SmallImage:
    path = make_image(folder, release=release)
    return SmallImage(path, write_map(path).digest)


def run(*command: str, text: str = "") -> str:
    environment = {**os.environ, "MTOOLSRC": "/dev/null", "PATH": _PATH}
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def a_job(seed: CardSeed | None = None, packs: tuple[str, ...] = (), label: str = "") -> CardJob:
    document = document_of(seed or a_seed())
    return CardJob(open_seed(document), document, packs, label)


def seed_on(card: Path) -> bytes:
    """The seed on a card's boot partition, as mtools of the box would read it."""
    boot = f"{card}@@{PARTS['boot'][0] * MIB}"
    return run("mtype", "-i", boot, "::satchel/seed.json").encode()


def table_of(card: Path) -> str:
    """What sgdisk finds in a card's table; it ends the test where it finds anything wrong."""
    verified = run("sgdisk", "--verify", str(card))
    assert "No problems found" in verified, verified
    return run("sgdisk", "--print", str(card))


@pytest.fixture
def small_image(tmp_path: Path) -> SmallImage:
    need_programs()
    return mapped_image(tmp_path)
