"""`hub jobs` and `hub work`: see hub/CLI.md."""

from typing import TYPE_CHECKING

import click

from content_packs.command_line import json_option, megabytes, print_json
from hub.options import hub_option, print_built

if TYPE_CHECKING:
    from hub.hub import Hub
    from hub.jobs.model import Job

_job_argument = click.argument("job")
_STATES = ("open", "queued", "running", "done", "failed", "cancelled")


@click.group()
def jobs() -> None:
    """See what the hub does in the background, and end it."""


@jobs.command("list")
@hub_option
@click.option("--state", type=click.Choice(_STATES), help="Only these; open: they wait or run.")
@click.option("--kind", default="", help="Only of this kind.")
@click.option(
    "--most", type=click.IntRange(1, 500), default=50, show_default=True,
    help="No more than so many.",
)  # fmt: skip
@json_option
def list_jobs(hub: "Hub", state: str | None, kind: str, most: int, as_json: bool) -> None:
    """List the newest jobs."""
    from hub.jobs.service import find
    from hub.people.actor import of_this_machine

    found = find(hub, of_this_machine(), state=state or "", kind=kind, limit=most)
    if as_json:
        print_built({"jobs": found.items})
        return
    for job in found.items:
        click.echo(_in_words(job))
    if not found.items:
        click.echo("There is no such job." if state or kind else "There is no job yet.")


@jobs.command("show")
@hub_option
@_job_argument
@json_option
def show(hub: "Hub", job: str, as_json: bool) -> None:
    """Show how far JOB is, and what came of it."""
    from hub.jobs.service import get
    from hub.people.actor import of_this_machine

    found = get(hub, of_this_machine(), job)
    if as_json:
        print_built({"job": found})
        return
    click.echo(_in_words(found))
    for name, value in (("problem", found.problem), ("what to do", found.hint)):
        if value:
            click.echo(f"  {name}: {value}")
    if found.result:
        print_json(dict(found.result))


@jobs.command("log")
@hub_option
@_job_argument
@json_option
def log(hub: "Hub", job: str, as_json: bool) -> None:
    """Print what JOB said."""
    from hub.jobs.service import log_of
    from hub.people.actor import of_this_machine

    lines = log_of(hub, of_this_machine(), job)
    if as_json:
        print_json({"lines": lines})
        return
    for line in lines:
        click.echo(line)


@jobs.command("cancel")
@hub_option
@_job_argument
@json_option
def cancel(hub: "Hub", job: str, as_json: bool) -> None:
    """End JOB: at once if it waits, else within seconds."""
    from hub.jobs.service import cancel as run
    from hub.people.actor import of_this_machine

    found = run(hub, of_this_machine(), job)
    if as_json:
        print_built({"job": found})
        return
    click.echo("It ends within seconds." if found.state == "running" else f"It is {found.state}.")


@jobs.command("again")
@hub_option
@_job_argument
@json_option
def again(hub: "Hub", job: str, as_json: bool) -> None:
    """Start JOB, which failed or was cancelled, once more."""
    from hub.jobs.service import again as run
    from hub.people.actor import of_this_machine

    made = run(hub, of_this_machine(), job)
    if as_json:
        print_built({"job": made})
        return
    click.echo(f"Started as {made.id}.")


@click.command()
@hub_option
@click.option("--workers", type=click.IntRange(1, 64), help="Jobs at once; else `job_workers`.")
def work(hub: "Hub", workers: int | None) -> None:
    """Do background jobs, until told to end. `hub serve` does, too."""
    import signal
    import threading

    from hub.background import Background
    from hub.in_service import in_service

    ending = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda _signal, _frame: ending.set())

    def report(line: str) -> None:
        click.echo(f"background: {line}", err=True)

    background = Background(hub, report, workers=workers or hub.config.job_workers)
    with in_service(hub):
        background.start()
        click.echo("hub: working")
        ending.wait()
        background.stop()


def _in_words(job: "Job") -> str:
    from hub.jobs import kinds

    far = ""
    if job.state == "running" and job.total:
        in_bytes = job.kind in kinds.names() and kinds.find(job.kind).unit == "bytes"
        done, total = (megabytes(n) if in_bytes else str(n) for n in (job.done, job.total))
        far = f" {done} of {total}"
    when = job.ended_at or job.started_at or job.created_at
    return f"{job.id}  {job.kind}  {job.state}{far}  {when}  {job.login}  {job.words}".rstrip()


COMMANDS = (jobs, work)
