"""No record counts as delivered but by a receipt, and no place is believed that isn't there."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from content_packs.protocol import Receipt
from sync_node import records_sent
from sync_node.data_dir import DataDir
from sync_node.records_sent import Mark, RecordsSent

KEY, OTHER = "a" * 64, "b" * 64
NOW = datetime(2026, 9, 1, tzinfo=UTC)


def mark(place: int) -> Mark:
    return Mark(place, f"id-{place}")


def sealed(*batches: tuple[int, int], keyid: str = KEY) -> RecordsSent:
    """Batches of the outbox, each with the place up to which it goes."""
    found = RecordsSent(keyid=keyid)
    for batch, place in batches:
        found = records_sent.with_batch(found, batch, mark(place))
    return found


def receipt(sequence: int, keyid: str = KEY) -> Receipt:
    return Receipt(node="qamdo-1", keyid=keyid, sequence=sequence, digest="c" * 64, issued_at=NOW)


def test_what_is_sealed_is_delivered_only_by_a_receipt_for_it() -> None:
    known = sealed((3, 100), (5, 220))
    assert (known.delivered_to, known.sealed_to) == (0, 220)
    for none in (None, receipt(2), receipt(9, OTHER)):
        assert records_sent.settled(known, none, KEY) == known
    half = records_sent.settled(known, receipt(4), KEY)
    assert (half.delivered_to, half.sealed_to) == (100, 220)
    whole = records_sent.settled(half, receipt(5), KEY)
    assert (whole.delivered_to, whole.sealed_to, whole.sealed) == (220, 220, ())


def test_a_new_key_goes_on_from_what_was_delivered() -> None:
    known = records_sent.settled(sealed((3, 100), (5, 220)), receipt(3), KEY)
    renewed = records_sent.settled(known, None, OTHER)
    assert (renewed.keyid, renewed.delivered_to, renewed.sealed_to) == (OTHER, 100, 100)
    assert records_sent.settled(renewed, receipt(9), OTHER) == renewed, "nothing was sealed by it"


def test_a_place_whose_record_is_another_isnt_believed() -> None:
    known = records_sent.settled(sealed((1, 100), (2, 200), (3, 300)), receipt(2), KEY)
    ids = {100: "id-100", 200: "id-200", 300: "id-300"}
    assert records_sent.believed(known, lambda place: ids.get(place, "")) == known
    ids[300] = "another"
    lost = records_sent.believed(known, lambda place: ids.get(place, ""))
    assert (lost.delivered_to, lost.sealed_to) == (200, 200)
    del ids[200]
    lost = records_sent.believed(known, lambda place: ids.get(place, ""))
    assert lost.sealed_to == 100
    assert records_sent.believed(known, lambda _: "").sealed_to == 0


def test_a_year_of_batches_leaves_few_places_old_ones_among_them() -> None:
    known = RecordsSent(keyid=KEY)
    for number in range(1, 2_000):
        known = records_sent.with_batch(known, number, mark(number * 10))
        known = records_sent.settled(known, receipt(number), KEY)
    assert len(known.delivered) <= 17
    places = [each.sequence for each in known.delivered]
    assert places == sorted(places)
    assert places[-1] == 19_990
    assert places[0] <= 10_000
    assert len(places) > 5


def test_it_is_written_and_read(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    assert records_sent.read(data_dir) == RecordsSent()
    known = records_sent.settled(sealed((3, 100), (5, 220)), receipt(3), KEY)
    records_sent.write(data_dir, known)
    assert records_sent.read(data_dir) == known


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"[]", b'{"format":2}', b'{"sealed":[{}]}'])
def test_what_cant_be_read_is_nothing(tmp_path: Path, data: bytes) -> None:
    data_dir = DataDir(tmp_path)
    data_dir.outbox.mkdir()
    (data_dir.outbox / records_sent.NAME).write_bytes(data)
    assert records_sent.read(data_dir) == RecordsSent()
