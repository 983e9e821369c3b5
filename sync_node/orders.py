"""What people asked the engine for, as files in the data directory: it sees them within a second.

    pause.json    no link is used until then, or until `resume`
    sync-now      one tick is to come at once; `unbound` in it: whatever windows and budgets say
    check-now     everything on disk is to be looked at (asked_check.py)

They are durable, and whoever runs the engine finds them: a process that is at work already, or the
next. The site goes on meanwhile. An order is done with as it was seen when the work began: what is
asked for while that goes on is another one, and isn't lost.
"""

from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import msgspec

from content_packs import durable
from content_packs.values import Value
from sync_node import trusted_time
from sync_node.data_dir import DataDir
from sync_node.limits import ORDER_BYTES_MAX

PAUSE = "pause.json"
SYNC_NOW = "sync-now"
CHECK_NOW = "check-now"
_UNBOUND = b"unbound\n"

Stamp: TypeAlias = tuple[int, int, int]


class _PauseFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    until: str = ""


class Pause(Value, frozen=True):
    """No link is used; `until` a time, or until a person says so where that is None."""

    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Say whether it isn't over."""
        return self.until is None or now < self.until


class Orders:
    """Gives orders, and looks at those that were given. Looking costs a `stat` or two."""

    def __init__(self, data_dir: DataDir) -> None:
        self._pause = data_dir.root / PAUSE
        self._now = data_dir.root / SYNC_NOW
        self._check = data_dir.root / CHECK_NOW
        self._seen: tuple[Stamp, Pause] | None = None

    def pause(self, until: datetime | None) -> None:
        """Use no link from now on. Raises `StorageFailed`."""
        file = _PauseFile(trusted_time.in_words(until) if until else "")
        durable.write(self._pause, msgspec.json.encode(file))

    def resume(self) -> None:
        """End a pause. Raises `StorageFailed`."""
        durable.remove(self._pause)

    def end_pause(self) -> bool:
        """End a pause, and ask for a tick at once; say if there was one. Raises `StorageFailed`."""
        was = self.is_paused
        self.resume()
        if was:
            self.ask_for_tick(unbound=False)
        return was

    @property
    def is_paused(self) -> bool:
        """Whether there is a pause, over or not."""
        return self._pause.exists()

    def pause_at(self, now: datetime) -> Pause | None:
        """Return the pause that holds. A file that can't be understood is one without an end."""
        identity = _stamp(self._pause)
        if identity is None:
            return None
        if self._seen is None or self._seen[0] != identity:
            self._seen = (identity, _pause_in(_bytes_of(self._pause)))
        found = self._seen[1]
        return found if found.holds(now) else None

    def ask_for_tick(self, *, unbound: bool) -> None:
        """Ask for one tick at once. Raises `StorageFailed`.

        One that was asked for without bounds stays so.
        """
        unbound = unbound or self.unbound_asked_for
        durable.write(self._now, _UNBOUND if unbound else b"")

    @property
    def tick_asked_for(self) -> Stamp | None:
        """What names the tick that somebody asked for and that hasn't been done yet."""
        return _stamp(self._now)

    @property
    def unbound_asked_for(self) -> bool:
        """Whether somebody asked for a tick whatever windows and budgets say."""
        return self.tick_asked_for is not None and _bytes_of(self._now) == _UNBOUND

    def done(self, asked: Stamp | None) -> None:
        """Forget that this tick was asked for. Raises `StorageFailed`."""
        _forget(self._now, asked)

    def ask_for_check(self) -> None:
        """Ask that everything on disk be looked at. Raises `StorageFailed`."""
        durable.write(self._check, b"")

    @property
    def check_asked_for(self) -> Stamp | None:
        """What names the check that somebody asked for and that hasn't been done yet."""
        return _stamp(self._check)

    def check_done(self, asked: Stamp | None) -> None:
        """Forget that this check was asked for. Raises `StorageFailed`."""
        _forget(self._check, asked)


def _stamp(path: Path) -> Stamp | None:
    """Return what tells a file from the one that takes its place; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _forget(path: Path, asked: Stamp | None) -> None:
    if asked is not None and _stamp(path) == asked:
        durable.remove(path)


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(ORDER_BYTES_MAX)
    except OSError:
        return b""


def _pause_in(data: bytes) -> Pause:
    try:
        return Pause(trusted_time.parse(msgspec.json.decode(data, type=_PauseFile).until))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Pause()
