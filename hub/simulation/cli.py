"""`hub simulate`: see hub/CLI.md."""

from pathlib import Path

import click

from content_packs.command_line import json_option, print_json
from hub.options import data_option, opened, print_built
from hub.simulation.limits import DAYS_MAX, SCHOOLS_MAX

_FILE = click.Path(path_type=Path, dir_okay=False)
_MB = 1_000_000


@click.command()
@data_option
@click.option(
    "--schools", type=click.IntRange(1, SCHOOLS_MAX), default=100_000, show_default=True,
    help="How many schools there are.",
)  # fmt: skip
@click.option(
    "--days", type=click.IntRange(1, DAYS_MAX), default=60, show_default=True,
    help="How many days pass.",
)  # fmt: skip
@click.option(
    "--update-mb", type=click.FloatRange(0, 100_000, min_open=True), default=14.0,
    show_default=True, help="MB that a school fetches which holds the version before.",
)  # fmt: skip
@click.option("--stages", default="1,10,50,100", show_default=True, help="Percent at each stage.")
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Another, another fleet."
)
@click.option("--rhythms", type=_FILE, help="Replay the links in this file.")
@click.option("--record", type=_FILE, help="Write this hub's own links to this file, and end.")
@json_option
def simulate(  # noqa: PLR0913, PLR0917  # each is an option of the command
    data: Path,
    schools: int,
    days: int,
    update_mb: float,
    stages: str,
    seed: int,
    rhythms: Path | None,
    record: Path | None,
    as_json: bool,
) -> None:
    """Replay a rollout over a fleet that isn't there. What it costs, when it is done."""
    if record is not None:
        _record(data, record, as_json=as_json)
        return
    from hub.simulation import recording, sayings
    from hub.simulation.simulating import Settings, staged
    from hub.simulation.simulating import simulate as run

    settings = Settings(schools, days, round(update_mb * _MB), staged(stages), seed)
    found = run(
        settings,
        recording.read(rhythms) if rhythms else None,
        say=lambda line: None if as_json else click.echo(f"{line} …", err=True),
    )
    if as_json:
        print_built(found)
        return
    for line in sayings.say(found):
        click.echo(line)


def _record(data: Path, file: Path, *, as_json: bool) -> None:
    from hub.simulation import recording

    count = recording.record(opened(data), file)
    if as_json:
        print_json({"file": str(file), "links": count})
        return
    click.echo(f"{file}: {count} links. Replay them: hub simulate --rhythms {file}")


COMMANDS = (simulate,)
