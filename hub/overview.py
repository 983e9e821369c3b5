"""What this hub holds and offers, for a person who asks: packs, channels, signatures, warnings."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from content_packs.hub_keys import STATUS_ROLE
from content_packs.offers import Offer
from hub import taking_over
from hub.backup import lateness
from hub.clock import in_words
from hub.config import SQLITE
from hub.edition import Edition, read_edition
from hub.expiry import share_left
from hub.fleet import nodes
from hub.further_keys import lacks
from hub.hub import Hub
from hub.keys import ROOT_NAMES, SERVICE
from hub.limits import WARN_BELOW
from hub.rollouts import on_channels
from hub.rollouts.on_channels import StagedOffer
from hub.versions import Version, all_versions
from hub.warned import Warned, warned

_OTHERS = 0o077
_NEEDED_DAILY = ("timestamp", "snapshot", STATUS_ROLE, SERVICE)


@dataclass(frozen=True)
class PackView:
    """A pack: its versions, the newest first, and for each channel the version it offers to all.

    `staged`: what channels offer of it to some schools so far.
    """

    pack: str
    publisher: str
    versions: tuple[Version, ...]
    offered: dict[str, int]
    staged: tuple[StagedOffer, ...] = ()

    @property
    def shown(self) -> Version:
        """The version to speak of: the newest on offer to all, else to some, else of all."""
        newest = max(
            self.offered.values() or (one.version for one in self.staged),
            default=self.versions[0].version,
        )
        return next((v for v in self.versions if v.version == newest), self.versions[0])


@dataclass(frozen=True)
class ChannelView:
    """A channel, what it offers by pack, and until when its signature holds."""

    channel: str
    offers: tuple[Offer, ...]
    expires: str


@dataclass(frozen=True)
class SignatureView:
    """A signed role: its version, until when its signature holds, and whether its key is here."""

    role: str
    version: int
    expires: str
    days_left: int
    key_here: bool


@dataclass(frozen=True)
class Overview:
    """All of it. `repository_bytes` is what the repository takes on the disk."""

    packs: tuple[PackView, ...]
    channels: tuple[ChannelView, ...]
    signatures: tuple[SignatureView, ...]
    repository_bytes: int
    warnings: tuple[str, ...]


def packs(hub: Hub, edition: Edition) -> tuple[PackView, ...]:
    """Return the packs by name. Raises `StorageFailed`."""
    offered: dict[str, dict[str, int]] = {}
    for channel in edition.channels:
        for offer in edition.offers_on(channel):
            offered.setdefault(offer.pack, {})[channel] = offer.version
    staged = on_channels.staged(hub, edition)
    return tuple(
        PackView(
            pack,
            publisher,
            tuple(versions),
            offered.get(pack, {}),
            tuple(one for one in staged if one.pack == pack),
        )
        for pack, publisher, versions in all_versions(hub)
    )


def channels(edition: Edition) -> tuple[ChannelView, ...]:
    """Return the channels by name."""
    return tuple(
        ChannelView(name, tuple(edition.offers_on(name)), in_words(role.expires))
        for name, role in edition.channels.items()
    )


def overview(hub: Hub) -> Overview:
    """Return what this hub holds and offers. Raises `Damaged`, `StorageFailed`."""
    edition = read_edition(hub.data.metadata)
    now = hub.clock()
    return Overview(
        packs(hub, edition),
        channels(edition),
        _signatures(hub, edition, now),
        sum(one.size for one in hub.objects.list()),
        tuple(found.words for find in _WARNINGS for found in find(hub, edition, now)),
    )


def own_warnings(hub: Hub) -> tuple[str, ...]:
    """Return what is wrong with the hub itself, leaving out nodes. Raises `Damaged`."""
    return tuple(found.words for found in _found(hub, _OWN_WARNINGS))


def warnings(hub: Hub) -> tuple[Warned, ...]:
    """Return all that its keeper has to see to, for pages. Raises `Damaged`, `StorageFailed`."""
    return _found(hub, _WARNINGS)


def _found(hub: Hub, finders: "tuple[_Finder, ...]") -> tuple[Warned, ...]:
    edition, now = read_edition(hub.data.metadata), hub.clock()
    return tuple(found for find in finders for found in find(hub, edition, now))


def _signatures(hub: Hub, edition: Edition, now: datetime) -> tuple[SignatureView, ...]:
    return tuple(
        SignatureView(
            role,
            signed.version,
            in_words(signed.expires),
            (signed.expires - now).days,
            any(map(hub.keys.has, ROOT_NAMES)) if role == "root" else hub.keys.has(role),
        )
        for role, signed in edition.roles().items()
    )


def _expiring(_hub: Hub, edition: Edition, now: datetime) -> list[Warned]:
    left = {role: share_left(role, one.expires, now) for role, one in edition.roles().items()}
    return [
        _of_signature(role, in_words(edition.roles()[role].expires), is_over=share <= 0)
        for role, share in left.items()
        if share < WARN_BELOW
    ]


def _of_signature(role: str, when: str, *, is_over: bool) -> Warned:
    if role == "root":
        if is_over:
            return warned(
                "the signature of root expired on %(when)s: sign a new root with two of its keys",
                when=when,
            )
        return warned(
            "the signature of root expires on %(when)s: sign a new root with two of its keys",
            when=when,
        )
    if is_over:
        return warned(
            "the signature of %(role)s expired on %(when)s: run: hub refresh", role=role, when=when
        )
    return warned(
        "the signature of %(role)s expires on %(when)s: run: hub refresh", role=role, when=when
    )


def _root_keys_here(hub: Hub, _edition: Edition, _now: datetime) -> list[Warned]:
    here = [str(hub.keys.path(name)) for name in ROOT_NAMES if hub.keys.has(name)]
    if not here:
        return []
    return [
        warned(
            "root keys are still on this machine: move them offline: %(keys)s",
            keys=", ".join(here),
        )
    ]


def _exposed_keys(hub: Hub, _edition: Edition, _now: datetime) -> list[Warned]:
    found = [*hub.keys.exposed(), *hub.passphrases.exposed()]
    if hub.config.database == SQLITE and hub.data.database.stat().st_mode & _OTHERS:
        found.append(hub.data.database)
    return [
        warned("others on this machine can read %(path)s: chmod 600", path=str(path))
        for path in found
    ]


def _absent_keys(hub: Hub, edition: Edition, _now: datetime) -> list[Warned]:
    named = taking_over.in_force(edition)
    return [
        warned(
            "the key %(name)s isn't here, and is needed every day: bring it back or, if it is "
            "lost, run: hub keys rotate %(name)s",
            name=name,
        )
        for name in _NEEDED_DAILY
        if named.get(name) and not hub.keys.has(name)
    ]


def _locked_keys(hub: Hub, _edition: Edition, _now: datetime) -> list[Warned]:
    why = hub.keys.locked()
    if not why:
        return []
    if len(why) == 1:
        return [warned("the hub can't sign with a key: %(why)s", why=why[0])]
    return [
        warned(
            "the hub can't sign with a key: %(why)s (%(num)s more keys alike)",
            why=why[0],
            num=len(why) - 1,
        )
    ]


def _unencrypted_keys(hub: Hub, _edition: Edition, _now: datetime) -> list[Warned]:
    names = hub.keys.unencrypted()
    if not names:
        return []
    return [
        warned(
            "keys are not encrypted: %(names)s: run: hub keys encrypt",
            names=", ".join(names),
        )
    ]


def _unfinished_keys(hub: Hub, edition: Edition, _now: datetime) -> list[Warned]:
    found = [
        warned(
            "a new key for %(role)s waits: run again: hub keys rotate %(role)s (or revoke, if it "
            "was that)",
            role=role,
        )
        for role in taking_over.waiting(hub.keys)
    ]
    if edition.lapsed:
        found.append(
            warned(
                "root %(version)s wants other signatures for %(roles)s, so nodes refuse this hub: "
                "bring the keys, then run: hub refresh",
                version=edition.root.version,
                roles=", ".join(sorted(edition.lapsed)),
            )
        )
    if lacks(edition):
        found.append(
            warned(
                "the targets name no keys for enrolment and the list of revoked nodes: bring the "
                "targets key, then run: hub refresh"
            )
        )
    return found


def _withdrawn_on_offer(hub: Hub, edition: Edition, _now: datetime) -> list[Warned]:
    return [
        warned(
            "%(channel)s offers %(pack)s %(version)s, which was withdrawn: run: hub withdraw "
            "%(pack)s --version %(version)s",
            channel=channel,
            pack=pack.pack,
            version=version.version,
        )
        for pack in packs(hub, edition)
        for version in pack.versions
        for channel, offered in (
            *pack.offered.items(),
            *((one.channel, one.version) for one in pack.staged),
        )
        if version.withdrawn_at and offered == version.version
    ]


def _nodes(hub: Hub, _edition: Edition, _now: datetime) -> list[Warned]:
    return nodes.warnings(hub)


_Finder: TypeAlias = Callable[[Hub, Edition, datetime], list[Warned]]
_OWN_WARNINGS: tuple[_Finder, ...] = (
    _expiring,
    _root_keys_here,
    _exposed_keys,
    _absent_keys,
    _locked_keys,
    _unencrypted_keys,
    _unfinished_keys,
    _withdrawn_on_offer,
    lateness.warnings,
)
_WARNINGS: tuple[_Finder, ...] = (*_OWN_WARNINGS, _nodes)
