"""`hub courier`: sticks for schools that no link reaches."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from content_packs.command_line import json_option, megabytes
from hub.options import hub_option, print_built, warn

if TYPE_CHECKING:
    from content_packs.courier import CourierPlan
    from hub.couriers.intake import TakenIn
    from hub.couriers.writing import Written
    from hub.hub import Hub

_Command = TypeVar("_Command", bound=Callable[..., None])


def _stick_argument(command: _Command) -> _Command:
    """Add the folder of the stick."""
    return click.argument(
        "folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False)
    )(command)


@click.group()
def courier() -> None:
    """Write sticks for schools, and take in what they bring back."""


@courier.command()
@hub_option
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
    hub: "Hub",
    folder: Path,
    nodes: tuple[str, ...],
    route: Path | None,
    thorough: bool,
    as_json: bool,
) -> None:
    """Write the repository onto the stick at DIR. Where it is known, only what its schools lack.

    Without --node and --route: all that is offered, for any school. Cut off, run it again.
    """
    from content_packs.courier_sayings import say_plan
    from hub import progress
    from hub.couriers.deeds import write as run
    from hub.couriers.route import read_route
    from hub.people.actor import of_this_machine

    wanted = [*nodes, *(read_route(route) if route else ())]

    def announce(plan: "CourierPlan") -> None:
        if not as_json:
            say_plan(plan)

    with progress.shown() as show:
        written = run(
            hub, of_this_machine(), folder, wanted,
            announce=announce, progress=show, thorough=thorough,
        )  # fmt: skip
    if as_json:
        print_built(written)
        return
    _say_written(folder, written)


def _say_written(folder: Path, written: "Written") -> None:
    from content_packs.diff import count_of

    whom = ", ".join(written.nodes) or "any school"
    click.echo(
        f"{folder}: for {whom}: {count_of(written.files, 'file')}, {megabytes(written.size)}, "
        f"written and read back; {count_of(written.documents, 'document')}. "
        "It may be unmounted and pulled."
    )
    for node in written.not_enrolled:
        click.echo(f"warning: {node} isn't enrolled (any more): no documents for it", err=True)


@courier.command()
@hub_option
@_stick_argument
@json_option
@click.pass_context
def read(context: click.Context, *, hub: "Hub", folder: Path, as_json: bool) -> None:
    """Take in what schools sent on the stick at DIR, and answer on it.

    Running it twice changes nothing. Ends with 3 where something was refused.
    """
    from content_packs.errors import InvalidContent
    from hub.couriers.deeds import read as run
    from hub.people.actor import of_this_machine

    taken = run(hub, of_this_machine(), folder)
    if as_json:
        print_built(taken)
    else:
        _say_taken(folder, taken)
    context.exit(InvalidContent.exit_code if taken.troubles else 0)


def _say_taken(folder: Path, taken: "TakenIn") -> None:
    from content_packs.diff import count_of

    boxes = "1 box" if len(taken.nodes) == 1 else f"{len(taken.nodes)} boxes"
    click.echo(
        f"{folder}: from {boxes}: {count_of(taken.claims, 'claim')}, "
        f"{count_of(taken.reports, 'report')}, batches: {taken.batches} new, {taken.known} known; "
        f"{count_of(taken.documents, 'answer')} written."
    )
    for box in taken.waiting:
        click.echo(
            f"{box.node} waits to be confirmed. If the box shows {box.fingerprint}, too: "
            f"hub nodes confirm {box.node}; then read or write the stick once more."
        )
    warn(taken.troubles)
