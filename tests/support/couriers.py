"""A hub's fleet in memory, for couriers: it takes what comes, and answers as it was told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from content_packs.errors import InvalidContent, Missing
from hub.couriers.contents import School
from hub.couriers.writing import Waiting


@dataclass
class PaperFleet:
    """Documents by what they are. What begins with `bad` is refused."""

    known: dict[str, School] = field(default_factory=dict)
    answers: dict[str, dict[str, bytes]] = field(default_factory=dict)
    claims: list[bytes] = field(default_factory=list)
    reports: list[bytes] = field(default_factory=list)
    batches: list[bytes] = field(default_factory=list)
    waiting: Waiting | None = None

    def schools(self, nodes: Sequence[str]) -> list[School]:
        for node in nodes:
            if node not in self.known:
                raise Missing(f"there is no node {node}")
        return [self.known[node] for node in nodes]

    def down(self, node: str) -> Mapping[str, bytes]:
        return self.answers.get(node, {})

    def take_claim(self, document: bytes) -> Waiting | None:
        self.claims.append(_good(document))
        return self.waiting

    def take_report(self, document: bytes) -> None:
        self.reports.append(_good(document))

    def take_batch(self, document: bytes) -> bool:
        new = _good(document) not in self.batches
        if new:
            self.batches.append(document)
        return new


def _good(document: bytes) -> bytes:
    if document.startswith(b"bad"):
        raise InvalidContent("it is bad")
    return document
