"""`deploy/image/boot-test`: whether an image starts, and survives what happens to boxes."""

import random
from pathlib import Path

import click

from content_packs.command_line import Group, json_option, print_json
from deploy.image.booting.bench import Bench
from deploy.image.booting.district import served
from deploy.image.booting.emulator import BOARDS, HUB_ADDRESS
from deploy.image.booting.options import image_of, say, trial_options, work_folder
from deploy.image.booting.preparing import NO_HUB, prepare
from deploy.image.booting.systems import KINDS, Kind, Systems
from deploy.image.booting.trial import HEAD, Trial, summary
from deploy.image.booting.updates import Update, Updates, told


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
@click.option("--update", is_flag=True,
              help="Then bring newer systems, pulling the plug, too. Needs root.")  # fmt: skip
@click.option("--system", "kinds", type=click.Choice(KINDS), multiple=True, default=KINDS,
              show_default=True, help="Of --update: which, in this order.")  # fmt: skip
@click.option("--processors", type=click.IntRange(1, 8), default=2, show_default=True)
@json_option
def boot_test(  # noqa: PLR0913  # options of a command
    *,
    image: Path | None,
    arch: str,
    pulls: int,
    seed: int | None,
    seconds: float,
    update: bool,
    kinds: tuple[Kind, ...],
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
    hub = f"http://{HUB_ADDRESS}/" if update else NO_HUB
    updates: list[Update] = []
    with work_folder(work, "boot-test") as folder:
        prepared = prepare(image, folder, hub=hub, say=say)
        chance = random.Random(seed)  # noqa: S311  # to be repeated, not to be guessed
        bench = Bench(BOARDS[arch], prepared.card, folder, seconds, processors, chance)
        trial = Trial(bench, prepared.teacher_code, seed, say)
        say(f"seed {seed}; {pulls} pulls")
        if pulls or not update:  # the updates begin with a start, too
            say(HEAD)
            trial.run(pulls)
        if update:
            updates = _update(trial, image, folder, prepared.technician_code, kinds)
    found = summary(trial.starts)
    if as_json:
        starts = [vars(start) for start in trial.starts]
        brought = [vars(each) for each in updates]
        print_json({"seed": seed, "image": str(image), **found, "table": starts,
                    "updates": brought})  # fmt: skip
    else:
        click.echo(f"All came back: {found['pulls']} pulls, {found['answers_kept']} answers kept. "
                   f"The site answered after {found['first_seconds']} s at the first start, then "
                   f"after {found['later_seconds_median']} s (median), "
                   f"{found['later_seconds_most']} s (most).")  # fmt: skip
        for each in updates:
            click.echo(told(each))


def _update(
    trial: Trial, image: Path, folder: Path, code: str, kinds: tuple[Kind, ...]
) -> list[Update]:
    """Go on with systems of these kinds, and a hub that brings them."""
    systems = Systems(image, folder / "systems")
    with served(folder / "hub", folder / "hub.log") as district:
        trial.bench.hub_port = district.port
        updates = Updates(trial, district, systems, code, say)
        try:
            updates.run(kinds)
        finally:
            systems.end()
        return updates.done
