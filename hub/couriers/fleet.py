"""The hub's fleet as couriers see it: by what a stick carries, whichever way it came otherwise."""

import time
from collections.abc import Iterable, Mapping, Sequence

from content_packs.digests import is_digest
from content_packs.errors import Missing
from hub.couriers.contents import School
from hub.couriers.writing import Waiting
from hub.fleet import batches, check_ins, claims, desired, nodes, reports, signed_reports
from hub.fleet.audit import Refusals
from hub.fleet.nodes import Node
from hub.fleet.tables import NodeRow
from hub.hub import Hub

_ORIGIN = "stick"
_NAMED_MAX = 10  # of nodes that there aren't


class CourierFleet:
    """See `writing.Fleet`. What is refused stands in the audit log."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._refusals = Refusals(time.monotonic)

    def schools(self, nodes_: Sequence[str]) -> list[School]:
        """Return these nodes with what is known of them. Raises `Missing`, `StorageFailed`."""
        known = {found.node: found for found in nodes.list_nodes(self._hub)}
        unknown = [repr(node) for node in nodes_ if node not in known]
        if unknown:
            raise Missing(
                f"there is no node {', '.join(unknown[:_NAMED_MAX])}", hint="See: hub nodes list"
            )
        return [self._school(known[node]) for node in nodes_]

    def _school(self, found: Node) -> School:
        kept = reports.of_node(self._hub, found.node, most=1)
        with self._hub.database.writing():
            applying = desired.applying_to(self._hub, NodeRow.get_by_id(found.node), 0)
        settings = applying.settings if applying else {}
        return School(
            found.node,
            _names(settings.get("channels")),
            kept[0].report if kept else None,
            _names(settings.get("packs")),
            next((key.keyid for key in found.keys if key.state == "valid"), ""),
        )

    def down(self, node: str) -> Mapping[str, bytes]:
        """Return the documents for a node by their kinds; for a keyid, its credential.

        Raises `KeyAbsent`, `KeyLocked`, `StorageFailed`.
        """
        found = check_ins.documents_for(self._hub, node)
        by_kind = {name.removesuffix(".json"): document for name, document in found.items()}
        return {
            kind: document
            for kind, document in by_kind.items()
            if kind == "credential" or not is_digest(node)
        }

    def take_claim(self, document: bytes) -> Waiting | None:
        """Take a claim; return the box where a person has to confirm it first.

        Raises `ClaimRefused`, `Untrusted`, `InvalidContent`, `StorageFailed`.
        """
        answer = claims.take(self._hub, document, origin=_ORIGIN, refusals=self._refusals)
        return Waiting(answer.node, answer.pending.fingerprint) if answer.pending else None

    def take_report(self, document: bytes) -> None:
        """Take a report. Raises `Unauthorised`, `InvalidContent`, `StorageFailed`."""
        signed_reports.take(self._hub, document, origin=_ORIGIN, refusals=self._refusals)

    def take_batch(self, document: bytes) -> bool:
        """Take a batch; say whether it is new.

        Raises `Unauthorised`, `InvalidContent`, `ChainBroken`, `StorageFailed`.
        """
        taken = batches.take(self._hub, document, origin=_ORIGIN, refusals=self._refusals)
        return taken.outcome == "taken"


def _names(found: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if found is None else tuple(map(str, found))
