"""A box's initramfs as a whole: what is in it, that it is the same twice, what stops the build."""

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from content_packs.errors import InvalidContent, Missing, UsageError
from deploy.image.initramfs import cpio, modules
from deploy.image.initramfs.building import APPLETS, INIT, Parts, build, check_program, compressed
from tests.support.source_code import CHECKOUT

KERNEL = "6.1.0-arm64"


def elf(*, machine: int = 183, segments: tuple[int, ...] = (1, 1), bits: int = 2) -> bytes:
    """A program of 64 bits: its header, and headers of segments of these kinds."""
    head = b"\x7fELF" + bytes([bits, 1, 1]) + bytes(9)
    head += struct.pack(
        "<HHIQQQIHHHHHH", 2, machine, 1, 0, 64, 0, 0, 64, 56, len(segments), 0, 0, 0
    )
    return head + b"".join(struct.pack("<I52x", kind) for kind in segments)


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    """A root with a kernel that has all modules, each a file of its name."""
    folder = tmp_path / "root/lib/modules" / KERNEL
    (folder / "kernel").mkdir(parents=True)
    lines = []
    for name in modules.NEEDED["arm64"]:
        (folder / f"kernel/{name}.ko").write_bytes(name.encode())
        lines.append(f"kernel/{name}.ko:")
    (folder / "modules.dep").write_text("\n".join(lines) + "\n")
    (folder / "modules.builtin").write_text("")
    (tmp_path / "busybox").write_bytes(elf())
    return Parts(tmp_path / "root", KERNEL, tmp_path / "busybox")


def test_it_has_the_program_the_script_and_every_module(parts: Parts) -> None:
    found = {entry.name: entry for entry in cpio.unpack(build(parts, seconds=1))}
    assert found["init"].data == INIT.read_bytes()
    assert found["init"].mode & 0o777 == 0o755
    assert found["dev/console"].device == (5, 1)
    order = found["lib/modules/order"].data.decode().split()
    assert {name.removesuffix(".ko") for name in order} == set(modules.NEEDED["arm64"])
    assert all(f"lib/modules/{name}" in found for name in order)


def test_every_program_that_init_calls_is_there(parts: Parts) -> None:
    found = {entry.name for entry in cpio.unpack(build(parts, seconds=1))}
    text = INIT.read_text(encoding="utf-8")
    own = {"echo", "printf"}
    for name in set(APPLETS):
        assert f"bin/{name}" in found
        assert name in text or name in {"dmesg", "ls", "cat"} | own, f"init never calls {name}"


def test_twice_is_the_same_bytes(parts: Parts) -> None:
    once, again = build(parts, seconds=1), build(parts, seconds=1)
    assert once == again
    assert compressed(once) == compressed(again)
    assert once != build(parts, seconds=2)


def test_a_module_that_the_kernel_lacks_stops_it(parts: Parts) -> None:
    dep = parts.root / "lib/modules" / KERNEL / "modules.dep"
    dep.write_text(dep.read_text().replace("kernel/overlay.ko:\n", ""))
    with pytest.raises(Missing, match="overlay"):
        build(parts, seconds=1)


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (elf(machine=62), "isn't a program for arm64"),
        (elf(bits=1), "isn't a program for arm64"),
        (elf(segments=(1, 3)), "busybox-static"),
        (elf()[:100], "no whole ELF"),
        (b"", "no whole ELF"),
    ],
)
def test_a_busybox_that_would_not_run_stops_it(program: bytes, why: str) -> None:
    with pytest.raises(InvalidContent, match=why):
        check_program(program, "arm64")


def test_a_box_of_another_kind_is_refused(parts: Parts) -> None:
    with pytest.raises(UsageError, match="riscv"):
        build(Parts(parts.root, parts.kernel, parts.busybox, "riscv"), seconds=1)


def test_the_command_writes_it_and_says_what_is_missing(parts: Parts, tmp_path: Path) -> None:
    output = tmp_path / "initrd.img"

    def run(kernel: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "deploy.image.initramfs", "--root", str(parts.root),
                   "--kernel", kernel, "--busybox", str(parts.busybox), "--seconds", "1",
                   "--output", str(output)]  # fmt: skip
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=CHECKOUT)

    failed = run("7.0")
    assert failed.returncode == 7
    assert "depmod" in failed.stderr
    assert not output.exists()
    assert run(KERNEL).returncode == 0
    assert output.read_bytes() == compressed(build(parts, seconds=1))
