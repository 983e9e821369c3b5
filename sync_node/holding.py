"""Which versions work is to be done for: those on offer, and what a person keeps a pack at.

A pack that is held, by a rollback or by a teacher's pin, follows no offer. But what rots of the
version that it is held at is fetched again, by the offer that this version came by: it is in
choices.json with a hold, in node.db with a pin.
"""

from collections.abc import Iterator

from content_packs.errors import InvalidContent, Missing
from content_packs.offers import Offer
from sync_node import choices, following, teachers_pins
from sync_node.data_dir import DataDir
from sync_node.documents import Documents
from sync_node.following import Followed
from sync_node.models import LessonRow, PackRow
from sync_node.system import box_slots, taking


def to_bring(data_dir: DataDir, documents: Documents) -> list[Followed]:
    """Return the packs to bring in, at the versions to bring them in at, in the order of need.

    node.db is open. Raises `StorageFailed`.
    """
    box = box_slots.read(data_dir)
    found = [
        pack
        for pack in following.followed()
        if pack.held_version is None and taking.is_of_use(pack.channel, pack.offer, box)
    ]
    return [*found, *_broken_holds(data_dir, documents)]


def _broken_holds(data_dir: DataDir, documents: Documents) -> Iterator[Followed]:
    """Yield the packs that are held at a version of which a lesson is closed."""
    rows = PackRow.select().where(PackRow.held_version.is_null(False) & ~PackRow.retired)
    for row in rows.order_by(PackRow.pack):
        offer = _offer(data_dir, row)
        if offer and not _is_open(documents, offer):
            yield Followed(row.pack, row.channel, offer, row.held_version)


def _offer(data_dir: DataDir, row: PackRow) -> Offer | None:
    """Return the offer of the version that a pack is held at; None where nobody knows it."""
    try:
        holds = choices.read(data_dir).holds
    except InvalidContent:
        holds = ()  # `check` says so
    known = [
        hold.offer for hold in holds if (hold.pack, hold.version) == (row.pack, row.held_version)
    ]
    pin = teachers_pins.known().get(row.pack)
    if pin and pin.version == row.held_version:
        known.append(pin.offer)
    if row.offered_version == row.held_version:  # the hub took the other one back
        known.append(following.decode_offer(row.offer))
    return next((offer for offer in known if offer), None)


def _is_open(documents: Documents, offer: Offer) -> bool:
    try:
        lessons = {lesson.id for lesson in documents.held_manifest(offer.manifest).lessons}
    except (Missing, InvalidContent):
        return False  # it rotted, and is fetched again, too
    rows = LessonRow.select().where(
        (LessonRow.pack == offer.pack) & (LessonRow.version == offer.version)
    )
    return lessons <= {row.lesson for row in rows}
