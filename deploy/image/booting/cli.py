"""`deploy/image/boot-test`: whether an image starts, and survives what happens to boxes."""

import random
from pathlib import Path

import click

from content_packs.command_line import Group, json_option, print_json
from deploy.image.booting.bench import Bench
from deploy.image.booting.emulator import BOARDS
from deploy.image.booting.options import image_of, say, trial_options, work_folder
from deploy.image.booting.preparing import prepare
from deploy.image.booting.trial import HEAD, Trial, summary


@click.group(
    cls=Group, extras="hub,flash", context_settings={"help_option_names": ["-h", "--help"]}
)
def main() -> None:
    """Boxes in an emulator."""


@main.command("boot-test")
@trial_options
@click.option("--pulls", type=click.IntRange(0, 10_000), default=50, show_default=True,
              help="How often the plug is pulled.")  # fmt: skip
@click.option("--seed", type=int, help="Of all chances. Default: a new one; it is printed.")
@click.option("--seconds", type=float, default=300.0, show_default=True,
              help="The longest that a box may take until its site answers.")  # fmt: skip
@click.option("--processors", type=click.IntRange(1, 8), default=2, show_default=True)
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
    image = image_of(image, arch)
    seed = random.SystemRandom().randrange(1 << 32) if seed is None else seed
    with work_folder(work, "boot-test") as folder:
        prepared = prepare(image, folder, say=say)
        chance = random.Random(seed)  # noqa: S311  # to be repeated, not to be guessed
        bench = Bench(BOARDS[arch], prepared.card, folder, seconds, processors, chance)
        trial = Trial(bench, prepared.teacher_code, seed, say)
        say(f"seed {seed}; {pulls} pulls\n{HEAD}")
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
