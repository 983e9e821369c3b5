"""The boot partition: a FAT file system that is made without mounting it, the same each time.

What lies in it is a mapping of places to files; folders follow from the places. Everything has the
build's time, the volume number follows from it, and files are written in the order of their names.
"""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from deploy.image.running import BuildFailed, run

LABEL = "SATCHEL"
SECTORS_IN_CLUSTER = 4  # 2 KiB: FAT32 needs 65,525 clusters, 256 MiB has twice as many
FREE_BYTES_MIN = 100 << 20  # for the other slot's kernel, initramfs and device trees


def make(output: Path, size: int, files: Mapping[str, Path | bytes | str], *, epoch: int) -> None:
    """Make a file system of `size` bytes at `output` with these files.

    Raises `BuildFailed` where less is left than a system update needs.
    """
    used = sum(
        len(content) if isinstance(content, bytes | str) else content.stat().st_size
        for content in files.values()
    )
    if used + FREE_BYTES_MIN > size:
        raise BuildFailed(
            f"the boot partition: its files take {used:,} of {size:,} bytes, and "
            f"{FREE_BYTES_MIN:,} have to stay free for the other slot"
        )
    output.unlink(missing_ok=True)
    with output.open("wb") as file:
        file.truncate(size)
    environment = {"SOURCE_DATE_EPOCH": str(epoch), "MTOOLS_SKIP_CHECK": "1"}
    run(
        [
            "mkfs.vfat", "--invariant", "-F", "32", "-s", str(SECTORS_IN_CLUSTER), "-n", LABEL,
            "-i", f"{epoch & 0xFFFFFFFF:08x}", output,
        ]
    )  # fmt: skip
    folders = {
        str(parent)
        for place in [*files, "a/x", "b/x", "satchel/x"]
        for parent in PurePosixPath(place).parents
        if parent.name
    }
    for folder in sorted(folders):
        run(["mmd", "-i", output, f"::{folder}"], environment=environment)
    for place, content in sorted(files.items()):
        target = f"::{place}"
        if isinstance(content, Path):
            run(["mcopy", "-i", output, content, target], environment=environment)
        else:
            data = content.encode() if isinstance(content, str) else content
            run(["mcopy", "-i", output, "-", target], environment=environment, given=data)
