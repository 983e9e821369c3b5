"""Telling workers in other processes through Redis: a list, of which each worker takes one.

Where Redis doesn't answer, this says so in the log, once, and workers go on looking by themselves.
"""

import logging
import os
import threading
from collections.abc import Callable
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from hub.errors import InvalidConfig
from hub.jobs.limits import REDIS_SECONDS_MAX, WAKES_MAX

KEY = "satchel-hub:wakes"
PASSWORD_VARIABLE = "SATCHEL_HUB_REDIS_PASSWORD"  # noqa: S105  # the variable's name, no password

_log = logging.getLogger(__name__)


class RedisWakes:
    """At an address as `redis://HOST:PORT/0`. Raises `InvalidConfig` for one that is none."""

    def __init__(self, address: str) -> None:
        try:
            self._redis: Any = redis.Redis.from_url(
                address,
                password=os.environ.get(PASSWORD_VARIABLE) or None,
                socket_timeout=2 * REDIS_SECONDS_MAX,
                socket_connect_timeout=REDIS_SECONDS_MAX,
                retry=Retry(NoBackoff(), 1),  # a connection that went away while nobody used it
            )
        except ValueError as error:
            raise InvalidConfig(f"hub.toml: jobs is {address!r}: {error}") from error
        self._quiet = threading.Event()
        self._said = False

    def wake(self) -> None:
        """Tell one worker, wherever it is."""

        def tell() -> bool:
            with self._redis.pipeline() as together:
                together.lpush(KEY, b"1").ltrim(KEY, 0, WAKES_MAX - 1).execute()
            return True

        self._try(tell)

    def wait(self, seconds: float) -> bool:
        """Return True once told, False after so many seconds."""

        def told() -> bool:
            return self._redis.brpop(KEY, timeout=min(seconds, REDIS_SECONDS_MAX)) is not None

        found = self._try(told)
        if found is None:
            self._quiet.wait(seconds)  # never set: as long as it would have waited there
        return bool(found)

    def _try(self, deed: Callable[[], bool]) -> bool | None:
        try:
            done = deed()
        except redis.RedisError as error:
            if not self._said:
                _log.warning("jobs: Redis doesn't answer, workers look by themselves: %s", error)
            self._said = True
            return None
        self._said = False
        return done
