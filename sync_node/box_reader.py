"""What the technician's pages ask node.db, beyond what pupils' pages do. Never a write."""

from dataclasses import dataclass
from datetime import datetime

from peewee import SQL, fn

from content_packs import systems
from sync_node import last_check_in, state, ticks, trusted_time
from sync_node.last_check_in import LastCheckIn
from sync_node.link import LinkObservation
from sync_node.models import LessonRow, PackRow, StateRow, TickRow
from sync_node.node_reader import NodeReader
from sync_node.ticks import Record


@dataclass(frozen=True)
class Counts:
    """How many packs are offered, how many are hidden, and how many lessons can be opened."""

    packs: int
    retired: int
    lessons: int


@dataclass(frozen=True)
class Memory:
    """Single values that the engine remembers. Times are RFC 3339, empty for never.

    `last_contact`: when a tick ended in which something came.
    """

    check_in: LastCheckIn
    absent_channels: tuple[str, ...]
    scrubbed_at: str
    links: dict[str, LinkObservation]
    last_contact: str


class BoxReader(NodeReader):
    """Reads node.db for technicians. Safe for several threads."""

    def close(self) -> None:
        """Close this thread's connection, if there is one."""
        if self._database is not None and not self._database.is_closed():
            self._database.close()

    def counts(self) -> Counts:
        """Return how much there is. Raises `StorageFailed`."""
        with self._reading() as database:
            shown = ~PackRow.retired & (PackRow.channel != systems.CHANNEL)
            ours = PackRow.select().where(PackRow.channel == systems.CHANNEL)
            lessons = (
                LessonRow.select(fn.COUNT(SQL("*")))
                .join(PackRow, on=(PackRow.pack == LessonRow.pack))
                .where(shown)
            )
            packs = PackRow.select().bind(database).count() - ours.bind(database).count()
            visible = PackRow.select().where(shown).bind(database).count()
            return Counts(visible, packs - visible, int(lessons.bind(database).scalar() or 0))

    def pack_names(self, *, offset: int, limit: int) -> list[str]:
        """Return names of packs but systems: those that are offered first, then hidden ones."""
        with self._reading() as database:
            rows = (
                PackRow.select(PackRow.pack)
                .where(PackRow.channel != systems.CHANNEL)
                .order_by(PackRow.retired, PackRow.pack)
                .limit(limit)
                .offset(offset)
            )
            return [row.pack for row in rows.bind(database)]

    def records(self, since: datetime) -> list[Record]:
        """Return what ticks did that ended from a time on, the oldest first."""
        with self._reading() as database:
            rows = TickRow.select().where(TickRow.ended_at >= trusted_time.in_words(since))
            return [ticks.record_of(row) for row in rows.order_by(SQL("rowid")).bind(database)]

    def memory(self) -> Memory:
        """Return what the engine remembers. Raises `StorageFailed`."""
        keys = (state.CHECK_IN_KEY, state.ABSENT_KEY, state.SCRUBBED_AT_KEY, state.LINKS_KEY)
        with self._reading() as database:
            rows = StateRow.select().where(StateRow.key.in_(keys)).bind(database)
            found = {row.key: str(row.value) for row in rows}
            heard = TickRow.select(TickRow.ended_at).where(TickRow.bytes_in > 0)
            newest = heard.order_by(SQL("rowid").desc()).limit(1).bind(database)
            last = next((str(row.ended_at) for row in newest), "")
        return Memory(
            last_check_in.decode(found.get(state.CHECK_IN_KEY, "")),
            tuple(found.get(state.ABSENT_KEY, "").split()),
            found.get(state.SCRUBBED_AT_KEY, ""),
            state.decode_links(found.get(state.LINKS_KEY, "")),
            last,
        )
