"""The last touches to a root: nobody signs in, nothing differs between two builds."""

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from deploy.image import settling

EPOCH = 1_700_000_000


def make_tree(folder: Path, names: list[str], seconds: int) -> Path:
    """The same files, made in another order and at another time."""
    folder.mkdir()
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"this is {name}\n" * 2000)
        os.utime(path, (seconds, seconds))
    (folder / "link").symlink_to("usr/bin/program")
    return folder


def test_a_squashfs_depends_on_its_files_only(tmp_path: Path) -> None:
    names = ["usr/bin/program", "usr/lib/module.py", "etc/hostname", "var/lib/x"]
    one = make_tree(tmp_path / "one", names, 1_000_000_000)
    other = make_tree(tmp_path / "other", names[::-1], 1_600_000_000)
    made = []
    for tree, processors in ((one, 1), (other, 2)):
        output = tmp_path / f"{tree.name}.squashfs"
        settling.squash(tree, output, epoch=EPOCH, processors=processors)
        made.append(output.read_bytes())
    assert made[0] == made[1]
    listed = subprocess.check_output(
        ["unsquashfs", "-lln", tmp_path / "one.squashfs"],
        text=True,
        env={**os.environ, "TZ": "UTC0"},
    )
    dated = [line for line in listed.splitlines() if "squashfs-root" in line]
    assert dated
    assert all("2023-11-14 22:13" in line for line in dated)
    assert "squashfs-root/link -> usr/bin/program" in listed


def test_a_file_that_differs_makes_another_squashfs(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "tree", ["a", "b"], EPOCH)
    settling.squash(tree, tmp_path / "one", epoch=EPOCH, processors=1)
    (tree / "b").write_text("other")
    settling.squash(tree, tmp_path / "two", epoch=EPOCH, processors=1)
    assert (tmp_path / "one").read_bytes() != (tmp_path / "two").read_bytes()


def test_the_release_file_is_toml_with_the_four_facts() -> None:
    text = settling.release_text(system=7, satchel="0.1.0", architecture="arm64", built=EPOCH)
    told = tomllib.loads(text)
    assert told == {"system": 7, "satchel": "0.1.0", "arch": "arm64", "built": EPOCH}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """What package scripts leave, in small."""
    root = tmp_path / "root"
    for name in (
        "etc",
        "var/log/apt",
        "var/cache/ldconfig",
        "var/lib/dpkg",
        "boot",
        "run",
        "usr/lib",
    ):
        (root / name).mkdir(parents=True)
    for name, text in {
        "var/log/apt/history.log": "Start-Date: 2026-11-22\n",
        "var/cache/ldconfig/aux-cache": "inode numbers",
        "var/lib/dpkg/status": "Package: dpkg\n",
        "var/lib/dpkg/status-old": "Package: dpkg\n",
        "etc/machine-id": "c0ffee\n",
        "etc/resolv.conf": "nameserver 192.0.2.1\n",
        "etc/hostname": "the-machine-that-builds\n",
        "etc/shadow": "root:$y$hash:19500:0:99999:7:::\ndaemon:*:19500:0:99999:7:::\n",
        "etc/passwd": "root:x:0:0:root:/root:/bin/bash\n",
        "etc/group": "root:x:0:\n",
        "etc/gshadow": "root:*::\n",
        "etc/shadow-": "root::19500:0:99999:7:::\n",
        "etc/debian_version": "12.12\n",
    }.items():
        (root / name).write_text(text)
    return root


def test_nothing_of_the_machine_that_builds_stays(root: Path) -> None:
    settling.clean(root)
    assert (root / "etc/hostname").read_text() == "satchel\n"
    assert (root / "etc/machine-id").read_text() == "", "each start makes one up"
    assert not (root / "etc/resolv.conf").exists()
    assert not list((root / "var/log").iterdir())
    assert not list((root / "var/cache").iterdir())
    assert not (root / "var/lib/dpkg/status-old").exists()
    assert (root / "var/lib/dpkg/status").exists(), "it says which versions a box has"
    assert (root / "etc/debian_version").exists()
    assert (root / "tmp").stat().st_mode & 0o7777 == 0o1777
    assert (root / "var/lib/satchel").is_dir(), "the data partition is mounted there"


@pytest.mark.skipif(os.geteuid() != 0, reason="systemd-sysusers asks for root")
@pytest.mark.skipif(not shutil.which("systemd-sysusers"), reason="systemd isn't installed")
def test_users_are_made_as_declared_and_nobody_signs_in(root: Path) -> None:
    declared = root / "usr/lib/sysusers.d/satchel.conf"
    declared.parent.mkdir(parents=True)
    declared.write_text('u satchel 990 "Satchel" /var/lib/satchel\n')
    settling.clean(root)
    settling.finish(root, "system = 7\n")
    assert "satchel:x:990:990:" in (root / "etc/passwd").read_text()
    shadow = (root / "etc/shadow").read_text()
    assert "root:*:19500:" in shadow
    days = next(line for line in shadow.splitlines() if line.startswith("satchel:")).split(":")[2]
    assert days == str(settling.USERS_EPOCH // 86400), "not the day of the build"
    assert not (root / "etc/shadow-").exists()
    assert (root / settling.RELEASE).read_text() == "system = 7\n"
    assert (root / "etc/.updated").exists(), "systemd would work much out at each start"


def test_files_lie_first_that_are_wanted_first(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "tree", [f"folder/{number:03}" for number in range(40)], EPOCH)
    for number in range(40):
        (tree / f"folder/{number:03}").write_bytes(os.urandom(300_000))  # blocks of its own
    wanted = ["folder/030", "folder/003", "folder/017"]
    output = tmp_path / "squashfs"
    settling.squash(tree, output, epoch=EPOCH, processors=2, first=wanted)
    data = output.read_bytes()
    places = [data.index((tree / f"folder/{number:03}").read_bytes()[:100]) for number in range(40)]
    assert sorted(range(40), key=places.__getitem__)[:3] == [30, 3, 17]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["squashfs", "tree"]
