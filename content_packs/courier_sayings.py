"""What fits on a stick, in words: for whoever writes one, a hub or a node."""

from pathlib import Path

import click

from content_packs.command_line import megabytes
from content_packs.courier import CourierPlan
from content_packs.errors import StorageFailed

_WHY = {
    "room": "there is no room for it",
    "file-too-large": "the stick's file system holds no file as large (format it as exFAT)",
}


def check_room(plan: CourierPlan, root: Path) -> None:
    """Raise `StorageFailed` where not even the metadata fits on the stick at `root`."""
    if plan.missing_room:
        raise StorageFailed(
            f"{root}: the stick lacks {megabytes(plan.missing_room)} for the metadata alone",
            hint="Free some room on it, or take a larger one.",
        )


def say_plan(plan: CourierPlan) -> None:
    """Print what is to be written, and what stays behind and why."""
    if plan.missing_room:
        return  # nothing is written: the error says it all
    click.echo(
        f"{megabytes(plan.bytes_to_write)} to write, {megabytes(plan.bytes_there)} there already, "
        f"{megabytes(plan.free)} free."
    )
    for one in plan.left_out:
        click.echo(
            f"warning: {one.name} stays behind ({megabytes(one.size)}): {_WHY[one.why]}", err=True
        )
