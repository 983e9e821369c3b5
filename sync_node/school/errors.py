"""Errors of the school's own data, typed by what a page does next.

Busy            too many writes are waiting: ask again in `seconds` (503, Retry-After)
WrongSecret     a PIN, passphrase or code that isn't right; `seconds` until the next try
TooManyTries    not looked at: wait `seconds` (429)
DeviceRefused   this account was guessed at: only devices that know it may try
"""

from content_packs.errors import Refused, SourceUnavailable
from sync_node.school.limits import BUSY_RETRY_SECONDS


class Busy(SourceUnavailable):
    """Too many writes are waiting, or one took too long. Nothing was promised."""

    code = "busy"

    def __init__(self, message: str = "the box is busy: your work was not kept yet") -> None:
        super().__init__(message, hint="Try again in a moment.")
        self.seconds = BUSY_RETRY_SECONDS


class WrongSecret(Refused):
    """Not the right PIN, passphrase or code. `seconds`: until this device may try again."""

    code = "wrong-secret"

    def __init__(self, message: str, *, seconds: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.seconds = seconds


class TooManyTries(Refused):
    """Tried too often: nothing was looked at. `seconds`: until this device may try again."""

    code = "too-many-tries"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"too many wrong tries: wait {seconds} s", hint="Ask your teacher to look up your PIN."
        )
        self.seconds = seconds


class DeviceRefused(TooManyTries):
    """The account was guessed at from many devices: only those that know it may try."""

    code = "device-refused"
