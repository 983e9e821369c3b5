"""`sync-node init`, `sync-node enrol`, `sync-node first-start`: see sync_node/CLI.md."""

from pathlib import Path

import click

from content_packs.command_line import json_option, print_json
from sync_node.options import data_option

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("first-start")
@click.option("--seed", type=_FILE, required=True, help="The seed that is on the card.")
@click.option("--box", type=_FOLDER, help="For the Wi-Fi's wish.  [default: box in --data]")
@data_option
@json_option
def first_start(*, seed: Path, box: Path | None, data: Path, as_json: bool) -> None:
    """Make this box what its card's seed says. Safe to run at each start."""
    import msgspec

    from sync_node.beginning.first_start import first_start as run
    from sync_node.beginning.taking_up import of_this_box
    from sync_node.data_dir import DataDir

    done = run(DataDir(data), seed, box, of_this_box())
    if as_json:
        print_json(
            {
                **msgspec.to_builtins(done.card),
                "before": done.before,
                "claim": done.claim,
                "notes": list(done.notes),
            }
        )
        return
    for line in done.in_words():
        click.echo(line, err=line.startswith("warning: "))


@click.command()
@click.option("--hub", "hubs", multiple=True, help="Address of a hub. Can be given several times.")
@click.option(
    "--folder", "folders", multiple=True, type=_FOLDER,
    help="A folder that holds a repository, such as a stick. Can be given several times.",
)  # fmt: skip
@click.option(
    "--trust", required=True, type=click.Path(path_type=Path, dir_okay=False),
    help="The file N.root.json that the hub's operator gives out.",
)  # fmt: skip
@click.option(
    "--channel", "channels", multiple=True, default=["main"], show_default=True,
    help="A channel to follow. Can be given several times.",
)  # fmt: skip
@data_option
@json_option
def init(  # noqa: PLR0913  # one for each option
    *,
    hubs: tuple[str, ...],
    folders: tuple[Path, ...],
    trust: Path,
    channels: tuple[str, ...],
    data: Path,
    as_json: bool,
) -> None:
    """Make a data directory that follows a hub, and trusts it by its root."""
    import secrets

    from sync_node import initialising
    from sync_node.box_clock import system_clock
    from sync_node.data_dir import DataDir

    root = initialising.read_root(trust)
    wanted = initialising.wanted_config(hubs, folders, channels, secrets.randbelow(100))
    made = initialising.initialise(DataDir(data), root, wanted, now=system_clock())
    if as_json:
        print_json({"data": str(data), "made": made, "channels": wanted.channels})
    elif made:
        click.echo(
            f"{data}: follows {', '.join(wanted.channels)}. Next: sync-node sync --data {data}"
        )
    else:
        click.echo(f"{data}: was made so before, nothing to do")


@click.command()
@click.argument("code")
@click.option("--hub", default="", help="The hub to ask: an address in node.toml. Default: all.")
@click.option(
    "--to", "stick", type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Put the claim into this folder, such as a stick's, instead of asking a hub.",
)  # fmt: skip
@click.option("--again", is_flag=True, help="Enrol anew, with a new key, what is a node already.")
@data_option
@json_option
def enrol(  # noqa: PLR0913  # one for each option
    *, code: str, hub: str, stick: Path | None, again: bool, data: Path, as_json: bool
) -> None:
    """Make this box a node of a school, by the CODE on the printed sheet."""
    import secrets

    from sync_node import enrolling
    from sync_node.data_dir import DataDir
    from sync_node.enrolling_sayings import enrolled_json, say_enrolled
    from sync_node.hardware import hardware

    def say(line: str) -> None:
        click.echo(line, err=True)

    found = enrolling.enrol(
        DataDir(data),
        code,
        hub=hub,
        stick=stick,
        again=again,
        hardware=hardware(),
        randomness=secrets.token_bytes,
        say=say,
    )
    if as_json:
        print_json(enrolled_json(found))
    else:
        say_enrolled(found)
