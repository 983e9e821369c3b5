"""Batches arrive in an unbroken chain, or it shows where it broke."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from content_packs import batches
from content_packs.batches import ChainEnd, content_of, place_of, read, verify_chain
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Missing, Refused, Untrusted
from content_packs.limits import SEALED_CONTENT_BYTES_MAX
from content_packs.protocol import BatchHeader
from content_packs.signed_documents import sign
from tests.support.protocol import (
    ESCROW_KEY,
    NODE_KEY,
    OTHER_KEY,
    SEAL_KEY,
    by_keyid,
    counting,
    hub_keys,
    seal_keyid,
)

KEYS = by_keyid(NODE_KEY)
NOTHING = ChainEnd()


def make(content: bytes, end: ChainEnd = NOTHING, node: str = "qamdo-7") -> tuple[bytes, ChainEnd]:
    return batches.make(
        content,
        node=node,
        kind="reports",
        end=end,
        hub_keys=hub_keys(),
        private_key=NODE_KEY,
        randomness=counting(),
    )


def chain(count: int) -> list[bytes]:
    documents, end = [], ChainEnd()
    for number in range(count):
        document, end = make(b"content %d" % number, end)
        documents.append(document)
    return documents


CHAIN = chain(6)


@given(st.binary(max_size=200))
def test_hub_and_district_read_what_a_node_sends(content: bytes) -> None:
    document, end = make(content)
    batch = read(document, KEYS, node="qamdo-7")
    for key in (SEAL_KEY, ESCROW_KEY):
        assert content_of(batch, {seal_keyid(key): key}) == content
    assert end == ChainEnd(1, digest_of(document))


def test_the_largest_content_fits_a_document() -> None:
    document, _ = make(bytes(SEALED_CONTENT_BYTES_MAX), node="n" * 64)
    batch = read(document, KEYS, node="n" * 64)
    assert len(content_of(batch, {seal_keyid(SEAL_KEY): SEAL_KEY})) == SEALED_CONTENT_BYTES_MAX


def test_an_unbroken_chain_is_followed_at_once_or_bit_by_bit() -> None:
    whole = verify_chain(CHAIN, KEYS, node="qamdo-7")
    assert whole == ChainEnd(6, digest_of(CHAIN[-1]))
    middle = verify_chain(CHAIN[:3], KEYS, node="qamdo-7")
    assert verify_chain(CHAIN[3:], KEYS, node="qamdo-7", end=middle) == whole
    assert verify_chain([], KEYS, node="qamdo-7") == ChainEnd()


@given(st.lists(st.sampled_from(CHAIN), max_size=8))
def test_only_the_chain_itself_passes(documents: list[bytes]) -> None:
    if documents == CHAIN[: len(documents)]:
        assert verify_chain(documents, KEYS, node="qamdo-7").sequence == len(documents)
    else:
        with pytest.raises((Missing, Refused)):
            verify_chain(documents, KEYS, node="qamdo-7")


def test_a_batch_left_out_is_missing() -> None:
    with pytest.raises(Missing, match="batch 3 of qamdo-7: expected 2 before it"):
        verify_chain([CHAIN[0], CHAIN[2]], KEYS, node="qamdo-7")


def test_two_boxes_with_one_key_show() -> None:
    fork, _ = make(b"from the copied card", ChainEnd(1, digest_of(CHAIN[0])))
    follows, _ = make(b"and on", ChainEnd(2, digest_of(fork)))
    assert verify_chain([CHAIN[0], fork, follows], KEYS, node="qamdo-7").sequence == 3
    with pytest.raises(Refused, match="batch 3 of qamdo-7: follows on") as refusal:
        verify_chain([*CHAIN[:2], follows], KEYS, node="qamdo-7")
    assert "copied card" in refusal.value.hint


def test_where_a_batch_stands() -> None:
    end = verify_chain(CHAIN[:3], KEYS, node="qamdo-7")
    batch = [read(document, KEYS, node="qamdo-7") for document in CHAIN]
    assert place_of(CHAIN[3], batch[3], end) == "next"
    assert place_of(CHAIN[2], batch[2], end) == "known"
    assert place_of(CHAIN[0], batch[0], end) == "known"
    assert place_of(CHAIN[4], batch[4], end) == "gap"
    other, _ = make(b"another third", ChainEnd(2, digest_of(CHAIN[1])))
    assert place_of(other, read(other, KEYS, node="qamdo-7"), end) == "fork"
    strange, _ = make(b"a fourth on another third", ChainEnd(3, digest_of(other)))
    assert place_of(strange, read(strange, KEYS, node="qamdo-7"), end) == "fork"


def test_another_ones_batch_is_refused() -> None:
    with pytest.raises(Untrusted, match="it says that it is by qamdo-7, expected qamdo-8"):
        read(CHAIN[0], KEYS, node="qamdo-8")
    with pytest.raises(Untrusted, match="signed by the key"):
        read(CHAIN[0], by_keyid(OTHER_KEY), node="qamdo-7")


def test_content_under_another_header_cannot_be_opened_though_signed() -> None:
    batch = read(CHAIN[0], KEYS, node="qamdo-7")
    for other in (replace(batch, kind="records"), replace(batch, node="qamdo-8")):
        document = sign("batch", other, NODE_KEY)
        again = read(document, KEYS, node=other.node)
        with pytest.raises(InvalidContent, match="another header"):
            content_of(again, {seal_keyid(SEAL_KEY): SEAL_KEY})


@pytest.mark.parametrize(("sequence", "previous"), [(1, "a" * 64), (2, "0" * 64)])
def test_only_the_first_batch_follows_on_nothing(sequence: int, previous: str) -> None:
    with pytest.raises(ValueError, match="previous: "):
        BatchHeader(node="n", sequence=sequence, previous=previous, kind="reports")
