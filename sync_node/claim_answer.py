"""What a hub said to the claim of a code that was typed on the box's page."""

from typing import Literal, TypeAlias

import msgspec

Heard: TypeAlias = Literal["none", "asking", "pending", "enrolled", "refused", "left", "unheard"]


class Answer(msgspec.Struct, frozen=True):
    """What the hub said to the last code, since the site was started.

    `left`: the engine asks, which has yet to learn the hub's keys; `unheard`: no hub answered, for
    the reason in `trouble`.
    """

    heard: Heard = "none"
    trouble: str = ""

    @property
    def is_awaited(self) -> bool:
        """Whether it is still to come."""
        return self.heard == "asking"
