"""`hub courier`: sticks for schools that no link reaches."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from content_packs.command_line import json_option, megabytes
from hub.options import data_option, passphrase_file, print_built

if TYPE_CHECKING:
    from content_packs.courier import CourierPlan
    from hub.couriers.intake import TakenIn
    from hub.couriers.writing import Fleet, Written
    from hub.hub import Hub

_Command = TypeVar("_Command", bound=Callable[..., None])
_WHY = {
    "room": "there is no room for it",
    "file-too-large": "the stick's file system holds no file as large (format it as exFAT)",
}


def _open(data: Path) -> "tuple[Hub, Fleet]":
    from hub.clock import system_clock
    from hub.couriers.fleet import CourierFleet
    from hub.hub import open_hub

    hub = open_hub(data, system_clock, passphrase_file=passphrase_file())
    return hub, CourierFleet(hub)


def _stick_argument(command: _Command) -> _Command:
    """Add the folder of the stick."""
    return click.argument(
        "folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False)
    )(command)


@click.group()
def courier() -> None:
    """Write sticks for schools, and take in what they bring back."""


@courier.command()
@data_option
@_stick_argument
@click.option("--node", "nodes", multiple=True, help="A node it is for. Can be given often.")
@click.option(
    "--route", type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A file with a node's id in each line.",
)  # fmt: skip
@click.option("--thorough", is_flag=True, help="Read anew what is on the stick already.")
@json_option
def write(  # noqa: PLR0913  # one for each option
    *,
    data: Path,
    folder: Path,
    nodes: tuple[str, ...],
    route: Path | None,
    thorough: bool,
    as_json: bool,
) -> None:
    """Write the repository onto the stick at DIR: what its schools lack, if that is known.

    Without --node and --route: all that is offered, for any school. Cut off, run it again.
    """
    from content_packs.stick import Stick
    from hub import progress
    from hub.couriers.route import read_route
    from hub.couriers.writing import write as run

    hub, fleet = _open(data)
    wanted = [*nodes, *(read_route(route) if route else ())]
    schools = fleet.schools(tuple(dict.fromkeys(wanted))) if wanted else []

    def announce(plan: "CourierPlan") -> None:
        if not as_json:
            _say_plan(plan)

    with progress.shown() as show:
        written = run(
            hub, Stick(folder), schools, fleet,
            announce=announce, progress=show, thorough=thorough,
        )  # fmt: skip
    if as_json:
        print_built(written)
        return
    _say_written(folder, written)


def _say_plan(plan: "CourierPlan") -> None:
    click.echo(
        f"{megabytes(plan.bytes_to_write)} to write, {megabytes(plan.bytes_there)} there already, "
        f"{megabytes(plan.free)} free."
    )
    for one in plan.left_out:
        click.echo(
            f"warning: {one.name} stays behind ({megabytes(one.size)}): {_WHY[one.why]}", err=True
        )


def _say_written(folder: Path, written: "Written") -> None:
    whom = ", ".join(written.nodes) or "any school"
    click.echo(
        f"{folder}: for {whom}: {written.files} files, {megabytes(written.size)}, written and "
        f"read back; {written.documents} documents. It may be unmounted and pulled."
    )


@courier.command()
@data_option
@_stick_argument
@json_option
@click.pass_context
def read(context: click.Context, *, data: Path, folder: Path, as_json: bool) -> None:
    """Take in claims, reports and batches from the stick at DIR; leave receipts and answers on it.

    Running it twice changes nothing. Ends with 3 where something was refused.
    """
    from content_packs.errors import InvalidContent
    from content_packs.stick import Stick
    from hub.couriers.intake import read as run

    _, fleet = _open(data)
    taken = run(Stick(folder), fleet)
    if as_json:
        print_built(taken)
    else:
        _say_taken(folder, taken)
    context.exit(InvalidContent.exit_code if taken.troubles else 0)


def _say_taken(folder: Path, taken: "TakenIn") -> None:
    click.echo(
        f"{folder}: from {len(taken.nodes)} boxes: claims {taken.claims}, reports {taken.reports}, "
        f"batches {taken.batches} new and {taken.known} known; {taken.documents} answers written."
    )
    for trouble in taken.troubles:
        click.echo(f"warning: {trouble}", err=True)
