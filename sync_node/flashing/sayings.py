"""What `flash` says: how far it is, what was done, which disks are there."""

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import click
import msgspec

from content_packs.command_line import megabytes, plain
from content_packs.diff import count_of
from content_packs.errors import UsageError
from sync_node.flashing import asking, media
from sync_node.flashing.machine import Machine
from sync_node.flashing.session import Done, Outcome
from sync_node.flashing.writing import Progress

_SECONDS_BETWEEN = 0.2


def progress_line(*, quiet: bool, monotonic: Callable[[], float] = time.monotonic) -> Progress:
    """Return what shows how far a step is, with its rate; without a terminal, each step once."""
    is_terminal = sys.stderr.isatty()
    step, since, shown = "", 0.0, 0.0

    def show(what: str, done: int, total: int) -> None:
        nonlocal step, since, shown
        now = monotonic()
        if what != step:
            step, since, shown = what, now, 0.0
            if what and not is_terminal and not quiet:
                click.echo(f"{what} ...", err=True)
        if quiet or not is_terminal or (what and now - shown < _SECONDS_BETWEEN):
            return
        shown = now
        line = _line(what, done, total, now - since) if what else ""
        sys.stderr.write(f"\r\x1b[K{line[:79]}")
        sys.stderr.flush()

    return show


def _line(what: str, done: int, total: int, seconds: float) -> str:
    if not total:
        return f"{what} ..."
    rate = done / seconds if seconds > 1 else 0.0
    words = f"{what}: {100 * done // total}%, {megabytes(done)} of {megabytes(total)}"
    return f"{words}, {megabytes(rate)}/s, {(total - done) / rate:.0f} s left" if rate else words


def ask(question: str) -> str:
    """Ask the person at the terminal. Raises `UsageError` where there is none."""
    click.echo(question, nl=False, err=True)
    answer = sys.stdin.readline()
    if not answer:
        click.echo("", err=True)
        raise UsageError(
            "a card is only erased when a person confirms it, and nobody answers here",
            hint="Run it in a terminal. In a script: --yes with --serial of the disk.",
        )
    return answer.rstrip("\n")


def say(line: str) -> None:
    """Say something beside the result."""
    click.echo(line, err=True)


def say_done(done: Done) -> None:
    """Print what became of a card: before the next one is asked for."""
    receipt = done.flashed.receipt
    packs = f", with {count_of(len(receipt.packs), 'pack')}" if receipt.packs else ""
    click.echo(
        f"{plain(done.planned.device)}: {plain(done.planned.job.in_words())}, system "
        f"{receipt.system}{packs}: written and read back in {receipt.seconds} s. It may be pulled."
    )
    click.echo(f"  label: {done.label.page}")


def say_nothing(_: Done) -> None:
    """Print nothing of a card: it stands in the JSON."""


def say_outcome(outcome: Outcome) -> None:
    """Print what else became of a run."""
    if outcome.skipped:
        click.echo(f"{count_of(len(outcome.skipped), 'card')} written before, by their receipts")
    for planned, error in outcome.left_out:
        click.echo(f"left out: {plain(planned.job.in_words())}: {error.message}", err=True)


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """Return it as an object."""
    return {
        "cards": [_done_json(done) for done in outcome.done],
        "skipped": [each.job.opened.seed.card for each in outcome.skipped],
        "left_out": [
            {"card": planned.job.opened.seed.card, "error": error.message}
            for planned, error in outcome.left_out
        ],
    }


def _done_json(done: Done) -> dict[str, Any]:
    return {
        "target": done.planned.device,
        "receipt": msgspec.to_builtins(done.flashed.receipt),
        "fingerprint": done.planned.job.opened.fingerprint,
        "label": str(done.label.page),
        "drawing": str(done.label.drawing),
        "bytes_written": done.flashed.written.written,
        "bytes_kept": done.flashed.written.kept,
        "bytes_read_back": done.flashed.written.read_back,
    }


def disks_json(machine: Machine) -> list[dict[str, Any]]:
    """Return the disks that are there, each with why it may not be written: empty if it may."""
    return [
        {
            "device": f"/dev/{disk.name}",
            "size": disk.size,
            "model": disk.model,
            "serial": disk.serial,
            "bus": disk.bus,
            "refusals": [refusal.why for refusal in media.refusals(disk, machine)],
        }
        for disk in machine.disks()
    ]


def disk_lines(machine: Machine) -> Iterator[str]:
    """Yield a line for each disk, those first that may be written."""
    found = [(next(media.refusals(disk, machine), None), disk) for disk in machine.disks()]
    for refusal, disk in sorted(found, key=lambda pair: (pair[0] is not None, pair[1].name)):
        what = f"no: {refusal.why}" if refusal else "may be written"
        yield f"/dev/{disk.name}  {asking.described(disk)}: {what}"
    if not any(refusal is None for refusal, _ in found):
        yield "There is no card that may be written. Put one in; what is mounted, unmount."
