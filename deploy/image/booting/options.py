"""What the commands that start an image in an emulator are asked alike."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import click

from deploy.image.booting.emulator import BOARDS

CHECKOUT = Path(__file__).parents[3]
CACHE = CHECKOUT / ".cache/image"

_Command = TypeVar("_Command", bound=Callable[..., Any])
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True, resolve_path=True)
_FOLDER = click.Path(path_type=Path, file_okay=False, resolve_path=True)

_IMAGE = click.option("--image", type=_FILE, help="Default: what deploy/image/build made.")
_ARCH = click.option(
    "--arch", type=click.Choice(sorted(BOARDS)), default="arm64", show_default=True
)
_WORK = click.option(
    "--work", type=_FOLDER, help="For the card and the box's log. Default: a new folder that is "
    "removed at the end.",
)  # fmt: skip


def trial_options(command: _Command) -> _Command:
    """Give a command the options `--image`, `--arch` and `--work`."""
    for option in (_WORK, _ARCH, _IMAGE):
        command = option(command)
    return command


def image_of(image: Path | None, arch: str) -> Path:
    """Return the image to try: the one that was named, or that deploy/image/build made."""
    return image or CACHE / f"out/satchel-node-{arch}.img"


@contextmanager
def work_folder(work: Path | None, name: str) -> Iterator[Path]:
    """Yield the folder to work in: the one that was named, or a new one that goes at the end."""
    with TemporaryDirectory(prefix=f"{name}-") as made:
        yield work or Path(made)


def say(line: str) -> None:
    """Tell on stderr how far a trial is."""
    click.echo(line, err=True)
