"""The base of values: what a function returns or takes that is more than one thing.

A value is a msgspec struct that is never read from, or written to, a file or a message. It is what
a frozen dataclass is, made in a tenth of the time: `dataclasses` writes six functions for each
class and has Python compile them, at every start. Of the start of a box's site that was a fifth.
"""

import msgspec


class Value(msgspec.Struct, frozen=True):
    """A value: it never changes. Those below say `frozen=True`, too, for type checkers."""
