"""Installing into a root: what the lists name is there, nothing outside of it is touched."""

import os
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from deploy.node.install_list import File, Folder, Installation, InvalidList, Link
from deploy.node.installing import SATCHEL_ID, enable, install, install_section
from tests.support.source_code import CHECKOUT

P = PurePosixPath
UNIT = "usr/lib/systemd/system"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / UNIT).mkdir(parents=True)
    (folder / "lib").symlink_to("usr/lib")
    return folder


class Owners:
    """Notes who owns what, in place of the kernel."""

    def __init__(self) -> None:
        self.of: dict[str, tuple[int, int]] = {}

    def __call__(self, path: Path, user: int, group: int) -> None:
        self.of[path.name] = (user, group)


def test_files_folders_and_links_are_put_with_their_modes(root: Path) -> None:
    owners = Owners()
    wanted = Installation(
        folders=(Folder(P("/var/lib/satchel"), 0o750, "satchel"),),
        files=(File(P("/usr/lib/satchel/bin/a"), b"#!/bin/sh\n", 0o755), File(P("/etc/b"), b"b")),
        links=(Link(P("/etc/mtab"), "/proc/mounts"),),
    )
    before = os.umask(0o077)
    try:
        install(root, wanted, chown=owners)
        install(root, wanted, chown=owners)  # it may run twice
    finally:
        os.umask(before)
    assert (root / "var/lib/satchel").stat().st_mode & 0o7777 == 0o750
    assert (root / "var/lib").stat().st_mode & 0o7777 == 0o755
    assert (root / "usr/lib/satchel/bin/a").stat().st_mode & 0o7777 == 0o755
    assert (root / "etc/b").stat().st_mode & 0o7777 == 0o644
    assert (root / "etc/b").read_bytes() == b"b"
    assert (root / "etc/mtab").readlink() == Path("/proc/mounts")
    assert owners.of == {"satchel": (SATCHEL_ID, SATCHEL_ID), "a": (0, 0), "b": (0, 0)}


def test_a_file_of_another_package_is_replaced_and_a_link_isnt_written_through(
    root: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.write_text("untouched")
    (root / "etc").mkdir()
    (root / "etc" / "resolv.conf").symlink_to(outside)
    wanted = Installation(files=(File(P("/etc/resolv.conf"), b"ours"),))
    install(root, wanted, chown=Owners())
    assert (root / "etc/resolv.conf").read_bytes() == b"ours"
    assert outside.read_text() == "untouched"


def test_links_inside_of_the_root_are_followed_and_none_out_of_it(
    root: Path, tmp_path: Path
) -> None:
    install(root, Installation(files=(File(P("/lib/x"), b"x"),)), chown=Owners())
    assert (root / "usr/lib/x").read_bytes() == b"x"
    (tmp_path / "elsewhere").mkdir()
    (root / "srv").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidList, match="leads out"):
        install(root, Installation(files=(File(P("/srv/x"), b"x"),)), chown=Owners())
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_units_are_enabled_as_systemctl_would(root: Path) -> None:
    units = root / UNIT
    (units / "a.service").write_text(
        "[Unit]\nAlias=no.service\n[Install]\nWantedBy=multi-user.target \\\n  x.target\n"
        "Alias=other.service\nAlso=b.socket\n"
    )
    (units / "b.socket").write_text("[Install]\nRequiredBy=sockets.target\n")
    (units / "t@.service").write_text("[Install]\nWantedBy=multi-user.target\n")
    install(
        root, Installation(enable=("a.service", "t@one.service"), mask=("c.timer",)), chown=Owners()
    )
    links = {
        path.relative_to(root / "etc/systemd/system").as_posix(): path.readlink().as_posix()
        for path in (root / "etc/systemd/system").rglob("*")
        if path.is_symlink()
    }
    assert links == {
        "multi-user.target.wants/a.service": "/usr/lib/systemd/system/a.service",
        "x.target.wants/a.service": "/usr/lib/systemd/system/a.service",
        "other.service": "/usr/lib/systemd/system/a.service",
        "sockets.target.requires/b.socket": "/usr/lib/systemd/system/b.socket",
        "multi-user.target.wants/t@one.service": "/usr/lib/systemd/system/t@.service",
        "c.timer": "/dev/null",
    }


def test_our_links_are_those_of_systemctl(root: Path) -> None:
    (root / UNIT / "a.service").write_text(
        "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\nAlias=z.service\n"
    )
    wanted = Installation(enable=("a.service",))
    install(root, wanted, chown=Owners())
    ours = _links(root)
    subprocess.run(["systemctl", f"--root={root}", "disable", "a.service"], check=True)
    assert _links(root) == {}
    subprocess.run(["systemctl", f"--root={root}", "enable", "a.service"], check=True)
    assert _links(root) == ours


def _links(root: Path) -> dict[str, str]:
    """Return links below etc, by name; `/lib` is the same as `/usr/lib` on Debian."""
    return {
        path.relative_to(root).as_posix(): path.readlink().as_posix().removeprefix("/usr")
        for path in (root / "etc").rglob("*")
        if path.is_symlink()
    }


def test_a_unit_that_isnt_there_or_cant_be_enabled_is_told_of(root: Path) -> None:
    (root / UNIT / "static.service").write_text("[Service]\n")
    with pytest.raises(InvalidList, match=r"gone\.service"):
        enable(root, "gone.service")
    with pytest.raises(InvalidList, match=r"static\.service.*\[Install\]"):
        enable(root, "static.service")


def test_only_the_install_section_counts() -> None:
    text = "[Unit]\nAlso=x\n[Install]\n# WantedBy=y\nWantedBy = a b\n[X-Z]\nAlso=z\n"
    assert install_section(text) == {
        "WantedBy": ["a", "b"], "RequiredBy": [], "Alias": [], "Also": [],
    }  # fmt: skip


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-S", "-m", "deploy.node.installing", *map(str, arguments)]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)


def test_the_command_lists_what_builds_need_without_our_libraries() -> None:
    done = run("--list", "enable")
    assert done.returncode == 0, done.stderr
    assert "satchel-node.service" in done.stdout.split()
    assert "satchel-node.service" in run("--list", "enable", "--kind", "deb").stdout.split()


def test_the_command_says_what_it_lacks(tmp_path: Path) -> None:
    assert run().returncode == 2
    gone = run("--root", tmp_path / "gone")
    assert gone.returncode == 2
    assert "is no folder" in gone.stderr
    empty = run("--root", tmp_path)
    assert empty.returncode in {0, 3}, empty.stderr  # units of packages are missing in it
