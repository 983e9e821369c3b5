"""Errors of the node alone. Those that all three rooms know stand in `content_packs.errors`."""

from datetime import datetime
from typing import Literal, TypeAlias

from content_packs.errors import Refused, SourceUnavailable

Reason: TypeAlias = Literal["window", "budget", "pause"]


class NotNow(SourceUnavailable):
    """A source that may not be used at present. The other sources may; trying again is of no use.

    `reason` says what forbids it. `until`: when it may be used again, where that is known.
    """

    code = "not-now"

    def __init__(
        self, message: str, *, reason: Reason, until: datetime | None = None, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason
        self.until = until


class HubRefused(Refused):
    """The hub understood what this node asked, and won't do it. `status`: of its answer."""

    code = "hub-refused"

    def __init__(self, message: str, *, status: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


class Revoked(Refused):
    """The hub's signed list says that this node counts no more."""

    code = "revoked"
