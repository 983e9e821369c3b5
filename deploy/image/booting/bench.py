"""Where a box is tried: a card that forgets, served to an emulator, and how long one waits for it.

A `Bench` outlives the starts that are made on it. Whoever pulls the plug says so to the card
(`Tried.pull_the_plug`): only then is lost what wasn't flushed. A box that starts again by itself
loses nothing, and is switched on anew as its firmware would.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from content_packs.errors import Refused
from deploy.image.booting.emulator import Board, Box
from deploy.image.booting.forgetting import ForgettingCard
from deploy.image.booting.nbd import CardServer
from deploy.image.booting.visiting import FirstAnswer

ASK_EVERY_SECONDS = 0.5


@dataclass
class Tried:
    """A box that is on, and its card."""

    box: Box
    card: ForgettingCard

    @property
    def host(self) -> str:
        """Where its site is, as a visitor names it."""
        return self.box.address.removeprefix("http://")

    def pull_the_plug(self) -> int:
        """Take the power away; return how many sectors the card forgot."""
        self.box.pull_the_plug()
        return self.card.cut()


@dataclass
class Bench:
    """A place for one box. `hub_port`: of this machine, where its hub is; 0 for none.

    `is_alone`: the box has two wires that lead to each other, and nothing leads to its site.
    """

    board: Board
    card: Path
    folder: Path
    seconds_max: float
    processors: int
    chance: random.Random
    hub_port: int = 0
    is_alone: bool = False

    @contextmanager
    def on(self, *, watch: Callable[[int, int], None] | None = None) -> Iterator[Tried]:
        """Switch a box on; it is off, and its card let go of, after the `with` block.

        `watch` is called with place and size of each write to the card.
        """
        with ExitStack() as stack:
            card = ForgettingCard(self.card, self.chance, watch=watch)
            stack.callback(card.close)
            socket = self.folder / "card.socket"
            stack.enter_context(CardServer(card, socket))
            box = Box(
                self.board, self.folder, socket, processors=self.processors,
                hub_port=self.hub_port, is_alone=self.is_alone,
            )  # fmt: skip
            stack.callback(box.pull_the_plug)
            box.switch_on()
            yield Tried(box, card)

    def wait(
        self,
        tried: Tried,
        until: Callable[[], bool],
        what: str,
        *,
        seconds: float | None = None,
        every: float = ASK_EVERY_SECONDS,
    ) -> float:
        """Wait until something is so; return how long the box was on by then.

        `seconds`: how long it may take from now, by default `seconds_max`. Raises `Refused` where
        the box goes off before, or takes longer, with its last words.
        """
        most = self.seconds_max if seconds is None else seconds
        end = time.monotonic() + most
        while not until():
            check_on(tried.box)
            if time.monotonic() > end:
                raise Refused(
                    f"no {what} after {most:.0f} seconds; the box says:\n{tried.box.last_words()}"
                )
            time.sleep(every)
        return tried.box.seconds_on()

    def wait_for_end(self, tried: Tried, seconds: float | None = None) -> float:
        """Wait until the box goes off to start again; return after how many seconds.

        All that it has written stays on its card. Raises `Refused` where it stays on.
        """
        end = time.monotonic() + (self.seconds_max if seconds is None else seconds)
        while tried.box.is_on():
            if time.monotonic() > end:
                raise Refused(f"the box doesn't start again; it says:\n{tried.box.last_words()}")
            time.sleep(ASK_EVERY_SECONDS)
        tried.card.flush()
        return tried.box.seconds_on()

    def wait_for_site(self, tried: Tried) -> float:
        """Wait until the site answers; return after how many seconds. Raises `Refused`."""
        answer = FirstAnswer(tried.host)
        return self.wait(tried, lambda: answer.came(time.monotonic()), "site")


def check_on(box: Box) -> None:
    """Raise `Refused` where a box has switched itself off."""
    if not box.is_on():
        raise Refused(f"the box switched itself off; it said:\n{box.last_words()}")
