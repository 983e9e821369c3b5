"""Rollouts and what schools report, made up by hypothesis."""

from hypothesis import strategies as st

from hub.rollouts.model import Group, Plan, Stage
from hub.rollouts.outcomes import Tally


def stages_of(percents: list[int], **terms: object) -> tuple[Stage, ...]:
    """Stages that reach these percentages, on the same terms."""
    return tuple(Stage(Group(percent=percent), **terms) for percent in percents)  # type: ignore[arg-type]


def plan_of(percents: list[int], **terms: object) -> Plan:
    """A rollout of demo 2 on main in such stages."""
    return Plan("demo", 2, "main", stages_of(percents, **terms))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    percents = sorted(draw(st.sets(st.integers(1, 100), min_size=1, max_size=5)))
    stages = tuple(
        Stage(
            Group(percent=percent),
            success_pct=draw(st.integers(1, 100)),
            min_contacted=draw(st.integers(1, 60)),
            soak_hours=draw(st.integers(0, 72)),
            fail_pct=draw(st.integers(0, 100)),
            fail_min_n=draw(st.integers(1, 10)),
            max_days=draw(st.integers(1, 30)),
            on_success=draw(st.sampled_from(("next", "pause"))),
            abort=draw(st.sampled_from(("keep", "revert"))),
        )
        for percent in percents
    )
    return Plan("demo", 2, "main", stages)


counts = st.integers(0, 50)
tallies = st.builds(Tally, counts, counts, counts, counts, counts, counts)
