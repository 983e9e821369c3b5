"""Releasing and withdrawing: which version of a pack a channel offers, said by signing.

A channel offers at most one version of a pack. A release only goes forward; going back is a
withdrawal with a version to fall back to, so that nobody goes back by a slip. The signed edition
comes first and decides; the database follows it (see `settling`).
"""

from dataclasses import dataclass
from datetime import datetime

from tuf.api.metadata import Targets

from content_packs import offers
from content_packs.errors import Refused, UsageError
from content_packs.offers import Offer
from hub import signed_deeds
from hub.channels import expect_channel
from hub.clock import in_words
from hub.edition import Edition
from hub.hub import Hub
from hub.offering import (
    check_only_system,
    check_releasable,
    commit,
    make_offer,
    target_of,
    telling,
    with_offer,
)
from hub.rollouts import guard
from hub.settling import changing
from hub.signed_deeds import Deed
from hub.versions import (
    Version,
    expect_version,
    released_before,
)

ROLLOUT_MIN, ROLLOUT_MAX = 1, 100


@dataclass(frozen=True)
class Terms:
    """How a version is released: `rollout` is the percentage of nodes that take it.

    `activate_at` and `needed_by` are RFC 3339 times in UTC, or empty.
    """

    rollout: int = ROLLOUT_MAX
    activate_at: str = ""
    needed_by: str = ""


@dataclass(frozen=True)
class Released:
    """An offer in force. `replaced`: the version that it took the place of, 0 if none.

    `already`: the channel offered just this before, and nothing was done.
    """

    channel: str
    offer: Offer
    replaced: int
    already: bool


@dataclass(frozen=True)
class Withdrawn:
    """A withdrawal in force.

    `channels`: those that offered the version to all until now; `staged`: those that offered it to
    some by a rollout, who go back to what all have; none of either if it was not on offer.
    `fallen_back_to` is what they offer instead, 0 if nothing. `could_fall_back_to`: for each
    channel that offers nothing of the pack now, the version released there before, if one can be
    offered again. `for_good`: the version can't be released any more. `already`: nothing was done.
    """

    pack: str
    version: int
    channels: tuple[str, ...]
    staged: tuple[str, ...]
    fallen_back_to: int
    could_fall_back_to: dict[str, int]
    for_good: bool
    already: bool


def terms(rollout: int, activate_at: str, needed_by: str) -> Terms:
    """Return checked terms, times in UTC. Raises `UsageError`."""
    if not ROLLOUT_MIN <= rollout <= ROLLOUT_MAX:
        raise UsageError(f"rollout: {rollout}, expected {ROLLOUT_MIN} to {ROLLOUT_MAX} (percent)")
    return Terms(rollout, _time("activate-at", activate_at), _time("needed-by", needed_by))


def _time(what: str, text: str) -> str:
    if not text:
        return ""
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is None:
            raise UsageError(f"{what}: {text!r} doesn't say in which time zone", hint=_TIME_HINT)
        return in_words(time)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{what}: {text!r} is not a time", hint=_TIME_HINT) from error


_TIME_HINT = "Write it like 2026-09-01T06:00:00Z (UTC), or 2026-09-01T14:00:00+08:00."


def release(  # noqa: PLR0913 - the actor by name
    hub: Hub, pack: str, version: int, channel: str, on: Terms, *, actor: str = ""
) -> Released:
    """Offer a version of a pack on a channel, in place of what it offers of that pack.

    `actor`: the login of who releases it. Raises `Missing` for what isn't there, `Refused` for a
    withdrawn or an older version, `Damaged`, `KeyAbsent`, `Busy`, `StorageFailed`.
    """
    with changing(hub, f"releasing {pack} {version} on {channel}") as edition:
        expect_channel(edition, channel)
        wanted = expect_version(hub, pack, version)
        check_releasable(wanted)
        guard.expect_no_rollout(hub, pack, channel)
        staged = edition.staged_of(channel, pack)
        before = edition.offer_of(channel, pack)
        if before is not None and before.version > version:
            raise Refused(
                f"{channel} offers {pack} {before.version}, which is newer than {version}",
                hint=f"To go back: hub withdraw {pack} --version {before.version} "
                f"--channel {channel} --fall-back-to {version}",
            )
        _check_staged(staged, version, channel)
        offer = _plain(hub, wanted, on)
        check_only_system(edition, channel, offer)
        if before == offer and not staged:
            return Released(channel, offer, before.version, already=True)
        target = target_of(hub, channel, offer)
        role = with_offer(edition.channels[channel], (before, *staged), channel, target)
        deed = Deed("released", f"{pack} {version} on {channel}", actor)
        commit(hub, edition, {offers.role_of(channel): role}, deed)
        return Released(channel, offer, before.version if before else 0, already=False)


def withdraw(  # noqa: PLR0913 - all after the version by name
    hub: Hub,
    pack: str,
    version: int,
    *,
    channel: str | None = None,
    fall_back_to: int | None = None,
    actor: str = "",
) -> Withdrawn:
    """Take a version away from `channel`, or for good from all; offer another in its place.

    Without `channel` the version can't be released any more. Raises `Missing` for what isn't there,
    `Refused` for a version to fall back to that can't be, `KeyAbsent`, `Busy`, `StorageFailed`.
    """
    with changing(hub, f"withdrawing {pack} {version}") as edition:
        found = expect_version(hub, pack, version)
        if channel is not None:
            expect_channel(edition, channel)
        instead = _instead(hub, found, fall_back_to, channel)
        offering = _offering(edition, pack, version, channel)
        changed = telling(edition, pack, version) if channel is None else {}
        for name in offering:
            target = None
            if instead is not None:  # back means back for every node
                target = target_of(hub, name, _plain(hub, instead, Terms()))
            role = changed.get(offers.role_of(name), edition.channels[name])
            before = edition.offer_of(name, pack)
            changed[offers.role_of(name)] = with_offer(role, [before], name, target)
        without = _without_staged(edition, changed, (pack, version), channel)
        changed |= without
        # The rollouts first: else it would come back.
        ended = guard.end_withdrawn(hub, pack, version, channel, actor=actor)
        was_so = channel is not None or bool(found.withdrawn_at)
        already = was_so and not (changed or ended)
        to = instead.version if instead and offering else 0
        deed = _withdrawal(pack, version, channel, to, actor)
        if changed:
            commit(hub, edition, changed, deed)
        elif not already:
            signed_deeds.note(hub, deed)
        guard.settled(hub, ended)
        could = {} if instead else _possible_fall_backs(hub, offering, pack, version)
        staged = tuple(name for name in edition.channels if offers.role_of(name) in without)
        return Withdrawn(pack, version, offering, staged, to, could, channel is None, already)


def _withdrawal(pack: str, version: int, channel: str | None, to: int, actor: str) -> Deed:
    where = f"from {channel}" if channel else "for good"
    instead = f", {to} in its place" if to else ""
    withdrawn = None if channel else (pack, version)
    return Deed("withdrawn", f"{pack} {version} {where}{instead}", actor, withdrawn=withdrawn)


def _offering(edition: Edition, pack: str, version: int, channel: str | None) -> tuple[str, ...]:
    among = edition.channels if channel is None else (channel,)
    found = ((name, edition.offer_of(name, pack)) for name in among)
    return tuple(name for name, offer in found if offer is not None and offer.version == version)


def _instead(hub: Hub, withdrawn: Version, to: int | None, channel: str | None) -> Version | None:
    """Return the version to offer in place of the withdrawn one, None for none."""
    if to is None:
        return None
    if to >= withdrawn.version:
        raise Refused(
            f"{withdrawn.pack} {to} is not older than {withdrawn.version}, so nothing can fall "
            "back to it",
            hint=f"Release it: hub release {withdrawn.pack} --version {to} "
            f"--channel {channel or 'NAME'}",
        )
    found = expect_version(hub, withdrawn.pack, to)
    check_releasable(found)
    return found


def _plain(hub: Hub, version: Version, on: Terms) -> Offer:
    return make_offer(
        hub, version, rollout=on.rollout, activate_at=on.activate_at, needed_by=on.needed_by
    )


def _check_staged(staged: list[Offer], version: int, channel: str) -> None:
    """Refuse to take schools back that a rollout which is over brought further."""
    if staged and staged[-1].version > version:
        pack, newest = staged[-1].pack, staged[-1].version
        raise Refused(
            f"some schools have {pack} {newest} by a rollout on {channel}, which is newer than "
            f"{version}",
            hint=f"To take them back: hub withdraw {pack} --version {newest} --channel {channel}",
        )


def _without_staged(
    edition: Edition, changed: dict[str, Targets], what: tuple[str, int], channel: str | None
) -> dict[str, Targets]:
    """Return the roles without staged offers of a version that is withdrawn."""
    found = {}
    for name in edition.channels if channel is None else (channel,):
        staged = [one for one in edition.staged_of(name, what[0]) if one.version == what[1]]
        if staged:
            role = changed.get(offers.role_of(name), edition.channels[name])
            found[offers.role_of(name)] = with_offer(role, staged, name, None)
    return found


def _possible_fall_backs(
    hub: Hub, channels: tuple[str, ...], pack: str, version: int
) -> dict[str, int]:
    found = {}
    for channel in channels:
        for earlier in released_before(hub, channel, pack, version):
            if not expect_version(hub, pack, earlier).withdrawn_at:
                found[channel] = earlier
                break
    return found
