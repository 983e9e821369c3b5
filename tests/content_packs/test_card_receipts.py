"""Receipts of cards are read as they were written, line by line, and nothing else is."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs import card_receipts
from content_packs.canonical_json import encode as canonical
from content_packs.card_receipts import CardReceipt, Device, PreloadedPack
from content_packs.errors import InvalidContent
from content_packs.limits import CARD_RECEIPTS_BYTES_MAX, CARD_RECEIPTS_MAX
from tests.support.cards import a_receipt, receipts


@given(st.lists(receipts, max_size=3))
def test_what_flash_writes_is_what_the_hub_reads(written: list[CardReceipt]) -> None:
    data = b"".join(map(card_receipts.line_of, written))
    assert card_receipts.read(data) == written


@given(receipts, st.integers(0, 2_000))
def test_a_line_that_a_power_cut_left_is_no_receipt(receipt: CardReceipt, cut: int) -> None:
    line = card_receipts.line_of(receipt)
    torn = line + line[: min(cut, len(line) - 1)]
    assert card_receipts.read(torn) == [receipt]
    assert card_receipts.whole_part(torn) == line


@given(st.binary(max_size=200))
def test_whatever_else_a_file_holds_is_an_error_that_names_the_line(data: bytes) -> None:
    if b"\n" not in data:
        assert card_receipts.read(data) == []
        return
    with pytest.raises(InvalidContent, match=r"^receipts\.jsonl: line 1"):
        card_receipts.read(data, what="receipts.jsonl")


def altered(**changes: object) -> bytes:
    line: dict[str, object] = json.loads(card_receipts.line_of(a_receipt()))
    return canonical(line | changes) + b"\n"


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "green"},
        {"trouble": ""},
        {"trouble": "the card is worn"},
        {"result": "failed"},
        {"result": "perhaps"},
        {"card": 0},
        {"system": 0},
        {"seed": "ab"},
        {"image": "AB" * 32},
        {"at": "2026-11-21T12:00:00+00:00"},
        {"at": "2026-11-21T12:00:00.5Z"},
        {"arch": "riscv64"},
        {"format": 2},
        {"device": {"size": -1}},
        {"packs": [{"pack": "a", "version": 1}, {"pack": "a", "version": 2}]},
    ],
)
def test_a_line_that_is_otherwise_is_refused_with_its_number(changes: dict[str, Any]) -> None:
    data = card_receipts.line_of(a_receipt()) + altered(**changes)
    with pytest.raises(InvalidContent, match="line 2"):
        card_receipts.read(data)


def test_a_line_in_another_spelling_is_refused() -> None:
    spaced = json.dumps(json.loads(card_receipts.line_of(a_receipt())), indent=None) + "\n"
    with pytest.raises(InvalidContent, match="canonical"):
        card_receipts.read(spaced.encode())


def test_a_receipt_is_known_by_all_that_it_says() -> None:
    assert a_receipt().digest == a_receipt().digest
    others = [
        a_receipt(card=18),
        a_receipt(result="failed", trouble="worn out"),
        a_receipt(device=Device(size=1)),
        a_receipt(packs=(PreloadedPack(pack="grade4-maths", version=3),)),
    ]
    assert len({one.digest for one in (a_receipt(), *others)}) == 5


def test_a_failed_card_says_why_and_a_written_one_has_no_trouble() -> None:
    assert a_receipt(result="failed", trouble="the card is worn").trouble
    for wrong in ({"result": "failed"}, {"trouble": "the card is worn"}):
        with pytest.raises(ValueError, match="trouble"):
            a_receipt(**wrong)


def test_too_many_bytes_or_lines_are_refused_before_they_are_read() -> None:
    with pytest.raises(InvalidContent, match="bytes"):
        card_receipts.read(b" " * (CARD_RECEIPTS_BYTES_MAX + 1))
    with pytest.raises(InvalidContent, match="lines"):
        card_receipts.read(b"\n" * (CARD_RECEIPTS_MAX + 1))


def test_what_cannot_be_read_again_is_not_written() -> None:
    endless = msgspec.structs.replace(a_receipt(), label="x" * 121)
    with pytest.raises(InvalidContent):
        card_receipts.line_of(endless)
