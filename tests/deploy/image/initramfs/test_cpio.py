"""The archive that the kernel unpacks at its start: what is put in comes out, always the same."""

import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import InvalidContent, UsageError
from deploy.image.initramfs import cpio

NAMES = st.text("abcxyz0-_.", min_size=1, max_size=12).filter(lambda name: name not in {".", ".."})
FILES = st.dictionaries(NAMES, st.binary(max_size=300), max_size=8)
EXAMPLE = [
    cpio.folder("bin"),
    cpio.file("bin/sh", b"#!program\n", 0o755),
    cpio.link("bin/ls", "sh"),
    cpio.folder("dev"),
    cpio.character_device("dev/console", 5, 1),
    cpio.file("init", b"x" * 5, 0o755),
]


@given(FILES, st.integers(0, 2**32 - 1))
def test_what_is_packed_is_unpacked_and_order_does_not_matter(
    files: dict[str, bytes], seconds: int
) -> None:
    entries = [cpio.folder("d"), *(cpio.file(f"d/{name}", data) for name, data in files.items())]
    archive = cpio.pack(entries, seconds=seconds)
    assert archive == cpio.pack(reversed(entries), seconds=seconds)
    assert list(cpio.unpack(archive)) == sorted(entries, key=lambda entry: entry.name)
    assert len(archive) % 512 == 0


@given(st.binary(max_size=400))
def test_bytes_that_are_no_archive_are_refused_with_words(data: bytes) -> None:
    with pytest.raises(InvalidContent, match="initramfs: "):
        list(cpio.unpack(data))


@given(st.integers(0, 2000), st.integers(0, 255))
def test_a_changed_byte_is_refused_or_read_and_never_more(at: int, value: int) -> None:
    archive = bytearray(cpio.pack(EXAMPLE, seconds=0))
    archive[at % len(archive)] = value
    try:
        for entry in cpio.unpack(bytes(archive)):
            assert len(entry.data) <= len(archive)
    except InvalidContent as error:
        assert "initramfs: " in error.message  # noqa: PT017  # it may also be read


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([cpio.file("a", b""), cpio.file("a", b"")], "twice"),
        ([cpio.file("d/a", b"")], "in no folder"),
        ([cpio.file("/a", b"")], "relative"),
        ([cpio.file("../a", b"")], "relative"),
        ([cpio.file("a" * 256, b"")], "too large"),
    ],
)
def test_entries_that_the_kernel_would_pass_over_stop_the_build(
    entries: list[cpio.Entry], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        cpio.pack(entries, seconds=0)


def test_the_program_cpio_reads_it_as_meant() -> None:
    archive = cpio.pack(EXAMPLE, seconds=1_700_000_000)
    done = subprocess.run(
        ["cpio", "--list", "--verbose", "--numeric-uid-gid"],
        input=archive, capture_output=True, check=True, env={"PATH": os.defpath, "LC_ALL": "C"},
    )  # fmt: skip
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    assert [line[0] for line in lines] == [
        "drwxr-xr-x", "lrwxrwxrwx", "-rwxr-xr-x", "drwxr-xr-x", "crw-------", "-rwxr-xr-x",
    ]  # fmt: skip
    assert all(line[2:4] == ["0", "0"] for line in lines)
    assert lines[4][4:6] == ["5,", "1"]
