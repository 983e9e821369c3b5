"""The chain of the audit log. Pure: lines in, digests and troubles out.

There are two chains, of deeds and of refusals, since the oldest lines of each go by themselves. A
line's digest is the SHA-256 of its canonical JSON, the digest of the line before it included: who
changes, adds or takes away a line in the middle has to write anew all that follow.
"""

import hashlib
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from content_packs import canonical_json

Chain: TypeAlias = Literal["deeds", "refusals"]
CHAINS: Final[tuple[Chain, ...]] = ("deeds", "refusals")


@dataclass(frozen=True)
class Line:
    """A line as it is in the chain. `number` counts from 1 in each chain."""

    number: int
    at: str
    event: str
    node: str
    keyid: str
    origin: str
    reason: str
    actor: str
    previous: str


def chain_of(*, refusal: bool) -> Chain:
    """Return the chain that a line belongs to."""
    return "refusals" if refusal else "deeds"


def digest_of(chain: Chain, line: Line) -> str:
    """Return the digest that the next line names. Raises `InvalidContent` for lone surrogates."""
    return hashlib.sha256(canonical_json.encode({"chain": chain, **vars(line)})).hexdigest()
