"""`deploy/image/boot-test`: whether an image starts, and survives what happens to boxes."""

import random
import tempfile
from pathlib import Path

import click

from content_packs.command_line import Group, json_option, print_json
from deploy.image.booting.emulator import BOARDS
from deploy.image.booting.preparing import prepare
from deploy.image.booting.trial import HEAD, Trial, summary

CHECKOUT = Path(__file__).parents[3]
IMAGES = CHECKOUT / ".cache/image/out"
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True, resolve_path=True)
_FOLDER = click.Path(path_type=Path, file_okay=False, resolve_path=True)


@click.group(
    cls=Group, extras="hub,flash", context_settings={"help_option_names": ["-h", "--help"]}
)
def main() -> None:
    """Boxes in an emulator."""


@main.command("boot-test")
@click.option("--image", type=_FILE, help="Default: what deploy/image/build made.")
@click.option("--arch", type=click.Choice(sorted(BOARDS)), default="arm64", show_default=True)
@click.option("--pulls", type=click.IntRange(0, 10_000), default=50, show_default=True,
              help="How often the plug is pulled.")  # fmt: skip
@click.option("--seed", type=int, help="Of all chances. Default: a new one; it is printed.")
@click.option("--seconds", type=float, default=300.0, show_default=True,
              help="The longest that a box may take until its site answers.")  # fmt: skip
@click.option("--processors", type=click.IntRange(1, 8), default=2, show_default=True)
@click.option("--work", type=_FOLDER, help="For the card and the box's log. Default: a new folder "
              "that is removed at the end.")  # fmt: skip
@json_option
def boot_test(  # noqa: PLR0913  # options of a command
    *,
    image: Path | None,
    arch: str,
    pulls: int,
    seed: int | None,
    seconds: float,
    processors: int,
    work: Path | None,
    as_json: bool,
) -> None:
    """Start an image in an emulator, pull its plug, and see that all comes back.

    Ends with 0 where it did; with 5 at the first thing that didn't hold: the message has the seed
    and what the box said last. 7: the emulator isn't installed, or there is no image.
    """
    image = image or IMAGES / f"satchel-node-{arch}.img"
    seed = random.SystemRandom().randrange(1 << 32) if seed is None else seed
    with tempfile.TemporaryDirectory(prefix="boot-test-") as made:
        folder = work or Path(made)
        trial = Trial(
            BOARDS[arch], prepare(image, folder, say=_say), folder, seed, seconds, processors, _say
        )
        _say(f"seed {seed}; {pulls} pulls\n{HEAD}")
        trial.run(pulls)
    found = summary(trial.starts)
    if as_json:
        starts = [vars(start) for start in trial.starts]
        print_json({"seed": seed, "image": str(image), **found, "table": starts})
    else:
        click.echo(f"All came back: {found['pulls']} pulls, {found['answers_kept']} answers kept. "
                   f"The site answered after {found['first_seconds']} s at the first start, then "
                   f"after {found['later_seconds_median']} s (median), "
                   f"{found['later_seconds_most']} s (most).")  # fmt: skip


def _say(line: str) -> None:
    click.echo(line, err=True)
