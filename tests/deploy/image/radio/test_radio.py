"""deploy/image/wifi-test without an emulator: what is put on the card, how its words are read."""

import gzip
import os
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import InvalidContent
from deploy.image.initramfs import cpio
from deploy.image.radio.guest import ask
from deploy.image.radio.putting import HERE, INIT, PROGRAMS, archive, put, with_initramfs
from deploy.image.radio.trial import Said, read

IMAGE = Path(__file__).parents[4] / ".cache/image/out/satchel-node-arm64.img"


@pytest.fixture
def packages(tmp_path: Path) -> dict[str, Path]:
    found = {}
    for package, programs in PROGRAMS.items():
        found[package] = tmp_path / package
        for program in programs:
            place = found[package] / "usr/sbin" / program
            place.parent.mkdir(parents=True)
            place.write_bytes(b"a program")
    library = tmp_path / "libssl3/usr/lib/aarch64-linux-gnu/libssl.so.3"
    library.parent.mkdir(parents=True)
    library.write_bytes(b"a library")
    return found | {"libssl3": tmp_path / "libssl3"}


def test_the_second_initramfs_is_the_first_ones_init_and_what_phones_need(
    packages: dict[str, Path],
) -> None:
    init = INIT.read_text(encoding="utf-8")
    found = {entry.name: entry for entry in cpio.unpack(archive(packages, init))}
    ours = found["init"].data.decode()
    assert ours.replace("  cp -a /extra/. /root/\n", "") == init
    assert ours.index("cp -a /extra") < ours.index("exec switch_root")
    for name in ("bin/wpa_supplicant", "bin/busybox", "lib/libssl.so.3", "wifi-trial", "ask.py"):
        assert f"extra/wifi-trial/{name}" in found
    unit = "extra/etc/systemd/system/multi-user.target.wants/satchel-wifi-trial.service"
    assert found[unit].data == b"/etc/systemd/system/satchel-wifi-trial.service"


def test_an_init_of_another_kind_is_refused(packages: dict[str, Path]) -> None:
    with pytest.raises(InvalidContent, match="expected one line"):
        archive(packages, "#!/bin/sh\nexec switch_root /root /sbin/init\n")
    del packages["wpasupplicant"]
    with pytest.raises(InvalidContent, match="no program wpa_supplicant"):
        archive(packages, INIT.read_text(encoding="utf-8"))


def test_the_loader_is_told_once() -> None:
    entry = "title Satchel\nlinux /a/vmlinuz\ninitrd /a/initrd.img\noptions quiet\n"
    changed = with_initramfs(entry)
    assert changed.splitlines()[2:4] == ["initrd /a/initrd.img", "initrd /a/wifi-trial.img"]
    assert with_initramfs(changed) == changed
    with pytest.raises(InvalidContent, match="no line `initrd`"):
        with_initramfs("title Satchel\n")


@pytest.mark.skipif(
    not all(map(shutil.which, ("mcopy", "mformat", "sfdisk"))), reason="needs mtools and fdisk"
)
def test_a_card_gets_it(tmp_path: Path) -> None:
    card = tmp_path / "card.img"
    with card.open("wb") as file:
        file.truncate(64 << 20)
    table = "label: gpt\nstart=2048, size=100000, name=boot\n"
    subprocess.run(["sfdisk", "-q", card], input=table, text=True, check=True)
    at = f"{card}@@{1 << 20}"
    subprocess.run(["mformat", "-i", at, "-T", "100000", "-F", "::"], check=True)
    subprocess.run(["mmd", "-i", at, "::a", "::loader", "::loader/entries"], check=True)
    entry = tmp_path / "entry"
    entry.write_text("linux /a/vmlinuz\ninitrd /a/initrd.img\n")
    place = "::loader/entries/satchel-a+3.conf"
    subprocess.run(["mcopy", "-i", at, entry, place], check=True)
    for _ in range(2):
        put(card, b"an archive", tmp_path)
    said = subprocess.run(["mtype", "-i", at, place], check=True, capture_output=True).stdout
    assert said.count(b"initrd /a/wifi-trial.img") == 1
    held = subprocess.run(
        ["mtype", "-i", at, "::a/wifi-trial.img"], check=True, capture_output=True
    )
    assert gzip.decompress(held.stdout) == b"an archive"  # a plain one has to lie at a fourth byte


def test_the_boxs_words_are_read() -> None:
    serial = (
        "[ 3.1] booting\r\nWIFI-TRIAL ok: on the air\r\n[ 9.9] noise WIFI-TRIAL ok: joined\r\n"
        "WIFI-TRIAL failed: no address\r\nWIFI-TRIAL failed: and more\r\nWIFI-TRIAL end\r\n"
    )
    assert read(serial) == Said(("on the air", "joined"), "no address", is_over=True)
    assert not read(serial.rpartition("WIFI-TRIAL")[0]).is_over


@given(st.text(max_size=200))
def test_anything_else_on_the_line_counts_for_nothing(noise: str) -> None:
    assert read(noise.replace("WIFI-TRIAL", "")) == Said(())


@pytest.mark.parametrize("name", ["wifi-trial", "phones", "lease"])
def test_what_runs_on_the_box_is_a_script(name: str) -> None:
    subprocess.run(["sh", "-n", HERE / name], check=True)
    assert os.access(HERE / name, os.X_OK)


def test_what_the_trial_does_is_there_to_be_done() -> None:
    """A step that isn't written would only be missed on a box, after minutes."""
    text = (HERE / "wifi-trial").read_text(encoding="utf-8")
    steps = text.rpartition("passphrase='correct horse'\n")[2].split()
    assert steps[-1] == "finish"
    assert len(steps) > 8
    for step in steps:
        assert f"\n{step}() {{" in text


ANSWER = bytes.fromhex(
    "000984000001000100000000"  # an answer to one question, with one record
    "0773617463 68656c056c6f63616c00 00010001"  # satchel.local, its address
    "c00c 00018001 00000078 0004 ac1b0001"  # that name again, unique here, 120 seconds
)


def test_phones_read_answers_to_their_questions() -> None:
    assert ask.question("satchel.local")[12:] == ANSWER[12:31]
    assert ask.address_in(ANSWER) == "172.27.0.1"
    assert ask.address_in(ask.question("satchel.local")) == ""  # somebody else's question
    other = ANSWER[:33] + b"\x00\x1c" + ANSWER[35:]  # an address of IPv6
    assert ask.address_in(other) == ""


def test_a_phone_asks_the_network_for_its_box() -> None:
    """Real multicast, on loopback; test_steps.py has the node's own answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as box:
        box.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        box.bind(("", ask.PORT))
        here = socket.inet_aton("127.0.0.1")
        member = socket.inet_aton(ask.GROUP) + here
        box.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        box.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
        answering = threading.Thread(target=_answer, args=(box,), daemon=True)
        answering.start()
        assert ask.of_the_network("satchel.local", "127.0.0.1") == "172.27.0.1"
        answering.join(20)


def _answer(box: socket.socket) -> None:
    """Answer the first question."""
    while box.recv(9000) != ask.question("satchel.local"):
        pass
    box.sendto(ANSWER, (ask.GROUP, ask.PORT))


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not IMAGE.exists(), reason="no image: deploy/image/build makes it")
@pytest.mark.skipif(shutil.which("qemu-system-aarch64") is None, reason="needs qemu-system-arm")
def test_phones_use_the_wifi_of_the_image() -> None:
    program = Path(__file__).parents[4] / "deploy/image/wifi-test"
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
