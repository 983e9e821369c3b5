"""What each command does is said whole in the list of commands, on a terminal of 80 columns."""

from collections.abc import Iterator

import click

from hub.cli import main

COLUMNS = 80


def groups(found: click.Group, path: str) -> Iterator[tuple[str, str]]:
    """Yield each group's name and its help."""
    context = click.Context(found, info_name=path, terminal_width=COLUMNS)
    yield path, found.get_help(context)
    for name in found.list_commands(context):
        command = found.get_command(context, name)
        if isinstance(command, click.Group):
            yield from groups(command, f"{path} {name}")


def test_no_command_is_cut_short() -> None:
    said = dict(groups(main, "hub"))
    assert "hub keys" in said
    cut = [
        (path, line)
        for path, text in said.items()
        for line in text.partition("Commands:")[2].splitlines()
        if line.endswith("...") or len(line) > COLUMNS
    ]
    assert cut == []
