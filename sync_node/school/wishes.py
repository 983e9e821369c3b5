"""Packs and lessons that teachers would like to have: requests to the hub.

A wish is durable here before a teacher hears that it was noted; the engine reads it here, and tells
the hub (`sync_node.asking`). How far it is, the engine knows: nothing of that is written here. What
is taken back stays as `withdrawn`, so that the hub hears of it; the oldest of those go.
"""

from typing import Literal, TypeAlias

from content_packs.errors import Refused, UsageError
from content_packs.limits import WISH_CHARACTERS_MAX
from content_packs.names import is_name
from content_packs.values import Value
from sync_node.school.ground import Ground
from sync_node.school.limits import WISHES_MAX
from sync_node.school.models import WishRow
from sync_node.school.rows import count_of, one_of
from sync_node.school.texts import one_line

WishState: TypeAlias = Literal["new", "withdrawn"]


class Wish(Value, frozen=True):
    """A request: `pack`, a name or empty; `text`, in a teacher's words; `by`, the teacher's id."""

    id: str
    pack: str
    text: str
    by: str
    created_at: str
    state: WishState


class Wishes:
    """What is wished for. All methods raise `StorageFailed`; writing ones `Busy`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def add(self, text: str, *, by: str, pack: str = "") -> Wish:
        """Ask for something. Raises `UsageError` where nothing is said, `Refused` for too many."""
        line = one_line(text, characters_max=WISH_CHARACTERS_MAX)
        if not (line or pack) or (pack and not is_name(pack)):
            raise UsageError("nothing is asked for", hint="Write what you would like to have.")
        made = Wish(self._ground.new_id(), pack, line, by, self._ground.now_text(), "new")

        def work() -> None:
            if count_of(WishRow, WishRow.state == "new") >= WISHES_MAX:
                raise Refused(
                    f"there are {WISHES_MAX} wishes", hint="Take some off the list first."
                )
            _forget_withdrawn()
            WishRow.create(
                id=made.id, pack=made.pack, text=made.text, by=made.by,
                created_at=made.created_at, state=made.state,
            )  # fmt: skip

        self._ground.write(work)
        return made

    def all(self) -> list[Wish]:
        """Return what was asked for and not taken back, newest first."""
        with self._ground.database.reading():
            asked = WishRow.select().where(WishRow.state != "withdrawn")
            rows = asked.order_by(WishRow.created_at.desc(), WishRow.id)
            return [_wish(row) for row in rows]

    def withdraw(self, wish_id: str) -> None:
        """Take a wish off the list; the hub hears of that if it heard of the wish.

        Raises `Missing`.
        """

        def work() -> None:
            row = one_of(WishRow, wish_id, what="wish")
            row.state = "withdrawn"
            row.save()

        self._ground.write(work)


def _forget_withdrawn() -> None:
    """Leave no more of what was taken back than there may be of wishes."""
    withdrawn = WishRow.select(WishRow.id).where(WishRow.state == "withdrawn")
    newest = withdrawn.order_by(WishRow.created_at.desc()).limit(WISHES_MAX)
    WishRow.delete().where((WishRow.state == "withdrawn") & WishRow.id.not_in(newest)).execute()


def _wish(row: WishRow) -> Wish:
    return Wish(row.id, row.pack, row.text, row.by, row.created_at, row.state)
