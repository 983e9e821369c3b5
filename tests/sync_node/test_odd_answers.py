"""Answers that no server of ours gives, word for word: to be got over, or to be clear about."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import SourceUnavailable
from content_packs.repository import TIMESTAMP
from sync_node.answers import Busy
from sync_node.hub_source import HubSource
from sync_node.limits import HEAD_SECONDS

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"


@contextmanager
def answering(answer: Callable[[bytes], bytes]) -> Iterator[HubSource]:
    """A hub that answers each request with what `answer` makes of it, and closes."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                accepted, _ = listening.accept()
            except OSError:
                return
            with accepted, suppress(OSError):  # the node hung up
                request = b""
                while not request.endswith(b"\r\n\r\n") and (piece := accepted.recv(4_096)):
                    request += piece
                accepted.sendall(answer(request))

    threading.Thread(target=serve, daemon=True).start()
    hub = HubSource(f"http://127.0.0.1:{listening.getsockname()[1]}/", read_seconds=20.0)
    try:
        yield hub
    finally:
        hub.close()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


@pytest.mark.parametrize(
    "tag", [b'"\xe9t\xe9"', b'"two words"', b'"a"\r\n "b"', b'"' + b"x" * 9_000 + b'"', b""]
)
def test_a_tag_that_cant_be_sent_back_isnt(tag: bytes) -> None:
    asked: list[bytes] = []

    def answer(request: bytes) -> bytes:
        asked.append(request)
        return OK + b"ETag: " + tag + b"\r\n\r\nstamp"

    with answering(answer) as hub:
        for _ in range(2):
            found = hub.get(TIMESTAMP, bytes_max=100, etag="")
            again = hub.get(TIMESTAMP, bytes_max=100, etag=found.etag)
            assert (found.body, again.body) == (b"stamp", b"stamp")
    assert not any(b"if-none-match" in request.lower() for request in asked)


@pytest.mark.parametrize(
    ("head", "seconds"),
    [
        (b"Retry-After: 7", 7.0),
        (b"Retry-After: 700", 120.0),
        (b"Retry-After: 99999999999999", 0.0),
        (b"Retry-After: soon", 0.0),
        (
            b"Retry-After: Mon, 01 Jun 2026 10:00:30 GMT\r\nDate: Mon, 01 Jun 2026 10:00:00 GMT",
            30.0,
        ),
        (
            b"Retry-After: Mon, 01 Jun 2026 11:00:00 GMT\r\nDate: Mon, 01 Jun 2026 10:00:00 GMT",
            120.0,
        ),
        (b"Retry-After: Mon, 01 Jun 2026 09:00:00 GMT\r\nDate: Mon, 01 Jun 2026 10:00:00 GMT", 0.0),
        (b"Retry-After: Mon, 01 Jun 2026 10:00:30\r\nDate: Mon, 01 Jun 2026 10:00:00 GMT", 0.0),
        (b"Retry-After: Mon, 01 Jun 2026 10:00:30 GMT", 0.0),
        (b"Retry-After: Mon, 99 Jun 99999 10:00:30 GMT\r\nDate: x", 0.0),
    ],
)
def test_for_how_long_a_server_asks_to_be_left_alone(head: bytes, seconds: float) -> None:
    """In seconds, or until a time by the server's own clock: this box's may be wrong."""
    refusal = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n" + head + b"\r\n\r\n"
    with answering(lambda _: refusal) as hub, pytest.raises(SourceUnavailable) as raised:
        hub.get(TIMESTAMP, bytes_max=100)
    assert isinstance(raised.value, Busy)
    assert raised.value.seconds == seconds


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@given(body=st.binary(min_size=1, max_size=600), data=st.data())
def test_a_body_may_come_in_any_chunks(body: bytes, data: st.DataObject) -> None:
    answer, rest = CHUNKED, body
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        end = data.draw(st.sampled_from([b"\r\n", b"\n", b";a=b\r\n", b" \r\n"]))
        answer += data.draw(st.sampled_from([b"%x", b"%X", b"0%x"])) % size + end
        answer += rest[:size] + b"\r\n"
        rest = rest[size:]
    with answering(lambda _: answer + b"0\r\n\r\n") as hub:
        assert hub.get(TIMESTAMP, bytes_max=1_000).body == body


@pytest.mark.parametrize(
    "body",
    [
        b"stamp",
        b"5\r\nstam",
        b"5\r\nstamps\r\n0\r\n\r\n",
        b"-5\r\nstamp\r\n0\r\n\r\n",
        b"0x5\r\nstamp\r\n0\r\n\r\n",
        b"1_0\r\nstampstamp\r\n0\r\n\r\n",
        b"\r\nstamp\r\n0\r\n\r\n",
        b"f" * 40 + b"\r\nstamp",
        b"5" + b" " * 9_000 + b"\r\nstamp\r\n0\r\n\r\n",
    ],
)
def test_chunks_that_are_none_are_said(body: bytes) -> None:
    with answering(lambda _: CHUNKED + body) as hub, pytest.raises(SourceUnavailable):
        hub.get(TIMESTAMP, bytes_max=100)


def test_what_follows_the_last_chunk_is_not_read() -> None:
    trailer = b"X-A: b\r\n" * 1_000_000
    with answering(lambda _: CHUNKED + b"5\r\nstamp\r\n0\r\n" + trailer) as hub:
        assert hub.get(TIMESTAMP, bytes_max=100).body == b"stamp"
        assert hub.traffic.bytes_in < len(trailer) / 2


class _SlowMeter:
    """Sleeps longer than an answer may take to begin, as a low rate asks."""

    def __init__(self) -> None:
        self.now = 0.0

    def spend(self, down: int, up: int) -> None:  # noqa: ARG002  # as `Meter` has it
        self.now += up and 2 * HEAD_SECONDS


def test_time_that_a_rate_asks_for_is_no_silence() -> None:
    meter = _SlowMeter()
    with answering(lambda _: OK + b"\r\nstamp") as hub:
        slow = HubSource(hub.name, meter=meter, monotonic=lambda: meter.now)
        assert slow.get(TIMESTAMP, bytes_max=100).body == b"stamp"
        slow.close()
