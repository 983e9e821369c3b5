"""Puts a box's initramfs together: `build` gives its bytes, from folders and files alone."""

import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from content_packs.errors import InvalidContent, Missing, UsageError
from deploy.image.initramfs import cpio, modules

INIT = Path(__file__).with_name("init")
BUSYBOX_BYTES_MAX = 8 << 20
MODULE_BYTES_MAX = 32 << 20
# What `init` calls: an archive that lacks a name of it doesn't start a box.
APPLETS = (
    "cat", "cttyhack", "dd", "dmesg", "echo", "grep", "insmod", "ln", "ls", "mkdir", "mount", "od",
    "printf", "readlink", "reboot", "sed", "setsid", "sh", "sleep", "switch_root", "tr",
    "umount",
)  # fmt: skip
_FOLDERS = ("bin", "dev", "lib", "lib/modules", "proc", "root", "run", "sys")
_MACHINES = {"arm64": 183, "amd64": 62}
_ELF64_LITTLE = b"\x7fELF\x02\x01"
_PT_INTERP = 3


@dataclass(frozen=True)
class Parts:
    """Where an initramfs comes from.

    `root`: the root filesystem whose `lib/modules/<kernel>` the modules are taken from; `kernel`:
    the version, as `uname -r` says it; `busybox`: Debian's static program, or the package
    (`busybox-static_….deb`) that has it; `arch`: arm64 or amd64.
    """

    root: Path
    kernel: str
    busybox: Path
    arch: str = "arm64"


def build(parts: Parts, *, seconds: int) -> bytes:
    """Return the bytes of an initramfs, uncompressed; its files have the time `seconds`.

    Raises `Missing` for a module, list or program that isn't there, `UsageError` for parts that
    don't fit together, `InvalidContent` for a busybox that isn't a static program of `arch`.
    """
    return cpio.pack(_entries(parts), seconds=seconds)


def compressed(archive: bytes) -> bytes:
    """Return the archive as Debian's kernels take it: zstd, made by one thread.

    The program is used, not the library: `zstd` of one Debian release gives the same bytes on
    every machine. Raises `Missing` if it isn't installed.
    """
    program = shutil.which("zstd")
    if not program:
        raise Missing("zstd isn't installed", hint="apt-get install zstd")
    # No content size in the frame: the kernel doesn't read it, and a pipe hasn't got one.
    command = [program, "-q", "-15", "--single-thread", "--no-check", "-c"]
    return subprocess.run(command, input=archive, capture_output=True, check=True).stdout


def _entries(parts: Parts) -> list[cpio.Entry]:
    if parts.arch not in _MACHINES:
        raise UsageError(f"no box of architecture “{parts.arch}”: one of {', '.join(_MACHINES)}")
    entries = [cpio.folder(name) for name in _FOLDERS]
    entries += [
        # The kernel opens it before `init` has mounted anything.
        cpio.character_device("dev/console", 5, 1),
        cpio.file("init", INIT.read_bytes(), 0o755),
        cpio.file("bin/busybox", _busybox(parts), 0o755),
        *(cpio.link(f"bin/{name}", "busybox") for name in APPLETS),
    ]
    return entries + _modules(parts)


def _modules(parts: Parts) -> list[cpio.Entry]:
    folder = parts.root / "lib/modules" / parts.kernel
    places = modules.read(folder).resolve(modules.NEEDED[parts.arch])
    names = [Path(place).name for place in places]
    entries = [cpio.file("lib/modules/order", "".join(f"{name}\n" for name in names).encode())]
    for place, name in zip(places, names, strict=True):
        if not name.endswith(".ko"):
            raise UsageError(f"{place} is compressed: busybox loads modules that are not")
        entries.append(cpio.file(f"lib/modules/{name}", _bounded(folder / place, MODULE_BYTES_MAX)))
    return entries


def _busybox(parts: Parts) -> bytes:
    if parts.busybox.suffix != ".deb":
        program = _bounded(parts.busybox, BUSYBOX_BYTES_MAX)
    else:
        with tempfile.TemporaryDirectory() as folder:
            command = ["dpkg-deb", "--extract", str(parts.busybox), folder]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise InvalidContent(f"{parts.busybox} can't be unpacked: {done.stderr.strip()}")
            program = _bounded(Path(folder) / "bin/busybox", BUSYBOX_BYTES_MAX)
    check_program(program, parts.arch)
    return program


def check_program(program: bytes, arch: str) -> None:
    """Raise `InvalidContent` unless this is a static program for `arch` (ELF, 64 bits)."""
    try:
        machine, segments_at = struct.unpack_from("<2xH12xQ", program, 16)[0], 0
        segments_at, size, count = struct.unpack_from("<Q14xHH", program, 32)
        kinds = [struct.unpack_from("<I", program, segments_at + size * i)[0] for i in range(count)]
    except struct.error as error:
        raise InvalidContent("busybox is no whole ELF program") from error
    if not program.startswith(_ELF64_LITTLE) or machine != _MACHINES[arch]:
        raise InvalidContent(
            f"busybox isn't a program for {arch} (its machine is {machine}, not {_MACHINES[arch]})"
        )
    if _PT_INTERP in kinds:
        raise InvalidContent(
            "busybox needs libraries, and an initramfs has none: take Debian's busybox-static"
        )


def _bounded(path: Path, bytes_max: int) -> bytes:
    try:
        size = path.stat().st_size
        if size > bytes_max:
            raise UsageError(f"{path} has {size} bytes, at most {bytes_max} go into an initramfs")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise Missing(f"{path} isn't there") from error
