"""A thread that goes on until it is stopped."""

import threading
from abc import ABC, abstractmethod


class Lasting(ABC):
    """Runs `_run` in a thread of its own, which looks at `_stop` to see when to end."""

    def __init__(self, name: str, stop_seconds: float) -> None:
        self._stop = threading.Event()
        self._stop_seconds = stop_seconds
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, once what is under way has ended, or after the seconds that it is given for that."""
        self._stop.set()
        self._thread.join(self._stop_seconds)

    @abstractmethod
    def _run(self) -> None:
        """Work until `_stop` is set."""
