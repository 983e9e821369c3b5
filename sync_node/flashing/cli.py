"""`sync-node flash` and `sync-node image-map`: cards, on a technician's laptop."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from content_packs.command_line import json_option, megabytes, print_json
from content_packs.errors import UsageError

if TYPE_CHECKING:
    from sync_node.flashing.session import Outcome, Planned

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)
_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


class _Size(click.ParamType[int]):
    """A size such as `4G`, in bytes."""

    name = "size"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        if isinstance(value, int):
            return value
        number, unit = value[:-1], value[-1:].lower()
        if unit in _UNITS and number.isascii() and number.isdigit():
            return int(number) * _UNITS[unit]
        return self.fail(f"{value[:40]!r} is no size, such as 4G or 512M", param, ctx)


def _work_default() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "satchel"


@click.command()
@click.argument("device", required=False, default="")
@click.option(
    "--image", type=_FILE, help="The image: .img, .img.xz or .img.zst; its map beside it."
)
@click.option(
    "--digest", default="", metavar="DIGEST",
    help="The digest of the image's map, as you were told. Default: the hub's signature beside it.",
)  # fmt: skip
@click.option("--seed", type=_FILE, help="The card's seed, from hub seeds.")
@click.option("--cards", type=_FILE, help="A table of many cards, from hub seeds.")
@click.option("--preload", "packs", multiple=True, metavar="PACK", help="A pack that comes along.")
@click.option(
    "--from", "place", default="", metavar="PLACE",
    help="Where packs to preload are: a courier's stick, a repository, a hub's address.",
)  # fmt: skip
@click.option("--note", default="", metavar="TEXT", help="What the label says beside the number.")
@click.option("--labels", type=_FOLDER, default="labels", show_default=True, help="For labels.")
@click.option(
    "--receipts", type=_FILE, default="receipts.jsonl", show_default=True,
    help="The file of receipts, for hub cards take.",
)  # fmt: skip
@click.option("--work", type=_FOLDER, default=_work_default, help="For what is unpacked.")
@click.option("--size", type=_Size(), default=0, help="Of an image in a file, such as 4G.")
@click.option("--serial", default="", help="The disk's serial number; needed with --yes.")
@click.option("--yes", is_flag=True, help="Ask nobody. Only with --serial.")
@click.option("--again", is_flag=True, help="Also a seed that was written before.")
@click.option("--erase-used", is_flag=True, help="Also a card that was in a box.")
@click.option("--list", "show", is_flag=True, help="Say which disks are there, and which may be.")
@json_option
@click.pass_context
def flash(
    context: click.Context, /, *, device: str, show: bool, as_json: bool, **given: Any
) -> None:
    """Write a school's card into DEVICE, such as /dev/sdb, or into an image's file."""
    from sync_node.flashing import sayings
    from sync_node.flashing.machine import Machine

    if show:
        if as_json:
            print_json({"disks": sayings.disks_json(Machine())})
        for line in () if as_json else sayings.disk_lines(Machine()):
            click.echo(line)
        return
    outcome = _flash(device, quiet=as_json, **given)
    if as_json:
        print_json(sayings.outcome_json(outcome))
    else:
        sayings.say_outcome(outcome)
    if outcome.left_out:
        context.exit(outcome.left_out[-1][1].exit_code)


def _flash(  # noqa: PLR0913  # one for each option
    device: str,
    *,
    image: Path | None,
    digest: str,
    seed: Path | None,
    cards: Path | None,
    packs: tuple[str, ...],
    place: str,
    note: str,
    labels: Path,
    receipts: Path,
    work: Path,
    quiet: bool,
    **rest: Any,
) -> "Outcome":
    import secrets

    from sync_node.box_clock import system_clock
    from sync_node.flashing import flashing, sayings
    from sync_node.flashing.block_map import BlockMap
    from sync_node.flashing.machine import Machine
    from sync_node.flashing.session import Session, Wishes

    if image is None:
        raise UsageError("no image to write", hint="Name it: --image satchel-node-arm64.img.xz")
    planned = _planned(device, seed, cards, packs, note)
    wishes = Wishes(image, digest.strip().lower(), labels, receipts, **rest)
    with flashing.work_folder(work) as folder:

        def set_up(expected: BlockMap) -> flashing.Bench:
            return flashing.set_up(
                image, expected, folder, place=place, clock=system_clock,
                randomness=secrets.token_bytes, progress=sayings.progress_line(quiet=quiet),
            )  # fmt: skip

        session = Session(
            wishes, Machine(), set_up, sayings.ask, sayings.say, now=system_clock,
            tell=sayings.say_nothing if quiet else sayings.say_done,
        )  # fmt: skip
        return session.run(planned, in_a_row=cards is not None)


def _planned(
    device: str, seed: Path | None, cards: Path | None, packs: tuple[str, ...], note: str
) -> "list[Planned]":
    from sync_node.flashing import session

    if (seed is None) == (cards is None):
        raise UsageError(
            "name one of --seed and --cards",
            hint="--seed FILE is for one card, --cards FILE for many. Both come from hub seeds.",
        )
    if cards is not None:
        if note:
            raise UsageError("--note is for one card; in a table it is the column `label`")
        return session.plan_table(cards, device, packs)
    if not device or seed is None:
        raise UsageError(
            "no disk to write to",
            hint="Name it, such as /dev/sdb. sync-node flash --list shows all.",
        )
    return [session.plan_one(seed, device, packs, note)]


@click.command("image-map")
@click.argument("image", type=_FILE)
@click.option("-o", "--output", type=_FILE, help="Where to write it. Default: beside the image.")
@json_option
def image_map(*, image: Path, output: Path | None, as_json: bool) -> None:
    """Write the map of IMAGE: which of its blocks hold anything, and their digests."""
    from sync_node.flashing import mapping

    done = mapping.write_map(image, output)
    if as_json:
        print_json(
            {
                "path": str(done.path),
                "digest": done.digest,
                "image": done.map.digest,
                "image_size": done.map.image_size,
                "mapped_size": done.map.mapped_size,
            }
        )
        return
    click.echo(
        f"{done.path}: {megabytes(done.map.mapped_size)} of {megabytes(done.map.image_size)} hold "
        "anything"
    )
    click.echo(f"digest of the map, for sync-node flash --digest: {done.digest}")
