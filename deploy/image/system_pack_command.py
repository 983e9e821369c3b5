"""Make the system pack of an image: deploy/image/system-pack IMAGE [--out FILE.cpack].

The pack is published like any other, and released on the channel `system`:

    hub channels add system        (once)
    hub publish FILE.cpack
    hub release satchel-system-arm64 --version N --channel system
"""

import argparse
import sys
import tempfile
from pathlib import Path

from content_packs.errors import SatchelError
from deploy.image import system_packs


def main() -> int:
    """Make it; return the exit code."""
    parser = argparse.ArgumentParser(prog="system-pack", description=__doc__.splitlines()[0])
    parser.add_argument("image", type=Path, help="the image as built, not compressed")
    parser.add_argument("--out", type=Path, help="default: PACK-VERSION.cpack beside the image")
    parser.add_argument("--publisher", default=system_packs.PUBLISHER, help="a publisher's id")
    options = parser.parse_args()
    if not options.image.is_file():
        parser.error(f"{options.image}: is no file; expected an image that deploy/image/build made")
    beside = options.image.resolve().parent
    with tempfile.TemporaryDirectory(prefix="system-pack-", dir=beside) as work:
        made = Path(work) / "made.cpack"
        try:
            found = system_packs.make(
                options.image, made, Path(work) / "parts", publisher=options.publisher
            )
        except SatchelError as error:
            sys.stderr.write(f"system-pack: {error.message}\n{error.hint}\n".rstrip() + "\n")
            return error.exit_code
        out = options.out or beside / f"{found.pack}-{found.version}.cpack"
        made.replace(out)
    sys.stdout.write(f"{out}: {found.pack} {found.version}, {found.size} bytes of files\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
