"""`deploy/image/build`: the image of a box, and the lock files that it is made from."""

import os
from pathlib import Path

import click

from content_packs.command_line import Group, json_option, megabytes, print_json
from content_packs.errors import UsageError
from deploy.image import locking
from deploy.image.building import CHECKOUT, Built, Wish, build
from deploy.image.lock_file import ARCHITECTURES, ARCHIVES
from deploy.image.moment import commit_time

WORK = CHECKOUT / ".cache" / "image"
_FOLDER = click.Path(path_type=Path, file_okay=False, resolve_path=True)


@click.group(cls=Group, extras="node", context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Make what a box's card consists of."""


@main.command("build")
@click.option("--arch", type=click.Choice(ARCHITECTURES), default="arm64", show_default=True)
@click.option(
    "--lock", "locking_only", is_flag=True, help="Write the lock file anew, build nothing."
)
@click.option(
    "--work", type=_FOLDER, default=WORK, help="For downloads and steps. Default: .cache/image."
)
@click.option("--output", type=_FOLDER, help="Where the image goes. Default: `out` in --work.")
@click.option("--system", type=int, help="The system's version. Default: the minute of the commit.")
@click.option(
    "--fresh", is_flag=True, help="Install Debian's packages anew, though the cache has them."
)
@click.option(
    "--no-xz", is_flag=True, help="Leave out the compressed image: quicker to try things."
)
@click.option("--mirror", "mirrors", multiple=True, metavar="ARCHIVE=ADDRESS",
              help="Take an archive's files from there: debian or debian-security.")  # fmt: skip
@json_option
def build_command(  # noqa: PLR0913  # an option each
    *,
    arch: str,
    locking_only: bool,
    work: Path,
    output: Path | None,
    system: int | None,
    fresh: bool,
    no_xz: bool,
    mirrors: tuple[str, ...],
    as_json: bool,
) -> None:
    """Build the image of a box: satchel-node-ARCH.img, its map, and .img.xz."""
    if locking_only:
        lock = locking.make(arch, work)
        click.echo(f"{locking.lock_path(arch)}: {len(lock.installed)} Debian packages installed")
        return
    wish = Wish(
        architecture=arch,
        epoch=commit_time(os.environ.get("SOURCE_DATE_EPOCH"), CHECKOUT),
        work=work,
        output=output or work / "out",
        system=system,
        fresh=fresh,
        compress=not no_xz,
        processors=os.cpu_count() or 1,
        mirrors=dict(map(read_mirror, mirrors)),
    )
    _tell(build(wish), wish, as_json=as_json)


def read_mirror(text: str) -> tuple[str, str]:
    """Read ARCHIVE=ADDRESS. Raises `UsageError`."""
    archive, _, address = text.partition("=")
    if archive not in ARCHIVES or not address.startswith(("http://", "https://", "file:/")):
        raise UsageError(
            f"--mirror: found {text!r}, expected ARCHIVE=ADDRESS",
            hint=f"ARCHIVE: {' or '.join(ARCHIVES)}; ADDRESS has http://, https:// or file:/",
        )
    return archive, address.rstrip("/")


def _tell(built: Built, wish: Wish, *, as_json: bool) -> None:
    files = sorted(path for path in wish.output.glob(f"{built.image.name}*") if path.is_file())
    files += sorted(built.system.iterdir())
    if as_json:
        print_json(
            {
                "image": str(built.image),
                "system": wish.version,
                "built": wish.epoch,
                "map_digest": built.map_digest,
                "sizes": {str(path): path.stat().st_size for path in files},
                "seconds": {step: round(seconds, 1) for step, seconds in built.seconds.items()},
            }
        )
        return
    for step, seconds in built.seconds.items():
        click.echo(f"{seconds:8.1f} s  {step}")
    for path in files:
        click.echo(f"{megabytes(path.stat().st_size):>10}  {path}")
    click.echo(f"system version {wish.version}; digest of the map: {built.map_digest}")
