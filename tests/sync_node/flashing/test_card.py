"""A real block device is opened alone, as what was chosen, and written past the cache."""

import fcntl
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from content_packs.errors import Refused, SatchelError, StorageFailed
from content_packs.limits import MIB
from sync_node.flashing import card, media
from sync_node.flashing.machine import Machine, number_of
from sync_node.flashing.media import Chosen
from sync_node.flashing.targets import DiskTarget
from tests.support.laptops import Laptop
from tests.support.loops import Loop, loop_device

SIZE = 24 * MIB


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    with loop_device(tmp_path / "behind", SIZE) as found:
        yield found


@pytest.fixture
def chosen(loop: Loop, tmp_path: Path) -> Chosen:
    machine = loop.as_card(Laptop(tmp_path / "laptop"))
    return media.choose(str(loop.device), machine)


def test_what_is_written_to_a_device_is_read_back_from_it(loop: Loop, chosen: Chosen) -> None:
    data = os.urandom(3 * MIB)
    with card.open_disk(chosen) as opened:
        assert opened.size == SIZE
        opened.write(MIB, data)
        opened.write(SIZE - 33 * 512, data[: 33 * 512])
        opened.settle()
        assert opened.read(MIB, len(data)) == data
        assert opened.read(SIZE - 33 * 512, 33 * 512) == data[: 33 * 512]
    behind = loop.file.read_bytes()
    assert behind[MIB : 4 * MIB] == data


def test_a_device_is_opened_by_one_at_a_time(chosen: Chosen) -> None:
    with card.open_disk(chosen), pytest.raises(Refused, match="is in use"):
        card.open_disk(chosen)
    descriptor = os.open(chosen.path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        with pytest.raises(Refused, match="another program is at work"):
            card.open_disk(chosen)
    finally:
        os.close(descriptor)
    card.open_disk(chosen).close()


def test_what_is_mounted_where_nobody_looks_is_refused_by_the_kernel(
    loop: Loop, chosen: Chosen, tmp_path: Path
) -> None:
    """In a namespace of its own: no table of mounts that we read has it."""
    subprocess.run(["mke2fs", "-q", "-F", loop.device], check=True, capture_output=True)
    place = tmp_path / "mounted"
    place.mkdir()
    script = f"mount -o ro {loop.device} {place} && echo ready && exec cat"
    holder = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", script],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout
    try:
        if holder.stdout.readline() != "ready\n":
            pytest.skip(f"can't mount here: {holder.communicate()[1]}")
        assert str(place) not in Path("/proc/self/mountinfo").read_text(encoding="utf-8")
        with pytest.raises(Refused, match="is in use"):
            card.open_disk(chosen)
    finally:
        holder.communicate()


def test_a_device_that_is_not_the_chosen_one_any_more_is_refused(
    chosen: Chosen, tmp_path: Path
) -> None:
    with loop_device(tmp_path / "other", SIZE) as other:
        turned = Chosen(chosen.asked, other.device, chosen.disk)
        with pytest.raises(Refused, match="has become another device"):
            card.open_disk(turned)
    link = tmp_path / "link"
    link.symlink_to(chosen.path)
    with pytest.raises(SatchelError):
        card.open_disk(Chosen(chosen.asked, link, chosen.disk))


def test_a_card_that_is_changed_just_before_it_is_opened_is_let_go(
    loop: Loop, chosen: Chosen, tmp_path: Path
) -> None:
    """Another one of the same size: only the kernel's count of insertions tells."""
    laptop = tmp_path / "laptop"
    looks = 0

    def number(path: Path) -> str | None:
        nonlocal looks
        looks += path == loop.device
        if looks == 2:
            (laptop / "sys/class/block" / loop.device.name / "diskseq").write_text("99")
        return number_of(path)

    machine = Machine(laptop / "sys", laptop / "proc", Path("/dev"), device_number=number)
    with pytest.raises(Refused, match="is another card than a moment ago"):
        DiskTarget(chosen, machine).open(SIZE)
    assert looks == 2
    card.open_disk(chosen).close()  # nobody holds it any more


def test_who_has_a_device_open_for_writing_is_found(loop: Loop) -> None:
    """By the real /proc: a program that asked for nothing exclusive."""
    for redirection, found in (("<", False), ("<>", True)):
        holder = subprocess.Popen(
            ["sh", "-c", f"exec 5{redirection}{loop.device}; echo ready; exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert holder.stdout
            assert holder.stdout.readline() == "ready\n"
            programs = [program for _, program in Machine().writers({loop.device.name})]
            assert programs == [f"cat (process {holder.pid})"] * found
        finally:
            holder.communicate()
    with loop.device.open("r+b"):
        assert Machine().writers({loop.device.name}) == [], "we are in nobody's way"


def test_a_device_whose_size_changed_is_refused(loop: Loop, chosen: Chosen) -> None:
    with loop.file.open("r+b") as file:
        file.truncate(SIZE // 2)
    subprocess.run(["losetup", "--set-capacity", loop.device], check=True)
    with pytest.raises(Refused, match="a moment ago"):
        card.open_disk(chosen)


def test_a_card_that_shrinks_to_nothing_was_pulled(loop: Loop, chosen: Chosen) -> None:
    with card.open_disk(chosen) as opened:
        with loop.file.open("r+b") as file:
            file.truncate(0)
        subprocess.run(["losetup", "--set-capacity", loop.device], check=True)
        with pytest.raises(StorageFailed, match="was pulled") as failure:
            opened.read(0, MIB)
        assert "run the same: it goes on" in failure.value.hint
        with pytest.raises(StorageFailed):
            opened.write(0, bytes(MIB))


def test_of_this_machine_loops_are_refused_whoever_asks(loop: Loop) -> None:
    with pytest.raises(Refused, match="a file that is used as a disk"):
        media.choose(str(loop.device), Machine())


def test_a_file_is_written_and_read_back_too(tmp_path: Path) -> None:
    path = tmp_path / "card.img"
    data = os.urandom(2 * MIB)
    with card.open_file(path, 5 * MIB) as opened:
        opened.write(MIB, data)
        opened.settle()
        assert opened.read(MIB, len(data)) == data
    assert path.stat().st_size == 5 * MIB
    assert path.stat().st_mode & 0o777 == 0o600
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(StorageFailed):
        card.open_file(link, MIB)
    with pytest.raises(SatchelError):
        card.open_file(tmp_path, MIB)
