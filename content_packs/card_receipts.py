"""Receipts of cards: what was written onto which card, one line each, for the hub to take in.

`sync-node flash` adds a line to a file for each card, done or failed; the hub reads the file
(`hub cards take`). A line is the canonical JSON of a `CardReceipt` in its one spelling, and a line
feed. Nobody signs it: it says what a technician's laptop saw. See PROTOCOL.md, section 14.

A laptop's battery may end in the middle of a line: what comes behind the last line feed isn't a
receipt. Whoever adds the next one cuts it off first: `whole_part`.
"""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from content_packs import canonical_json, messages
from content_packs.card_seeds import CardNumber
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent
from content_packs.limits import (
    CARD_PACKS_MAX,
    CARD_RECEIPT_BYTES_MAX,
    CARD_RECEIPTS_BYTES_MAX,
    CARD_RECEIPTS_MAX,
)
from content_packs.messages import (
    Count,
    Hex32,
    Message,
    Moment,
    Name,
    NameOrEmpty,
    Part,
    Sentence,
    ShortText,
    Version,
)

Result: TypeAlias = Literal["written", "failed"]
Arch: TypeAlias = Literal["arm64", "amd64"]

_HINT = "Take the file as `sync-node flash` wrote it."


class PreloadedPack(Part, frozen=True, kw_only=True):
    """A pack that is on the card from the first start on."""

    pack: Name
    version: Version


class Device(Part, frozen=True, kw_only=True):
    """What was written to, as the laptop saw it. `size` in bytes; `serial` also for a card's CID.

    `model` and `serial` are for people, and empty where nothing is known, as for a file.
    """

    size: Count
    model: ShortText = ""
    serial: ShortText = ""


class CardReceipt(Message, frozen=True, kw_only=True):
    """What became of one card.

    `card`, `school` and `node` are its seed's, `seed` is the digest of that document. `image` is
    the digest of the image written, `system` and `satchel` its versions. `at` is by the laptop's
    clock, `seconds` is what it took. `trouble` says why it failed, and nothing else does.
    """

    card: CardNumber
    school: Name
    seed: Hex32
    image: Hex32
    system: Version
    at: Moment
    device: Device
    result: Result
    node: NameOrEmpty = ""
    satchel: ShortText = ""
    arch: Arch = "arm64"
    packs: Annotated[tuple[PreloadedPack, ...], Meta(max_length=CARD_PACKS_MAX)] = ()
    seconds: Count = 0
    label: ShortText = ""
    trouble: Sentence = ""

    def __post_init__(self) -> None:
        """Raise `ValueError` where result and trouble disagree, or a pack stands twice."""
        super().__post_init__()
        if (self.result == "failed") != bool(self.trouble):
            raise ValueError("trouble: it stands with the result failed, and with no other")
        if len({pack.pack for pack in self.packs}) != len(self.packs):
            raise ValueError("packs: one stands twice")

    @property
    def digest(self) -> str:
        """What the hub knows this receipt by: taking it again changes nothing."""
        return digest_of(canonical_json.encode_struct(self))


def line_of(receipt: CardReceipt) -> bytes:
    """Return a receipt's line. Raises `InvalidContent` for what is past its bounds."""
    what = "the receipt to write"
    return messages.encode(receipt, bytes_max=CARD_RECEIPT_BYTES_MAX, what=what) + b"\n"


def whole_part(data: bytes) -> bytes:
    """Return the whole lines of a file whose writing may have been cut."""
    return data[: data.rfind(b"\n") + 1]


def read(data: bytes, *, what: str = "receipts") -> list[CardReceipt]:
    """Return the receipts in a file, in its order; what lies behind the last line feed is none.

    Raises `InvalidContent`, naming the line, for anything but receipts in their one spelling, and
    for more than `CARD_RECEIPTS_BYTES_MAX` bytes or `CARD_RECEIPTS_MAX` lines.
    """
    if len(data) > CARD_RECEIPTS_BYTES_MAX:
        raise InvalidContent(
            f"{what}: {len(data)} bytes, more than the {CARD_RECEIPTS_BYTES_MAX} allowed"
        )
    lines = whole_part(data).split(b"\n")[:-1]
    if len(lines) > CARD_RECEIPTS_MAX:
        raise InvalidContent(
            f"{what}: {len(lines)} lines, more than the {CARD_RECEIPTS_MAX} allowed"
        )
    return [_receipt(line, f"{what}: line {number}") for number, line in enumerate(lines, 1)]


def _receipt(line: bytes, what: str) -> CardReceipt:
    found = messages.decode(line, CardReceipt, bytes_max=CARD_RECEIPT_BYTES_MAX, what=what)
    if canonical_json.encode_struct(found) != line:
        raise InvalidContent(
            f"{what}: has a field that no receipt of format 1 has, or spells out a default",
            hint=_HINT,
        )
    return found
