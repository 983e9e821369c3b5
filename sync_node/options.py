"""Options that several of the command line's modules share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

DATA_VARIABLE = "SATCHEL_NODE_DATA"
DATA_DEFAULT = "node-data"

_Command = TypeVar("_Command", bound=Callable[..., Any])


def data_option(command: _Command) -> _Command:
    """Add `--data`."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        envvar=DATA_VARIABLE,
        default=DATA_DEFAULT,
        show_default=True,
        show_envvar=True,
        help="The node's data directory.",
    )(command)
