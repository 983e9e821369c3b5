"""How the box's systems are, for people: what runs, what comes next, what failed. Pure."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

import msgspec

from content_packs import systems
from sync_node.node_reader import PackFacts
from sync_node.system.box_slots import BoxSlots
from sync_node.system.requests import Wanted

State: TypeAlias = Literal[
    "current",  # nothing newer is offered that could be taken
    "coming",  # a newer one is offered, and not all of it is here
    "here",  # all of it is here, and is about to be written
    "writing",  # it is being written into the other slot
    "ready",  # it is written, and is started at a quiet hour
    "starting",  # the box is about to be started again
    "trying",  # it runs, and has to show that the school's site is served
    "cannot",  # root couldn't write or start it
    "unsaid",  # root hasn't said anything since the box was started
]


@dataclass(frozen=True)
class SystemView:
    """All of it. `next_version`: the one that `state` is about, 0 for none."""

    slots: BoxSlots
    state: State
    next_version: int = 0

    @property
    def can_start(self) -> bool:
        """Whether the other slot could be started now."""
        return self.state == "ready"

    def as_json(self) -> dict[str, Any]:
        """Return it as one JSON object."""
        return {**asdict(self), "slots": msgspec.to_builtins(self.slots)}


def whole_of(found: Iterable[PackFacts]) -> Wanted | None:
    """Return the newest system that is here, every byte of it verified; None for none.

    It is what the lesson of a pack on the channel `system` is at (activator.py), while that is what
    the hub offers: one that was withdrawn isn't started.
    """
    whole = []
    for pack in found:
        active = pack.active.get(systems.LESSON)
        if pack.retired or pack.held or not active or active.version != pack.offered:
            continue
        if active.version in pack.versions:
            whole.append(Wanted(pack.pack, active.version, pack.versions[active.version]))
    return max(whole, key=lambda each: each.version, default=None)


def view(box: BoxSlots, found: Iterable[PackFacts], *, boot: str) -> SystemView:
    """Return how the systems are; `boot` names this start of the box."""
    packs = list(found)
    whole = whole_of(packs)
    offered = max((pack.offered or 0 for pack in packs if not pack.retired), default=0)
    version = offered if offered and box.takes(offered) else 0
    if box.boot != boot:
        return SystemView(box, "unsaid", version)
    if box.doing == "trying":
        return SystemView(box, "trying", box.version)
    if box.doing != "idle":
        return SystemView(box, box.doing, box.wanted)
    if not version:
        return SystemView(box, "current")
    if whole is None or whole.version != version:
        return SystemView(box, "coming", version)
    if box.ready == version:
        return SystemView(box, "ready", version)
    if box.trouble.code and box.wanted == version:
        return SystemView(box, "cannot", version)
    return SystemView(box, "here", version)


def in_words(found: SystemView) -> list[str]:
    """Return it as lines for people."""
    slots, version = found.slots, found.next_version
    runs = "ran when the box was on before" if found.state == "unsaid" else "runs"
    lines = [f"system {slots.version} {runs}, in slot {slots.slot}"]
    lines += {
        "current": [],
        "coming": [f"system {version} is on its way"],
        "here": [f"system {version} is here, and is written into the other slot within a minute"],
        "writing": [f"system {version} is being written into the other slot"],
        "ready": [f"system {version} is ready: it is started at a quiet hour, or with --start"],
        "starting": [f"system {version} is being started"],
        "trying": [f"system {version} is being tried: it has to serve the site for some minutes"],
        "cannot": [f"system {version} couldn't be taken: {slots.trouble.text}"],
        "unsaid": ["nothing was said of it since the box was started"],
    }[found.state]
    return lines + [f"system {failed} failed: {why}" for failed, why in slots.failed]
