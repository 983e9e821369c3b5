"""The archive of a hub: the same files make the same bytes; what is missing or changed shows."""

import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.hub import packing, programs
from deploy.hub.errors import NotReady, StepFailed
from deploy.hub.packing import CHECKOUT, LOCK, PLATFORMS, locked_of

WHEELS = ("satchel-0.1.0-py3-none-any.whl", "click-8.1.0-py3-none-any.whl")


@pytest.fixture
def laid_out(tmp_path: Path) -> Path:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name in WHEELS:
        (wheels / name).write_bytes(name.encode())
    folder = tmp_path / "satchel-hub"
    packing.lay_out(wheels, folder)
    return folder


def test_it_has_what_a_server_needs(laid_out: Path):
    found = {str(path.relative_to(laid_out)) for path in laid_out.rglob("*") if path.is_file()}
    assert {"install", "SERVER.md", "SHA256SUMS", "Containerfile", "deploy/__init__.py",
            "deploy/hub/installing.py", "deploy/hub/units/satchel-hub.service",
            "deploy/hub/hub-as-its-user", "deploy/hub/container-start",
            "deploy/nginx/satchel-hub.conf"} <= found  # fmt: skip
    assert not any("trying" in name or "__pycache__" in name for name in found)
    help_text = subprocess.run(
        [laid_out / "install", "--help"], capture_output=True, text=True, check=True, cwd="/"
    ).stdout
    assert "--letsencrypt" in help_text


def test_the_same_files_make_the_same_bytes(laid_out: Path, tmp_path: Path):
    first, second = tmp_path / "1.tar.gz", tmp_path / "2.tar.gz"
    packing.write_archive(laid_out, first, packing.FIRST_MOMENT)
    (laid_out / "install").touch()
    packing.write_archive(laid_out, second, packing.FIRST_MOMENT)
    assert first.read_bytes() == second.read_bytes()
    with tarfile.open(first) as archive:
        modes = {entry.name: entry.mode for entry in archive}
    assert modes["satchel-hub/install"] == 0o755
    assert modes["satchel-hub/SERVER.md"] == 0o644


def test_a_whole_archive_has_a_version_that_its_wheels_decide(laid_out: Path):
    first = programs.check_archive(laid_out)
    assert first.startswith("0.1.0-")
    (laid_out / "SERVER.md").write_text("another page")
    packing.write_sums(laid_out)
    assert programs.check_archive(laid_out) == first
    (laid_out / "wheels" / WHEELS[1]).write_bytes(b"another library")
    packing.write_sums(laid_out)
    assert programs.check_archive(laid_out) != first


def test_what_an_older_archive_left_beside_it_plays_no_part(laid_out: Path):
    """SERVER.md: an update is unpacked over the archive before."""
    version = programs.check_archive(laid_out)
    for name in ("satchel-0.0.9-py3-none-any.whl", "click-7.0.0-py3-none-any.whl"):
        (laid_out / "wheels" / name).write_bytes(b"of before")
    assert programs.check_archive(laid_out) == version
    assert {path.name for path in programs.wheels(laid_out)} == set(WHEELS)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.write_bytes(b"flipped"), "isn't as it was packed"),
        (lambda path: path.unlink(), "No such file"),
    ],
)
def test_an_archive_that_came_in_part_is_refused(
    laid_out: Path, damage: Callable[[Path], object], said: str
):
    damage(laid_out / "wheels" / WHEELS[1])
    with pytest.raises(NotReady, match=said):
        programs.check_archive(laid_out)


def test_a_checkout_is_no_archive():
    with pytest.raises(NotReady, match="no archive of a hub"):
        programs.check_archive(CHECKOUT)


def test_every_library_is_locked_for_every_architecture():
    lines = LOCK.read_text().splitlines()
    names = [line.partition("==")[0] for line in lines if "==" in line]
    assert names == sorted(names)
    assert {"click", "tuf", "flask", "waitress", "peewee", "psycopg-binary", "obstore"} <= set(
        names
    )
    compiled = LOCK.read_text().split("numpy==")[1].partition("\nobstore")[0]
    assert compiled.count("--hash=sha256:") == len(PLATFORMS)


@given(st.dictionaries(st.sampled_from(["a_b", "c.d", "e-f"]), st.integers(0, 9), min_size=1))
def test_a_lock_line_is_what_pip_reads(tmp_path_factory: pytest.TempPathFactory, found: dict):
    folder = tmp_path_factory.mktemp("wheels")
    for name, minor in found.items():
        (folder / f"{name.replace('-', '_')}-1.{minor}-py3-none-any.whl").write_bytes(name.encode())
    for one in locked_of(folder.iterdir()):
        assert one.name in {"a-b", "c-d", "e-f"}
        assert one.line.startswith(f"{one.name}=={one.version} \\\n    --hash=sha256:")


def test_another_version_for_another_architecture_is_refused(tmp_path: Path):
    for name in ("x-1.0-cp311-cp311-a.whl", "x-1.1-cp311-cp311-b.whl"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(StepFailed, match=r"x: not one version for all: 1\.0, 1\.1"):
        locked_of(tmp_path.iterdir())
