"""The root before there is a box in it: its archive, emulation, and what is never removed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from content_packs.errors import Missing, Refused
from deploy.image import root


def make_deb(folder: Path, name: str) -> Path:
    """A package with nothing in it but its name."""
    control = folder / name / "DEBIAN" / "control"
    control.parent.mkdir(parents=True)
    control.write_text(
        f"Package: {name}\nVersion: 1\nArchitecture: arm64\nMaintainer: nobody <n@example.org>\n"
        "Description: nothing\n more of it\n"
    )
    made = folder / f"{name}.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-b", control.parents[1], made],
        check=True,
        capture_output=True,
    )
    return made


def test_the_archive_offers_the_locked_packages_with_their_digests(tmp_path: Path) -> None:
    debs = [make_deb(tmp_path, name) for name in ("one", "other")]
    root.make_archive(debs, tmp_path / "archive")
    told = (tmp_path / "archive" / "Packages").read_text().split("\n\n")
    assert [paragraph.splitlines()[0] for paragraph in told] == ["Package: one", "Package: other"]
    for deb, paragraph in zip(debs, told, strict=True):
        digest = subprocess.check_output(["sha256sum", deb], text=True).split()[0]
        assert f"SHA256: {digest}" in paragraph
        assert f"Size: {deb.stat().st_size}" in paragraph
        assert (tmp_path / "archive" / f"{deb.stem}.deb").samefile(deb)


def test_a_machine_of_the_same_kind_needs_no_emulation(tmp_path: Path) -> None:
    root.check_emulation("amd64", "x86_64", tmp_path / "none")
    root.check_emulation("arm64", "aarch64", tmp_path / "none")


def test_without_emulation_it_is_told_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "register").write_text("")
    with pytest.raises(Missing, match="x86_64 can't run programs of arm64") as caught:
        root.check_emulation("arm64", "x86_64", tmp_path)
    assert "qemu-user-static" in caught.value.hint
    (tmp_path / "qemu-aarch64").write_text("enabled\n")
    root.check_emulation("arm64", "x86_64", tmp_path)


def mountinfo(tmp_path: Path, *places: str) -> Path:
    path = tmp_path / "mountinfo"
    path.write_text("".join(f"36 35 0:5 / {place} rw - devtmpfs udev rw\n" for place in places))
    return path


def test_a_root_in_which_something_is_mounted_is_left_as_it_is(tmp_path: Path) -> None:
    old = tmp_path / "root.part"
    (old / "dev" / "mem").mkdir(parents=True)
    (old / "dev" / "mem" / "somebody's").write_text("work")
    mounts = mountinfo(tmp_path, "/", "/dev", f"{old}/dev/mem", f"{old}/sys")
    with pytest.raises(Refused, match="is mounted, left by a build that was killed") as caught:
        root.remove_tree(old, mounts)
    assert f"{old}/dev/mem, {old}/sys" in caught.value.message
    assert (old / "dev" / "mem" / "somebody's").read_text() == "work"
    with pytest.raises(Refused):
        root.remove_tree(old, mountinfo(tmp_path, str(old)))


def test_mounts_elsewhere_keep_no_root_from_being_removed(tmp_path: Path) -> None:
    old = tmp_path / "root"
    (old / "etc").mkdir(parents=True)
    root.remove_tree(old, mountinfo(tmp_path, "/", f"{tmp_path}/root-2/dev", f"{tmp_path}"))
    assert not old.exists()
    root.remove_tree(old)  # and one that isn't there is no fault


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_real_mount_is_seen_through_a_link(tmp_path: Path) -> None:
    old = tmp_path / "root"
    (old / "dev" / "mem").mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    code = (
        "import sys; from pathlib import Path; from deploy.image.root import remove_tree\n"
        "from content_packs.errors import Refused\n"
        "try:\n    remove_tree(Path(sys.argv[1]))\nexcept Refused as error:\n    print(error)"
    )
    script = f'mount -t tmpfs none {old}/dev/mem && exec "$0" "$@"'
    command = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        script,
        sys.executable,
        "-c",
        code,
        str(link / "root"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"{old}/dev/mem is mounted" in done.stdout, done.stderr
    assert (old / "dev" / "mem").is_dir()
