"""What `plan` says: what comes next and why, what waits for what, when each lesson opens."""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import Any, TypeAlias

import click

from content_packs.command_line import megabytes
from sync_node import teachers_pins
from sync_node.config import Config
from sync_node.estimating import Estimate, Reasons
from sync_node.forecast import LessonForecast, StepForecast
from sync_node.limits import PLAN_LINES_MAX
from sync_node.outlook import WAITS
from sync_node.trusted_time import in_words
from sync_node.when import when
from sync_node.zones import zone_of

_Say: TypeAlias = Callable[[datetime | None], str]


def plan_json(estimate: Estimate, reasons: Reasons) -> dict[str, Any]:
    """Return a plan as an object."""
    plan, found, situation = estimate.plan, estimate.forecast, estimate.situation
    return {
        "now": in_words(situation.now),
        "size": plan.size,
        "round_trips": plan.round_trips,
        "room": plan.room,
        "done": _time(found.done),
        "paused": situation.pause is not None,
        "duty": round(situation.duty, 3),
        "bytes_per_second": [round(link.rate) for link in situation.links],
        "steps": [_step_json(each) for each in found.steps],
        "lessons": [
            {
                "pack": each.pack,
                "version": each.version,
                "lesson": each.lesson,
                "size": each.size,
                "opens": _time(each.opens),
                "waits_for": each.waits_for,
            }
            for each in found.lessons
        ],
        "unknown": [
            {"pack": each.pack, "version": each.version, "size": each.size, "why": each.why}
            for each in plan.unknown
        ],
        "held": list(reasons.held),
        "pinned": [
            {
                "pack": each.pack,
                "version": each.version,
                "until": each.until,
                "why_not": each.why_not,
            }
            for each in reasons.pins
        ],
        "rollout": list(reasons.rollout),
    }


def say_plan(estimate: Estimate, reasons: Reasons, config: Config) -> None:
    """Print a plan for a technician."""
    zone = zone_of(config.time_zone, what="node.toml: time_zone")
    now, nightly = estimate.situation.now, estimate.outlook().nightly
    for line in lines_of(estimate, reasons, now, zone, nightly=nightly):
        click.echo(line)


def lines_of(
    estimate: Estimate, reasons: Reasons, now: datetime, zone: tzinfo, *, nightly: bool
) -> list[str]:
    """Return the lines that a technician reads."""

    def say(moment: datetime | None) -> str:
        return when(moment, now, zone, nightly=nightly).in_words()

    plan, found = estimate.plan, estimate.forecast
    lines = [_first_line(estimate, say(found.done))]
    if pause := estimate.situation.pause:
        lines.append(f"paused until {in_words(pause.until) if pause.until else '`resume`'}")
    lines += [f"{each.pack} {each.version}: {each.why}, then planned" for each in plan.unknown]
    if found.steps:
        lines += ["", "what comes, in this order:"]
        lines += _step_lines(found.steps, say)
    if found.lessons:
        lines += ["", "when lessons open:"]
        lines += _lesson_lines(found.lessons, say)
    lines += [
        f"{pack}: held by a rollback until a newer version is offered" for pack in reasons.held
    ]
    lines += [teachers_pins.in_words(each) for each in reasons.pins]
    lines += [f"{pack}: its rollout hasn't reached this node yet" for pack in reasons.rollout]
    return lines


def _first_line(estimate: Estimate, done: str) -> str:
    plan = estimate.plan
    if not plan.steps and not plan.unknown:
        return "everything that is known to be offered is here"
    words = f"{megabytes(plan.size)} to come in {plan.round_trips} requests"
    return f"{words}: {done}" if estimate.forecast.done else words


def _step_lines(steps: Sequence[StepForecast], say: _Say) -> list[str]:
    lines = []
    for each in steps[:PLAN_LINES_MAX]:
        step = each.step
        name = f"{step.pack} {step.version} {step.lesson}".rstrip()
        what = f"finer {step.kind}" if step.finer else step.kind
        waits = f", {WAITS[each.waits_for]}" if each.waits_for else ""
        lines.append(
            f"  {name}: {what}, {megabytes(step.size)}, {say(each.done)}{waits}; {step.why}"
        )
    return [*lines, *_more(len(steps), "steps")]


def _lesson_lines(lessons: Sequence[LessonForecast], say: _Say) -> list[str]:
    lines = []
    for each in lessons[:PLAN_LINES_MAX]:
        name = f"{each.pack} {each.version} {each.lesson or '(all that is here)'}"
        waits = f"; {WAITS[each.waits_for]}" if each.waits_for else ""
        lines.append(f"  {name}: {say(each.opens)}{waits}")
    return [*lines, *_more(len(lessons), "lessons")]


def _more(count: int, what: str) -> list[str]:
    over = count - PLAN_LINES_MAX
    return [f"  and {over} {what} more (all of them with --json)"] if over > 0 else []


def _step_json(each: StepForecast) -> dict[str, Any]:
    step = each.step
    return {
        "pack": step.pack,
        "version": step.version,
        "lesson": step.lesson,
        "kind": step.kind,
        "finer": step.finer,
        "size": step.size,
        "round_trips": step.round_trips,
        "opens": step.opens,
        "why": step.why,
        "begins": _time(each.begins),
        "done": _time(each.done),
        "waits_for": each.waits_for,
    }


def _time(moment: datetime | None) -> str:
    return in_words(moment) if moment else ""
