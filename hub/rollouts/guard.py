"""What releasing and withdrawing have to know of rollouts: whether one is in the way; its end."""

from content_packs.errors import Refused
from hub.clock import in_words
from hub.fleet import audit
from hub.hub import Hub
from hub.rollouts.model import OPEN
from hub.rollouts.tables import RolloutEventRow, RolloutRow


def expect_no_rollout(hub: Hub, pack: str, channel: str) -> None:
    """Raise `Refused` while a rollout of the pack is under way on the channel."""
    of_it = (RolloutRow.pack == pack) & (RolloutRow.channel == channel)
    with hub.database.transaction():
        row = RolloutRow.get_or_none(of_it & (RolloutRow.state << OPEN))
    if row is not None:
        raise Refused(
            f"a rollout of {pack} {row.version} is under way on {channel}: {row.rollout}",
            hint=f"Wait until it has ended, or end it: hub rollouts abort {row.rollout}",
        )


def end_withdrawn(
    hub: Hub, pack: str, version: int, channel: str | None, *, actor: str = ""
) -> list[str]:
    """End the rollouts of a version that `actor` withdraws; return which were under way.

    The journal says so before the edition does: cut off in between, the edition follows.
    """
    of_it = (RolloutRow.pack == pack) & (RolloutRow.version == version)
    if channel is not None:
        of_it &= RolloutRow.channel == channel
    now = in_words(hub.clock())
    with hub.database.writing():
        rows = list(RolloutRow.select().where(of_it & (RolloutRow.state << OPEN)))
        for row in rows:
            RolloutRow.update(
                state="withdrawn",
                ended_at=now,
                edition_due=True,
                step=row.step + 1,
                code="withdrawn",
            ).where(RolloutRow.rollout == row.rollout).execute()
            RolloutEventRow.create(
                rollout=row.rollout, at=now, deed="withdraw", stage=row.stage,
                code="withdrawn", figures="{}", actor=actor,
            )  # fmt: skip
            reason = f"{row.rollout}: {pack} {version} is withdrawn"
            audit.note(hub, "rollout-aborted", reason=reason, actor=actor)
    return [str(row.rollout) for row in rows]


def settled(hub: Hub, rollouts: list[str]) -> None:
    """Note that the edition in force says what the journal says of these rollouts."""
    if rollouts:
        with hub.database.writing():
            RolloutRow.update(edition_due=False).where(RolloutRow.rollout << rollouts).execute()
