"""Planning a rollout: checked, priced, and written down; nothing goes out before it is approved."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from content_packs.command_line import plain
from content_packs.errors import Missing, Refused, UsageError
from content_packs.limits import STAGED_SEED_HEX_DIGITS
from hub.channels import expect_channel
from hub.clock import in_words
from hub.edition import Edition, read_edition
from hub.fleet import audit
from hub.hub import Hub
from hub.offering import check_channel, check_only_system, check_releasable, make_offer
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.releasing import terms
from hub.rollouts import groups, keeping, model
from hub.rollouts.decide import Progress, Reason
from hub.rollouts.keeping import Rollout
from hub.rollouts.limits import SEEDS_TRIED_MAX
from hub.rollouts.model import Plan
from hub.rollouts.price import Price, Priced
from hub.rollouts.pricing import price_of
from hub.versions import expect_version, publisher_of

_EVERYBODY = 100
_ID_BYTES = 2

Randomness = Callable[[int], str]


@dataclass(frozen=True)
class _Draft:
    plan: Plan
    seed: str
    priced: Priced


def price(
    hub: Hub, actor: Actor, plan: Plan, *, randomness: Randomness = secrets.token_hex
) -> Price:
    """Return what a rollout would cost, and plan nothing. Raises what `plan` raises."""
    return _draft(hub, actor, plan, randomness).priced.price


def plan(
    hub: Hub, actor: Actor, plan: Plan, *, randomness: Randomness = secrets.token_hex
) -> Rollout:
    """Write a rollout down, with its price, to be approved.

    Raises `UsageError` for a plan that makes no sense, `Missing` for what isn't there or isn't
    theirs, `Refused` for who may not and for a version that can't go out, `Damaged`,
    `StorageFailed`.
    """
    draft = _draft(hub, actor, plan, randomness)
    wanted = draft.plan
    new = Rollout(
        rollout=f"{wanted.pack}-{wanted.version}-{randomness(_ID_BYTES)}",
        plan=wanted,
        seed=draft.seed,
        price=draft.priced.price,
        planned_at=in_words(hub.clock()),
        planned_by=actor.login,
        approved_at="",
        approved_by="",
        ended_at="",
        progress=Progress("planned"),
        reason=Reason("planned"),
        step=0,
        due=False,
        listed_at="",
        seen_until="",
        trouble="",
    )
    with hub.database.writing():
        keeping.add(new, actor.login, draft.priced)
        audit.note(hub, "rollout-planned", reason=new.rollout, actor=actor.login)
    return new


def expect_possible(hub: Hub, edition: Edition, wanted: Plan) -> None:
    """Raise `Refused` or `Missing` where a version can't go out on a channel by a rollout now."""
    expect_channel(edition, wanted.channel)
    version = expect_version(hub, wanted.pack, wanted.version)
    check_releasable(version)
    offer = make_offer(hub, version, rollout=0, activate_at="", needed_by="")
    check_channel(wanted.channel, offer)
    check_only_system(edition, wanted.channel, offer)
    name = f"{wanted.pack} {wanted.version}"
    offered = edition.offer_of(wanted.channel, wanted.pack)
    if offered is not None and offered.version >= wanted.version:
        raise Refused(
            f"{wanted.channel} offers {wanted.pack} {offered.version} to every school; a rollout "
            "goes forward",
            hint="Publish a newer version, or take one back: hub withdraw.",
        )
    with hub.database.transaction():
        others = keeping.under_way(wanted.pack, wanted.channel)
    if others:
        raise Refused(
            f"a rollout of {wanted.pack} is under way on {wanted.channel}: {others[0].rollout}",
            hint="Wait until it has ended, or abort it.",
        )
    newest = [one.version for one in edition.staged_of(wanted.channel, wanted.pack)][-1:]
    if newest and newest[0] >= wanted.version:
        raise Refused(
            f"some schools have {wanted.pack} {newest[0]} by a rollout that was aborted, so {name} "
            "would take them back, or begin anew",
            hint="Resume that rollout, or withdraw its version from the channel.",
        )


def _draft(hub: Hub, actor: Actor, given: Plan, randomness: Randomness) -> _Draft:
    actor.expect(Right.RELEASE)
    model.check(given)
    wanted = _tidied(given)
    publisher = publisher_of(hub, wanted.pack)
    if publisher is None or not actor.sees_pack_of(publisher):
        raise Missing(f"there is no pack {wanted.pack!r} here", hint="See: hub packs")
    expect_possible(hub, read_edition(hub.data.metadata), wanted)
    groups.check(hub, wanted)
    nodes = groups.enrolled(hub)
    half = STAGED_SEED_HEX_DIGITS // 2
    seeds = [randomness(half) for _ in range(SEEDS_TRIED_MAX)]
    seed = groups.fitting_seed(seeds, nodes, wanted.stages)
    of = groups.members(hub, wanted.stages, seed, nodes, {})
    groups.listed(wanted.stages, of)
    return _Draft(wanted, seed, price_of(hub, wanted, nodes, of))


def _tidied(given: Plan) -> Plan:
    """Return a plan with its times in UTC, its lists each once, its note in one piece."""
    times = terms(_EVERYBODY, given.activate_at, given.needed_by)
    stages = []
    for stage in given.stages:
        schools = tuple(dict.fromkeys(school.strip() for school in stage.group.schools))
        if "" in schools:
            raise UsageError("a school without a name stands in a list")
        group = msgspec.structs.replace(
            stage.group, schools=schools, query=stage.group.query.strip()
        )
        stages.append(msgspec.structs.replace(stage, group=group))
    return msgspec.structs.replace(
        given,
        stages=tuple(stages),
        activate_at=times.activate_at,
        needed_by=times.needed_by,
        note=plain(given.note.strip()),
    )
