"""What people decided at this node: pins and holds, in choices.json.

It can't be derived from anything, so that it doesn't lie in node.db alone: a short file that a
person can read, written durably, and taken over when node.db is made anew.
"""

from collections.abc import Callable, Sequence

import msgspec

from content_packs import durable
from content_packs.errors import InvalidContent
from content_packs.offers import Offer
from sync_node.data_dir import DataDir
from sync_node.limits import CHOICES_BYTES_MAX
from sync_node.lock import folder_lock

FORMAT = 1


class Pin(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, order=True):
    """A pack, or one lesson of it, whose files are never removed to make room."""

    pack: str
    lesson: str = ""


class Hold(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A pack that a person put back to `version`, away from `left`.

    `offer` is what that version came by, if it is known: what rots of it is fetched again by it.
    """

    pack: str
    version: int
    left: int
    offer: Offer | None = None


class Choices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it, sorted."""

    format: int = FORMAT
    pins: tuple[Pin, ...] = ()
    holds: tuple[Hold, ...] = ()

    def pins_pack(self, pack: str) -> bool:
        """Say whether a pack is pinned as a whole."""
        return Pin(pack) in self.pins

    def pins_lesson(self, pack: str, lesson: str) -> bool:
        """Say whether a lesson is pinned, by itself or with its pack."""
        return not {Pin(pack), Pin(pack, lesson)}.isdisjoint(self.pins)

    def pins_some_of(self, pack: str) -> bool:
        """Say whether a pack or any lesson of it is pinned."""
        return any(pin.pack == pack for pin in self.pins)


def read(data_dir: DataDir) -> Choices:
    """Return what was decided; nothing where nothing was. Raises `InvalidContent`, `StorageFailed`.

    A damaged file isn't taken for an empty one: what was pinned would go.
    """
    path = data_dir.choices
    with durable.storage_errors(path):
        try:
            with path.open("rb") as file:
                data = file.read(CHOICES_BYTES_MAX + 1)
        except FileNotFoundError:
            return Choices()
    try:
        found = msgspec.json.decode(data, type=Choices)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _damaged(data_dir, str(error)) from error
    if found.format != FORMAT or len(data) > CHOICES_BYTES_MAX:
        raise _damaged(data_dir, f"format {found.format}, {len(data)} bytes")
    return found


def change(data_dir: DataDir, changed: Callable[[Choices], Choices]) -> Choices:
    """Write what `changed` makes of the choices, if it is something else; return it.

    One process at a time. Raises as `read`.
    """
    with folder_lock(data_dir.root):
        before = read(data_dir)
        after = changed(before)
        if after != before:
            text = msgspec.json.format(msgspec.json.encode(after), indent=1)
            durable.write(data_dir.choices, text + b"\n")
    return after


def with_hold(choices: Choices, hold: Hold) -> Choices:
    """Return the choices with a hold in place of an earlier one of the same pack."""
    others = {other for other in choices.holds if other.pack != hold.pack}
    return msgspec.structs.replace(choices, holds=tuple(sorted(others | {hold}, key=_pack)))


def _pack(hold: Hold) -> str:
    return hold.pack


def asdict_pin(pin: Pin) -> dict[str, str]:
    """Return a pin as an object for scripts: `lesson` is empty for a whole pack."""
    return {"pack": pin.pack, "lesson": pin.lesson}


def pins_in_words(pins: Sequence[Pin]) -> str:
    """Return all pins as a line for people."""
    words = (f"{pin.pack}, lesson {pin.lesson}" if pin.lesson else pin.pack for pin in pins)
    return "; ".join(words) or "nothing"


def _damaged(data_dir: DataDir, problem: str) -> InvalidContent:
    return InvalidContent(
        f"{data_dir.choices}: {problem}",
        hint="It holds pins and holds. Mend it, or remove it and pin again.",
    )
