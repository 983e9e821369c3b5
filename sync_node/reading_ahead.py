"""Asking for signed metadata side by side, before python-tuf asks for it in turn.

A client of TUF asks for the next root, the snapshot, the targets and each channel one after the
other, a round trip each. Which files those will be can be read out of the timestamp and the
snapshot before anybody has verified them: so they are asked for ahead. What came is only handed
over here; python-tuf verifies it, in its own order, as if it had just come. What couldn't be had
is asked for again in turn.
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import msgspec

from content_packs.errors import Missing, SatchelError
from content_packs.repository import metadata_path
from sync_node.limits import METADATA_AHEAD_MAX


class ReadingAhead:
    """The metadata that will be wanted, by path; `taken` gives each once.

    `get` fetches a path and raises what sources raise. `roles` are those that matter to this node
    besides the snapshot. `held` gives the digest of what is held of a role, None where that is
    nothing: what is held isn't asked for. `prepare` opens a connection that will be wanted: where
    several roles are new to this node, they don't wait for it.
    """

    def __init__(
        self,
        get: Callable[[str], bytes],
        executor: ThreadPoolExecutor,
        *,
        roles: Iterable[str],
        held: Callable[[str], str | None],
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        self._get = get
        self._prepare = prepare
        self._executor = executor
        self._roles = tuple(roles)
        self._held = held
        self._coming: dict[str, Future[bytes]] = {}

    def begin(self, timestamp: bytes, next_root: int) -> None:
        """Ask for what a timestamp, not verified yet, leads to, and for the root of a version."""
        snapshot = self._newer(timestamp, "snapshot")
        if snapshot:
            self._ask(snapshot, self._with_roles)
            self._ask(metadata_path(f"{next_root}.root.json"), self._get)
            if sum(self._held(role) is None for role in self._roles) > 1:
                threading.Thread(target=self._prepare, daemon=True).start()  # nobody waits for it

    def taken(self, path: str) -> bytes | None:
        """Return the file at `path`, once it has come, if it was asked for and could be had.

        Raises `Missing` where it isn't there.
        """
        coming = self._coming.pop(path, None)
        if coming is None:
            return None
        try:
            return coming.result()
        except Missing:
            raise
        except SatchelError:
            return None

    def _with_roles(self, path: str) -> bytes:
        """Return the snapshot at `path`, having asked for what it names."""
        snapshot = self._get(path)
        for role in self._roles:
            if named := self._newer(snapshot, role):
                self._ask(named, self._get)
        return snapshot

    def _newer(self, document: bytes, role: str) -> str | None:
        """Return where the version of `role` lies that a document names, None if it is held."""
        try:
            meta: Any = msgspec.json.decode(document)["signed"]["meta"][f"{role}.json"]
            version, digest = meta["version"], meta["hashes"]["sha256"]
        except (msgspec.MsgspecError, UnicodeDecodeError, LookupError, TypeError):
            return None  # python-tuf says what is wrong with it, if anything is
        if not isinstance(version, int) or digest == self._held(role):
            return None
        return metadata_path(f"{version}.{role}.json")

    def _ask(self, path: str, get: Callable[[str], bytes]) -> None:
        if len(self._coming) < METADATA_AHEAD_MAX:
            self._coming[path] = self._executor.submit(get, path)
