"""`sync-node first-start`: from the seed on a card to the box of one school. Nobody types anything.

In this order, each step durable, and each of them done again without harm:

1. the data directory: it trusts the seed's root, follows its channels at its hubs. Packs that came
   on the card are taken over, and can be opened at once;
2. `box/wifi.toml`: what Wi-Fi the school wants;
3. the codes for technician and first teacher, in school.db;
4. the claim, by a key that is made here: the engine sends it as soon as a hub answers, and every
   courier's stick takes it along;
5. `card.json`: this box is that card. From then on the seed isn't looked at any more.

A power cut anywhere is followed by the same steps at the next start. A box takes one seed in its
life: with another one it stays what it is, and says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from content_packs import card_seeds, durable, key_files
from content_packs.card_seeds import CardSeed, OpenedSeed
from content_packs.errors import InvalidContent, Missing, Refused, UsageError
from content_packs.limits import DOCUMENT_BYTES_MAX
from sync_node import enrolment, initialising, wifi_wish
from sync_node.config import FORMAT, Config, SourceConfig
from sync_node.data_dir import DataDir
from sync_node.hardware import Hardware
from sync_node.hub_address import PIN_PREFIX
from sync_node.limits import CARD_BYTES_MAX
from sync_node.lock import engine_lock
from sync_node.school.school import School
from sync_node.wifi_wish import WifiWish
from sync_node.zones import UTC_OFFSET, zone_of

BOX = "box"
CARD = "card.json"

_AUTHORITY = "hub-{}.pem"
_MODE = 0o600
_LOCK_SECONDS = 60.0


class Card(msgspec.Struct, frozen=True):
    """Which card this box was made by; `seed` is the digest of its document."""

    seed: str
    card: int
    school: str
    fingerprint: str
    format: int = 1


@dataclass(frozen=True)
class Started:
    """What came of it. `before`: it was done at an earlier start. `notes`: what to tell a person.

    `claim`: the fingerprint of the key that asks to be a node; empty where the box is one already.
    """

    card: Card
    before: bool
    claim: str = ""
    notes: tuple[str, ...] = ()

    def in_words(self) -> list[str]:
        """Return the lines that a person, or the journal, is told."""
        before = ", made so before" if self.before else ""
        lines = [f"warning: {note}" for note in self.notes]
        lines.append(f"This box is card {self.card.card} of {self.card.school}{before}")
        if self.claim:
            lines.append(f"It asks its hub to be a node. Its fingerprint: {self.claim}")
        return lines


@dataclass(frozen=True)
class Surroundings:
    """What the box has, and what a test has in its place."""

    hardware: Hardware
    randomness: Callable[[int], bytes]
    now: Callable[[], datetime]
    open_school: Callable[[DataDir], School]


def read_card(data_dir: DataDir) -> Card | None:
    """Return which card this box was made by; None for none, or where that can't be read."""
    try:
        data = key_files.read_bounded(data_dir.root / CARD, CARD_BYTES_MAX)
        return msgspec.json.decode(data, type=Card)
    except (Missing, InvalidContent, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def first_start(
    data_dir: DataDir, seed: Path, box: Path | None, surroundings: Surroundings
) -> Started:
    """Make this box what the seed in a file says, as far as it isn't yet.

    Raises `Missing` where there is no such file, `Untrusted` and `InvalidContent` for what no hub
    signed, `Refused` where the box was made by another seed, `StorageFailed`.
    """
    document = key_files.read_bounded(seed, DOCUMENT_BYTES_MAX)
    opened = card_seeds.open_seed(document, what=str(seed))
    known = read_card(data_dir)
    if known is not None:
        _expect_same(known, opened, seed)
        return Started(known, before=True)
    return _made(data_dir, opened, box or data_dir.root / BOX, surroundings)


def wanted_config(seed: CardSeed, rollout_number: int) -> tuple[Config, tuple[str, ...]]:
    """Return the configuration of a seed's box, and what of it couldn't be had. Pure.

    A time zone that this box doesn't know gives way to UTC: it must start all the same.
    """
    notes: tuple[str, ...] = ()
    zone = seed.time_zone
    try:
        zone_of(zone, what="time_zone")
    except UsageError as error:
        zone, notes = UTC_OFFSET, (f"{error.message}: it goes by UTC",)
    sources = tuple(
        SourceConfig(hub=hub.address, ca=_ca(number, hub.authority), metered=hub.metered)
        for number, hub in enumerate(seed.hubs, 1)
    )
    return Config(FORMAT, sources, seed.channels, rollout_number, time_zone=zone), notes


def _made(data_dir: DataDir, opened: OpenedSeed, box: Path, surroundings: Surroundings) -> Started:
    seed = opened.seed
    config, notes = wanted_config(seed, surroundings.randomness(1)[0] % 100)
    durable.make_folder(data_dir.root, mode=0o750)
    for number, hub in enumerate(seed.hubs, 1):
        if _ca(number, hub.authority).endswith(".pem"):
            durable.write(data_dir.root / _AUTHORITY.format(number), hub.authority.encode())
    with engine_lock(data_dir, wait_seconds=_LOCK_SECONDS):
        initialising.initialise(data_dir, seed.root_bytes, config, now=surroundings.now())
    _write_wifi(box, seed)
    school = surroundings.open_school(data_dir)
    try:
        school.teachers.set_codes({"label": seed.technician_code, "teacher": seed.teacher_code})
    finally:
        school.close()
    asks = enrolment.begin(
        data_dir, seed.code, surroundings.hardware, randomness=surroundings.randomness
    )
    card = Card(opened.digest, seed.card, seed.school, opened.fingerprint)
    durable.write(data_dir.root / CARD, msgspec.json.encode(card), mode=_MODE)
    return Started(card, before=False, claim=asks.fingerprint if asks else "", notes=notes)


def _write_wifi(box: Path, seed: CardSeed) -> None:
    said = seed.wifi
    wish = WifiWish(said.name.strip(), said.passphrase, said.country, said.mode, said.captive)
    wifi_wish.write(box, wish)


def _ca(number: int, authority: str) -> str:
    """Return what node.toml says of whose certificate a hub has."""
    if not authority or authority.startswith(PIN_PREFIX):
        return authority
    return _AUTHORITY.format(number)


def _expect_same(known: Card, opened: OpenedSeed, seed: Path) -> None:
    if known.seed == opened.digest:
        return
    raise Refused(
        f"{seed}: is the seed of card {opened.seed.card} of {opened.seed.school}, and this box is "
        f"card {known.card} of {known.school} already",
        hint="A box takes one seed in its life. For another school, or to begin anew, write the "
        "card anew: sync-node flash.",
    )
