"""`hub use`: see hub/CLI.md."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from content_packs.command_line import json_option
from hub.options import hub_option, print_built

if TYPE_CHECKING:
    from hub.hub import Hub


@click.command()
@hub_option
@click.option("--month", default="", help="Such as 2026-09; else the newest that is known.")
@click.option("--township", default="", help="Only of its schools.")
@click.option("--pack", default="", help="Only this pack, by lesson.")
@click.option("--csv", "as_csv", is_flag=True, help="As a CSV file.")
@json_option
def use(  # noqa: PLR0913, PLR0917  # each is an option of the command
    hub: "Hub", month: str, township: str, pack: str, as_csv: bool, as_json: bool
) -> None:
    """See what is used in a month and what isn't. Without any pupil's name."""
    from hub.people.actor import of_this_machine
    from hub.use import sayings, sheet, showing

    actor = of_this_machine()
    if pack:
        of_pack = showing.use_of_pack(hub, actor, pack, month=month, township=township)
        if as_csv:
            _print_lines(sheet.of_pack(of_pack, sheet.first_title))
        elif as_json:
            print_built(of_pack)
        else:
            sayings.say_pack(of_pack)
        return
    found = showing.use(hub, actor, month=month, township=township)
    if as_csv:
        _print_lines(sheet.of_all(found, sheet.first_title))
    elif as_json:
        print_built(found)
    else:
        sayings.say(found)


def _print_lines(pieces: Iterable[bytes]) -> None:
    for lines in pieces:
        click.echo(lines, nl=False)


COMMANDS: tuple[click.Command, ...] = (use,)
