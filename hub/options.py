"""Options that all commands of `hub` share. Loads nothing but click."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from content_packs.command_line import print_json

DATA_VARIABLE = "SATCHEL_HUB_DATA"
DATA_DEFAULT = "hub-data"

_META = "hub.passphrase_file"  # in which this command keeps it
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


def _remember(context: click.Context, _option: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.meta[_META] = value
