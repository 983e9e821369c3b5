"""What slows down whoever tries codes, and a node that sends without end.

Its state lies in memory, for all processes that serve together (`hub.fleet.rates`): nothing has to
be written for a stranger. Only wrong codes count. A claim that was taken before is answered however
many others failed. Where all strangers together are too many, new claims wait, too: enrolment
stands still for a while, and nothing else does.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from content_packs.errors import InvalidContent, Untrusted
from hub.errors import ClaimRefused, TooOften
from hub.fleet import batches, claims
from hub.fleet.audit import Refusals
from hub.fleet.batches import Taken
from hub.fleet.claims import Answer
from hub.fleet.limits import (
    BATCH_SECONDS,
    BATCHES_AT_ONCE,
    WRONG_CODE_SECONDS,
    WRONG_CODE_SECONDS_OVERALL,
    WRONG_CODES_AT_ONCE,
    WRONG_CODES_AT_ONCE_OVERALL,
)
from hub.fleet.rates import Rate, name_of
from hub.fleet.requests import Caller
from hub.hub import Hub

_ALL = "all"


@dataclass(frozen=True)
class Brakes:
    """Rates of wrong codes of each address and of all, and of each node's batches.

    `refusals` writes down who was turned away.
    """

    of_address: Rate
    of_all: Rate
    of_node: Rate
    refusals: Refusals

    @classmethod
    def new(cls, monotonic: Callable[[], float]) -> "Brakes":
        """Return brakes that nobody has touched yet; `monotonic` is a clock in seconds."""
        all_at_once, all_seconds = WRONG_CODES_AT_ONCE_OVERALL, WRONG_CODE_SECONDS_OVERALL
        return cls(
            Rate(WRONG_CODES_AT_ONCE, WRONG_CODE_SECONDS, monotonic),
            Rate(all_at_once, all_seconds, monotonic, names_max=1),
            Rate(BATCHES_AT_ONCE, BATCH_SECONDS, monotonic),
            Refusals(monotonic),
        )


def take_claim(hub: Hub, brakes: Brakes, document: bytes, *, address: str) -> Answer:
    """Take a claim in that came over HTTP. Raises as `claims.take`, and `TooOften`."""
    name = name_of(address)
    try:
        _check_rate(hub, brakes, document, name)
        return claims.take(hub, document, origin=address, refusals=brakes.refusals)
    except (ClaimRefused, Untrusted, InvalidContent):
        brakes.of_address.count(name)
        brakes.of_all.count(_ALL)
        raise


def take_batch(hub: Hub, brakes: Brakes, document: bytes, caller: Caller) -> Taken:
    """Take a batch in that a node sent over HTTP. Raises as `batches.take`, and `TooOften`."""
    wait = brakes.of_node.wait(caller.keyid)
    if wait:
        brakes.refusals.note(
            hub,
            "document-refused",
            origin=caller.origin,
            node=caller.node,
            keyid=caller.keyid,
            reason="batch: this node sends more than any box makes",
        )
        raise TooOften("too many batches of late", seconds=math.ceil(wait), hint="Wait.")
    brakes.of_node.count(caller.keyid)
    return batches.take(
        hub, document, origin=caller.origin, refusals=brakes.refusals, by_key=caller.keyid
    )


def _check_rate(hub: Hub, brakes: Brakes, document: bytes, name: str) -> None:
    wait = max(brakes.of_address.wait(name), brakes.of_all.wait(_ALL))
    if not wait or claims.is_known(hub, document):
        return
    seconds = math.ceil(wait)
    brakes.refusals.note(
        hub, "claim-refused", origin=name, reason=f"too many wrong codes: {seconds} seconds to wait"
    )
    raise TooOften(
        "too many wrong codes of late",
        seconds=seconds,
        hint="Wait, then try again.",
    )
