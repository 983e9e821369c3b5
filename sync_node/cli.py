"""`sync-node`: the box in a school. Every command stands in CLI.md."""

from pathlib import Path

import click

from content_packs.command_line import Group, collect_less, json_option, loading, print_json
from sync_node.beginning.cli import enrol, first_start, init
from sync_node.flashing.cli import flash, image_map
from sync_node.options import data_option
from sync_node.school.cli import school, teacher_code
from sync_node.system.cli import system

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group(cls=Group, extras="node", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="satchel")
def main() -> None:
    """Fetch, keep and serve packs in a school."""


for _of_room in (init, first_start, enrol, flash, image_map, school, system, teacher_code):
    main.add_command(_of_room)


@main.command()
@click.option(
    "--now", "unbound", is_flag=True,
    help="Whatever windows, rates, budgets and a pause say. It is counted all the same.",
)  # fmt: skip
@data_option
@json_option
@click.pass_context
def sync(context: click.Context, *, unbound: bool, data: Path, as_json: bool) -> None:
    """Ask what is offered, fetch what is missing, open what is whole: one tick."""
    collect_less()
    from content_packs.errors import Refused
    from sync_node import sync_sayings
    from sync_node.data_dir import DataDir
    from sync_node.orders import Orders
    from sync_node.syncing import sync_once

    data_dir = DataDir(data)
    show = sync_sayings.progress_line(as_json=as_json)
    try:
        tick = sync_once(data_dir, progress=show, unbound=unbound)
    except Refused:
        Orders(data_dir).ask_for_tick(unbound=unbound)
        sync_sayings.say_asked(as_json=as_json, unbound=unbound)
        return
    code = tick.trouble.exit_code if tick.trouble and not tick.not_now else 0
    if as_json:
        print_json(sync_sayings.tick_json(tick))
        context.exit(code)
    sync_sayings.say_tick(tick)
    if tick.trouble and code:
        raise tick.trouble


@main.command()
@click.option(
    "--until", default="", metavar="TIME",
    help="When the pause ends: 18:00, or 2026-06-01T18:00, by the school's clock.",
)  # fmt: skip
@data_option
@json_option
def pause(*, until: str, data: Path, as_json: bool) -> None:
    """Use no link until `resume`, or until TIME. The school's site goes on."""
    from sync_node import pausing, sayings
    from sync_node.data_dir import DataDir
    from sync_node.in_force import config_in_force

    data_dir = DataDir(data)
    ends = pausing.pause(data_dir, config_in_force(data_dir), until)
    sayings.say_pause(ends, as_json=as_json)


@main.command()
@data_option
@json_option
def resume(*, data: Path, as_json: bool) -> None:
    """End a pause."""
    from sync_node import pausing
    from sync_node.data_dir import DataDir

    data_dir = DataDir(data)
    data_dir.check_initialised()
    was = pausing.resume(data_dir)
    if as_json:
        print_json({"was_paused": was})
    else:
        click.echo("the pause is over" if was else "there was no pause")


@main.command()
@data_option
@json_option
def plan(*, data: Path, as_json: bool) -> None:
    """Say what comes next and why, what waits for what, and when each lesson opens."""
    from sync_node import desired_sayings, estimating, plan_sayings
    from sync_node.box_clock import system_clock
    from sync_node.data_dir import DataDir
    from sync_node.database import reading_database
    from sync_node.disk import disk_free
    from sync_node.held_documents import HeldDocuments
    from sync_node.in_force import config_in_force
    from sync_node.syncing import box_clock, budgets_of

    data_dir = DataDir(data)
    found = config_in_force(data_dir)
    wanted = HeldDocuments(data_dir).desired_state()
    with reading_database(data_dir):
        budgets = budgets_of(data_dir)
        budgets.begin_tick()
        now = box_clock(data_dir, system_clock).now()
        estimate = estimating.estimate(
            data_dir, found, now=now, budgets=budgets, disk_free=disk_free
        )
        reasons = estimating.reasons(data_dir)
    if as_json:
        number = wanted.number if wanted else 0
        print_json({**plan_sayings.plan_json(estimate, reasons), "desired_state": number})
    else:
        for line in desired_sayings.lines_of(wanted):
            click.echo(line)
        plan_sayings.say_plan(estimate, reasons, found)


@main.command()
@click.option("--host", help="Address to listen on. Default: `site.host` in node.toml.")
@click.option(
    "--port", type=click.IntRange(0, 65_535),
    help="Port to listen on, 0 for any. Default: `site.port` in node.toml.",
)  # fmt: skip
@click.option(
    "--seed", type=click.Path(path_type=Path, dir_okay=False),
    help="Where this file is there, make this box what it says first: see first-start.",
)  # fmt: skip
@data_option
def run(*, host: str | None, port: int | None, seed: Path | None, data: Path) -> None:
    """Run the school's site, and sync beside it, until told to end."""
    with loading():
        from sync_node import daemon
        from sync_node.box_clock import system_clock
        from sync_node.data_dir import DataDir
        from sync_node.log_files import LogFile

    if seed and seed.exists():
        from sync_node.beginning.taking_up import of_this_box, take_up

        take_up(DataDir(data), seed, of_this_box(), say=lambda line: click.echo(line, err=True))

    def listening(address: str) -> None:
        click.echo(f"The school's site: {address}")

    log = LogFile(DataDir(data), "site", clock=system_clock)
    daemon.run(DataDir(data), host=host, port=port, listening=listening, log=log)


@main.command()
@data_option
@json_option
def status(*, data: Path, as_json: bool) -> None:
    """Say what is here, what is to come, and how the last tick went."""
    from sync_node import sayings
    from sync_node import status as stating
    from sync_node.box_clock import system_clock
    from sync_node.data_dir import DataDir
    from sync_node.database import reading_database
    from sync_node.disk import disk_free
    from sync_node.in_force import config_in_force
    from sync_node.syncing import box_clock
    from sync_node.zones import zone_of

    data_dir = DataDir(data)
    configured = config_in_force(data_dir)
    with reading_database(data_dir):
        time = box_clock(data_dir, system_clock).reading()
        found = stating.status(data_dir, configured.channels, time=time, disk_free=disk_free)
    if as_json:
        print_json(found.as_json())
    else:
        zone = zone_of(configured.time_zone, what="node.toml: time_zone")
        sayings.say_status(found, time.now, zone)


@main.command()
@data_option
@json_option
@click.pass_context
def check(context: click.Context, *, data: Path, as_json: bool) -> None:
    """Re-hash every file, and mend what can be mended. Ends with 3 if something was wrong."""
    from dataclasses import asdict

    from content_packs.errors import InvalidContent
    from sync_node import asked_check, checking, sayings
    from sync_node.box_clock import system_clock
    from sync_node.data_dir import DataDir
    from sync_node.in_force import config_in_force
    from sync_node.lock import engine_lock

    data_dir = DataDir(data)
    found = config_in_force(data_dir)
    with engine_lock(data_dir):
        findings, _ = asked_check.noted(
            data_dir,
            lambda show: checking.check(data_dir, found, now=system_clock(), progress=show),
            clock=system_clock,
            progress=sayings.checking_line(quiet=as_json),
        )
    if as_json:
        print_json({**asdict(findings), "clean": findings.clean})
    else:
        sayings.say_findings(findings)
    context.exit(0 if findings.clean else InvalidContent.exit_code)


@main.command()
@click.argument(
    "folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False)
)
@data_option
@json_option
def export(*, folder: Path, data: Path, as_json: bool) -> None:
    """Write onto the stick at DIR what this node can pass on, and what it has for the hub."""
    import msgspec

    from content_packs.courier_sayings import say_plan
    from content_packs.stick import Stick
    from sync_node import courier_sayings
    from sync_node.box_clock import system_clock
    from sync_node.courier_export import export as run
    from sync_node.data_dir import DataDir

    quiet = as_json
    done, left = run(
        DataDir(data), Stick(folder), clock=system_clock,
        announce=lambda plan: None if quiet else say_plan(plan),
        progress=courier_sayings.progress_line(quiet=quiet),
    )  # fmt: skip
    if as_json:
        print_json({**msgspec.to_builtins(done), "papers": msgspec.to_builtins(left)})
    else:
        courier_sayings.say_exported(str(folder), done, left)


@main.command()
@click.argument("place", metavar="FILE", type=click.Path(path_type=Path))
@data_option
@json_option
def logs(*, place: Path, data: Path, as_json: bool) -> None:
    """Write logs and the box's state into the zip FILE, or into a folder; no secrets, no names."""
    from sync_node.data_dir import DataDir
    from sync_node.log_export import export_logs

    found = export_logs(DataDir(data), place)
    if as_json:
        print_json({"path": str(found), "size": found.stat().st_size})
    else:
        click.echo(f"{found}: {found.stat().st_size} bytes, written and read back")


@main.command()
@click.argument("pack")
@data_option
@json_option
def rollback(*, pack: str, data: Path, as_json: bool) -> None:
    """Put PACK back to the version before, until a newer one is offered."""
    from dataclasses import asdict

    from sync_node import rollback as rolling_back
    from sync_node import sayings
    from sync_node.box_clock import system_clock
    from sync_node.data_dir import DataDir
    from sync_node.database import using_database
    from sync_node.syncing import box_clock

    data_dir = DataDir(data)
    data_dir.check_initialised()
    with using_database(data_dir):
        now = box_clock(data_dir, system_clock).trusted()
        done = rolling_back.roll_back(data_dir, pack, now=now)
    if as_json:
        print_json(asdict(done))
    else:
        sayings.say_rollback(done)


@main.command()
@click.argument("pack")
@click.argument("lesson", default="")
@data_option
@json_option
def pin(*, pack: str, lesson: str, data: Path, as_json: bool) -> None:
    """Never remove PACK, or one LESSON of it, to make room."""
    from sync_node import pinning, sayings
    from sync_node.choices import Pin
    from sync_node.data_dir import DataDir
    from sync_node.database import using_database

    data_dir = DataDir(data)
    data_dir.check_initialised()
    with using_database(data_dir):
        pins = pinning.pin(data_dir, Pin(pack, lesson))
    sayings.say_pins(pins, as_json=as_json)


@main.command()
@click.argument("pack")
@click.argument("lesson", default="")
@data_option
@json_option
def unpin(*, pack: str, lesson: str, data: Path, as_json: bool) -> None:
    """Take away the pins of PACK, or that of one LESSON of it."""
    from sync_node import pinning, sayings
    from sync_node.choices import Pin
    from sync_node.data_dir import DataDir

    data_dir = DataDir(data)
    data_dir.check_initialised()
    pins = pinning.unpin(data_dir, Pin(pack, lesson))
    sayings.say_pins(pins, as_json=as_json)


if __name__ == "__main__":
    main()
