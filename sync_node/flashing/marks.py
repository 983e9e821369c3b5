r"""What stands at a card's beginning while it is being written: for whom, and with what.

```
"Satchel: this card is being written\n"
canonical JSON: {"card": 7, "format": 1, "image": digest, "school": "qamdo", "seed": digest}
zeros up to `MARK_BYTES`
```
It takes the place of the table of partitions, so that no box starts from half a card, and goes when
all else was read back. Who finds it knows what was begun, and goes on with that.
"""

from content_packs import messages
from content_packs.card_seeds import CardNumber
from content_packs.errors import InvalidContent
from content_packs.messages import Hex32, Message, Name
from sync_node.flashing.limits import MARK_BYTES

_LINE = b"Satchel: this card is being written\n"


class Mark(Message, frozen=True, kw_only=True):
    """What was begun: the number and school of its seed, the digests of seed and image."""

    card: CardNumber
    school: Name
    seed: Hex32
    image: Hex32


def encode(mark: Mark) -> bytes:
    """Return the `MARK_BYTES` that stand on a card."""
    data = messages.encode(mark, bytes_max=MARK_BYTES - len(_LINE), what="the mark of a card")
    return (_LINE + data).ljust(MARK_BYTES, b"\0")


def read(head: bytes) -> Mark | None:
    """Return the mark at the beginning of a card; None where there is none, or half of one."""
    if not head.startswith(_LINE):
        return None
    data = head[len(_LINE) : MARK_BYTES].rstrip(b"\0")
    try:
        return messages.decode(data, Mark, bytes_max=MARK_BYTES, what="the mark of a card")
    except InvalidContent:
        return None
