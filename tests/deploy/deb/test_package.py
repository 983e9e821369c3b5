"""The .deb: dpkg can read it, it is the same bytes twice, and what it says of itself is so."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path, PurePosixPath

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from content_packs.errors import InvalidContent
from deploy.deb.archives import Entry, ar, tar_xz
from deploy.deb.building import lock_of, options_for
from deploy.deb.package import PYTHONS, SCRIPT_NAMES, Told, build
from deploy.image.lock_file import ARCHITECTURES
from deploy.node.install_list import File, Folder, Installation, Link, read
from tests.support.source_code import CHECKOUT

DEB = CHECKOUT / "deploy" / "deb"
TOLD = Told("1.2.3", "arm64", 1_700_000_000)
P = PurePosixPath
WHEELS = {"satchel-1.2.3-py3-none-any.whl": b"ours", "click-8.0-py3-none-any.whl": b"theirs"}

needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg")


def dpkg(*arguments: str | Path) -> str:
    done = subprocess.run(["dpkg-deb", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def deb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("deb") / "satchel-node.deb"
    path.write_bytes(build(TOLD, read("deb"), WHEELS))
    return path


@needs_dpkg
def test_it_says_what_it_is_and_needs(deb: Path) -> None:
    assert dpkg("--field", deb, "Package", "Version", "Architecture").splitlines() == [
        "Package: satchel-node", "Version: 1.2.3", "Architecture: arm64",
    ]  # fmt: skip
    needed = [each.split(" ")[0] for each in dpkg("--field", deb, "Depends").strip().split(", ")]
    assert {"python3", "python3-venv", "dnsmasq-base", "hostapd", "systemd", "udev"} <= set(needed)
    assert not [each for each in needed if each.startswith("firmware-")]


@needs_dpkg
def test_it_has_every_file_of_the_parts_and_every_wheel(deb: Path, tmp_path: Path) -> None:
    dpkg("--extract", deb, tmp_path)
    for file in read("deb").files:
        place = tmp_path / str(file.path)[1:]
        assert place.read_bytes() == file.data
        assert place.stat().st_mode & 0o7777 == file.mode
    held = tmp_path / "usr/lib/satchel/wheels"
    assert {path.name for path in held.iterdir()} == {*WHEELS, "SHA256SUMS"}
    subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=held, check=True)
    units = (tmp_path / "usr/lib/satchel/units").read_text().split()
    assert "satchel-node.service" in units
    assert not (tmp_path / "var/lib/satchel").exists(), "the node's folder is made with its user"


@needs_dpkg
def test_dpkg_can_check_what_was_installed(deb: Path, tmp_path: Path) -> None:
    dpkg("--control", deb, tmp_path / "control")
    dpkg("--extract", deb, tmp_path / "root")
    subprocess.run(
        ["md5sum", "-c", "--quiet", tmp_path / "control" / "md5sums"],
        cwd=tmp_path / "root",
        check=True,
    )
    for name in SCRIPT_NAMES:
        script = tmp_path / "control" / name
        assert os.access(script, os.X_OK)
        subprocess.run(["sh", "-n", script], check=True)
    if (tmp_path / "control" / "conffiles").exists():
        for line in (tmp_path / "control" / "conffiles").read_text().splitlines():
            assert (tmp_path / "root" / line[1:]).is_file()


def test_the_same_content_makes_the_same_bytes() -> None:
    wanted = read("deb")
    backwards = dict(reversed(WHEELS.items()))
    assert build(TOLD, wanted, WHEELS) == build(TOLD, wanted, backwards)


@needs_dpkg
def test_everything_is_roots_and_of_one_moment(deb: Path) -> None:
    for line in dpkg("--contents", deb).splitlines():
        assert " root/root " in line
        assert " 2023-11-14 " in line


@needs_dpkg
def test_links_folders_and_files_of_etc_are_in_it(tmp_path: Path) -> None:
    wanted = Installation(
        folders=(Folder(P("/srv/x"), 0o700), Folder(P("/var/lib/satchel"), 0o750, "satchel")),
        files=(File(P("/etc/x.conf"), b"x"),),
        links=(Link(P("/usr/lib/y"), "../z"),),
    )
    path = tmp_path / "x.deb"
    path.write_bytes(build(TOLD, wanted, {}))
    dpkg("--extract", path, tmp_path / "root")
    dpkg("--control", path, tmp_path / "control")
    assert (tmp_path / "root/srv/x").stat().st_mode & 0o7777 == 0o700
    assert (tmp_path / "root/usr/lib/y").readlink() == Path("../z")
    assert (tmp_path / "control/conffiles").read_text() == "/etc/x.conf\n"


def test_nothing_is_in_it_twice() -> None:
    twice = [Entry(P("/a"), b"1"), Entry(P("/a"), b"2")]
    with pytest.raises(InvalidContent, match="/a: stands in the package twice"):
        tar_xz(twice, 0)
    with pytest.raises(InvalidContent, match="/a: stands"):
        tar_xz([Entry(P("/a"), b"1"), Entry(P("/a/b"), b"2")], 0)


def test_a_member_with_a_long_name_is_refused() -> None:
    with pytest.raises(InvalidContent, match="at most 16"):
        ar([("x" * 17, b"")], 0)


@needs_dpkg
@settings(max_examples=10, deadline=None)
@given(
    files=st.dictionaries(
        st.text("abcé-_. ", min_size=1, max_size=150).filter(lambda name: name.strip(". ") != ""),
        st.binary(max_size=50),
        max_size=6,
    )
)
def test_whatever_is_packed_dpkg_unpacks(
    files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    wanted = Installation(files=tuple(File(P("/opt", name), data) for name, data in files.items()))
    (folder / "x.deb").write_bytes(build(TOLD, wanted, {}))
    dpkg("--extract", folder / "x.deb", folder / "root")
    for name, data in files.items():
        assert (folder / "root/opt" / name).read_bytes() == data


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_files_have_wheels_for_this_python_and_no_other(
    architecture: str, python: str
) -> None:
    wheels = lock_of(architecture, python).wheels
    names = {wheel.name for wheel in wheels}
    assert {"flask", "msgspec", "cryptography", "tuf", "waitress", "peewee"} <= names
    own = f"cp{python.replace('.', '')}"
    for wheel in wheels:
        abi = wheel.file_name.removesuffix(".whl").split("-")[-2]
        assert abi in {"none", "abi3", own}, wheel.file_name
    assert python in options_for(architecture, python)


def cloud_init(name: str) -> Path:
    return DEB / "cloud-init" / name


def test_cloud_inits_files_are_read_as_they_are_meant() -> None:
    told = yaml.safe_load(cloud_init("user-data").read_text())
    assert cloud_init("user-data").read_text().startswith("#cloud-config\n")
    assert told["ssh_pwauth"] is False
    assert "satchel-install.service" in " ".join(told["runcmd"][-1])
    network = yaml.safe_load(cloud_init("network-config").read_text())
    assert network["version"] == 2
    assert "wifis" not in network, "the radio is ours"
    assert yaml.safe_load(cloud_init("meta-data").read_text())["instance-id"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd")
def test_the_unit_that_installs_it_is_one(tmp_path: Path) -> None:
    """It is tried until the package is there: the first start may have no network yet."""
    told = yaml.safe_load(cloud_init("user-data").read_text())
    (unit,) = (each for each in told["write_files"] if each["path"].endswith(".service"))
    (tmp_path / "satchel-install.service").write_text(unit["content"])
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
         tmp_path / "satchel-install.service"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_cloud_init_finds_no_fault_with_user_data() -> None:
    if shutil.which("cloud-init") is None:
        pytest.skip("needs cloud-init (Debian package cloud-init)")
    done = subprocess.run(
        ["cloud-init", "schema", "--config-file", cloud_init("user-data")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_places_are_those_of_the_units() -> None:
    """What puts the seed there and what reads it agree on where it lies."""
    drop_in = (CHECKOUT / "deploy/node/system/seed-deb.conf").read_text()
    assert "/boot/firmware/satchel/seed.json" in drop_in
    assert "/boot/firmware/satchel/" in cloud_init("user-data").read_text()
    assert hashlib.sha256(drop_in.encode()).digest() in {
        hashlib.sha256(file.data).digest() for file in read("deb").files
    }
