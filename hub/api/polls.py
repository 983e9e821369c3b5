"""Is there news? The question that every node asks all day, answered before anything else is done.

A poll asks for `metadata/timestamp.json` and says which state it holds. Where that is the state in
force the answer is the same for all, and costs a look at one file; all others go on to the
application, whose answer would be no other.
"""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from content_packs import repository
from content_packs.digests import digest_of
from hub.api import static_tree
from hub.hub import Hub

PATH: Final = f"/{repository.TIMESTAMP}"

Application: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Note: TypeAlias = Callable[[str, float], None]  # hears a method, and in how many seconds


@dataclass(frozen=True)
class _InForce:
    """What the file was like when it was read, and the headers of an answer that it's as known."""

    state: tuple[int, int, int]
    tag: str
    headers: list[tuple[str, str]]


class Polls:
    """A WSGI application (PEP 3333) before another one; `note` hears of what it answers itself."""

    def __init__(
        self,
        application: Application,
        hub: Hub,
        note: Note,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._application = application
        self._note = note
        self._monotonic = monotonic
        self._path = hub.data.place(repository.TIMESTAMP)
        self._in_force = _InForce((0, 0, 0), "", [])

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer, or let the application do it."""
        held = environ.get("HTTP_IF_NONE_MATCH")
        if held is None or environ["PATH_INFO"] != PATH:
            return self._application(environ, start_response)
        began = self._monotonic()
        method = environ["REQUEST_METHOD"]
        found = self._read()
        if method not in {"GET", "HEAD"} or found is None or held != found.tag:
            return self._application(environ, start_response)
        start_response("304 NOT MODIFIED", list(found.headers))
        self._note(method, self._monotonic() - began)
        return []

    def _read(self) -> _InForce | None:
        """Return what is in force, None where it can't be read: the application says why."""
        try:
            seen = os.stat(self._path)  # noqa: PTH116  # half as long as Path's
            state = (seen.st_mtime_ns, seen.st_size, seen.st_ino)
            if state != self._in_force.state:
                tag = static_tree.tag_of(digest_of(self._path.read_bytes()))
                self._in_force = _InForce(state, tag, static_tree.headers_of_no_news(tag))
        except OSError:
            return None
        return self._in_force
