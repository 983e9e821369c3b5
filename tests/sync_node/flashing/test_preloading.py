"""A card that brings packs: written by the command, started by the box's own programs, served."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from content_packs.card_seeds import CardSeed, SeedHub
from content_packs.errors import (
    InvalidContent,
    Missing,
    NotInstalled,
    Refused,
    SourceUnavailable,
    Untrusted,
    UsageError,
)
from content_packs.limits import MIB
from content_packs.messages import to_base64
from deploy.node.data import making
from sync_node.beginning.first_start import Surroundings, first_start
from sync_node.box_clock import system_clock
from sync_node.data_dir import DataDir
from sync_node.flashing import data_partition, gpt, preloading, programs
from sync_node.hardware import Hardware
from sync_node.school.school import open_school
from tests.support import node_process
from tests.support.cards import a_seed, document_of
from tests.support.nodes import Node, publish
from tests.support.protocol import counting, hub_keys
from tests.support.repositories import Repository
from tests.support.repository_server import serving
from tests.support.small_images import SmallImage, run, small_image

__all__ = ["small_image"]


@dataclass
class District:
    """A hub's repository, the seed of a card of its, and a laptop's folder."""

    repository: Repository
    folder: Path
    seed: CardSeed

    def flash(self, *arguments: object, code: int = 0) -> dict:  # type: ignore[type-arg]  # JSON
        done = node_process.run(
            "flash", *map(str, arguments), "--json", "--seed", self.folder / "seed.json",
            "--work", self.folder / "work", "--labels", self.folder / "labels",
            "--receipts", self.folder / "receipts.jsonl",
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return dict(json.loads(done.stdout))


def seed_of(repository: Repository, **changes: object) -> CardSeed:
    targets = max((repository.root / "metadata").glob("*.targets.json"),
                  key=lambda path: int(path.name.split(".")[0]))  # fmt: skip
    return a_seed(
        root=to_base64(repository.first_root), targets=to_base64(targets.read_bytes()),
        code_expires_at=system_clock().replace(microsecond=0) + timedelta(days=30),
        channels=("main",), **changes,
    )  # fmt: skip


@pytest.fixture
def district(repository: Repository, tmp_path: Path) -> District:
    repository.hub_keys = hub_keys()
    repository.offer("main", publish(repository, tmp_path, video_bytes=300_000))
    repository.offer("main", publish(repository, tmp_path, pack="other", seeds={"two": 5}))
    seed = seed_of(repository)
    (tmp_path / "seed.json").write_bytes(document_of(seed))
    return District(repository, tmp_path, seed)


@pytest.fixture
def tree(district: District, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "tree"
    preloading.preload(
        district.seed, ["demo"], str(district.repository.root), folder, progress=lambda _: None
    )
    return folder


def data_of(card: Path, folder: Path) -> Path:
    """Copy the data partition out of a card, and all files out of that; return their folder."""
    with card.open("rb") as file:
        table = gpt.read(file.read(gpt.HEAD_BYTES), what="card")
        data = table.named("data")
        file.seek(data.start)
        folder.mkdir()
        (folder / "data.ext4").write_bytes(file.read(data.size))
    run("e2fsck", "-f", "-n", str(folder / "data.ext4"))
    (folder / "box").mkdir()
    run("debugfs", "-R", f"rdump / {folder / 'box'}", str(folder / "data.ext4"))
    return folder / "box"


def test_a_box_serves_from_its_first_start_what_its_card_brought(
    district: District, small_image: SmallImage
) -> None:
    card = district.folder / "card.img"
    said = district.flash(
        card, "--image", small_image.path, "--digest", small_image.digest,
        "--preload", "demo", "--preload", "other", "--from", district.repository.root,
        "--size", "300M",
    )  # fmt: skip
    receipt = said["cards"][0]["receipt"]
    assert [(one["pack"], one["version"]) for one in receipt["packs"]] == [
        ("demo", 1), ("other", 1),
    ]  # fmt: skip
    done = making.make(making.OpenDisk(str(card)))  # as the box does before it mounts it
    assert done == ["the data partition came with the card"], "the table is made for the card"
    box = data_of(card, district.folder / "out")
    assert {path.name for path in box.iterdir()} == {"lost+found", "manifests", "store", "trust"}
    surroundings = Surroundings(
        Hardware("Raspberry Pi 4"), counting(), system_clock,
        lambda data_dir: open_school(data_dir, clock=system_clock, hash_cost=2),
    )  # fmt: skip
    first_start(DataDir(box), district.folder / "seed.json", None, surroundings)
    status = json.loads(node_process.run("status", "--json", "--data", box).stdout)
    ready = {pack["pack"]: pack["lessons_ready"] for pack in status["packs"]}
    assert ready == {"demo": 2, "other": 2}
    assert all(not pack["retired"] and not pack["bytes_to_come"] for pack in status["packs"])
    node = Node(box, [], now=system_clock())
    node.check_nothing_false()
    check = node_process.run("check", "--data", box)
    assert check.returncode == 0, check.stdout + check.stderr


def test_the_box_owns_what_comes_along_and_nothing_of_the_laptop_does(
    tree: Path, tmp_path: Path
) -> None:
    size = data_partition.make(tree, tmp_path / "data", size_max=10**9, name="x")
    assert (tmp_path / "data").stat().st_size == size
    listed = run("debugfs", "-R", "ls -l /trust", str(tmp_path / "data"))
    owners = {tuple(line.split()[3:5]) for line in listed.splitlines() if line.split()}
    assert owners == {("990", "990")}
    head = run("dumpe2fs", "-h", str(tmp_path / "data"))
    assert "Filesystem volume name:   satchel-data" in head
    assert "Mount count:              0" in head
    laptop = str(tmp_path).encode()
    assert laptop not in (tmp_path / "data").read_bytes()


def test_a_file_that_could_not_be_given_to_the_box_is_told(tree: Path, tmp_path: Path) -> None:
    """debugfs ends well whatever fails, and the box couldn't read its own packs."""
    file = tmp_path / "data"
    data_partition.make(tree, file, size_max=10**9, name="x")
    with pytest.raises(InvalidContent, match="File not found"):
        programs.run(
            "debugfs", "-w", "-f", "-", file, text=b"sif /trusted uid 990\n", banner="debugfs "
        )


def test_it_can_grow_to_the_largest_card(tree: Path, tmp_path: Path) -> None:
    file = tmp_path / "data"
    data_partition.make(tree, file, size_max=10**9, name="x")
    with file.open("r+b") as opened:
        opened.truncate(64 * 10**9)
    run("resize2fs", str(file))
    run("e2fsck", "-f", "-n", str(file))


def test_the_same_packs_give_the_same_bytes(tree: Path, tmp_path: Path) -> None:
    """So that a card that was cut off goes on where it was."""
    for name in ("one", "two"):
        data_partition.make(tree, tmp_path / name, size_max=10**9, name="x")
    one, two = ((tmp_path / name).read_bytes() for name in ("one", "two"))
    step = 8 * MIB
    differing = sum(one[at : at + step] != two[at : at + step] for at in range(0, len(one), step))
    assert differing <= 2


def test_a_card_without_room_for_the_packs_is_refused_before_it_is_touched(
    district: District, small_image: SmallImage
) -> None:
    said = district.flash(
        district.folder / "card.img", "--image", small_image.path, "--digest", small_image.digest,
        "--preload", "demo", "--from", district.repository.root, "--size", "40M", code=5,
    )  # fmt: skip
    assert "are needed" in said["error"]["message"]
    assert "preload fewer packs" in said["error"]["hint"]
    assert not (district.folder / "card.img").exists()


def test_packs_come_from_a_hub_too(district: District, tmp_path: Path) -> None:
    with serving(district.repository.root) as server:
        found = preloading.preload(
            district.seed, ["demo"], server.url, tmp_path / "tree", progress=lambda _: None
        )
    assert [(pack.pack, pack.version) for pack in found.packs] == [("demo", 1)]


def test_what_another_hub_signed_does_not_come_along(district: District, tmp_path: Path) -> None:
    stranger = Repository(tmp_path / "stranger", channels=("main",))
    stranger.offer("main", publish(stranger, tmp_path))
    with pytest.raises(Untrusted):
        preloading.preload(
            district.seed, ["demo"], str(stranger.root), tmp_path / "tree", progress=lambda _: None
        )


def test_a_pack_that_is_not_there_or_not_whole_is_said(district: District, tmp_path: Path) -> None:
    def preload(*packs: str, place: Path | None = None) -> None:
        shutil.rmtree(tmp_path / "tree", ignore_errors=True)
        preloading.preload(
            district.seed, packs, str(place or district.repository.root), tmp_path / "tree",
            progress=lambda _: None,
        )  # fmt: skip

    with pytest.raises(Missing, match="offers no pack 'nope'"):
        preload("demo", "nope")
    with pytest.raises(InvalidContent, match="Grade 4"):
        preload("Grade 4")
    with pytest.raises(UsageError, match="more than 64"):
        preload(*(f"pack-{number}" for number in range(65)))
    with pytest.raises(Missing, match="no such folder"):
        preload("demo", place=tmp_path / "nowhere")
    for bundle in (district.repository.root / "bundles").iterdir():
        bundle.write_bytes(bundle.read_bytes()[:-1])
    with pytest.raises(SourceUnavailable, match="bytes early"):
        preload("demo")


def test_packs_without_a_place_are_a_mistake_of_the_command(
    district: District, small_image: SmallImage
) -> None:
    said = district.flash(
        district.folder / "card.img", "--image", small_image.path, "--digest", small_image.digest,
        "--preload", "demo", code=2,
    )  # fmt: skip
    assert "--from" in said["error"]["hint"]


def test_a_hub_of_the_seed_with_a_certificate_of_its_own_is_asked_with_it(tmp_path: Path) -> None:
    pin = "sha256:" + "ab" * 32
    pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    for authority, said in ((pin, pin), (pem, "authority.pem"), ("", "")):
        seed = a_seed(hubs=(SeedHub(address="https://hub.example/", authority=authority),))
        for place in ("https://hub.example/", "https://hub.example"):
            assert preloading.source_of(seed, place, tmp_path).ca == said
    assert (tmp_path / "authority.pem").read_text() == pem
    assert preloading.source_of(seed, "https://other.example/", tmp_path).ca == ""


def test_a_program_that_is_missing_is_named_with_its_package() -> None:
    with pytest.raises(NotInstalled, match="no-such-program") as refusal:
        programs.check_installed("no-such-program")
    assert "apt install" in refusal.value.hint


def test_a_program_that_fails_says_why(tmp_path: Path) -> None:
    (tmp_path / "no.fat").write_bytes(bytes(4096))
    with pytest.raises(InvalidContent, match="mtype: "):
        programs.run("mtype", "-i", tmp_path / "no.fat", "::x")
    with pytest.raises(Refused, match="room for 1 MB"):
        data_partition.make(tmp_path, tmp_path / "data", size_max=10**6, name="x")
