"""What people asked the engine for, as files in the data directory: it sees them within a second.

    pause.json    no link is used until then, or until `resume`
    sync-now      one tick is to come at once; `unbound` in it: whatever windows and budgets say

They are durable, and whoever runs the engine finds them: a process that is at work already, or the
next. The site goes on meanwhile.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from content_packs import durable
from sync_node import trusted_time
from sync_node.data_dir import DataDir
from sync_node.limits import ORDER_BYTES_MAX

PAUSE = "pause.json"
SYNC_NOW = "sync-now"
_UNBOUND = b"unbound\n"


class _PauseFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    until: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
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
        self._seen: tuple[tuple[int, int, int], Pause] | None = None

    def pause(self, until: datetime | None) -> None:
        """Use no link from now on. Raises `StorageFailed`."""
        file = _PauseFile(trusted_time.in_words(until) if until else "")
        durable.write(self._pause, msgspec.json.encode(file))

    def resume(self) -> None:
        """End a pause. Raises `StorageFailed`."""
        durable.remove(self._pause)

    @property
    def is_paused(self) -> bool:
        """Whether there is a pause, over or not."""
        return self._pause.exists()

    def pause_at(self, now: datetime) -> Pause | None:
        """Return the pause that holds. A file that can't be understood is one without an end."""
        try:
            status = self._pause.stat()
        except OSError:
            return None
        identity = (status.st_ino, status.st_mtime_ns, status.st_size)
        if self._seen is None or self._seen[0] != identity:
            self._seen = (identity, _pause_in(_bytes_of(self._pause)))
        found = self._seen[1]
        return found if found.holds(now) else None

    def ask_for_tick(self, *, unbound: bool) -> None:
        """Ask for one tick at once. Raises `StorageFailed`."""
        if unbound or not self.tick_asked_for:
            durable.write(self._now, _UNBOUND if unbound else b"")

    @property
    def tick_asked_for(self) -> bool:
        """Whether somebody asked for a tick that hasn't been done yet."""
        return self._now.exists()

    @property
    def unbound_asked_for(self) -> bool:
        """Whether somebody asked for a tick whatever windows and budgets say."""
        return self.tick_asked_for and _bytes_of(self._now) == _UNBOUND

    def done(self) -> None:
        """Forget that a tick was asked for. Raises `StorageFailed`."""
        if self.tick_asked_for:
            durable.remove(self._now)


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
