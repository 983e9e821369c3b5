"""The first answer of a site: a question that got lost doesn't hold up the next."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from deploy.image.booting.visiting import ASK_ANEW_SECONDS, FirstAnswer

_PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Site:
    """Answers questions but the first ones, which it leaves waiting."""

    def __init__(self, lost: int) -> None:
        self.asked = 0
        self._lost = lost
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.host = f"127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        for each in (self._server, *self._open):
            each.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self._open.append(connection)
            self.asked += 1
            if self.asked > self._lost:
                connection.recv(4096)
                connection.sendall(_PAGE)


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site(lost=2)
    yield found
    found.close()


def settled(answer: FirstAnswer, now: float) -> bool:
    """Ask, and give what was asked a moment to come back."""
    until = time.monotonic() + 2
    while not answer.came(now) and time.monotonic() < until:
        time.sleep(0.02)
    return answer.came(now)


def test_a_question_that_got_lost_does_not_hold_up_the_next(site: Site) -> None:
    answer = FirstAnswer(site.host)
    assert not settled(answer, 0.0)
    assert not settled(answer, ASK_ANEW_SECONDS - 0.1)
    assert site.asked == 1
    assert not settled(answer, ASK_ANEW_SECONDS)
    assert settled(answer, 2 * ASK_ANEW_SECONDS)
    assert settled(answer, 9 * ASK_ANEW_SECONDS)
    assert site.asked == 3
