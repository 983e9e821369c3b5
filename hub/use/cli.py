"""`hub use`: see hub/CLI.md."""

from pathlib import Path

import click

from content_packs.command_line import json_option
from hub.options import data_option, passphrase_file, print_built


@click.command()
@data_option
@click.option("--month", default="", help="Such as 2026-09; else the newest that is known.")
@click.option("--township", default="", help="Only of its schools.")
@click.option("--pack", default="", help="Only this pack, by lesson.")
@json_option
def use(data: Path, month: str, township: str, pack: str, as_json: bool) -> None:
    """See what is used in a month and what isn't, without any pupil's name."""
    from hub.clock import system_clock
    from hub.hub import open_hub
    from hub.people.actor import of_this_machine
    from hub.use import sayings, showing

    hub, actor = open_hub(data, system_clock, passphrase_file=passphrase_file()), of_this_machine()
    if pack:
        of_pack = showing.use_of_pack(hub, actor, pack, month=month, township=township)
        if as_json:
            print_built(of_pack)
        else:
            sayings.say_pack(of_pack)
        return
    found = showing.use(hub, actor, month=month, township=township)
    if as_json:
        print_built(found)
    else:
        sayings.say(found)


COMMANDS: tuple[click.Command, ...] = (use,)
