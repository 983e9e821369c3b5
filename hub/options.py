"""Options that all commands of `hub` share. Loads nothing but click.

How a hub is opened is told by `hub` itself (`open_hubs_by`), so that `--help` need not load it.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from content_packs.command_line import print_json

if TYPE_CHECKING:
    from hub.hub import Hub

DATA_VARIABLE = "SATCHEL_HUB_DATA"
DATA_DEFAULT = "hub-data"

_META = "hub.passphrase_file"  # in which this command keeps it
_OPEN = "hub.open"  # in which this command keeps how a hub is opened
_Command = TypeVar("_Command", bound=Callable[..., Any])


def data_option(command: _Command) -> _Command:
    """Add `--data`: the hub's data directory."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        envvar=DATA_VARIABLE,
        default=DATA_DEFAULT,
        show_default=True,
        show_envvar=True,
        help="The hub's data directory.",
    )(command)


def hub_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--data`, and give the command the hub that is there, opened, as `hub`.

    A command within a group that has the option, too, goes by whichever of the two was typed.
    """

    @wraps(command)
    def run(*args: Any, data: Path, **options: Any) -> None:
        command(*args, hub=opened(_typed(data)), **options)

    return data_option(run)


def open_hubs_by(opener: "Callable[[Path], Hub]") -> None:
    """Let this command, and those within it, open hubs so."""
    click.get_current_context().meta[_OPEN] = opener


def opened(data: Path) -> "Hub":
    """Return the hub whose data directory this is, opened as `hub` said."""
    hub: Hub = click.get_current_context().meta[_OPEN](data)
    return hub


def _typed(data: Path) -> Path:
    """Return the data directory that was typed for this command, or else for a group around it."""
    context: click.Context | None = click.get_current_context()
    while context is not None:
        if context.get_parameter_source("data") is click.core.ParameterSource.COMMANDLINE:
            typed: Path = context.params["data"]
            return typed
        context = context.parent
    return data


def passphrase_option(command: _Command) -> _Command:
    """Add `--passphrase-file`: where the passphrase of the keys is. See `passphrase_file`."""
    return click.option(
        "--passphrase-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The file with the passphrase of the keys.",
        expose_value=False,
        callback=_remember,
    )(command)


def passphrase_file() -> Path | None:
    """Return the file that this command was given with `--passphrase-file`."""
    found: Path | None = click.get_current_context().meta.get(_META)
    return found


def print_built(value: object) -> None:
    """Print dataclasses and what is in them as one line of JSON."""
    print_json(msgspec.to_builtins(value, enc_hook=str))


def warn(warnings: Iterable[str]) -> None:
    """Say what went otherwise than it should, beside what a command prints."""
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)


def _remember(context: click.Context, _option: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.meta[_META] = value
