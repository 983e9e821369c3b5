"""What is written is whole or not there, and a disk that fails is said so in words."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from content_packs import durable
from content_packs.errors import StorageFailed

FULL = Path("/dev/full")


def names_in(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()]


def test_what_is_written_is_there_with_its_mode_and_nothing_beside(tmp_path: Path) -> None:
    durable.write(tmp_path / "a", b"one", mode=0o600)
    durable.write(tmp_path / "a", [b"t", b"wo"], mode=0o600)
    assert (tmp_path / "a").read_bytes() == b"two"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    assert names_in(tmp_path) == ["a"]


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    durable.write(tmp_path / "a", b"old")

    class Trouble(Exception):
        pass

    def half_written() -> None:
        with durable.writing(tmp_path / "a") as file:
            file.write(b"half of the n")
            raise Trouble

    with pytest.raises(Trouble):
        half_written()
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names_in(tmp_path) == ["a"]


def test_every_step_is_made_durable_in_order(tmp_path: Path) -> None:
    """Watched from outside: write, fsync of the file, rename, fsync of the folder."""
    program = (
        "import sys; from pathlib import Path; from content_packs import durable;"
        "durable.write(Path(sys.argv[1]), b'x' * 100)"
    )
    trace = tmp_path / "trace"
    target = tmp_path / "target"
    subprocess.run(
        [
            "strace", "-y", "-e", "trace=write,fsync,rename,renameat,renameat2", "-o", str(trace),
            sys.executable, "-c", program, str(target),
        ],
        check=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    steps = [line for line in trace.read_text().splitlines() if str(tmp_path) in line]
    calls = [(line.split("(", 1)[0], f"{target}.part" in line) for line in steps]
    assert [call.removesuffix("at").removesuffix("at2") for call, _ in calls] == [
        "write", "fsync", "rename", "fsync",
    ]  # fmt: skip
    assert [of_part for _, of_part in calls] == [True, True, True, False]


def test_folders_are_made_with_their_parents_twice_over(tmp_path: Path) -> None:
    durable.make_folder(tmp_path / "a" / "b", mode=0o700)
    durable.make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


def test_a_rename_replaces_and_a_removal_of_nothing_is_fine(tmp_path: Path) -> None:
    durable.write(tmp_path / "a", b"new")
    durable.write(tmp_path / "b", b"old")
    durable.rename(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"new"
    durable.remove(tmp_path / "b")
    durable.remove(tmp_path / "b")
    assert names_in(tmp_path) == []


def test_a_full_disk_is_said_in_words() -> None:
    with (
        pytest.raises(StorageFailed, match="/dev/full: the disk is full") as failure,
        durable.storage_errors(FULL),
        FULL.open("wb", buffering=0) as file,
    ):
        file.write(b"x")
    assert failure.value.hint == "Free some space."
    assert failure.value.exit_code == 9


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EROFS, "the disk is read-only"),
        (errno.EIO, "the disk reported an error"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EACCES, "permission was denied"),
        (errno.ENAMETOOLONG, "File name too long"),
    ],
)
def test_other_troubles_of_a_disk_have_words_too(number: int, words: str) -> None:
    with pytest.raises(StorageFailed, match=words), durable.storage_errors(Path("/card")):
        raise OSError(number, os.strerror(number))


def test_a_folder_that_is_a_file_is_a_storage_failure(tmp_path: Path) -> None:
    durable.write(tmp_path / "a", b"")
    with pytest.raises(StorageFailed):
        durable.make_folder(tmp_path / "a" / "b")
    with pytest.raises(StorageFailed):
        durable.write(tmp_path / "none" / "a", b"")


def test_a_link_that_somebody_laid_in_the_way_is_not_followed(tmp_path: Path) -> None:
    key = tmp_path / "root-1.pem"
    key.write_bytes(b"private")
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "draft.json.part").symlink_to(key)
    with pytest.raises(StorageFailed, match=r"draft\.json: a link is in its place"):
        durable.write(stick / "draft.json", b"signed")
    assert key.read_bytes() == b"private"
    durable.write(stick / "draft.json", b"signed")
    assert key.read_bytes() == b"private"
