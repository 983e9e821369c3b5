"""What the commands say, but for `sync` and `plan`: lines for people, objects for scripts."""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo

import click

from content_packs.command_line import megabytes, print_json
from sync_node import courier_sayings, outlook, peer_sayings, standing, trusted_time
from sync_node.checking import Findings
from sync_node.choices import Pin, asdict_pin, pins_in_words
from sync_node.limits import PROGRESS_SECONDS
from sync_node.rollback import RolledBack
from sync_node.status import Status
from sync_node.sync_sayings import progress_in_words
from sync_node.time_sayings import Stale, stale_in_words, time_in_words

_CLEAR_LINE = "\r\x1b[K"


def say_status(status: Status, now: datetime, zone: tzinfo) -> None:
    """Print the state of the node."""
    for line in _what_is_to_come(status, now, zone):
        click.echo(line)
    for pack in status.packs:
        click.echo(pack.in_words())
    if not status.packs:
        click.echo("no packs yet")
    for channel in status.absent_channels:
        click.echo(f"the hub has no channel {channel}")
    visits = (courier_sayings.in_words(visit, status.running) for visit in status.couriers)
    for line in (*standing.in_words(status.hub), *visits):
        click.echo(line)
    click.echo(f"last contact: {status.last_contact or 'never'}")
    if status.stale_since:
        click.echo(stale_in_words(Stale(status.stale_since, status.stale_by)))
    for line in (*_last_tick(status), *_power(status)):
        click.echo(line)
    if status.pins:
        click.echo(f"pinned: {pins_in_words(status.pins)}")
    if status.store_checked_at:
        click.echo(f"every file was looked at last: {status.store_checked_at}")
    click.echo(f"time: {time_in_words(status.time)}")
    trouble = f", and it is {status.disk_trouble}" if status.disk_trouble else ""
    click.echo(f"disk: {megabytes(status.disk_free)} free{trouble}")


def _power(status: Status) -> list[str]:
    if not status.power.cuts_in_all:
        return []
    last = next(iter(status.power.power_cuts()), None)
    found = f", the last found {last.found}" if last else ""
    return [f"power cuts seen: {status.power.cuts_in_all}{found}"]


def _last_tick(status: Status) -> list[str]:
    tick = status.last_tick
    if tick is None:
        return []
    detail = f": {tick['detail']}" if tick["detail"] else ""
    line = f"last tick: {tick['ended_at']} {tick['outcome']}{detail}"
    return [line, *(f"  {given}" for given in peer_sayings.in_words(tick["links"]))]


def _what_is_to_come(status: Status, now: datetime, zone: tzinfo) -> list[str]:
    """Return what stands above all else while something is to come."""
    lines = []
    if status.outlook:
        ready, total = status.lessons
        coming = outlook.in_words(status.outlook, now, zone)
        lines.append(f"{ready} of {total} lessons ready, {coming}")
    if status.paused:
        lines.append(f"paused until {status.paused_until or '`sync-node resume`'}")
    if status.running:
        lines.append(f"at work: {progress_in_words(status.running)}")
    return lines


def say_findings(findings: Findings) -> None:
    """Print what a check found and did."""
    if findings.rebuilt:
        click.echo("node.db was missing or damaged: it was made anew from what is on disk")
    for digest in findings.rotten:
        click.echo(f"file {digest} had rotted: what is wrong of it is fetched again")
    for manifest in findings.manifests:
        click.echo(f"the manifest of {manifest} had rotted: it is fetched again")
    for words in findings.lessons:
        click.echo(words)
    if findings.metadata:
        click.echo(f"signed metadata on disk is damaged: {findings.metadata}; it is fetched again")
    if findings.choices:
        click.echo(f"pins and holds can't be read, and nothing is removed: {findings.choices}")
    if findings.identity:
        click.echo(f"{findings.identity}: enrol this box anew, sync-node enrol CODE --again")
    words = "all is well" if findings.clean else "run `sync-node sync` to fetch what is missing"
    click.echo(f"{findings.files} files, {megabytes(findings.size)} checked: {words}")


def say_pins(pins: Sequence[Pin], *, as_json: bool) -> None:
    """Print all pins."""
    if as_json:
        print_json({"pins": [asdict_pin(pin) for pin in pins]})
    else:
        click.echo(f"pinned: {pins_in_words(pins)}")


def say_pause(ends: datetime | None, *, as_json: bool) -> None:
    """Print that no link is used, and until when."""
    until = trusted_time.in_words(ends) if ends else ""
    if as_json:
        print_json({"paused": True, "until": until})
    else:
        click.echo(f"paused until {until or '`sync-node resume`'}; the school's site goes on")


def say_rollback(done: RolledBack) -> None:
    """Print what a rollback did."""
    click.echo(
        f"{done.pack}: back from version {done.left} to {done.now_at}, "
        f"{len(done.lessons)} lessons. It stays there until a version newer than {done.left} is "
        "offered."
    )


def checking_line(*, quiet: bool) -> Callable[[int, int], None]:
    """Return what shows the progress of a check on a terminal, and nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        return lambda _done, _total: None
    shown = 0.0

    def show(done: int, total: int) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown >= PROGRESS_SECONDS or done == total:
            shown = now
            line = f"{_CLEAR_LINE}checked {megabytes(done)} of {megabytes(total)}"
            click.echo(line, nl=done == total, err=True)

    return show
