"""Versions that teachers keep for a term: what school.db asks for, and what of it holds.

A pack that a teacher pinned at a version stays there to the end of the pin's last day, by the
likeliest time and the school's time zone. It follows no offer meanwhile: nothing newer is fetched,
what isn't at that version comes back to it, and what rots of it is fetched again, by the offer that
it came by. After that day the pack follows what is offered, by itself.

A pin doesn't hold, and the pack follows what is offered, where

1. the hub withdrew that version, or offers only an older one; or no followed channel offers the
   pack: safety goes before a teacher's wish;
2. a technician put the pack back to another version, or went back from this one;
3. the version isn't here, and can't be made whole again: only what is here can be kept.

node.db has what holds in `pack_row.held_version`, without `rolled_back_from`, and all pins with why
they don't hold in `state_row`. Where school.db can't be read, what was known goes on.
"""

from collections.abc import Iterable
from datetime import date, datetime, tzinfo
from typing import Literal, TypeAlias

import msgspec

from content_packs.errors import InvalidContent, SatchelError
from content_packs.names import is_name
from content_packs.offers import Offer
from content_packs.values import Value
from sync_node import choices, following, school_reading, state
from sync_node.activator import held_versions, whole_lessons
from sync_node.data_dir import DataDir
from sync_node.held_manifests import HeldManifests
from sync_node.models import PackRow, database_proxy
from sync_node.store import Store

WhyNot: TypeAlias = Literal["", "withdrawn", "not-offered", "rolled-back", "not-here"]


class TeachersPin(msgspec.Struct, frozen=True, omit_defaults=True):
    """A pack that a teacher keeps at a version; `until` is the last day, ISO 8601.

    `why_not`: why it doesn't hold, empty where it does. `offer`: what the version came by.
    """

    pack: str
    version: int
    until: str
    why_not: WhyNot = ""
    offer: Offer | None = None

    @property
    def holds(self) -> bool:
        """Whether the pack stays at that version."""
        return not self.why_not


class Applied(Value, frozen=True):
    """What came of a look: whether other packs are held now, what to tell, what went wrong."""

    changed: bool = False
    notes: tuple[str, ...] = ()
    trouble: str = ""


def known() -> dict[str, TeachersPin]:
    """Return the pins that counted when the engine looked last, by pack. node.db is open."""
    return decode(state.teachers_pins())


def decode(text: str) -> dict[str, TeachersPin]:
    """Return the pins that a row of node.db holds; none where it is of no use."""
    try:
        found = msgspec.json.decode(text or "[]", type=tuple[TeachersPin, ...])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return {pin.pack: pin for pin in found}


def apply(data_dir: DataDir, *, now: datetime, zone: tzinfo) -> Applied:
    """Hold what teachers pinned, and let go what they don't any more. node.db is open.

    `now` is the likeliest time. Raises `StorageFailed`.
    """
    before, trouble = known(), ""
    try:
        wanted = _wanted(data_dir)
    except school_reading.SchoolUnread as error:
        trouble = f"{error.message}: what teachers pinned stays as it was"
        wanted = list(before.values())
    today = now.astimezone(zone).date().isoformat()
    wanted = [pin for pin in wanted if pin.until >= today]
    if not wanted and not before:
        return Applied(trouble=trouble)
    with database_proxy.atomic("IMMEDIATE"):
        found = _Judge(data_dir, before).judged(wanted)
        changed = _hold({pin.pack: pin.version for pin in found if pin.holds})
        state.remember_teachers_pins(msgspec.json.encode(found).decode() if found else "")
        if changed:
            state.remember_settled("")
    after = {pin.pack: pin for pin in found}
    return Applied(changed, tuple(_news(before, after)), trouble)


def _wanted(data_dir: DataDir) -> list[TeachersPin]:
    """Return what school.db says. Raises `SchoolUnread`."""
    rows = school_reading.rows_of(data_dir, "pinned_version_row", ("pack", "version", "until"))
    return [
        TeachersPin(pack, version, until)
        for pack, version, until in sorted(rows, key=str)
        if isinstance(pack, str) and is_name(pack) and isinstance(version, int) and _is_day(until)
    ]


def _is_day(text: object) -> bool:
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


class _Judge:
    """Says of pins whether they hold, by what node.db has at one moment."""

    def __init__(self, data_dir: DataDir, before: dict[str, TeachersPin]) -> None:
        self._data_dir = data_dir
        self._before = before
        self._rows = {row.pack: row for row in PackRow.select()}
        self._versions = held_versions()
        try:
            holds = choices.read(data_dir).holds
        except InvalidContent:
            holds = ()  # `check` says so
        self._left = {(hold.pack, hold.left) for hold in holds}

    def judged(self, pins: Iterable[TeachersPin]) -> tuple[TeachersPin, ...]:
        """Return the pins, each with whether it holds, and with its offer where that is known."""
        found = []
        for pin in pins:
            offer = self._offer(pin)
            why_not = self._why_not(pin, offer)
            found.append(msgspec.structs.replace(pin, why_not=why_not, offer=offer))
        return tuple(found)

    def _offer(self, pin: TeachersPin) -> Offer | None:
        row = self._rows.get(pin.pack)
        if row and row.offer and row.offered_version == pin.version:
            return following.decode_offer(row.offer)
        before = self._before.get(pin.pack)
        if before and before.version == pin.version and before.offer:
            return before.offer
        return following.offer_of(pin.pack, pin.version)

    def _why_not(self, pin: TeachersPin, offer: Offer | None) -> WhyNot:
        row = self._rows.get(pin.pack)
        if row is None or row.retired:
            return "not-offered"
        offered = following.decode_offer(row.offer) if row.offer else None
        if offered and (offered.version < pin.version or pin.version in offered.withdrawn):
            return "withdrawn"
        if row.rolled_back_from is not None or (pin.pack, pin.version) in self._left:
            return "rolled-back"
        return "" if offer or self._is_whole(pin) else "not-here"

    def _is_whole(self, pin: TeachersPin) -> bool:
        digest = self._versions.get((pin.pack, pin.version))
        if digest is None:
            return False
        try:
            manifest = HeldManifests(self._data_dir).get(digest).manifest
        except SatchelError:
            return False  # it rotted, and nobody knows its offer
        return len(whole_lessons(manifest, Store(self._data_dir))) == len(manifest.lessons)


def _hold(wanted: dict[str, int]) -> bool:
    """Hold these packs and no others, but those that a person put back; say if any changed."""
    changed = False
    for row in list(PackRow.select().where(PackRow.rolled_back_from.is_null())):
        version = wanted.get(row.pack)
        if row.held_version != version:
            row.held_version = version
            row.save()
            changed = True
    return changed


def _news(before: dict[str, TeachersPin], after: dict[str, TeachersPin]) -> Iterable[str]:
    for pack, pin in before.items():
        if pack not in after:
            yield f"{pack}: version {pin.version} isn't pinned any more"
    for pack, pin in after.items():
        was = before.get(pack)
        if was is None or (was.version, was.until, was.why_not) != (
            pin.version, pin.until, pin.why_not
        ):  # fmt: skip
            yield in_words(pin)


def in_words(pin: TeachersPin) -> str:
    """Return a pin as a line for people."""
    if pin.holds:
        return f"{pin.pack}: held at version {pin.version} until {pin.until} by a teacher"
    return f"{pin.pack}: {why_not_in_words(pin)}"


def why_not_in_words(pin: TeachersPin) -> str:
    """Return why a pin doesn't hold; empty where it does."""
    if pin.holds:
        return ""
    why = {
        "withdrawn": "the hub took that version back",
        "not-offered": "no followed channel offers the pack",
        "rolled-back": "a technician put the pack back to another version",
        "not-here": "that version isn't here",
    }[pin.why_not]
    return f"pinned at version {pin.version} until {pin.until} by a teacher, but not held: {why}"
