"""What the hub was told of each request of the school, and what became of it: a row of node.db.

It is made anew where it is lost: the hub is told all of it once more, which changes nothing there.

    waiting     the hub hasn't acknowledged it yet
    with-hub    it has
    answered    the hub answered; `declined` where it won't come
    here        what was wished for has come; of an offer, the hub has the file
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from content_packs.school_requests import AnswerState
from sync_node import state

Standing: TypeAlias = Literal["waiting", "with-hub", "answered", "declined", "here"]


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of one request.

    `mark` names what was said of it last, in the batch `sequence` of the key `keyid`; `told`: the
    hub has that. `with_hub`: it knows of the request. `here`: what was wished for has come; it was
    whole at version `whole_at` when the wish was made. `answer`, `text`, `pack`: the hub's. Of an
    offer, `file` is the number by which the hub asks for the file, `sent` the bytes that were
    sealed, `taken` that the hub has it.
    """

    mark: str = ""
    keyid: str = ""
    sequence: int = 0
    told: bool = False
    with_hub: bool = False
    here: bool = False
    whole_at: int = 0
    answer: AnswerState | Literal[""] = ""
    text: str = ""
    pack: str = ""
    file: int = 0
    sent: int = 0
    taken: bool = False

    @property
    def standing(self) -> Standing:
        """How far the request is."""
        if self.here or self.taken:
            return "here"
        if self.answer:
            return self.answer
        return "with-hub" if self.with_hub else "waiting"

    def is_said(self, mark: str, keyid: str) -> bool:
        """Whether the hub has or will have what `mark` names, by the chain of `keyid`."""
        return self.mark == mark and (self.told or self.keyid == keyid)


NOTHING = Asked()


def known() -> dict[str, Asked]:
    """Return what is known, by the ids of requests. node.db is open."""
    return decode(state.asked())


def decode(text: str) -> dict[str, Asked]:
    """Return what a row of node.db holds; nothing where it is of no use."""
    try:
        return msgspec.json.decode(text or "{}", type=dict[str, Asked])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}


def remember(found: Mapping[str, Asked]) -> None:
    """Write it down, if it is something else than before. node.db is open."""
    state.remember_asked(msgspec.json.encode(found, order="sorted").decode() if found else "")
