"""One browser's connection: waitress's, with files sent by the kernel, and bounds in time and size.

waitress parses requests, hands them to its threads, and keeps what is to be sent. Here is added:

1. a file leaves by sendfile(2), `SEND_TURN_BYTES` at a time, so that all have their turn;
2. the next range of a file that was asked for a moment ago needs no thread (`known_files`);
3. a body larger than its address may have is refused by its head, before it comes;
4. `at` says what a connection is at, and `is_over` whether that took too long.
"""

import os
import socket
from enum import IntEnum
from typing import Any

from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask
from waitress.utilities import Error

from sync_node.lan import known_files
from sync_node.lan.limits import (
    BODY_BYTES_PER_SECOND_MIN,
    BODY_SECONDS_FREE,
    FIRST_BYTE_SECONDS_MAX,
    FORM_BYTES_MAX,
    HEAD_SECONDS_MAX,
    IDLE_SECONDS_MAX,
    LARGE_BODIES_MAX,
    STALL_SECONDS_MAX,
    STUCK_SECONDS,
)
from sync_node.lan.sent_file import FilePiece, file_wrapper

LARGE_BODIES = "/teacher/"  # below it files come in; the views say who may, and how much


class At(IntEnum):
    """What a connection is at; the smaller, the sooner it gives way where there are too many."""

    NOTHING_YET = 0
    HEAD = 1
    IDLE = 2
    BODY = 3
    SENDING = 4
    ANSWERING = 5


class _Busy(Error):  # type: ignore[misc]  # waitress has no types
    code = 503
    reason = "Service Unavailable"


class _NotAllowed(Error):  # type: ignore[misc]
    code = 403
    reason = "Forbidden"


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    """Refuses a body by its head."""

    adj: Any  # waitress's adjustments, and what `web_server` adds to them
    error: Error | None

    def received(self, data: bytes) -> int:
        """Take bytes; return how many. What is refused is complete: its body isn't waited for."""
        count: int = super().received(data)
        if self.error:
            self.completed = True
        return count

    def parse_header(self, header_plus: bytes) -> None:
        """Read a head, and decide what may follow it."""
        super().parse_header(header_plus)
        if self.command not in {"POST", "PUT"} or not self.path.startswith(LARGE_BODIES):
            self.adj = self.adj.for_forms
        elif (self.chunked or self.content_length > FORM_BYTES_MAX) and not self.error:
            under_way = [other for other in self.adj.uploads if not other.completed]
            if not self.adj.may_upload(self.headers.get("COOKIE", "")):
                self.error = _NotAllowed("Only teachers send files.")
            elif len(under_way) >= LARGE_BODIES_MAX:
                self.error = _Busy("Others are sending files: try again in a minute.")
            else:
                self.adj.uploads.add(self)
        if self.error or self.content_length >= self.adj.max_request_body_size:
            self.expect_continue = False


class _Task(WSGITask):  # type: ignore[misc]
    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ["wsgi.file_wrapper"] = file_wrapper
        return environ


class Connection(HTTPChannel):  # type: ignore[misc]
    """One connection. Of its methods all but `send` and `add_channel` are the server's loop's."""

    parser_class = _Parser
    task_class = _Task

    def __init__(self, *given: Any, **more: Any) -> None:
        self.since: float = given[0].monotonic()  # it began this, or last went on
        self._had_its_turn = False
        self.asked = 0  # requests that came whole
        self.address = str(given[2][0])  # of whoever opened it
        super().__init__(*given, **more)

    @property
    def at(self) -> At:
        """What the connection is at."""
        if self.requests:
            return At.ANSWERING
        if self.total_outbufs_len:
            return At.SENDING
        if self.request is not None:
            return At.BODY if self.request.headers_finished else At.HEAD
        return At.IDLE if self.asked else At.NOTHING_YET

    @property
    def descriptor(self) -> int:
        """Its file descriptor; -1 once it is closed."""
        return -1 if self._fileno is None else int(self._fileno)

    @property
    def is_answering(self) -> bool:
        """Whether a thread has its requests."""
        return self.at is At.ANSWERING

    def answered(self) -> None:
        """Begin to wait anew: all requests are answered."""
        self.since = self.server.monotonic()

    def gives_way(self, now: float) -> bool:
        """Say whether it may be closed for another. `now` is monotonic."""
        at = self.at
        return at <= At.BODY or (at is At.SENDING and now - self.since > STUCK_SECONDS)

    def is_over(self, now: float) -> bool:
        """Say whether what it is at took too long. `now` is monotonic."""
        at, took = self.at, now - self.since
        if at is At.ANSWERING:
            return False
        if at is At.BODY:
            came: int = self.request.body_bytes_received
            return came < (took - BODY_SECONDS_FREE) * BODY_BYTES_PER_SECOND_MIN
        return took > _PATIENCE[at]

    def add_channel(self, map: dict[int, Any] | None = None) -> None:  # noqa: A002  # waitress's
        """Be known to the server's loop."""
        super().add_channel(map)
        self.server.changed(self)

    def del_channel(self, map: dict[int, Any] | None = None) -> None:  # noqa: A002  # waitress's
        """Be forgotten by the server's loop."""
        if self._fileno is not None:
            self.server.gone(self)
        super().del_channel(map)

    def received(self, data: bytes) -> bool:
        """Take bytes of requests."""
        if data.startswith(known_files.PREFIX) and self._is_free():
            found = self.server.known_files.answer(data)
            if found:
                self.asked += 1
                self._send_file(*found)
                return True
        was = self.at
        taken: bool = super().received(data)
        if self.at is not was:
            self.since = self.server.monotonic()
        if self.requests:
            self.asked += 1
            self.server.answering(self)
        return taken

    def _is_free(self) -> bool:
        waits = self.request or self.requests or self.total_outbufs_len
        return not (waits or self.will_close or self.close_when_flushed)

    def _send_file(self, head: bytes, body: Any) -> None:
        with self.outbuf_lock:
            try:
                sent = self.socket.send(head, socket.MSG_MORE)
            except BlockingIOError:
                sent = 0
            except OSError:
                body.close()
                self.will_close = True
                return
            if sent < len(head):
                self.outbufs[-1].append(head[sent:])
                self.total_outbufs_len += len(head) - sent
            self.total_outbufs_len += len(body)
            self.outbufs += [body, OverflowableBuffer(self.adj.outbuf_overflow)]
            self.current_outbuf_count = 0
        self.handle_write()

    def handle_write(self) -> None:
        """Send what can be sent now."""
        before = self.total_outbufs_len
        super().handle_write()
        if self.total_outbufs_len < before:
            self.since = self.server.monotonic()

    def _flush_some(self, do_close: bool = True) -> bool:
        self._had_its_turn = False
        sent: bool = super()._flush_some(do_close)
        return sent

    def send(self, data: bytes | FilePiece, do_close: bool = True) -> int:
        """Send what the kernel takes now; return how much that was. See `wasyncore.send`."""
        if not isinstance(data, FilePiece):
            sent: int = super().send(data, do_close)
            return sent
        if self._had_its_turn:
            return 0
        self._had_its_turn = True
        try:
            count = os.sendfile(self.socket.fileno(), data.descriptor, data.first, data.length)
        except BlockingIOError:
            return 0
        except ConnectionError:
            if do_close:
                self.handle_close()
            return 0
        if not count:
            raise OSError("a file is shorter than it was")
        return count


_PATIENCE = {
    At.NOTHING_YET: FIRST_BYTE_SECONDS_MAX,
    At.HEAD: HEAD_SECONDS_MAX,
    At.IDLE: IDLE_SECONDS_MAX,
    At.SENDING: STALL_SECONDS_MAX,
}
