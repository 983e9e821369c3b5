"""Desired state: what a node should follow and hold, as the hub signs it.

What it doesn't say is the node's own to decide: every field but the number may be absent. A node
takes only a higher number than it holds. See PROTOCOL.md, section 6.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from content_packs.limits import (
    DESIRED_CHANNELS_MAX,
    DESIRED_PACKS_MAX,
    DESIRED_PINS_MAX,
    DESIRED_WINDOWS_MAX,
    KBIT_PER_SECOND_MAX,
    MEGABYTES_MAX,
)
from content_packs.messages import Message, Moment, Name, NameOrEmpty, Number, Part
from content_packs.names import RENDITIONS

ContentClass: TypeAlias = Literal["text", "other", "audio", "video"]
RenditionName: TypeAlias = Literal["audio", "240p", "360p", "480p", "720p", "1080p"]
ClockTime: TypeAlias = Annotated[
    str, Meta(max_length=5, pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$(?!\n)")
]
Rate: TypeAlias = Annotated[int, Meta(ge=0, le=KBIT_PER_SECOND_MAX)]
Megabytes: TypeAlias = Annotated[int, Meta(ge=0, le=MEGABYTES_MAX)]
Zone: TypeAlias = Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9_+:/-]*$(?!\n)")]


class Window(Part, frozen=True, kw_only=True, rename={"opens": "from", "closes": "to"}):
    """A daily window of the link to the hub, by the wall clock of the node's time zone.

    No classes: all that the link carries. `kbit_per_second` 0: no bound.
    """

    opens: ClockTime = "00:00"
    closes: ClockTime = "24:00"
    classes: Annotated[tuple[ContentClass, ...], Meta(max_length=4)] = ()
    kbit_per_second: Rate = 0


class Budget(Part, frozen=True, kw_only=True):
    """What the link to the hub may carry. 0, no classes: no bound."""

    metered: bool = False
    classes: Annotated[tuple[ContentClass, ...], Meta(max_length=4)] = ()
    kbit_per_second: Rate = 0
    megabytes_per_day: Megabytes = 0
    megabytes_per_month: Megabytes = 0


class DesiredPin(Part, frozen=True, kw_only=True):
    """A pack, or one lesson of it, whose files are never removed to make room."""

    pack: Name
    lesson: NameOrEmpty = ""


class DesiredState(Message, frozen=True, kw_only=True):
    """What one node, or a group of nodes, should follow and hold.

    `channels` to follow; of their packs `packs` only; `renditions` of media to fetch, the lightest
    that makes an item ready always being among them; `windows` and `budget` of the link to the hub;
    `pins`. None: the node decides, by its own settings. Empty: none of it.
    """

    number: Number
    issued_at: Moment
    node: NameOrEmpty = ""
    group: NameOrEmpty = ""
    channels: Annotated[tuple[Name, ...], Meta(max_length=DESIRED_CHANNELS_MAX)] | None = None
    packs: Annotated[tuple[Name, ...], Meta(max_length=DESIRED_PACKS_MAX)] | None = None
    renditions: Annotated[tuple[RenditionName, ...], Meta(max_length=len(RENDITIONS))] | None = None
    windows: Annotated[tuple[Window, ...], Meta(max_length=DESIRED_WINDOWS_MAX)] | None = None
    budget: Budget | None = None
    pins: Annotated[tuple[DesiredPin, ...], Meta(max_length=DESIRED_PINS_MAX)] | None = None
    time_zone: Zone | None = None

    def __post_init__(self) -> None:
        """Raise `ValueError` unless it is for one node or one group, and says nothing twice."""
        super().__post_init__()
        if bool(self.node) == bool(self.group):
            raise ValueError("node, group: expected one of the two")
        for name in ("channels", "packs", "renditions", "pins"):
            members: Sequence[object] = getattr(self, name) or ()
            if len(set(members)) != len(members):
                raise ValueError(f"{name}: one stands twice")

    def is_for(self, node: str, groups: Sequence[str]) -> bool:
        """Say whether it is for a node that is of these groups."""
        return self.node == node if self.node else self.group in groups
