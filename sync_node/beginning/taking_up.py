"""What `sync-node run --seed` does before it serves: it makes a blank box its school's.

In the process that serves, since both need the same modules: loading them once more for
`first-start` took a small box a quarter of a minute, before anybody could open anything.
"""

import secrets
from collections.abc import Callable
from pathlib import Path

from content_packs.errors import SatchelError
from sync_node.beginning.first_start import Surroundings, first_start
from sync_node.box_clock import system_clock
from sync_node.data_dir import DataDir
from sync_node.hardware import hardware
from sync_node.school.school import School, open_school


def of_this_box() -> Surroundings:
    """Return what this box has: its hardware, its chance, its clock."""
    return Surroundings(hardware(), secrets.token_bytes, system_clock, _school)


def take_up(
    data_dir: DataDir, seed: Path, surroundings: Surroundings, *, say: Callable[[str], None]
) -> None:
    """Make this box what the seed in a file says, where it isn't yet.

    What a box serves already it goes on serving, whatever is wrong with a seed: `say` gets that.
    Raises what `first_start` raises where there is nothing to serve.
    """
    try:
        done = first_start(data_dir, seed, None, surroundings)
    except SatchelError as error:
        if not data_dir.config.exists():
            raise
        say(f"warning: {error}")
        return
    for line in done.in_words():
        say(line)


def _school(data_dir: DataDir) -> School:
    return open_school(data_dir, clock=system_clock)
