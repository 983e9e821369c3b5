import hashlib
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from content_packs import chunker
from content_packs.limits import CHUNK_BYTES_MAX, CHUNK_BYTES_MIN
from tests.support.packs import random_bytes


def cut(data: bytes) -> chunker.Cut:
    *_, last = chunker.cut(io.BytesIO(data))
    assert isinstance(last, chunker.Cut)
    return last


def check(data: bytes) -> None:
    found = cut(data)
    at = 0
    for number, chunk in enumerate(found.chunks):
        piece = data[at : at + chunk.size]
        assert hashlib.sha256(piece).hexdigest() == chunk.digest
        assert chunk.size <= CHUNK_BYTES_MAX
        assert chunk.size >= CHUNK_BYTES_MIN or number == len(found.chunks) - 1
        at += chunk.size
    assert (at, found.size) == (len(data), len(data))
    assert found.digest == hashlib.sha256(data).hexdigest()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 5 * CHUNK_BYTES_MAX))
def test_chunks_put_together_are_the_file(seed: int, size: int) -> None:
    check(random_bytes(seed, size))


def test_a_file_without_any_cut_is_cut_at_the_largest_chunk() -> None:
    data = bytes(3 * CHUNK_BYTES_MAX + 5)
    check(data)
    assert [chunk.size for chunk in cut(data).chunks] == [CHUNK_BYTES_MAX] * 3 + [5]


def test_bytes_put_in_change_only_the_chunks_around_them() -> None:
    data = random_bytes(7, 8 * CHUNK_BYTES_MAX)
    for at in (10, 3_000_000, len(data) - 10):
        before = {chunk.digest for chunk in cut(data).chunks}
        after = [chunk.digest for chunk in cut(data[:at] + b"something new" + data[at:]).chunks]
        assert len([digest for digest in after if digest not in before]) <= 2


def test_how_the_file_is_read_does_not_matter() -> None:
    class Dribble(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 1, 10_007))

    data = random_bytes(9, 3_000_000)
    *_, dribbled = chunker.cut(Dribble(data))
    assert dribbled == cut(data)
