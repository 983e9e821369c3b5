"""`sync-node teacher-code` and `sync-node school …`: the school's own data from the console."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from content_packs.command_line import json_option, megabytes, print_json
from sync_node.options import data_option

if TYPE_CHECKING:
    from sync_node.school.school import School
    from sync_node.school.teachers import CodeKind

_FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)


def _open(data: Path) -> "School":
    from sync_node.box_clock import system_clock
    from sync_node.data_dir import DataDir
    from sync_node.school.school import open_school

    data_dir = DataDir(data)
    data_dir.check_initialised()
    return open_school(data_dir, clock=system_clock)


@click.command("teacher-code")
@click.option(
    "--technician", is_flag=True, help="A code that signs a technician in, instead of a teacher."
)
@click.option("--label", is_flag=True, help="A new code for the card's label, good until the next.")
@data_option
@json_option
def teacher_code(*, technician: bool, label: bool, data: Path, as_json: bool) -> None:
    """Print a code by which a teacher begins, or gets a new passphrase. Good once."""
    from content_packs.errors import UsageError

    if technician and label:
        raise UsageError("either --technician or --label")
    kind: CodeKind = "label" if label else "technician" if technician else "teacher"
    found = _open(data)
    try:
        code = found.teachers.make_code(kind)
    finally:
        found.close()
    if as_json:
        print_json({"code": code, "kind": kind})
    else:
        click.echo(code)


@click.group()
def school() -> None:
    """Look after what the school itself keeps: pupils, records, materials."""


@school.command()
@click.argument("folder", metavar="[DIR]", type=_FOLDER, required=False)
@data_option
@json_option
def backup(*, folder: Path | None, data: Path, as_json: bool) -> None:
    """Copy school.db beside itself, or into DIR, such as a stick's."""
    found = _open(data)
    try:
        done = found.back_up(folder)
    finally:
        found.close()
    if as_json:
        print_json({"path": str(done.path), "size": done.size, "records": done.records})
    else:
        click.echo(f"{done.path}: {done.records} records, {megabytes(done.size)}")


@school.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="Also where there is more here than in FILE.")
@data_option
@json_option
def restore(*, file: Path, replace: bool, data: Path, as_json: bool) -> None:
    """Put the backup FILE into school.db's place. What is there is kept beside it."""
    from dataclasses import asdict

    found = _open(data)
    try:
        done = found.restore(file, replace=replace)
    finally:
        found.close()
    if as_json:
        print_json(asdict(done))
        return
    click.echo(
        f"{file} is in place: {done.records} records, {done.pupils} pupils, "
        f"{done.teachers} teachers."
    )
    if done.kept:
        newer = f", with {done.newer}" if done.newer else ""
        click.echo(f"What was there is kept as {done.kept}{newer}.")


@school.command()
@data_option
@json_option
@click.pass_context
def check(context: click.Context, *, data: Path, as_json: bool) -> None:
    """Look whether school.db is whole; save what can be read. Ends with 3 if it wasn't."""
    from dataclasses import asdict

    from content_packs.errors import InvalidContent

    found = _open(data)
    try:
        done = found.check()
    finally:
        found.close()
    if as_json:
        print_json({**asdict(done), "clean": done.clean})
    else:
        for line in done.lines():
            click.echo(line)
    context.exit(0 if done.clean else InvalidContent.exit_code)


@school.command()
@click.argument("folder", metavar="DIR", type=_FOLDER)
@data_option
@json_option
def export(*, folder: Path, data: Path, as_json: bool) -> None:
    """Write each class's records into DIR as CSV files that a spreadsheet opens."""
    from sync_node.school.exporting import export_all

    found = _open(data)
    try:
        files = export_all(found, folder)
    finally:
        found.close()
    if as_json:
        print_json({"files": [path.name for path in files]})
    else:
        for path in files:
            click.echo(str(path))
