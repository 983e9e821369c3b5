"""Couriers' disks in words: what `status` and `export` say."""

import sys
from collections.abc import Callable

import click

from content_packs.command_line import megabytes
from content_packs.diff import count_of
from sync_node.courier_papers import Exchanged
from sync_node.courier_visits import Visit
from sync_node.exporting import Exported
from sync_node.progress_file import Running

_STATES = {
    "reading": "is being read: don't pull it",
    "writing": "is being written to: don't pull it",
    "done": "may be pulled",
    "kept-back": "may be pulled; nothing could be left on it",
    "failed": "couldn't be used; it may be pulled",
    "pulled": "was pulled before it was done: put it in again, it goes on",
}


def in_words(visit: Visit, running: Running | None = None) -> str:
    """Return a visit as a line for people; `running` is the tick that may be at work."""
    words = f"courier's disk at {visit.place}, {visit.at}: {_STATES[visit.state]}"
    facts = []
    if running and not visit.may_be_pulled:
        done = running.progress
        facts.append(f"{megabytes(done.bytes_done)} of {megabytes(done.bytes_total)} have come")
    if visit.bytes_in:
        facts.append(f"{megabytes(visit.bytes_in)} read")
    if visit.lessons:
        facts.append(f"{count_of(visit.lessons, 'lesson')} opened")
    if visit.taken:
        facts.append(f"from the hub: {', '.join(visit.taken)}")
    if left := left_in_words(visit):
        facts.append(f"left for the hub: {left}")
    if facts:
        words += f" ({'; '.join(facts)})"
    return f"{words}; {visit.trouble}" if visit.trouble else words


def left_in_words(left: Visit | Exchanged) -> str:
    """Return what was left for the hub, empty for nothing."""
    found = [name for name in ("claim", "report") if getattr(left, name)]
    if left.batches:
        found.append("1 batch" if left.batches == 1 else f"{left.batches} batches")
    return ", ".join(found)


def progress_line(*, quiet: bool) -> Callable[[str, int, int], None]:
    """Return what shows how far the writing is, on a terminal and where it isn't `quiet`."""
    if quiet or not sys.stderr.isatty():
        return lambda _place, _done, _total: None

    def show(place: str, done: int, total: int) -> None:
        line = f"{megabytes(done)} of {megabytes(total)} {place}"[:79] if place else ""
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()

    return show


def say_exported(place: str, done: Exported, left: Exchanged) -> None:
    """Print what was exported."""
    click.echo(
        f"{place}: {count_of(done.files, 'file')}, {megabytes(done.size)}, written and read back; "
        f"left for the hub: {left_in_words(left) or 'nothing new'}. It may be unmounted and pulled."
    )
    for name, why in done.not_whole.items():
        click.echo(f"warning: {name} isn't whole there: {why}", err=True)
    for trouble in left.troubles:
        click.echo(f"warning: {trouble}", err=True)
