"""Starts a card that tries its own Wi-Fi, and reads on the serial line what came of it."""

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from content_packs.errors import Refused
from deploy.image.booting.bench import Bench
from deploy.image.booting.emulator import Board

_WORD = re.compile(r"WIFI-TRIAL (ok: .*|failed: .*|end)")
_LOOK_EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Said:
    """What the box said: `good` in order, `fault` where something wasn't as it should be."""

    good: tuple[str, ...]
    fault: str = ""
    is_over: bool = False


def read(serial: str) -> Said:
    """Return what a serial log says of the trial; anything else in it counts for nothing."""
    good: list[str] = []
    fault = ""
    for found in _WORD.finditer(serial.replace("\r", "")):
        kind, _, rest = found[1].partition(": ")
        if kind == "ok":
            good.append(rest.strip())
        elif kind == "failed":
            fault = fault or rest.strip()
        elif kind == "end":
            return Said(tuple(good), fault, is_over=True)
    return Said(tuple(good), fault)


def run(
    board: Board, card: Path, folder: Path, *, seconds_max: float, say: Callable[[str], None]
) -> Said:
    """Start the card, and wait until its trial is over. Raises `Refused` where it never is."""
    chance = random.Random(0)  # noqa: S311  # no plug is pulled
    bench = Bench(board, card, folder, seconds_max, processors=1, chance=chance, is_alone=True)
    with bench.on() as tried:
        box = tried.box
        told = 0
        while True:
            log = box.serial_log
            found = read(log.read_text(encoding="utf-8", errors="replace") if log.exists() else "")
            for line in found.good[told:]:
                say(f"{box.seconds_on():6.0f} s  {line}")
            told = len(found.good)
            if found.is_over:
                return found
            if not box.is_on() or box.seconds_on() > seconds_max:
                raise Refused(
                    f"the trial isn't over after {box.seconds_on():.0f} s; the box says:\n"
                    + box.last_words(60)
                )
            time.sleep(_LOOK_EVERY_SECONDS)
