"""What people decide about a rollout: approve, pause, resume, abort.

Each is a step in the journal, and then, where it changes what is offered, one signed edition. Who
planned a rollout that wants a second person can't be that person, by no way in.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from content_packs.errors import Refused, UsageError
from hub.clock import in_words
from hub.edition import read_edition
from hub.fleet import audit
from hub.fleet.audit import Event
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.rollouts import joining, keeping, signing
from hub.rollouts.decide import Progress, Reason
from hub.rollouts.keeping import Rollout
from hub.rollouts.limits import OPEN_MAX, REASON_CHARACTERS_MAX
from hub.rollouts.planning import expect_possible
from hub.rollouts.tables import RolloutRow
from hub.versions import publisher_of


def approve(hub: Hub, actor: Actor, rollout: str) -> Rollout:
    """Let a planned rollout begin with its first stage.

    Raises `Missing`, `Refused` for who may not, for who planned it where a second person is wanted,
    and for a version that can't go out any more; `Busy`, `Damaged`, `KeyAbsent`, `StorageFailed`.
    """
    actor.expect(Right.APPROVE)
    before = _seen(hub, actor, rollout)
    if before.progress.state != "planned":
        return before
    if before.plan.second_person and before.planned_by == actor.login:
        raise Refused(
            f"{rollout}: {actor.login} planned it, so somebody else has to approve it",
            hint="Ask a second person with the right to approve.",
        )
    expect_possible(hub, read_edition(hub.data.metadata), before.plan)
    now = hub.clock()
    found = joining.at_stage(hub, before, 0)
    with _step(hub, before, "rollout-approved", actor.login):
        if keeping.under_way(before.plan.pack, before.plan.channel):
            raise Refused(f"{before.plan.pack}: another rollout began just now")
        if RolloutRow.select().where(RolloutRow.state << ("running", "paused")).count() >= OPEN_MAX:
            raise Refused(f"{OPEN_MAX} rollouts are under way, the most a hub looks after")
        joining.write(rollout, found, now)
        keeping.change(
            before,
            Progress("running", 0, now),
            Reason("begun", {"schools": len(found)}),
            now=now,
            deed="approve",
            actor=actor.login,
            due=True,
            approved_at=in_words(now),
            approved_by=actor.login,
            listed_at=in_words(now),
        )
    return _settled(hub, actor, rollout)


def pause(hub: Hub, actor: Actor, rollout: str, *, why: str = "") -> Rollout:
    """Let a rollout reach no more schools until it is resumed; who was reached goes on.

    Raises `Missing`, `Refused`, `StorageFailed`.
    """
    actor.expect(Right.RELEASE)
    before = _seen(hub, actor, rollout)
    if before.progress.state == "paused":
        return before
    _expect(before, "running", "only one that runs can be paused")
    now = hub.clock()
    with _step(hub, before, "rollout-paused", actor.login):
        after = replace(before.progress, state="paused", met_since=None)
        keeping.change(before, after, _by_hand("paused", why), now=now, deed="pause",
                       actor=actor.login)  # fmt: skip
    return _read(hub, rollout)


def resume(hub: Hub, actor: Actor, rollout: str, *, why: str = "") -> Rollout:
    """Let a rollout go on that is paused, or that was aborted and left schools what they have.

    A stage that is over makes way for the next; the days of another are counted anew. Raises
    `Missing`, `Refused`, `Busy`, `Damaged`, `KeyAbsent`, `StorageFailed`.
    """
    actor.expect(Right.RELEASE)
    before = _seen(hub, actor, rollout)
    was = before.progress
    if was.state == "running":
        return before
    if was.state == "aborted" and not was.reverted:
        _expect_alone(hub, before)
    else:
        _expect(before, "paused", "only one that is paused can be resumed")
    now = hub.clock()
    stage = was.stage + 1 if was.passed else was.stage
    found = joining.at_stage(hub, before, stage)
    with _step(hub, before, "rollout-resumed", actor.login):
        joining.write(rollout, found, now)
        reason = _by_hand("resumed", why)
        keeping.change(before, Progress("running", stage, now), reason, now=now, deed="resume",
                       actor=actor.login, due=True, listed_at=in_words(now),
                       seen_until="")  # fmt: skip
    return _settled(hub, actor, rollout)


def abort(
    hub: Hub, actor: Actor, rollout: str, *, revert: bool | None = None, why: str = ""
) -> Rollout:
    """End a rollout: no more schools get it. `revert`: who has it goes back; None: as planned.

    One that was never approved is only dropped; of one that stopped by itself it is noted that
    somebody knows. Raises `Missing`, `Refused`, `Busy`, `Damaged`,
    `KeyAbsent`, `StorageFailed`.
    """
    actor.expect(Right.RELEASE)
    before = _seen(hub, actor, rollout)
    was = before.progress
    over = was.state == "aborted" and before.reason.code.endswith("-by-hand")
    if was.state in {"finished", "withdrawn"} or (over and was.reverted):
        raise Refused(
            f"{rollout}: it is {was.state} already",
            hint=f"To take the version back: hub withdraw {before.plan.pack} --version "
            f"{before.plan.version} --channel {before.plan.channel}",
        )
    back = before.plan.stages[was.stage].abort == "revert" if revert is None else revert
    back = back or was.reverted
    if over and not back:
        return before
    begun, now = was.state != "planned", hub.clock()
    with _step(hub, before, "rollout-aborted", actor.login):
        after = replace(was, state="aborted", met_since=None, reverted=begun and back)
        code = "dropped" if not begun else "reverted" if back else "kept"
        keeping.change(before, after, _by_hand(code, why), now=now, deed="abort",
                       actor=actor.login, due=begun and back)  # fmt: skip
    return _settled(hub, actor, rollout)


def _by_hand(code: str, why: str) -> Reason:
    if len(why) > REASON_CHARACTERS_MAX:
        raise UsageError(f"why: {len(why)} characters, at most {REASON_CHARACTERS_MAX}")
    return Reason(f"{code}-by-hand", {"why": " ".join(why.split())} if why.strip() else {})


def _expect(found: Rollout, state: str, why: str) -> None:
    if found.progress.state != state:
        raise Refused(f"{found.rollout}: it is {found.progress.state}; {why}")


def _expect_alone(hub: Hub, found: Rollout) -> None:
    """Raise `Refused` where something else took the place of a rollout that was aborted."""
    plan = found.plan
    edition = read_edition(hub.data.metadata)
    with hub.database.transaction():
        others = keeping.under_way(plan.pack, plan.channel)
    newest = [one.version for one in edition.staged_of(plan.channel, plan.pack)][-1:]
    if others or newest != [plan.version]:
        raise Refused(
            f"{found.rollout}: the channel has gone on since it was aborted",
            hint="Plan a new rollout.",
        )


def _seen(hub: Hub, actor: Actor, rollout: str) -> Rollout:
    """Return a rollout of a pack that is theirs to see. Raises `Missing`."""
    found = _read(hub, rollout)
    if not actor.sees_pack_of(publisher_of(hub, found.plan.pack) or ""):
        raise keeping.no_such(rollout)
    return found


def _read(hub: Hub, rollout: str) -> Rollout:
    with hub.database.transaction():
        return keeping.load(rollout)


@contextmanager
def _step(hub: Hub, before: Rollout, event: Event, actor: str) -> Iterator[None]:
    """Write the next step, unless somebody or the hub itself took one meanwhile."""
    with hub.database.writing():
        if keeping.load(before.rollout).step != before.step:
            raise Refused(
                f"{before.rollout}: it went on just now", hint="Look at it again, then decide."
            )
        yield
        audit.note(hub, event, reason=before.rollout, actor=actor)


def _settled(hub: Hub, actor: Actor, rollout: str) -> Rollout:
    signing.settle(hub, rollout, actor=actor.login)
    return _read(hub, rollout)
