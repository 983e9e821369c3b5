"""Errors of the node alone. Those that all three rooms know stand in `content_packs.errors`."""

from datetime import datetime
from typing import Literal, TypeAlias

from content_packs.errors import SourceUnavailable

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
