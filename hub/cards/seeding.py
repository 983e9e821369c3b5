"""Seeds of cards: for each school a document with all that its box needs to begin by itself.

One transaction gives the card its number, makes the enrolment code and writes both down; the seed
is signed within it. The hub keeps the document's digest, and the code's keyed hash: what isn't
written out now is lost, and a new one is made.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from cryptography.x509 import load_pem_x509_certificates

from content_packs import card_seeds, systems
from content_packs.card_seeds import CardSeed, Language, SeedHub, Wifi, WifiMode
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Missing, UsageError
from content_packs.key_files import read_bounded
from content_packs.limits import (
    CARD_AUTHORITY_CHARACTERS_MAX,
    CARD_ROOT_BYTES_MAX,
    CARD_TARGETS_BYTES_MAX,
    WIFI_NAME_BYTES_MAX,
)
from content_packs.messages import to_base64, to_second
from hub.cards.limits import SEEDS_AT_ONCE_MAX, WIFI_NAME_DEFAULT
from hub.cards.tables import CardSeedRow
from hub.clock import in_words
from hub.edition import Edition, file_name, read_edition
from hub.fleet import audit, codes, deeds, schools
from hub.fleet.limits import CODE_DAYS, CODE_DAYS_MAX
from hub.fleet.tables import SchoolRow
from hub.hub import Hub
from hub.keys import SERVICE
from hub.people.actor import Actor
from hub.people.rights import Right

MAIN_CHANNEL = "main"

_PIN = "sha256:"
_UTC = "UTC"
_UTC_OFFSET = "+00:00"
_OFFSET = re.compile(r"[+-]([01]\d|2[0-3]):[0-5]\d")
_TITLE, _NAME = "{title}", "{school}"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the seeds are to say. Empty: as the hub has it, or as `CardSeed` says.

    `wifi_name` may have `{title}` and `{school}` in it; what is longer than a Wi-Fi's name may be
    is cut. `new_passphrases`: each school gets its own. `authority`: as in a seed. `node`: the one
    that the card's box takes the place of; then for one school alone.
    """

    wifi_name: str = WIFI_NAME_DEFAULT
    wifi_passphrase: str = ""
    new_passphrases: bool = False
    country: str = ""
    mode: WifiMode = "built-in"
    captive: bool = True
    channels: tuple[str, ...] = ()
    hubs: tuple[str, ...] = ()
    authority: str = ""
    metered: bool = False
    node: str = ""
    language: Language = ""
    time_zone: str = ""
    days: int = CODE_DAYS


@dataclass(frozen=True)
class MadeSeed:
    """A seed that was just made: the only time that the hub can show it."""

    seed: CardSeed
    document: bytes
    digest: str
    district: str

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the root that the box will trust."""
        return card_seeds.root_fingerprint(digest_of(self.seed.root_bytes))

    @property
    def file(self) -> str:
        """What its file is called: the same for no two seeds of a hub."""
        return f"{self.seed.school}-{self.seed.card}.{card_seeds.FILE_NAME}"


@dataclass(frozen=True)
class _Ground:
    """What all seeds of one call have alike. Nothing is secret but what `wanted` says."""

    wanted: Wanted
    root: bytes
    targets: bytes
    hubs: tuple[SeedHub, ...]
    channels: tuple[str, ...]


def make(  # noqa: PLR0913  # all by name; each is needed
    hub: Hub,
    actor: Actor,
    names: Sequence[str],
    wanted: Wanted,
    *,
    randomness: Callable[[int], bytes],
    most: int = SEEDS_AT_ONCE_MAX,
) -> list[MadeSeed]:
    """Make a seed for each of the schools.

    Raises `UsageError` for what no card could have, `Missing` for a school or node that isn't
    theirs, `Refused`, `KeyAbsent`, `KeyLocked`, `Busy`, `StorageFailed`.
    """
    actor.expect(Right.CHANGE_FLEET)
    _check(names, wanted, most)
    if wanted.node:
        deeds.expect_node(hub, actor, wanted.node)
    with hub.locked("making seeds of cards"):
        ground = _ground(hub, wanted)
        hub.keys.signing_key(SERVICE)  # a key that can't sign says so before anything is made
        hub.keys.create(codes.KEY)
        with hub.database.writing():
            made = [
                _made(hub, actor, ground, schools.theirs(actor, name), randomness) for name in names
            ]
            cards = ", ".join(f"{one.seed.card} of {one.seed.school}" for one in made)
            reason = f"{len(made)}: {cards}"
            audit.note(hub, "seeds-made", node=wanted.node, reason=reason, actor=actor.login)
    return made


def authority_of(text: str) -> str:
    """Return what `--authority` names: a digest of a certificate as it is, or what a file holds.

    Raises `UsageError`, `Missing`.
    """
    if not text or text.startswith(_PIN):
        return text
    data = read_bounded(Path(text), CARD_AUTHORITY_CHARACTERS_MAX)
    try:
        return data.decode("ascii").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{text}: no certificates in PEM", hint="Begin it with -----BEGIN CERTIFICATE-----."
        ) from error


def _check(names: Sequence[str], wanted: Wanted, most: int) -> None:
    if not 1 <= len(names) <= most:
        raise UsageError(f"{len(names)} schools, expected 1 to {most}", hint="Make them in parts.")
    if len(set(names)) != len(names):
        raise UsageError("a school stands twice")
    if wanted.node and len(names) != 1:
        raise UsageError("node: a seed for one school replaces one node")
    if not 1 <= wanted.days <= CODE_DAYS_MAX:
        raise UsageError(f"days: {wanted.days}, expected 1 to {CODE_DAYS_MAX}")
    if wanted.new_passphrases and wanted.wifi_passphrase:
        raise UsageError("either one passphrase for all, or a new one for each school")
    _check_authority(wanted.authority)
    _check_zone(wanted.time_zone)


def _check_authority(authority: str) -> None:
    """Raise `UsageError` for certificates that a box couldn't read: it would never join."""
    if not authority or authority.startswith(_PIN):
        return
    try:
        load_pem_x509_certificates(authority.encode(errors="replace"))
    except ValueError as error:
        raise UsageError(
            "authority: no certificates in PEM",
            hint="It begins with -----BEGIN CERTIFICATE-----, and no line of it is cut.",
        ) from error


def _check_zone(zone: str) -> None:
    """Raise `UsageError` for a zone that a box wouldn't know, and take for UTC."""
    if not zone or _OFFSET.fullmatch(zone):
        return
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            f"time_zone: {zone[:80]!r} isn't known",
            hint="Name one such as Asia/Shanghai, or the offset: +08:00",
        ) from error


def _ground(hub: Hub, wanted: Wanted) -> _Ground:
    edition = read_edition(hub.data.metadata)
    places = wanted.hubs or ((hub.config.public_address,) if hub.config.public_address else ())
    if not places:
        raise UsageError(
            "where boxes find this hub isn't known",
            hint="Set public_address in hub.toml, or name it: --hub https://hub.example.org/",
        )
    root = hub.data.metadata / file_name("root", edition.root.version)
    targets = hub.data.metadata / file_name("targets", edition.targets.version)
    return _Ground(
        wanted,
        read_bounded(root, CARD_ROOT_BYTES_MAX),
        read_bounded(targets, CARD_TARGETS_BYTES_MAX),
        tuple(_hub_at(place, wanted) for place in places),
        _channels(edition, wanted.channels),
    )


def _hub_at(address: str, wanted: Wanted) -> SeedHub:
    authority = wanted.authority if address.startswith("https:") else ""
    try:
        return SeedHub(address=address, authority=authority, metered=wanted.metered)
    except ValueError as error:
        raise UsageError(f"hub: {error}") from error


def _channels(edition: Edition, named: tuple[str, ...]) -> tuple[str, ...]:
    """Return what boxes are to follow; unless named, `main`, or the only one; and `system`."""
    there = sorted(edition.channels)
    unknown = [name for name in named if name not in there]
    if unknown:
        raise Missing(
            f"there is no channel {unknown[0][:80]!r}", hint=f"There are: {', '.join(there)}."
        )
    if named:
        return named
    of_lessons = [name for name in there if name != systems.CHANNEL]
    usual = [name for name in of_lessons if name == MAIN_CHANNEL] or of_lessons
    if len(usual) != 1:
        raise UsageError(
            f"which channels the boxes are to follow isn't said: there are {', '.join(there)}",
            hint="Name them: --channel NAME",
        )
    return (*usual, *(name for name in there if name == systems.CHANNEL))


def _made(
    hub: Hub,
    actor: Actor,
    ground: _Ground,
    school: SchoolRow,
    randomness: Callable[[int], bytes],
) -> MadeSeed:
    """Make one seed, inside the caller's transaction."""
    wanted, now = ground.wanted, to_second(hub.clock())
    wifi = _wifi(wanted, school, randomness)
    expires_at = now + timedelta(days=wanted.days)
    code = codes.insert(hub, school, wanted.node, in_words(expires_at), randomness)
    row = CardSeedRow.create(
        school=school.school,
        node=wanted.node,
        code=codes.hash_of(hub, code.code),
        wifi=wifi.name,
        channels=list(ground.channels),
        made_by=actor.login,
        made_at=in_words(now),
        expires_at=in_words(expires_at),
    )
    try:
        seed = CardSeed(
            card=row.card,
            school=school.school,
            school_title=school.title,
            hub_title=hub.config.title,
            node=wanted.node,
            made_at=now,
            hubs=ground.hubs,
            root=to_base64(ground.root),
            targets=to_base64(ground.targets),
            code=code.code,
            code_expires_at=expires_at,
            technician_code=card_seeds.new_box_code(randomness),
            teacher_code=card_seeds.new_box_code(randomness),
            channels=ground.channels,
            wifi=wifi,
            language=wanted.language,
            time_zone=wanted.time_zone or _zone_of(hub),
        )
        document = card_seeds.sign(seed, hub.keys.signing_key(SERVICE))
        opened = card_seeds.open_seed(document)  # what no box could read leaves no hub
    except (ValueError, InvalidContent) as error:
        raise UsageError(f"{school.school}: no card can have this: {error}") from error
    row.digest = opened.digest
    row.save()
    return MadeSeed(seed, document, opened.digest, school.district)


def _wifi(wanted: Wanted, school: SchoolRow, randomness: Callable[[int], bytes]) -> Wifi:
    name = wanted.wifi_name.replace(_TITLE, school.title or school.school)
    passphrase = wanted.wifi_passphrase
    if wanted.new_passphrases:
        passphrase = card_seeds.new_box_code(randomness).lower()
    try:
        return Wifi(
            name=_cut(name.replace(_NAME, school.school)),
            passphrase=passphrase,
            country=wanted.country,
            mode=wanted.mode,
            captive=wanted.captive,
        )
    except ValueError as error:
        raise UsageError(f"wifi_{error}") from error


def _cut(name: str) -> str:
    """Return as much of a Wi-Fi's name as there may be, cut between characters."""
    while len(name.encode(errors="replace")) > WIFI_NAME_BYTES_MAX:
        name = name[:-1]
    return name.strip()


def _zone_of(hub: Hub) -> str:
    return _UTC_OFFSET if hub.config.zone == _UTC else hub.config.zone
