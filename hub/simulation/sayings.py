"""A simulation in words and tables, in the order in which an officer asks."""

from collections.abc import Iterator
from datetime import timedelta

from content_packs.command_line import megabytes
from hub.fleet.limits import OVERDUE_WEEKS
from hub.rollouts import sayings
from hub.simulation.limits import HOURS
from hub.simulation.overdue import USUAL_ONLY, Rule
from hub.simulation.simulating import START, Simulated

_GB = 1e9
_DAY_SECONDS = 86_400
_MBIT = 1_000_000 / 8  # bytes


def say(found: Simulated) -> Iterator[str]:
    """Yield the lines that `hub simulate` prints."""
    yield from _beforehand(found)
    yield ""
    yield from _course(found)
    yield ""
    yield from _tables(found)
    yield from _costs(found)
    yield ""
    yield from _estimates(found)
    yield ""
    yield from _overdue(found)
    yield ""
    yield f"Took {found.seconds:.0f} seconds."


def _beforehand(found: Simulated) -> Iterator[str]:
    cost = found.price
    by = (cost.by - START) / timedelta(days=1)
    yield (
        f"Said before it is approved: {megabytes(cost.typical)} for a school as a rule, "
        f"{cost.egress / _GB:,.1f} GB in all; {cost.schools_by:,} schools by day {by:.0f}, "
        f"{cost.later:,} later, {cost.sticks:,} need a stick."
    )


def _course(found: Simulated) -> Iterator[str]:
    begun = 0.0
    for at in found.deeds:
        day = at.hour / HOURS
        stage = found.price.stages[at.stage]
        yield (
            f"Day {begun:.1f} to {day:.1f}: stage {at.stage + 1} of {len(found.price.stages)}, "
            f"{stage.schools:,} schools. {sayings.reason(at.decision.reason)} "
            f"{sayings.deed(at.decision.deed)}."
        )
        begun = day
    yield (
        f"Day {found.days}: {sayings.state(found.state)}; {found.done:,} of {found.schools:,} "
        f"schools have it ({found.done / max(found.schools, 1):.1%})."
    )


def _tables(found: Simulated) -> Iterator[str]:
    yield "| day | their turn | have it |"
    yield "|--:|--:|--:|"
    for day, done in found.done_by.items():
        yield f"| {day} | {found.turned_by[day]:,} | {done:,} |"
    yield ""
    if found.kinds:
        yield "| link | schools | have it |"
        yield "|---|--:|--:|"
        for kind, (schools, done) in found.kinds.items():
            yield f"| {kind} | {schools:,} | {done / max(schools, 1):.1%} |"
        yield ""


def _costs(found: Simulated) -> Iterator[str]:
    busiest = max(found.egress)
    yield (
        f"Egress: {sum(found.egress) / _GB:,.1f} GB, {megabytes(round(found.bytes_of_school))} a "
        f"school; {busiest / _GB:,.1f} GB on the busiest day, "
        f"{busiest / _DAY_SECONDS / _MBIT:,.0f} Mbit/s all day long."
    )


def _estimates(found: Simulated) -> Iterator[str]:
    told = found.estimates
    yield (
        f"Estimates: of {told.judged:,} schools {told.held_p90:.1%} had it by their late one "
        f"(p90), {told.held_p50:.1%} by their middle one, which was off by {told.error_days:.1f} "
        f"days as a rule. {told.sticks:,} couldn't be told within a year, or at all; "
        f"{told.sticks_needed:,} of them hadn't got it over their link."
    )


def _overdue(found: Simulated) -> Iterator[str]:
    late = found.overdue
    yield (
        f"Overdue: of 1,000 living schools {late.rule.false_per_week:.0f} a week are called so and "
        f"come back; a dead box is after {_days(late.rule.found_days)} as a rule, and after "
        f"{_days(late.rule.found_days_late)} in nine cases of ten. Other rules beside the hub's "
        f"(seen of {late.living:,} living schools and {late.dead:,} dead boxes):"
    )
    yield ""
    yield "| a living school is overdue | of 1,000 a week | dead: after | nine of ten |"
    yield "|---|--:|--:|--:|"
    for rule in sorted((late.rule, *late.others), key=lambda each: each.once_in):
        yield (
            f"| {_name(rule)} | {rule.false_per_week:.0f} | {_days(rule.found_days)} "
            f"| {_days(rule.found_days_late)} |"
        )


def _name(rule: Rule) -> str:
    if rule.once_in == USUAL_ONLY:
        return "past 3 × median and p95 alone"
    own = " (the hub's rule)" if rule.once_in == OVERDUE_WEEKS else ""
    return f"once in {rule.once_in} weeks{own}"


def _days(count: float | None) -> str:
    return "-" if count is None else f"{count:.1f} days"
