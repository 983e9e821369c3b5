"""The trial of updates: it reads what a box and its hub say, and makes systems as it claims."""

import os
import random
import shutil
import socket
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import jinja2
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.cpack import open_cpack
from content_packs.errors import Refused
from content_packs.reports import SystemSlots
from deploy.image import boot_files, system_packs
from deploy.image.booting import box_page, district, wire
from deploy.image.booting.bench import Bench
from deploy.image.booting.emulator import Board
from deploy.image.booting.systems import KINDS, Kind, Systems
from deploy.image.booting.updates import Runs, SlotWatch, Update, loader_entries, told
from hub.fleet.reports import KeptReport
from sync_node.system.box_slots import BoxSlots
from sync_node.system.view import SystemView
from tests.support.protocol import a_report
from tests.support.source_code import CHECKOUT
from tests.support.systems import CardImage

TEMPLATES = CHECKOUT / "sync_node/lan/templates"
RELEASE = 'system = 7\nsatchel = "0.1.0"\narch = "arm64"\n'
UNIT = "[Service]\nExecStart=/usr/lib/satchel/venv/bin/sync-node run\nRestart=always\n"


def page(view: SystemView) -> str:
    """The part of the technician's page about the system, as the site makes it."""
    pages = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)

    def gettext(text: str, **words: object) -> str:
        return text % words if words else text

    made = pages.get_template("technician/system.html")
    return made.render(system=view, _=gettext, url_for=lambda name: f"/{name}")


@pytest.mark.parametrize("state", box_page.STATES)
@pytest.mark.parametrize("failed", [(), ((8, "it never served"), (6, "the same"))])
def test_every_state_of_the_page_is_told_apart(
    state: str, failed: tuple[tuple[int, str], ...]
) -> None:
    slots = BoxSlots(format=1, boot="x", arch="arm64", slot="b", version=5, failed=failed)
    shown = box_page.read(page(SystemView(slots, state, 9)))  # type: ignore[arg-type]
    assert shown
    assert (shown.version, shown.slot, shown.state) == (5, "b", state)
    assert set(shown.failed) == {version for version, _ in failed}


@given(st.text())
def test_a_page_without_a_system_says_nothing(text: str) -> None:
    assert box_page.read(text) is None


@pytest.mark.parametrize(("ready", "failed"), [(0, ()), (9, ()), (0, (8,)), (9, (6, 8))])
def test_what_the_hub_shows_of_a_box_is_read(ready: int, failed: tuple[int, ...]) -> None:
    slots = SystemSlots(arch="arm64", slot="b", version=5, ready=ready, failed=failed)
    newest = msgspec.structs.replace(a_report(), slots=slots)
    before = msgspec.structs.replace(a_report(), at=newest.at - timedelta(hours=1))
    shown = {"reports": [KeptReport(each, "", "check-in") for each in (before, newest)]}
    found = district.read_heard(msgspec.json.encode(shown).decode())
    assert found == district.Heard(5, "b", ready, failed)
    shown["reports"].pop()
    assert district.read_heard(msgspec.json.encode(shown).decode()) is None
    assert district.read_heard('{"reports": []}') is None


def test_bytes_in_the_slot_are_counted_and_no_others() -> None:
    watch = SlotWatch(system_packs.Region(1_000, 500))
    for at in (0, 999, 1_500, 4_000):
        watch(at, 10)
    assert watch.written == 0
    watch(1_000, 10)
    watch(1_499, 5)
    assert watch.written == 15
    assert Runs(5).other == "b"
    assert Runs(5, "b").other == "a"


def test_the_loaders_entries_are_read_off_a_card(tmp_path: Path) -> None:
    found = loader_entries(CardImage.build(tmp_path).path)
    assert found == {"satchel-a.conf": boot_files.entry("a", 1)}


def test_an_update_is_told_in_a_line() -> None:
    update = Update("good", 8, 147_000_000, 0.42, 61.5).pulled(3).pulled(0)
    assert told(update).startswith("System 8 (good, 147 MB): 2 pulls, the first with 42%")
    assert "3 sectors lost" in told(update)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An image whose slot a has a system of a few files."""
    root = tmp_path / "root"
    for place, text in {
        "usr/lib/satchel/release.toml": RELEASE,
        "usr/lib/systemd/system/satchel-node.service": UNIT,
        "usr/lib/systemd/systemd": "program",
    }.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text)
    (root / "sbin").mkdir()
    (root / "sbin/init").symlink_to("../usr/lib/systemd/systemd")
    squashed = tmp_path / "squashed"
    subprocess.run(["mksquashfs", root, squashed, "-quiet", "-no-progress"], check=True)
    card = CardImage.build(tmp_path / "card")
    card.write_slot("a", squashed.read_bytes())
    return card.path


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("mksquashfs"), reason="needs root and squashfs-tools"
)
def test_each_system_is_newer_and_broken_in_its_way_only(image: Path, tmp_path: Path) -> None:
    systems = Systems(image, tmp_path / "systems")
    systems.begin()
    assert systems.version == 7
    kinds: tuple[Kind, ...] = (*KINDS, "good")
    for version, kind in enumerate(kinds, start=8):
        cpack, made = systems.make(kind)
        assert cpack.is_file()
        assert (made.pack, made.version) == ("satchel-system-arm64", version)
        squashed = taken_out(cpack, tmp_path / "out")
        assert f"system = {version}\n" in cat(squashed, "usr/lib/satchel/release.toml")
        assert ("sbin/init" in listed(squashed)) is (kind != "dead")
        unit = cat(squashed, "usr/lib/systemd/system/satchel-node.service")
        assert ("ExecStart=/bin/false" in unit) is (kind == "mute")
        assert "Restart=always" in unit
    systems.end()
    assert not (tmp_path / "systems").exists()


def taken_out(cpack: Path, out: Path) -> Path:
    """The squashfs in a cpack."""
    with open_cpack(cpack) as opened:
        file = opened.manifest.by_path["system.squashfs"]
        numbers = [opened.manifest.number_of_chunk[chunk.digest] for chunk in file.pieces]
        out.write_bytes(b"".join(map(opened.blocks.read, numbers)))
    return out


def cat(squashfs: Path, place: str) -> str:
    return subprocess.run(
        ["unsquashfs", "-cat", squashfs, place], check=True, capture_output=True, text=True
    ).stdout


def listed(squashfs: Path) -> str:
    return subprocess.run(
        ["unsquashfs", "-l", squashfs], check=True, capture_output=True, text=True
    ).stdout


def test_the_wire_carries_both_ways_until_one_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as hub:

        def answer() -> None:
            with hub.accept()[0] as link:
                asked = b""
                while not asked.endswith(b"?"):
                    asked += link.recv(100)
                link.sendall(asked.upper() * 50_000)

        answering = threading.Thread(target=answer)
        answering.start()
        box, other = socket.socketpair()
        port = hub.getsockname()[1]
        joined = threading.Thread(target=wire.join, args=(other.fileno(), other.fileno(), port))
        joined.start()
        box.sendall(b"who is there?")
        came = b""
        while len(came) < 13 * 50_000:
            came += box.recv(1 << 20)
        assert came == b"WHO IS THERE?" * 50_000
        joined.join(10)
        answering.join(10)
        box.close()
        other.close()


def test_a_box_that_starts_again_keeps_what_it_wrote(tmp_path: Path) -> None:
    card = tmp_path / "card.img"
    card.write_bytes(bytes(1 << 20))
    firmware = Path(__file__)
    ends = Board(sys.executable, "python3", ("-c", "pass"), (firmware, firmware))
    stays = Board(sys.executable, "python3", ("-c", "import time; time.sleep(60)"), ends.firmware)
    chance = random.Random(1)
    with Bench(ends, card, tmp_path, 30.0, 1, chance).on() as tried:
        tried.card.write(0, b"kept")
        tried_bench = Bench(ends, card, tmp_path, 30.0, 1, chance)
        assert tried_bench.wait_for_end(tried) < 30
    assert card.read_bytes()[:4] == b"kept"
    bench = Bench(stays, card, tmp_path, 0.5, 1, chance)
    with bench.on() as tried:
        tried.card.write(0, b"lost")
        with pytest.raises(Refused, match="doesn't start again"):
            bench.wait_for_end(tried)
        with pytest.raises(Refused, match=r"no light after 0 seconds"):
            bench.wait(tried, lambda: False, "light")
    assert card.read_bytes()[:4] == b"kept"
