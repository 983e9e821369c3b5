"""How many of the school's records no receipt covers: what would be lost with the card.

Reads `outbox/records.json` and school.db; writes nothing, and needs no node.db.
"""

from content_packs.protocol import Receipt
from content_packs.reports import RecordsWaiting
from sync_node import records_sent, school_reading
from sync_node.data_dir import DataDir
from sync_node.identity import Identity
from sync_node.moments import moment
from sync_node.records_sent import RecordsSent


def standing(
    data_dir: DataDir, keyid: str, receipt: Receipt | None, before: RecordsSent
) -> RecordsSent:
    """Return how far records are, by a receipt for the chain of `keyid`, and by school.db.

    Raises `SchoolUnread`.
    """
    known = records_sent.settled(before, receipt, keyid)
    marks = [*known.delivered, *(each.upto for each in known.sealed)]
    ids = school_reading.record_ids_at(data_dir, [mark.sequence for mark in marks])
    return records_sent.believed(known, lambda place: ids.get(place, ""))


def waiting(data_dir: DataDir, who: Identity, receipt: Receipt | None) -> RecordsWaiting | None:
    """Return how many records no receipt covers; None where school.db can't be read."""
    try:
        known = standing(data_dir, who.keyid, receipt, records_sent.read(data_dir))
        return RecordsWaiting(
            count=school_reading.count_records(data_dir, known.delivered_to),
            oldest_at=moment(school_reading.oldest_record_at(data_dir, known.delivered_to)),
            sealed=school_reading.count_records(data_dir, known.delivered_to, known.sealed_to),
        )
    except school_reading.SchoolUnread:
        return None
