"""Rollouts on a terminal: the plan that options mean, and lines about one."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from content_packs.command_line import megabytes
from hub.hub import Hub
from hub.rollouts import forms, sayings
from hub.rollouts.api import RolloutAnswer
from hub.rollouts.decide import Reason
from hub.rollouts.listing import StageView, View
from hub.rollouts.price import Price

_WAITS = " wait"
_TERMS = (
    "success_pct", "min_contacted", "soak_hours", "fail_pct", "fail_min_n", "max_days", "abort",
)  # fmt: skip


def of_options(given: Mapping[str, Any], saved: Mapping[str, str]) -> dict[str, Any]:
    """Return the plan that a command's options mean, as `forms.read` takes it.

    `saved`: filters by name.
    """
    terms = {name: given[name] for name in _TERMS}
    stages = []
    for said in given["stages"]:
        waits = said.endswith(_WAITS)
        group = forms.group_of(said.removesuffix(_WAITS), saved)
        on_success = "pause" if waits else "next"
        stages.append({"group": msgspec.to_builtins(group), "on_success": on_success, **terms})
    kept = ("pack", "version", "channel", "activate_at", "needed_by", "second_person", "note")
    return {"stages": stages, **{name: given[name] for name in kept}}


def price(hub: Hub, found: Price, *, at: datetime | None = None) -> str:
    """Return the price in words, as of `at`; None: now."""
    zone = ZoneInfo(hub.config.zone)
    said = sayings.price(found, at or hub.clock(), zone)
    return f"{said} {sayings.unknown(found)}".strip()


def line(one: View) -> str:
    """Return a rollout in one line."""
    state = sayings.state(one.state, reverted=one.reverted)
    stage = f"stage {one.stage} of {one.of_stages}"
    return f"{one.rollout}  {one.pack} {one.version} on {one.channel}  {state}  {stage}"


def standing(hub: Hub, one: View) -> Iterator[str]:
    """Yield where a rollout stands, and what it was priced at."""
    yield line(one)
    yield f"  {sayings.reason(Reason(one.code, one.figures))}"
    yield f"  {price(hub, one.price, at=datetime.fromisoformat(one.planned_at))}"
    if one.price.sticks:
        yield f"  Which need a stick: hub visits needed --rollout {one.rollout}"
    if one.trouble:
        yield f"  It can't be signed now: {one.trouble}"
    if one.state == "planned":
        yield f"  Approve it: hub rollouts approve {one.rollout}"


def all_of(hub: Hub, found: RolloutAnswer) -> Iterator[str]:
    """Yield all that is known of a rollout."""
    yield from standing(hub, found.rollout)
    yield "Stages:"
    yield from map(_stage, found.stages)
    yield "Journal, the newest first:"
    for event in found.journal:
        who = event.actor or "the hub"
        said = f"{sayings.deed(event.deed)} (stage {event.stage + 1}, {who})"
        yield f"  {event.at}  {said}: {sayings.reason(event.reason)}"


def _stage(one: StageView) -> str:
    group = sayings.group(one.terms.group, named=one.named)
    if not one.schools:
        return (
            f"  {one.number}. {group}: {one.price.schools} schools, {megabytes(one.price.egress)}"
        )
    counts = [f"{count} {sayings.outcome(kind)}" for kind, count in one.outcomes.items() if count]
    return f"  {one.number}. {group}: {', '.join(counts)}"
