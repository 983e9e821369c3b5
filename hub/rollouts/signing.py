"""Signing what the journal says: one decision, one edition.

The journal comes first and is durable: which stage, which schools by name. Then one edition is
signed that says so. Cut off in between, the next look signs it; cut off after it, the next look
finds nothing to change. So there is no half release, whenever the hub is killed.
"""

from tuf.api.metadata import Targets

from content_packs import offers, staging
from content_packs.limits import STAGED_SHARE_MAX
from content_packs.offers import Offer
from content_packs.staging import Staged
from hub.edition import Edition
from hub.hub import Hub
from hub.offering import commit, make_offer, target_of, with_offer
from hub.rollouts import groups, joining, keeping
from hub.rollouts.keeping import Rollout
from hub.rollouts.model import covers_everybody
from hub.rollouts.tables import RolloutRow
from hub.settling import changing
from hub.signed_deeds import Deed
from hub.versions import expect_version

_PERCENT_MAX = 100


def settle(hub: Hub, rollout: str, *, actor: str = "") -> bool:
    """Sign what the journal says of a rollout, if the edition in force doesn't say it yet.

    `actor`: the login of who decided it, empty for the hub itself. Return whether anything was
    signed. Raises `Missing`, `Busy`, `Damaged`, `KeyAbsent`, `KeyLocked`, `ClockBehind`,
    `StorageFailed`.
    """
    with changing(hub, f"rollout {rollout}") as edition:
        with hub.database.transaction():
            found = keeping.load(rollout)
            reached = joining.reached(rollout)
        if not found.due:
            return False
        role = _role(hub, edition, found, reached)
        if role is not None:
            commit(hub, edition, {offers.role_of(found.plan.channel): role}, _deed(found, actor))
        with hub.database.writing():
            of_step = (RolloutRow.rollout == rollout) & (RolloutRow.step == found.step)
            RolloutRow.update(edition_due=False, trouble="").where(of_step).execute()
        return role is not None


def _deed(found: Rollout, actor: str) -> Deed:
    """Return the audit log's line: of a release once all have it, of a stage until then."""
    plan, progress = found.plan, found.progress
    what = f"{found.rollout}: {plan.pack} {plan.version} on {plan.channel}"
    if progress.state == "finished" and covers_everybody(plan):
        reason = f"{plan.pack} {plan.version} on {plan.channel}, by the rollout {found.rollout}"
        return Deed("released", reason, actor, released_by=found.approved_by)
    if progress.state == "withdrawn" or progress.reverted:
        return Deed("rollout-signed", f"{what}, taken back", actor)
    stage = f"stage {progress.stage + 1} of {len(plan.stages)}"
    return Deed("rollout-signed", f"{what}, {stage}", actor)


def _role(hub: Hub, edition: Edition, found: Rollout, reached: dict[str, int]) -> Targets | None:
    """Return the channel's role as the journal wants it; None where it is so already."""
    plan = found.plan
    role = edition.channels[plan.channel]
    plain = edition.offer_of(plan.channel, plan.pack)
    staged = edition.staged_of(plan.channel, plan.pack)
    mine = [one for one in staged if one.version == plan.version]
    wanted = _wanted(hub, found, reached)
    if wanted is None:
        return with_offer(role, mine, plan.channel, None) if mine else None
    if wanted.staged is None:
        gone = [plain, *(one for one in staged if one.version <= plan.version)]
        if [wanted] == gone:
            return None
        return with_offer(role, gone, plan.channel, target_of(hub, plan.channel, wanted))
    if mine == [wanted]:
        return None
    return with_offer(role, mine, plan.channel, target_of(hub, plan.channel, wanted))


def _wanted(hub: Hub, found: Rollout, reached: dict[str, int]) -> Offer | None:
    """Return the offer that the journal wants; None for none."""
    plan, progress = found.plan, found.progress
    if progress.state == "withdrawn" or progress.reverted:
        return None
    version = expect_version(hub, plan.pack, plan.version)
    if version.withdrawn_at:
        return None
    staged = None
    if progress.state != "finished" or not covers_everybody(plan):
        staged = _staged(found, reached)
    full = staged is None or staged.share == STAGED_SHARE_MAX
    return make_offer(
        hub,
        version,
        rollout=_PERCENT_MAX if full else 0,  # by this older nodes go
        activate_at=plan.activate_at,
        needed_by=plan.needed_by,
        staged=staged,
    )


def _staged(found: Rollout, reached: dict[str, int]) -> Staged:
    share = max(stage.group.share for stage in found.plan.stages[: found.progress.stage + 1])
    if share == STAGED_SHARE_MAX:
        return Staged(found.seed, share)
    named = groups.listed(found.plan.stages, reached)
    return Staged(found.seed, share, staging.marks_of(found.seed, named))
