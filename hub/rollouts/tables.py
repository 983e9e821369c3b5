"""The tables of rollouts in hub.db. Times are RFC 3339 in UTC, empty for none.

`RolloutRow` is the journal: it says what is to be signed, and `edition_due` that it isn't yet.
"""

from typing import Any

from peewee import AutoField, BooleanField, CompositeKey, IntegerField, TextField

from hub.models import Row


class RolloutRow(Row):
    """A rollout: its plan and the price it was shown with, as JSON; how far it has come.

    `code` and `figures` say why it does what it does now. `step` rises with each change.
    `seen_until`: up to when reports were looked at. `listed_at`: when its list of schools was last
    signed. `lease_until`: until then one process looks after it. `trouble`: why it can't be signed.
    """

    rollout: Any = TextField(primary_key=True)
    pack: Any = TextField()
    version: Any = IntegerField()
    channel: Any = TextField()
    plan: Any = TextField()
    seed: Any = TextField()
    price: Any = TextField()
    planned_at: Any = TextField()
    planned_by: Any = TextField()
    approved_at: Any = TextField(default="")
    approved_by: Any = TextField(default="")
    ended_at: Any = TextField(default="")
    state: Any = TextField()
    stage: Any = IntegerField(default=0)
    begun_at: Any = TextField(default="")
    met_since: Any = TextField(default="")
    passed: Any = BooleanField(default=False)
    reverted: Any = BooleanField(default=False)
    code: Any = TextField(default="")
    figures: Any = TextField(default="{}")
    step: Any = IntegerField(default=0)
    edition_due: Any = BooleanField(default=False)
    listed_at: Any = TextField(default="")
    seen_until: Any = TextField(default="")
    lease_until: Any = TextField(default="")
    trouble: Any = TextField(default="")


class RolloutNodeRow(Row):
    """A node that a rollout reached, in which stage and since when, and what became of it."""

    rollout: Any = TextField()
    node: Any = TextField()
    stage: Any = IntegerField()
    since: Any = TextField()
    outcome: Any = TextField()
    reason: Any = TextField(default="")
    have: Any = IntegerField(default=0)
    wanted: Any = IntegerField(default=0)
    changed_at: Any = TextField()

    class Meta:
        """Its key."""

        primary_key = CompositeKey("rollout", "node")


class RolloutEventRow(Row):
    """What was done with a rollout, why, and by whom; empty for the hub itself."""

    id: Any = AutoField()
    rollout: Any = TextField()
    at: Any = TextField()
    deed: Any = TextField()
    stage: Any = IntegerField()
    code: Any = TextField()
    figures: Any = TextField()
    actor: Any = TextField(default="")
