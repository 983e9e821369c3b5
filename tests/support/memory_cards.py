"""A card in memory: it can be pulled at any call, forget what wasn't settled, be forged, wear out.

What `write` brings is sure once `settle` came back. Of what was written since, a card that is
pulled keeps what chance leaves, and of one write maybe a part.
"""

from random import Random

from content_packs.errors import StorageFailed
from sync_node.flashing.card import Card
from sync_node.flashing.limits import SECTOR_BYTES


class MemoryCard(Card):
    """`held`: what is read from it. `calls_left`: until it is pulled.

    `true_size`: of a forged card, which forgets what goes past it if it `drops`, and writes it over
    what lies elsewhere if not. `rots`: a place whose byte comes back otherwise.
    """

    def __init__(
        self,
        size: int,
        *,
        old: bytes = b"",
        calls_left: int | None = None,
        true_size: int | None = None,
        drops: bool = False,
        rots: int | None = None,
        chance: Random | None = None,
    ) -> None:
        self.name = "/dev/card"
        self.size = size
        self.true_size = true_size or size
        self.held = bytearray(old.ljust(self.true_size, b"\0"))
        self.calls_left = calls_left
        self.calls = 0
        self.written = 0
        self._sure = bytes(self.held)
        self._since: list[tuple[int, bytes]] = []
        self._drops = drops
        self._rots = rots
        self._chance = chance or Random(0)

    def read(self, start: int, size: int) -> bytes:
        self._called(start, size)
        found = bytearray()
        for at in range(start, start + size, self._step(start, size)):
            place = self._place(at)
            step = self._step(start, size)
            found += self.held[place : place + step] if place is not None else bytes(step)
        if self._rots is not None and start <= self._rots < start + size:
            found[self._rots - start] ^= 1
        return bytes(found)

    def write(self, start: int, data: bytes) -> None:
        self._called(start, len(data))
        self._since.append((start, data))
        self.written += len(data)
        self._put(self.held, start, data)

    def settle(self) -> None:
        self._called(0, 0)
        self._sure = bytes(self.held)
        self._since = []

    def close(self) -> None:
        """It stays as it is."""

    def put_in_again(self) -> "MemoryCard":
        """What is left of it after it was pulled."""
        left = bytearray(self._sure)
        for start, data in self._since:
            if self._chance.random() < 0.5:
                sectors = self._chance.randint(0, len(data) // SECTOR_BYTES)
                self._put(left, start, data[: sectors * SECTOR_BYTES])
        return MemoryCard(self.size, old=bytes(left), chance=self._chance)

    def _called(self, start: int, size: int) -> None:
        assert start % SECTOR_BYTES == size % SECTOR_BYTES == 0, "direct access wants whole sectors"
        assert start + size <= self.size
        self.calls += 1
        if self.calls_left is not None and self.calls > self.calls_left:
            raise StorageFailed(f"{self.name}: the card was pulled, or its reader")

    def _put(self, held: bytearray, start: int, data: bytes) -> None:
        step = self._step(start, len(data))
        for at in range(0, len(data), step or 1):
            place = self._place(start + at)
            if place is not None:
                held[place : place + step] = data[at : at + step]

    def _step(self, start: int, size: int) -> int:
        """By sectors where it may be forged there, else at once: that is quicker."""
        return size if start + size <= self.true_size else SECTOR_BYTES

    def _place(self, at: int) -> int | None:
        if at < self.true_size:
            return at
        return None if self._drops else at % self.true_size
