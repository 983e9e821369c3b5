"""A phone that asks for a part of a film gets just that part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.byte_ranges import answer

ETAG = '"abc"'


def naive(first: int | None, last: int | None, size: int) -> tuple[int, list[int]]:
    """RFC 9110, section 14, over a list of the positions of all bytes."""
    positions = list(range(size))
    if first is None:
        found = positions[-last:] if last else []
    elif last is not None and last < first:
        return 200, positions
    else:
        found = [at for at in positions if at >= first and (last is None or at <= last)]
    return (206, found) if found else (416, [])


@given(st.none() | st.integers(0, 30), st.none() | st.integers(0, 30), st.integers(0, 20))
def test_a_range_is_what_a_naive_reader_makes_of_it(
    first: int | None, last: int | None, size: int
) -> None:
    if first is None and last is None:
        return
    header = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    found = answer(size, ETAG, range_header=header)
    status, positions = naive(first, last, size)
    assert found.status == status
    assert list(range(found.first, found.first + found.length)) == positions
    if status == 206:
        expected = f"bytes {positions[0]}-{positions[-1]}/{size}"
        assert found.headers["Content-Range"] == expected
    if status == 416:
        assert found.headers["Content-Range"] == f"bytes */{size}"


@given(st.text(max_size=20) | st.text("bytes=0123-, ", max_size=20), st.integers(0, 50))
def test_whatever_is_asked_the_answer_lies_in_the_file(header: str, size: int) -> None:
    found = answer(size, ETAG, range_header=header)
    assert 0 <= found.first <= found.first + found.length <= size
    assert found.status in {200, 206, 416}


@pytest.mark.parametrize(
    "header", ["bytes=0-1,4-5", "chunks=0-1", "bytes=-", "bytes=a-b", "bytes=5", "", "bytes=3-2"]
)
def test_what_is_no_single_range_gets_the_whole_file(header: str) -> None:
    found = answer(10, ETAG, range_header=header)
    assert (found.status, found.first, found.length) == (200, 0, 10)


def test_a_resumed_download_of_a_changed_file_starts_over() -> None:
    assert answer(10, ETAG, range_header="bytes=5-", if_range='"old"').status == 200
    assert answer(10, ETAG, range_header="bytes=5-", if_range=ETAG).status == 206
    weak = answer(10, ETAG, range_header="bytes=5-", if_range=f"W/{ETAG}")
    assert weak.status == 200


@pytest.mark.parametrize("tags", [ETAG, f"W/{ETAG}", f'"x", {ETAG}', "*"])
def test_what_the_reader_has_is_not_sent_again(tags: str) -> None:
    found = answer(10, ETAG, if_none_match=tags, range_header="bytes=1-2")
    assert (found.status, found.length) == (304, 0)
    assert found.headers["ETag"] == ETAG


def test_another_tag_gets_the_file() -> None:
    assert answer(10, ETAG, if_none_match='"abcd"').status == 200
