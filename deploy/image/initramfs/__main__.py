"""`python -m deploy.image.initramfs`: makes the initramfs of a root filesystem that is a folder.

Exit codes: 0 made; 2 the parts don't fit together; 3 busybox isn't what it has to be; 7 a module or
file isn't there; 9 the disk failed.
"""

import argparse
import os
import sys
from pathlib import Path

from content_packs import durable
from content_packs.errors import SatchelError
from deploy.image.initramfs.building import Parts, build, compressed


def main(arguments: list[str] | None = None) -> int:
    """Make an initramfs as the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.image.initramfs", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the root filesystem, a folder")
    parser.add_argument("--kernel", required=True, help="as `uname -r` says it on the box")
    parser.add_argument("--busybox", type=Path, required=True,
                        help="Debian's static busybox, or its package (.deb)")  # fmt: skip
    parser.add_argument("--arch", default="arm64", help="arm64 (default) or amd64")
    parser.add_argument("--seconds", type=int,
                        default=int(os.environ.get("SOURCE_DATE_EPOCH", "0")),
                        help="when its files were made, since 1970")  # fmt: skip
    parser.add_argument("--output", type=Path, required=True, help="the initrd.img to be made")
    given = parser.parse_args(arguments)
    try:
        parts = Parts(given.root, given.kernel, given.busybox, given.arch)
        archive = build(parts, seconds=given.seconds)
        durable.write(given.output, compressed(archive))
    except SatchelError as error:
        print(f"initramfs: {error.message}", error.hint, sep="\n", file=sys.stderr)  # noqa: T201
        return error.exit_code
    print(f"{given.output}: {given.output.stat().st_size} bytes")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
