"""The hub's own errors, each under the class of `content_packs.errors` that says what to do next.

```
UsageError
├── NotAHub         the data directory isn't a hub's, or is already
└── InvalidConfig   hub.toml can't be used
Refused
├── Busy            another command is writing, and went on too long
├── ClockBehind     this machine's clock is behind what the hub signed already
├── ClaimRefused    the code isn't good, or the key not welcome; one error for all reasons
├── TooOften        too many wrong codes or batches of late: wait
└── ChainBroken     a batch doesn't follow on those before it
Missing
└── KeyAbsent       the key that this needs isn't on this machine
Untrusted
├── Unauthorised    no node of ours signed the request so; one error for all reasons
└── Damaged         the hub's own repository isn't as it was signed
```
Exit codes are those of the classes above.
"""

from content_packs.errors import Missing, Refused, Untrusted, UsageError


class NotAHub(UsageError):
    """The data directory isn't a hub's where one is needed, or is in the way of a new one."""

    code = "not-a-hub"


class InvalidConfig(UsageError):
    """hub.toml can't be used as it is."""

    code = "invalid-config"


class Busy(Refused):
    """Another command is writing to the hub, and didn't end in time."""

    code = "busy"


class ClockBehind(Refused):
    """The machine's clock is behind what the hub signed already: it must not sign by it."""

    code = "clock-behind"


class KeyAbsent(Missing):
    """The key that this needs isn't on this machine, or can't be read."""

    code = "key-absent"


class Damaged(Untrusted):
    """The hub's own repository isn't as it was signed."""

    code = "damaged"


class ClaimRefused(Refused):
    """The claim isn't granted. Why stands in the audit log alone: strangers learn nothing."""

    code = "claim-refused"


class TooOften(Refused):
    """Too many wrong codes, or batches of a node, of late. `seconds`: how long to wait."""

    code = "too-often"

    def __init__(self, message: str, *, seconds: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.seconds = seconds


class ChainBroken(Refused):
    """A batch doesn't follow on those that were taken of its chain."""

    code = "chain-broken"


class Unauthorised(Untrusted):
    """The request isn't signed by a node as it has to be. Why stands in the audit log alone."""

    code = "unauthorised"
