"""A simulation in words, and as a table for the README."""

from collections.abc import Iterator
from datetime import timedelta

from content_packs.command_line import megabytes
from hub.simulation.simulating import START, Simulated

_GB = 1e9


def say(found: Simulated) -> Iterator[str]:
    """Yield the lines that `hub simulate` prints."""
    cost = found.price
    by = (cost.by - START) / timedelta(days=1)
    yield (
        f"Price, said beforehand: {megabytes(cost.typical)} for a school as a rule, "
        f"{cost.egress / _GB:,.1f} GB in all; {cost.schools_by:,} schools by day {by:.0f}, "
        f"{cost.later:,} later, {cost.sticks:,} need a stick."
    )
    for deed in found.deeds:
        what = f"{deed.decision.deed} ({deed.decision.reason.code})"
        yield f"Hour {deed.hour}: stage {deed.stage + 1}: {what}"
    yield f"After {found.days} days: {found.state}; {found.done:,} of {found.schools:,} done."
    yield ""
    yield "| day | their turn | done |"
    yield "|---|---|---|"
    for day, done in found.done_by.items():
        yield f"| {day} | {found.turned_by[day]:,} | {done:,} |"
    yield ""
    if found.kinds:
        yield "| link | schools | done |"
        yield "|---|---|---|"
        for kind, (schools, done) in found.kinds.items():
            yield f"| {kind} | {schools:,} | {done / max(schools, 1):.1%} |"
        yield ""
    yield (
        f"Egress: {sum(found.egress) / _GB:,.1f} GB, {max(found.egress) / _GB:,.1f} GB on the "
        f"busiest day, {megabytes(round(found.bytes_of_school))} a school."
    )
    told = found.estimates
    yield (
        f"Estimates: the late one (p90) held for {told.held_p90:.1%} of {told.judged:,} schools, "
        f"the middle one for {told.held_p50:.1%}; it was off by {told.error_days:.1f} days as a "
        f"rule. {told.sticks:,} schools were said to need a stick, and {told.sticks_needed:,} of "
        "them hadn't got it over their link."
    )
    late = found.overdue
    yield (
        f"Overdue: {late.dead_found:,} of {late.dead:,} dead boxes were found, after "
        f"{late.found_days:.1f} days as a rule; of 1,000 living ones {late.false_per_week:.0f} a "
        "week were called overdue for a while."
    )
    yield f"Took {found.seconds:.0f} seconds."
