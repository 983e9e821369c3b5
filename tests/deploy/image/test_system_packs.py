"""A system pack is what the image's cards run, byte by byte; the next one costs what it changes."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from content_packs import systems
from content_packs.cpack import open_cpack
from content_packs.errors import InvalidContent, UsageError
from deploy.image import boot_files, system_packs
from tests.support.deltas import put_delta
from tests.support.repositories import Repository
from tests.support.systems import CardImage, system_contents

pytestmark = pytest.mark.skipif(
    shutil.which("mksquashfs") is None, reason="needs mksquashfs: apt install squashfs-tools"
)
RELEASE = 'system = {}\nsatchel = "0.1.0"\narch = "arm64"\nbuilt = 1780000000\n'


def root_tree(folder: Path, version: int) -> Path:
    """A root of programs of which one changed since version 1, and one is new."""
    root = folder / f"root-{version}"
    (root / "usr/lib/satchel").mkdir(parents=True)
    (root / "usr/lib/satchel/release.toml").write_text(RELEASE.format(version))
    chance = random.Random(1)
    for number in range(24):
        words = [f"{chance.randrange(10**6)} {number}\n" for _ in range(4_000)]
        (root / f"program-{number}").write_text("".join(words))
    if version > 1:
        (root / "program-7").write_text("mended\n" * 5_000)
        (root / "program-new").write_bytes(random.Random(version).randbytes(3_000))
    return root


def image_of(folder: Path, version: int, *, release: bool = True) -> Path:
    """An image with a real squashfs in slot a."""
    root = root_tree(folder, version)
    if not release:
        (root / "usr/lib/satchel/release.toml").unlink()
    squashed = folder / f"{version}.squashfs"
    subprocess.run(
        ["mksquashfs", str(root), str(squashed), "-comp", "zstd", "-all-time", "1", "-mkfs-time",
         "1", "-quiet", "-no-progress", "-processors", "1"],
        check=True, capture_output=True,
    )  # fmt: skip
    card = CardImage.build(folder / f"card-{version}")
    card.write_slot("a", squashed.read_bytes())
    return card.path


def test_it_holds_what_cards_of_the_image_run(tmp_path: Path) -> None:
    image, out = image_of(tmp_path, 1), tmp_path / "one.cpack"
    made = system_packs.make(image, out, tmp_path / "work")
    assert (made.pack, made.version) == ("satchel-system-arm64", 1)
    assert made.system
    assert made.system.arch == "arm64"
    with open_cpack(out) as opened:
        manifest = opened.manifest
    assert manifest == made
    sizes = {file.path: file.size for file in manifest.files}
    assert sizes[systems.SQUASHFS] == (tmp_path / "1.squashfs").stat().st_size
    kernel = next(each for each in system_contents(1) if each.path == "boot/vmlinuz")
    assert sizes["boot/vmlinuz"] == len(bytes(kernel.content))  # type: ignore[arg-type]
    assert sizes["slot-b/config.txt"] == len(boot_files.pi_config("b"))
    assert sizes["release.toml"] == len(RELEASE.format(1))
    assert set(sizes) == manifest.lessons[0].required_paths()
    assert not (tmp_path / "work").exists()


def test_the_same_image_gives_the_same_pack(tmp_path: Path) -> None:
    image = image_of(tmp_path, 1)
    packs = [tmp_path / "one.cpack", tmp_path / "two.cpack"]
    for number, out in enumerate(packs):
        system_packs.make(image, out, tmp_path / f"work-{number}")
    assert packs[0].read_bytes() == packs[1].read_bytes()


@pytest.mark.parametrize("what", ["no file", "no table", "no squashfs", "no release"])
def test_an_image_without_a_system_is_told_of(tmp_path: Path, what: str) -> None:
    if what == "no release":
        image = image_of(tmp_path, 1, release=False)
    elif what == "no squashfs":
        image = CardImage.build(tmp_path / "card").path
    else:
        image = tmp_path / "image"
        if what == "no table":
            image.write_bytes(bytes(100_000))
    with pytest.raises((InvalidContent, UsageError)):
        system_packs.make(image, tmp_path / "out", tmp_path / "work")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "work").exists()


def test_words_that_the_image_was_built_with_stay(tmp_path: Path) -> None:
    entry = tmp_path / "entry.conf"
    entry.write_text(boot_files.entry("a", 1, ("console=ttyAMA0",)))
    assert system_packs._extra_words(entry, image=tmp_path) == ("console=ttyAMA0",)


def test_an_update_costs_what_it_changes(tmp_path: Path) -> None:
    """Unchanged files of a squashfs are in the same blocks, and a delta finds those anywhere."""
    repository = Repository(tmp_path / "repository", ("main", systems.CHANNEL))
    sizes = {}
    for version in (1, 2):
        out = tmp_path / f"{version}.cpack"
        made = system_packs.make(image_of(tmp_path, version), out, tmp_path / "work")
        repository.publish(out)
        sizes[version] = made.by_path[systems.SQUASHFS].size
    _, delta = put_delta(repository, "satchel-system-arm64", 1, 2)
    assert delta.update_bytes < sizes[2] / 3
