"""A board with a stock system becomes the school's: by cloud-init's files, the package and a seed.

The tests of one system go on from each other, in the order in which they stand here.
"""

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deploy.deb.building import CACHE, gather, make
from tests.deploy.deb.boxes import DATA, REBOOTS, TOOLS, Box
from tests.deploy.deb.roots import SUITES, inside, system, unpack
from tests.support.cards import a_seed, document_of
from tests.support.source_code import CHECKOUT

NODE = "/usr/lib/satchel/venv/bin/sync-node"
CLOUD_INIT = CHECKOUT / "deploy/deb/cloud-init"
CARD = "/boot/firmware"  # where the boot partition of a Raspberry Pi is mounted
OLD, NEW = "0.1.0~before", "0.1.0"
KEPT = ("card.json", "node.toml", "identity", "trust/1.root.json", "box/wifi.toml")

pytestmark = [
    pytest.mark.long,
    pytest.mark.registry,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root makes and starts root file systems"),
    pytest.mark.skipif(
        not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}, from Debian"
    ),
    pytest.mark.skipif(os.uname().machine != "x86_64", reason="the package that is tried is amd64"),
]


@pytest.fixture(scope="module")
def debs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The package of this checkout, as two versions."""
    folder = tmp_path_factory.mktemp("debs")
    wheels = gather("amd64", CACHE / "wheels")
    return {each: make("amd64", folder / each, wheels, version=each) for each in (OLD, NEW)}


@pytest.fixture(scope="module", params=SUITES)
def box(
    request: pytest.FixtureRequest,
    debs: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Box]:
    """A board whose card a technician has prepared, as deploy/deb/README.md says."""
    root = unpack(system(request.param, "amd64"), tmp_path_factory.mktemp("board") / request.param)
    board = Box(root)
    for path in CLOUD_INIT.iterdir():
        board.put(path, CARD)
    board.put(debs[OLD], f"{CARD}/satchel")
    (root / CARD[1:] / "satchel/seed.json").write_bytes(document_of(a_seed()))
    # A Raspberry Pi's system has a line of this meaning in its cmdline.txt.
    seeds = root / "var/lib/cloud/seed"
    seeds.mkdir(parents=True, exist_ok=True)
    (seeds / "nocloud").symlink_to(CARD)
    (root / "etc/cloud/cloud.cfg.d/99_card.cfg").write_text("datasource_list: [NoCloud]\n")
    try:
        yield board
    finally:
        board.end()


def kept(box: Box) -> dict[str, object]:
    """Return what must be the same, whatever becomes of the package."""
    files = sorted(
        path
        for name in KEPT
        for place in [box.root / DATA[1:] / name]
        for path in ([place] if place.is_file() else place.rglob("*"))
        if path.is_file()
    )
    assert len(files) >= len(KEPT)
    return {str(path): path.read_bytes() for path in files} | {"codes": codes(box)}


def codes(box: Box) -> list[object]:
    """Return the codes of teachers and of the label, as the school's database keeps them."""
    with closing(sqlite3.connect(f"file:{box.root}{DATA}/school.db?mode=ro", uri=True)) as school:
        rows: list[object] = school.execute("SELECT * FROM code_row ORDER BY kind").fetchall()
    assert len(rows) >= 2
    return rows


def test_cloud_init_finds_no_fault_with_its_files(box: Box) -> None:
    for name, kind in {"user-data": "cloud-config", "network-config": "network-config"}.items():
        words = ["cloud-init", "schema", "--config-file", f"{CARD}/{name}"]
        done = inside(box.root, *words, "--schema-type", kind)
        if "unrecognized arguments" in done.stderr and name == "user-data":
            done = inside(box.root, *words)  # Debian 12's knows one kind alone
        elif "unrecognized arguments" in done.stderr:
            continue
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_first_start_installs_it_without_a_network_and_starts_again(box: Box) -> None:
    box.start()
    assert box.ended() == REBOOTS
    status = json.loads((box.root / "var/lib/cloud/data/result.json").read_text())
    assert status["v1"]["errors"] == []
    assert (box.root / NODE[1:]).exists()
    assert not box.has("/etc/systemd/system/multi-user.target.wants/man-db.timer")


def test_the_second_start_makes_it_the_schools(box: Box) -> None:
    box.start()
    box.settle()
    box.wait(box.page)
    assert "Satchel" in box.page()
    assert box.version() == f"ii  {OLD}"
    assert json.loads((box.root / f"{DATA[1:]}/card.json").read_text())["card"] == 17
    assert "昌都小学 Satchel" in (box.root / f"{DATA[1:]}/box/wifi.toml").read_text()
    assert box.failed() == ""
    box.wait(lambda: box.say("cloud-init status") == "status: done")
    assert "StatusText=The school's site:" in box.say("systemctl show -p StatusText satchel-node")
    assert box.say("swapon --show") == ""
    assert box.say("systemctl is-enabled apt-daily.timer") == "masked"
    assert "unmanaged-devices=type:wifi" in box.say("NetworkManager --print-config")


def test_its_units_are_ones_that_this_systemd_takes(box: Box) -> None:
    names = box.say("cd /usr/lib/systemd/system && ls -d satchel-*.* | grep -v '\\.d$'").split()
    assert "satchel-stick@.service" in names
    words = " ".join(name.replace("@.", "@sda1.") for name in names)
    done = box.run(f"systemd-analyze --man=no --recursive-errors=no verify {words}")
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == ""
    for name in names:
        if name.endswith(".service"):
            level = box.do(f"systemd-analyze security --no-pager --threshold=20 {name} | tail -1")
            assert "Overall exposure level" in level


def test_a_site_that_hangs_is_started_again(box: Box) -> None:
    drop_in = "/run/systemd/system/satchel-node.service.d"
    box.do(
        f"mkdir -p {drop_in} && printf '[Service]\\nWatchdogSec=20\\n' > {drop_in}/soon.conf && "
        "systemctl daemon-reload && systemctl restart satchel-node"
    )
    box.wait(box.page)
    count = "systemctl show -p NRestarts --value satchel-node"
    assert box.say(count) == "0"
    box.do("kill -STOP $(systemctl show -p MainPID --value satchel-node)")
    box.wait(lambda: box.say(count) != "0")
    box.wait(box.page)
    box.do(f"rm -r {drop_in} && systemctl daemon-reload")


def test_the_journals_end_and_the_time_are_kept(box: Box) -> None:
    box.do("systemctl start satchel-black-box satchel-clock-save")
    logs = box.root / DATA[1:] / "logs/system.log"
    assert "satchel-node" in logs.read_text()
    assert abs(int((box.root / DATA[1:] / "box/clock").read_text()) - time.time()) < 60


def test_a_newer_package_keeps_the_school_and_its_site(box: Box, debs: dict[str, Path]) -> None:
    before = kept(box)
    venv = box.do("readlink /usr/lib/satchel/venv")
    box.put(debs[NEW], "/root")
    box.do(f"ln -s /nowhere {UNIT_OF_OLD}")
    box.do(f"apt-get install -q -y /root/{debs[NEW].name}")
    assert box.version() == f"ii  {NEW}"
    box.wait(box.page)
    assert kept(box) == before
    assert box.failed() == ""
    assert not box.has(UNIT_OF_OLD), "a unit that the newer one hasn't got is started no more"
    assert box.do("ls -d /usr/lib/satchel/venv-*") == f"/usr/lib/satchel/{venv}", "the same wheels"


UNIT_OF_OLD = "/etc/systemd/system/multi-user.target.wants/satchel-old.path"


def test_power_that_is_cut_while_it_is_installed_leaves_a_box_that_starts(
    box: Box, debs: dict[str, Path]
) -> None:
    box.put(debs[OLD], "/root")
    before = kept(box)
    box.do("rm -r /usr/lib/satchel/venv-*")  # so that the venv has to be made again
    install = f"systemd-run -q dpkg -i /root/{debs[OLD].name}"
    box.do(install)
    box.wait(lambda: box.say("ls -d /usr/lib/satchel/venv-*/lib") != "")
    box.end()
    box.start()
    box.settle()
    assert box.version() != f"ii  {OLD}"
    box.do("dpkg --configure -a")
    assert box.version() == f"ii  {OLD}"
    box.wait(box.page)
    assert kept(box) == before


def test_another_python_gets_a_venv_of_its_own(box: Box) -> None:
    """As when Debian 12 is made Debian 13 below it: dpkg tells the package of python3."""
    box.do("rm -r /usr/lib/satchel/venv /usr/lib/satchel/venv-*")
    box.do("dpkg-trigger --no-await --by-package=python3-minimal /usr/bin/python3")
    box.do("dpkg --triggers-only -a")
    box.wait(box.page)
    assert box.do(f"{NODE} --version").startswith("sync-node, version ")


def test_removed_and_purged_it_leaves_the_school_and_takes_it_up_again(
    box: Box, debs: dict[str, Path]
) -> None:
    before = kept(box)
    box.do("apt-get remove -q -y satchel-node")
    assert box.page() == ""
    assert box.say("systemctl list-units --plain --no-legend 'satchel-*'") == ""
    assert not box.has("/usr/lib/satchel")
    assert box.has("/etc/NetworkManager/conf.d/satchel.conf"), "settings stay until it is purged"
    told = box.run("apt-get purge -q -y satchel-node")
    assert told.returncode == 0, told.stderr
    assert f"the school's records stay in {DATA}" in told.stdout + told.stderr
    assert box.do("find /usr/lib /usr/share -name '*satchel*'") == ""
    assert not box.has("/etc/NetworkManager/conf.d/satchel.conf")
    box.put(debs[NEW], "/root")
    box.do(f"apt-get install -q -y /root/{debs[NEW].name}")
    box.wait(box.page)
    assert kept(box) == before


def test_a_request_to_switch_off_ends_the_box_as_it_should(box: Box) -> None:
    """The last test of a system: the box is off after it."""
    run = box.root / DATA[1:] / "run"
    # nspawn gives a system its own number; units with a /proc of theirs may see the kernel's.
    unit = "systemd-run -q --wait --pipe -p ProtectProc=invisible -p ProtectKernelTunables=yes"
    boot = box.do(f"{unit} cat /proc/sys/kernel/random/boot_id")
    (run / "asked").write_text(f"{boot} {float(Path('/proc/uptime').read_text().split()[0]):.0f}\n")
    os.chown(run / "asked", 990, 990)
    (run / "asked").rename(run / "poweroff")
    assert box.ended() == 0
    assert json.loads((box.root / DATA[1:] / "power.json").read_text())["ended"]
    assert "Stopping satchel-" in (box.root / DATA[1:] / "logs/system.log").read_text()
