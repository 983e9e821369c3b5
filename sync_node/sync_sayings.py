"""What `sync` says: how far it is, and what it did."""

import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from content_packs.command_line import megabytes, print_json
from sync_node import trusted_time
from sync_node.limits import PROGRESS_JSON_SECONDS, PROGRESS_SECONDS
from sync_node.progress_file import Running
from sync_node.ticks import Tick

_CLEAR_LINE = "\r\x1b[K"
_MINUTES_FROM_SECONDS = 120
_HOURS_FROM_MINUTES = 120


def tick_json(tick: Tick) -> dict[str, Any]:
    """Return a tick as an object."""
    found: dict[str, Any] = {
        "outcome": tick.outcome,
        "detail": tick.detail,
        "started_at": trusted_time.in_words(tick.started_at),
        "ended_at": trusted_time.in_words(tick.ended_at or tick.started_at),
        "activated": [asdict(each) for each in tick.activated],
        **asdict(tick.traffic),
        "cuts": sum(cuts for _, cuts in tick.links.values()),
        "kinds": tick.kinds,
    }
    if tick.not_now:
        until = tick.not_now.until
        found["not_now"] = {
            "reason": tick.not_now.reason,
            "until": trusted_time.in_words(until) if until else "",
        }
    elif tick.trouble:
        error = tick.trouble
        found["error"] = {"code": error.code, "message": error.message, "hint": error.hint}
    return found


def say_tick(tick: Tick) -> None:
    """Print what a tick did; its troubles but the one that is raised afterwards."""
    by_version: dict[tuple[str, int], int] = {}
    for each in tick.activated:
        key = (each.pack, each.version)
        by_version[key] = by_version.get(key, 0) + 1
    for (pack, version), count in by_version.items():
        lessons = "1 lesson is" if count == 1 else f"{count} lessons are"
        click.echo(f"{pack}: {lessons} now at version {version}")
    if tick.outcome == "nothing-new":
        click.echo("nothing new")
    if tick.outcome == "waiting":
        click.echo("everything is here; a version waits for its time")
    if tick.not_now:
        click.echo(f"more is to come, but not now: {tick.not_now.message}")
        click.echo(f"  what to do: {tick.not_now.hint}")
    for note in tick.notes:
        click.echo(note)
    for error in tick.troubles:
        if error is not tick.trouble:
            click.echo(f"trouble: {error.message}", err=True)
    traffic = tick.traffic
    click.echo(
        f"{megabytes(traffic.bytes_in)} in, {megabytes(traffic.bytes_out)} out, "
        f"{traffic.requests} requests"
    )


def say_asked(*, as_json: bool, unbound: bool) -> None:
    """Print that another process was asked to sync."""
    if as_json:
        print_json({"outcome": "asked", "now": unbound})
        return
    how = ", whatever windows and budgets say" if unbound else ""
    click.echo(
        f"Another process is at work here: it was asked to sync at once{how}. `sync-node status` "
        "shows how far it is."
    )


def progress_in_words(running: Running) -> str:
    """Return how far a tick is, as a line."""
    done = running.progress
    come = f"{megabytes(done.bytes_done)} of {megabytes(done.bytes_total)}"
    words = [
        f"{done.pack} {done.version}: {come}",
        f"{done.lessons_ready} of {done.lessons_total} lessons ready",
    ]
    if done.lesson and done.bytes_done < done.bytes_total:
        words.append(f"now {done.kind} of {done.lesson}")
    if running.rate:
        words.append(f"{megabytes(running.rate)} a second")
    if left := running.seconds_left:
        words.append(f"{duration_in_words(left)} to go")
    return ", ".join(words)


def duration_in_words(seconds: float) -> str:
    """Return a length of time, roughly."""
    if seconds < _MINUTES_FROM_SECONDS:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < _HOURS_FROM_MINUTES else f"{minutes / 60:.0f} h"


def progress_line(*, as_json: bool) -> Callable[[Running], None]:
    """Return what shows the progress of a sync, on standard error.

    On a terminal that is a line that changes; with `--json` a line of JSON a second; else nothing.
    """
    if not as_json and not sys.stderr.isatty():
        return lambda _: None
    shown = float("-inf")
    interval = PROGRESS_JSON_SECONDS if as_json else PROGRESS_SECONDS

    def show(running: Running) -> None:
        nonlocal shown
        now = time.monotonic()
        over = running.progress.bytes_done == running.progress.bytes_total
        if now - shown < interval and not over:
            return
        shown = now
        if as_json:
            print_json({"progress": running.as_json()}, err=True)
        else:
            click.echo(_CLEAR_LINE + progress_in_words(running), nl=over, err=True)

    return show
