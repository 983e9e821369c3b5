"""Requests and pieces of files read as they were written, and nothing else does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs import protocol, school_requests
from content_packs.errors import InvalidContent, Untrusted
from content_packs.limits import (
    FILE_HEADER_BYTES_MAX,
    SEALED_CONTENT_BYTES_MAX,
    WISH_CHARACTERS_MAX,
)
from content_packs.school_requests import (
    Answer,
    Answers,
    FileHeader,
    Requests,
    SaidOffer,
    SaidWish,
)
from content_packs.signed_documents import sign
from tests.support.protocol import NOON, SERVICE_KEY, by_keyid, digests, lines, moments
from tests.support.strategies import names

ids = st.uuids(version=4).map(str)
wishes = st.builds(
    SaidWish,
    id=ids,
    at=moments,
    state=st.sampled_from(["open", "withdrawn", "here"]),
    pack=names | st.just(""),
    lesson=names | st.just(""),
    text=lines,
)
offers = st.builds(
    SaidOffer,
    id=ids,
    at=moments,
    title=lines,
    kind=st.sampled_from(["video", "document", "exercise"]),
    media_type=lines,
    size=st.integers(1, 1 << 32),
    digest=digests,
    state=st.sampled_from(["open", "withdrawn"]),
)
ID = "00000000-0000-4000-8000-000000000001"
HEADER = FileHeader(id=ID, digest="0" * 64, size=10, offset=4)


@given(st.lists(wishes, max_size=3), st.lists(offers, max_size=3))
def test_requests_come_back(some: list[SaidWish], others: list[SaidOffer]) -> None:
    said = Requests(wishes=tuple(some), offers=tuple(others))
    assert school_requests.decode_requests(school_requests.encode_requests(said)) == said


def test_a_batch_of_the_longest_wishes_fits() -> None:
    long = SaidWish(id=ID, at=NOON, pack="x" * 64, text="\N{GRINNING FACE}" * WISH_CHARACTERS_MAX)
    content = school_requests.encode_requests(Requests(wishes=(long,) * 50))
    assert len(content) <= SEALED_CONTENT_BYTES_MAX


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": "x" * (WISH_CHARACTERS_MAX + 1)}, {"text": "two\nlines"}, {"id": "1"},
        {"state": "lost"}, {"pack": "No Name"},
    ],
)  # fmt: skip
def test_a_wish_past_its_bounds_is_refused(wrong: dict[str, Any]) -> None:
    wish = SaidWish(**({"id": ID, "at": NOON} | wrong))
    with pytest.raises(InvalidContent):
        school_requests.encode_requests(Requests(wishes=(wish,)))


@given(st.binary(min_size=1, max_size=6))
def test_a_piece_comes_back_whatever_is_in_it(data: bytes) -> None:
    content = school_requests.encode_piece(HEADER, data)
    assert school_requests.decode_piece(content) == (HEADER, data)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"{}", b"{}\nx", b"x" * (FILE_HEADER_BYTES_MAX + 1) + b"\n"]
)
def test_what_is_no_piece_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidContent):
        school_requests.decode_piece(content)


@pytest.mark.parametrize("data", [b"", b"seven b"])
def test_a_piece_past_the_end_or_of_nothing_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidContent):
        school_requests.encode_piece(HEADER, data)


def test_answers_for_another_node_are_refused() -> None:
    said = Answers(
        node="qamdo-1", number=1, issued_at=NOON,
        answers=(Answer(id=ID, at=NOON, state="answered"),),
    )  # fmt: skip
    document = sign("answers", said, SERVICE_KEY)
    keys = by_keyid(SERVICE_KEY)
    assert protocol.open_answers(document, keys, node="qamdo-1") == said
    assert said.of(ID)
    with pytest.raises(Untrusted, match="they are for qamdo-1"):
        protocol.open_answers(document, keys, node="qamdo-2")
