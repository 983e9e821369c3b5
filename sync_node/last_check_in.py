"""How the last check-in went, as node.db remembers it."""

import msgspec

from sync_node import state


class LastCheckIn(msgspec.Struct, frozen=True):
    """How the last check-in went: `at` (RFC 3339), in the start `boot`, `on` seconds of being on.

    `what` it was about; `refused` how many were refused since the last that wasn't; `sealed_on`:
    when a report was sealed last.
    """

    at: str = ""
    boot: str = ""
    on: float = 0.0
    what: str = ""
    refused: int = 0
    sealed_on: float = 0.0


def last_check_in() -> LastCheckIn:
    """Return how the last check-in went. node.db is open."""
    return decode(state.check_in())


def decode(text: str) -> LastCheckIn:
    """Return what node.db holds of it; an empty one for nothing, or for anything else."""
    try:
        return msgspec.json.decode(text or "{}", type=LastCheckIn)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return LastCheckIn()
