"""What the API offers of the hub as a whole: what needs somebody, and the hub's own state."""

import msgspec

from hub import overview, summary
from hub.api.operations import Given, Operation
from hub.hub import Hub
from hub.overview import SignatureView
from hub.people.actor import Actor
from hub.people.rights import Right


class NeedView(msgspec.Struct):
    """Something that waits for a person: `place` is the console's page for it."""

    kind: str
    count: int
    words: str
    urgency: str
    place: str
    detail: str


class SummaryAnswer(msgspec.Struct):
    """What needs somebody, the most urgent first."""

    needs: tuple[NeedView, ...]


class HubAnswer(msgspec.Struct):
    """The hub's own state. `warnings`: what its keeper has to see to."""

    title: str
    packs: int
    channels: int
    repository_bytes: int
    signatures: tuple[SignatureView, ...]
    warnings: tuple[str, ...]


def _summary(hub: Hub, actor: Actor, _given: Given) -> SummaryAnswer:
    found = summary.summary(hub, actor)
    return SummaryAnswer(tuple(msgspec.convert(need.said(), NeedView) for need in found.needs))


def _hub(hub: Hub, _actor: Actor, _given: Given) -> HubAnswer:
    found = overview.overview(hub)
    return HubAnswer(
        hub.config.title,
        len(found.packs),
        len(found.channels),
        found.repository_bytes,
        found.signatures,
        found.warnings,
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "summary", "GET", "/summary", None,
        "What needs somebody now", _summary,
        screen="/console/", command="summary", answer=SummaryAnswer,
    ),
    Operation(
        "hubState", "GET", "/hub", Right.OPERATE,
        "The hub's own state: signatures, keys, what its keeper has to see to", _hub,
        screen="/console/this-hub", command="status", answer=HubAnswer,
    ),
)  # fmt: skip
