"""What of a desired state counts here, beside node.toml. Pure.

1. What a desired state names takes the place of what node.toml says of the same; what it doesn't
   name is node.toml's. An empty list means none: no channel, no pack; no rendition beyond the
   lightest; no windows, which leaves the link open at any time.
2. `windows` and `budget` are those of the link to the hub: of every hub in node.toml.
   Windows that would open for nothing that the link carries lose their classes: else the node
   couldn't ask any more, and never hear that this was a mistake.
3. What a person does at the box wins: a pause, a pack that was put back, `sync --now`; and what was
   pinned here stays pinned, beside what the hub pins. Places of sources are node.toml's alone.

It is applied between two ticks. What was on its way goes on from where it is: parts are known by
their bytes, whoever wants them.
"""

import msgspec

from content_packs.desired_state import Budget, DesiredState
from content_packs.errors import UsageError
from sync_node.choices import Choices, Pin
from sync_node.config import Config, SourceConfig, WindowConfig, carried_classes
from sync_node.zones import zone_of


def in_effect(config: Config, desired: DesiredState | None) -> Config:
    """Return the configuration that a node goes by."""
    if desired is None:
        return config
    changed = {
        name: getattr(desired, name)
        for name in ("channels", "packs", "renditions")
        if getattr(desired, name) is not None
    }
    if desired.time_zone is not None and _is_known(desired.time_zone):
        changed["time_zone"] = desired.time_zone
    sources = tuple(_source(each, desired) if each.hub else each for each in config.sources)
    return msgspec.structs.replace(config, sources=sources, **changed)


def pins_in_effect(choices: Choices, desired: DesiredState | None) -> Choices:
    """Return what people decided here, with the hub's pins beside theirs."""
    if desired is None or not desired.pins:
        return choices
    pins = {*choices.pins, *(Pin(each.pack, each.lesson) for each in desired.pins)}
    return msgspec.structs.replace(choices, pins=tuple(sorted(pins)))


def zone_trouble(desired: DesiredState | None) -> str:
    """Return what is wrong with a desired state's time zone on this box; empty for nothing."""
    if desired is None or desired.time_zone is None or _is_known(desired.time_zone):
        return ""
    return (
        f"desired-state {desired.number}: this box doesn't know the time zone "
        f"{desired.time_zone!r}; windows go by node.toml's"
    )


def _is_known(zone: str) -> bool:
    try:
        zone_of(zone, what="desired-state")
    except UsageError:
        return False
    return True


def _source(source: SourceConfig, desired: DesiredState) -> SourceConfig:
    if desired.budget is not None:
        budget: Budget = desired.budget
        source = msgspec.structs.replace(
            source,
            metered=budget.metered,
            classes=budget.classes,
            kbit_per_second=budget.kbit_per_second,
            megabytes_per_day=budget.megabytes_per_day,
            megabytes_per_month=budget.megabytes_per_month,
        )
    if desired.windows is not None:
        windows = tuple(
            WindowConfig(each.opens, each.closes, tuple(each.classes), each.kbit_per_second)
            for each in desired.windows
        )
        source = msgspec.structs.replace(source, windows=windows)
    return _opening_for_something(source)


def _opening_for_something(source: SourceConfig) -> SourceConfig:
    carried = carried_classes(source)
    opening = [each for each in source.windows if {*(each.classes or carried)} & {*carried}]
    if opening or not source.windows:
        return source
    windows = tuple(msgspec.structs.replace(each, classes=()) for each in source.windows)
    return msgspec.structs.replace(source, windows=windows)
