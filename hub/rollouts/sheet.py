"""What became of a rollout in each school, as a table for a spreadsheet."""

from collections.abc import Iterator

from content_packs import csv_cells
from hub.hub import Hub
from hub.people.actor import Actor
from hub.rollouts import listing, sayings
from hub.rollouts.limits import SCHOOLS_SHOWN_MAX
from hub.rollouts.listing import School, Schools
from hub.whole_lists import whole

HEAD = (
    "school", "title", "township", "node", "stage", "since", "outcome", "outcome_in_words",
    "reason", "reason_in_words", "bytes_fetched", "bytes_wanted", "changed_at",
)  # fmt: skip


def lines(
    hub: Hub, actor: Actor, rollout: str, *, stage: int = 0, outcome: str = ""
) -> Iterator[bytes]:
    """Yield the schools that are theirs to see as CSV; `stage` from 1, 0 for all.

    What is wrong with the question is raised at once: `Missing`, `Refused`, `UsageError`,
    `StorageFailed`.
    """
    most = SCHOOLS_SHOWN_MAX
    first = listing.schools(hub, actor, rollout, stage=stage, outcome=outcome, limit=most)

    def after(last: str) -> Schools:
        return listing.schools(
            hub, actor, rollout, stage=stage, outcome=outcome, after=last, limit=most
        )

    return csv_cells.lines(HEAD, map(_cells, whole(first, after)))


def _cells(one: School) -> tuple[object, ...]:
    words = sayings.trouble(one.reason) if one.reason else ""
    return (
        one.school, one.title, one.township, one.node, one.stage, one.since, one.outcome,
        sayings.outcome(one.outcome), one.reason, words, one.have, one.wanted, one.changed_at,
    )  # fmt: skip
