"""`hub courier read`: takes in what nodes left on a stick, and leaves the answers on it at once.

Taking in the same stick again changes nothing. What is wrong with one document is told, and keeps
nothing else back. Nothing under `up` is removed: a node does that, once it has its receipt.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from content_packs import courier
from content_packs.errors import (
    InvalidContent,
    Missing,
    SatchelError,
    SourceUnavailable,
    StorageFailed,
)
from content_packs.limits import COURIER_NODES_MAX, DOCUMENT_BYTES_MAX
from content_packs.stick import Stick
from hub.couriers.writing import Fleet, Waiting, put_documents


@dataclass
class TakenIn:
    """What a run took. `known`: batches that were here before; `troubles`: what was refused.

    `waiting`: boxes whose claims, counted among `claims`, a person has to confirm.
    """

    nodes: list[str] = field(default_factory=list)
    claims: int = 0
    waiting: list[Waiting] = field(default_factory=list)
    reports: int = 0
    batches: int = 0
    known: int = 0
    documents: int = 0
    troubles: list[str] = field(default_factory=list)


def read(stick: Stick, fleet: Fleet, *, answers: bool = True) -> TakenIn:
    """Take in a stick, node by node; then write the answers for each, unless told not to.

    A stick that can't be written to is read all the same. Raises `Missing` for what is no stick,
    `SourceUnavailable` where it can't be read, `StorageFailed` where the hub can't write; what was
    taken before stays taken.
    """
    if courier.FOLDER not in stick.names(""):
        raise Missing(
            f"{stick.root}: no courier's stick: it has no folder {courier.FOLDER}",
            hint="Is it mounted there? `hub courier write` and `sync-node export` write one.",
        )
    names = filter(courier.is_id, stick.names(courier.UP, most=COURIER_NODES_MAX))
    taken = TakenIn(list(names))
    letters = [_Intake(stick, fleet, taken, name) for name in taken.nodes]
    for intake in letters:
        intake.take()
    for intake in letters if answers else ():
        intake.answer()
    return taken


@dataclass
class _Intake:
    """What one node left."""

    stick: Stick
    fleet: Fleet
    taken: TakenIn
    name: str

    def take(self) -> None:
        self.taken.claims += self._take(courier.CLAIM, self._take_claim)
        self.taken.reports += self._take(courier.REPORT, self.fleet.take_report)
        self._batches()

    def _take_claim(self, document: bytes) -> None:
        if waiting := self.fleet.take_claim(document):
            self.taken.waiting.append(waiting)

    def answer(self) -> None:
        try:
            documents = self.fleet.down(self.name)
            self.taken.documents += put_documents(self.stick, self.name, documents)
        except (InvalidContent, StorageFailed) as error:
            if isinstance(error, StorageFailed) and not self._is_of_stick(error):
                raise
            self._note(f"{courier.DOWN}/{self.name}", error)  # read-only, full, or in the way

    def _is_of_stick(self, error: StorageFailed) -> bool:
        return error.message.startswith(str(self.stick.root))

    def _take(self, name: str, take: Callable[[bytes], None]) -> bool:
        """Hand a document to `take`; say whether there was one, and it was taken."""
        path = courier.up_path(self.name, name)
        try:
            take(self.stick.read(path, bytes_max=DOCUMENT_BYTES_MAX))
        except Missing as error:
            if self.stick.size(path) is None:
                return False  # there is no such document
            self._note(path, error)
            return False
        except (SourceUnavailable, StorageFailed):
            raise
        except SatchelError as error:
            self._note(path, error)
            return False
        return True

    def _batches(self) -> None:
        """Take the batches in their order; after one that is refused, those behind it wait."""
        folder = courier.up_path(self.name, courier.BATCHES)
        found = (courier.sequence_of(name) for name in self.stick.names(folder))
        for sequence in sorted(number for number in found if number is not None):
            path = courier.batch_path(self.name, sequence)
            try:
                new = self.fleet.take_batch(self.stick.read(path, bytes_max=DOCUMENT_BYTES_MAX))
            except (SourceUnavailable, StorageFailed):
                raise
            except SatchelError as error:
                self._note(path, error)
                return
            self.taken.batches += new
            self.taken.known += not new

    def _note(self, path: str, error: SatchelError) -> None:
        self.taken.troubles.append(f"{path}: {error.message}")
