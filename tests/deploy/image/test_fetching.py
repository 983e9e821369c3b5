"""Packages on their way in: from a mirror, checked against the lock file, kept in the cache."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from content_packs.errors import InvalidContent
from deploy.image import archives, wheels
from deploy.image.lock_file import Deb, Lock, Wheel
from deploy.image.running import BuildFailed, run

PATH = "pool/main/k/kmod/kmod_30%2b1_arm64.deb"


@pytest.fixture
def mirror(tmp_path: Path) -> tuple[Deb, dict[str, str], Path]:
    """A mirror in a folder; its file has a name that an address has to escape."""
    data = b"what a package is made of"
    place = tmp_path / "mirror" / PATH.replace("%2b", "+")
    place.parent.mkdir(parents=True)
    place.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    deb = Deb("kmod", "30+1", digest, len(data), f"debian/{PATH.replace('%2b', '+')}")
    return deb, {"debian": f"file:{tmp_path}/mirror"}, place


def test_what_the_cache_lacks_is_fetched_once(
    tmp_path: Path, mirror: tuple[Deb, dict[str, str], Path]
) -> None:
    deb, mirrors, place = mirror
    found = archives.fetch([deb], tmp_path / "cache", mirrors)
    assert found["kmod"].read_bytes() == place.read_bytes()
    place.unlink()
    assert archives.fetch([deb], tmp_path / "cache", mirrors) == found


def test_other_bytes_than_the_lock_file_names_never_get_into_the_cache(
    tmp_path: Path, mirror: tuple[Deb, dict[str, str], Path]
) -> None:
    deb, mirrors, place = mirror
    place.write_bytes(b"what a package is made up")
    with pytest.raises((BuildFailed, InvalidContent)):
        archives.fetch([deb], tmp_path / "cache", mirrors)
    assert not (tmp_path / "cache" / deb.file_name).exists()


def test_a_package_that_the_mirror_dropped_says_what_can_be_done(
    tmp_path: Path, mirror: tuple[Deb, dict[str, str], Path]
) -> None:
    deb, mirrors, place = mirror
    place.unlink()
    with pytest.raises(BuildFailed) as caught:
        archives.fetch([deb], tmp_path / "cache", mirrors)
    assert "--mirror debian=ADDRESS" in caught.value.hint
    assert "--lock" in caught.value.hint


def wheel_of(folder: Path, name: str) -> Wheel:
    path = folder / f"{name}-1.0-py3-none-any.whl"
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(
            f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        )
        archive.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return Wheel(name, "1.0", hashlib.sha256(path.read_bytes()).hexdigest(), path.name)


def test_wheels_that_are_held_are_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/never")
    wheel = wheel_of(tmp_path / "cache", "held")
    lock = Lock("arm64", wheels=(wheel,), tools=(wheel,))
    held = tmp_path / "cache" / wheel.file_name
    assert wheels.fetch_box_wheels(lock, tmp_path / "cache") == [held]
    assert wheels.fetch_tools(lock, tmp_path / "cache") == [held]


def test_a_wheel_with_another_digest_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "links"))
    real = wheel_of(tmp_path / "links", "lib")
    lock = Lock("arm64", wheels=(Wheel("lib", "1.0", "0" * 64, real.file_name),))
    with pytest.raises(BuildFailed, match="DO NOT MATCH THE HASHES"):
        wheels.fetch_box_wheels(lock, tmp_path / "cache")
    lock = Lock("arm64", wheels=(real,))
    assert wheels.fetch_box_wheels(lock, tmp_path / "cache")[0].name == real.file_name


def test_a_box_gets_what_pyproject_asks_for_and_nothing_of_a_hub() -> None:
    project = Path(__file__).parents[3] / "pyproject.toml"
    asked = " ".join(wheels.box_requirements(project))
    assert "tuf" in asked
    assert "waitress" in asked
    assert "argon2" not in asked
    assert wheels.tool_requirements(project)[0].startswith("hatchling")


def test_a_program_that_fails_is_told_with_its_last_words() -> None:
    with pytest.raises(BuildFailed) as caught:
        run(["sh", "-c", "seq 100; echo the disk is full >&2; exit 3"])
    assert "ended with 3" in caught.value.message
    assert caught.value.message.endswith("the disk is full")
    assert "\n  99\n" in caught.value.message
    assert "\n  50\n" not in caught.value.message
    with pytest.raises(BuildFailed, match="no-such-program: isn't installed here"):
        run(["no-such-program"])
