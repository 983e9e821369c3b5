"""What can be wrong, and how soon somebody should hear of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeAlias

Figures: TypeAlias = Mapping[str, str | int]
More: TypeAlias = tuple[str, Figures, str]  # code, figures, words


@dataclass(frozen=True)
class Reason:
    """A kind of trouble.

    `grace`: it is told only if it lasts so long. `urgent`: told at once after that, though a
    message has just gone. `title`: a message of the catalogue, about any number of `subjects`.
    """

    name: str
    title: str
    grace: timedelta
    urgent: bool = False


_REASONS = (
    Reason("hub-warning", "The hub itself", timedelta(minutes=10), urgent=True),
    Reason("identity", "Boxes that may not be who they say", timedelta(0), urgent=True),
    Reason("rollout-stopped", "Rollouts that stopped and wait for a person", timedelta(0), True),
    Reason("rollout-waits", "Rollouts that wait for a second person", timedelta(hours=1)),
    Reason("job-failed", "Work of the hub that failed", timedelta(minutes=10)),
    Reason("disk", "Boxes whose disk is in trouble", timedelta(hours=1)),
    Reason("records", "Boxes with pupils' records that aren't safe yet", timedelta(hours=6)),
    Reason("failed", "Boxes that can't install what they should", timedelta(hours=6)),
    Reason("overdue", "Boxes that are silent for longer than is usual for them", timedelta(0)),
    Reason("stalled", "Boxes that are in contact and get nothing more", timedelta(0)),
    Reason("claim-waits", "Boxes that wait to be confirmed", timedelta(hours=1)),
)
REASONS: Final[dict[str, Reason]] = {reason.name: reason for reason in _REASONS}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong now.

    `subject` is what it is wrong with: a node, a rollout, a job; together with the reason it is
    what makes two findings the same. `code` and `figures`: more about it, to be said in anybody's
    language (`sayings`). `words`: what somebody else wrote, as it came; empty for nothing.
    """

    reason: str
    subject: str
    words: str = ""
    code: str = ""
    figures: Figures = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same trouble as before."""
        return self.reason, self.subject

    @property
    def more(self) -> More:
        """What more is known of it."""
        return self.code, self.figures, self.words
