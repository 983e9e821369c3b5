"""Folders that are odd on the disk: links, devices, giants, bombs, names that aren't text."""

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from fpdf import FPDF

from content_packs.faults import Fault
from content_packs.limits import FAULTS_MAX, FILE_BYTES_MAX, PACK_BYTES_MAX
from content_packs.lint import lint
from tests.support import media
from tests.support.folders import PACK_TOML, Files, sound_files, write_folder

L = "01-halves"


def faults_of(folder: Path, changes: Files) -> list[Fault]:
    return lint(write_folder(folder, {**sound_files(), **changes}))


def _link(target: Path) -> None:
    target.symlink_to("/etc/passwd")


def _linked_folder(target: Path) -> None:
    target.symlink_to(target.parent.parent)


def _sparse(target: Path) -> None:
    with target.open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_link, "a symbolic link"),
        (_linked_folder, "a symbolic link"),
        (os.mkfifo, "not a regular file"),
        (_sparse, "more than the 17.2 GB of a file"),
    ],
)
def test_what_is_no_plain_file_is_refused(
    make: Callable[[Path], None], words: str, tmp_path: Path
) -> None:
    write_folder(tmp_path, sound_files())
    make(tmp_path / L / "odd.bin")
    faults = lint(tmp_path)
    assert [(f.severity, f.file) for f in faults if words in f.message] == [
        ("error", f"{L}/odd.bin")
    ]


def test_a_name_that_is_not_unicode_is_a_fault(tmp_path: Path) -> None:
    write_folder(tmp_path, sound_files())
    with open(os.path.join(os.fsencode(tmp_path), L.encode(), b"a\xff.png"), "wb"):  # noqa: PTH118, PTH123 - a name of bytes
        pass
    assert any("lone surrogate" in fault.message for fault in lint(tmp_path))


def test_a_picture_that_would_fill_the_memory_is_refused_unopened(tmp_path: Path) -> None:
    bomb = media.picture()
    header = b"IHDR" + struct.pack(">II", 60_000, 60_000) + bomb[24:29]
    bomb = bomb[:12] + header + struct.pack(">I", zlib.crc32(header)) + bomb[33:]
    faults = faults_of(tmp_path, {"cover.png": bomb})
    assert [fault.file for fault in faults] == ["cover.png"]
    assert "pixels" in faults[0].message


def test_an_error_is_told_however_many_warnings_there_are(tmp_path: Path) -> None:
    changes: Files = {f"{n:05}.txt": "x" for n in range(FAULTS_MAX + 100)}
    changes["pack.toml"] = PACK_TOML.replace("version = 1", "version = 0")
    faults = faults_of(tmp_path, changes)
    assert [fault.file for fault in faults if fault.severity == "error"] == ["pack.toml"]
    assert len(faults) == FAULTS_MAX + 1


def test_more_bytes_than_a_pack_may_have_are_told(tmp_path: Path) -> None:
    write_folder(tmp_path, sound_files())
    for number in range(PACK_BYTES_MAX // FILE_BYTES_MAX):
        with (tmp_path / L / "pictures" / f"{number}.bin").open("wb") as file:
            file.truncate(FILE_BYTES_MAX)
    faults = lint(tmp_path)
    assert [(f.severity, f.file) for f in faults if "of a pack" in f.message] == [("error", "")]


def test_a_pdf_with_a_password_is_an_error(tmp_path: Path) -> None:
    document = FPDF()
    document.add_page()
    document.set_encryption(owner_password="owner", user_password="pupil")
    faults = faults_of(tmp_path, {f"{L}/worksheet.pdf": bytes(document.output())})
    assert [(f.file, f.message) for f in faults] == [
        (f"{L}/worksheet.pdf", "locked with a password")
    ]


def test_a_folder_that_is_not_there_is_a_fault_not_a_crash(tmp_path: Path) -> None:
    faults = lint(tmp_path / "nowhere")
    assert any("can't be read" in fault.message for fault in faults)
