"""Whether site and engine really work, told to the init system (sd_notify.py) as long as they do.

1. The site works if it answered a request over its own socket: its loop, a thread of it and the
   application took part. Any status counts: what is wrong with a disk, a restart doesn't mend.
2. The engine works if its main thread gave a sign lately, or if it is just being started again:
   the supervisor ends one that is silent for too long.

Where one of them doesn't, nothing is said; after WatchdogSec the init system starts both again.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import closing

from sync_node.limits import SITE_ANSWER_BYTES, SITE_ANSWER_SECONDS
from sync_node.sd_notify import Notifier
from sync_node.supervising import Supervisor

_REQUEST = b"GET /favicon.ico HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n"
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  # looked up


class Watchman:
    """Asks both every few seconds, in a thread of its own, and says `alive` while they work.

    Does nothing where no init system waits for it. `log` gets a line when something stops working
    and when it works again.
    """

    def __init__(
        self,
        notifier: Notifier,
        *,
        site_works: Callable[[], bool],
        engine_works: Callable[[], bool],
        log: Callable[[str], None],
    ) -> None:
        self._notifier = notifier
        self._works = {"the site": site_works, "the engine": engine_works}
        self._log = log
        self._ailing: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchman", daemon=True)

    def start(self) -> None:
        """Begin to ask, where anybody waits for it."""
        if self._notifier.beat_seconds is not None:
            self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._stopping.set()

    def look(self) -> bool:
        """Ask both once, and say `alive` where both work; return whether they do."""
        ailing = {name for name, works in self._works.items() if not works()}
        for name in sorted(ailing - self._ailing):
            self._log(f"{name} doesn't answer: if that lasts, both are started again")
        for name in sorted(self._ailing - ailing):
            self._log(f"{name} answers again")
        if not ailing:
            self._notifier.alive()
        if ailing != self._ailing:
            self._notifier.status(
                "works" if not ailing else f"no answer of {' and '.join(sorted(ailing))}"
            )
        self._ailing = ailing
        return not ailing

    def _watch(self) -> None:
        while not self._stopping.wait(self._notifier.beat_seconds):
            self.look()


def watchman(
    notifier: Notifier,
    supervisor: Supervisor,
    *,
    host: str,
    port: int,
    log: Callable[[str], None],
) -> Watchman:
    """Return who watches a site at this address and the engine beside it."""
    return Watchman(
        notifier,
        site_works=lambda: answers(host, port),
        engine_works=lambda: supervisor.works,
        log=log,
    )


def answers(host: str, port: int, *, seconds: float = SITE_ANSWER_SECONDS) -> bool:
    """Say whether what listens there answers a request, with whatever status, in `seconds`."""
    try:
        address = (_EVERYWHERE.get(host, host), port)
        with closing(socket.create_connection(address, timeout=seconds)) as connection:
            connection.sendall(_REQUEST)
            head = connection.recv(SITE_ANSWER_BYTES)
    except OSError:
        return False
    return head.startswith(b"HTTP/1.")
