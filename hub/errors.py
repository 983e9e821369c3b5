"""The hub's own errors, each under the class of `content_packs.errors` that says what to do next.

```
UsageError
├── NotAHub         the data directory isn't a hub's, or is already
└── InvalidConfig   hub.toml can't be used
Refused
├── Busy            another command is writing, and went on too long
└── ClockBehind     this machine's clock is behind what the hub signed already
Missing
└── KeyAbsent       the key that this needs isn't on this machine
Untrusted
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
